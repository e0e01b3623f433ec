//! Settings of a profile that decide where calls go and that an environment variable can carry. Once `AWS_PROFILE` is
//! gone, other programs read those of `[default]`, so they are exported with the session.

use super::{AwsFiles, ServiceSettings};
use crate::error::{ConfigError, Result};
use crate::origin::Sourced;
use std::borrow::Cow;

/// A setting and the variable that carries it (AWS SDKs and Tools Reference Guide, "Environment variables list").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedSetting {
    /// The name of the variable.
    pub variable: Cow<'static, str>,
    /// The value for the variable.
    pub value: Sourced<String>,
}

/// The start of a variable with the endpoint of one service.
const OF_SERVICE: &str = "AWS_ENDPOINT_URL_";
/// In characters; no identifier of a service is this long.
const LONGEST_SERVICE: usize = 40;

impl CarriedSetting {
    /// Whether it is the URL of an endpoint, of one service or of all.
    pub fn is_endpoint(&self) -> bool {
        self.variable.starts_with("AWS_ENDPOINT_URL")
    }

    /// Those of a profile's settings, with its own `endpoint_url` and the name of its services section.
    ///
    /// # Errors
    /// A line in the profile's services section is malformed, or has a name that is not that of a service.
    pub(super) fn of(
        service: &ServiceSettings,
        endpoint_url: Option<Sourced<String>>,
        services: Option<&Sourced<String>>,
        files: &AwsFiles<'_>,
    ) -> Result<Vec<Self>> {
        let mut carried = Vec::new();
        let mut add = |variable: Cow<'static, str>, value: Option<Sourced<String>>| {
            carried.extend(value.map(|value| CarriedSetting { variable, value }));
        };
        let switch = |setting: &Option<Sourced<bool>>, words: [&str; 2]| {
            let word = |s: &Sourced<bool>| Sourced::new(words[usize::from(s.value)].to_owned(), s.origin.clone());
            setting.as_ref().map(word)
        };
        add("AWS_USE_FIPS_ENDPOINT".into(), switch(&service.use_fips_endpoint, ["false", "true"]));
        add("AWS_USE_DUALSTACK_ENDPOINT".into(), switch(&service.use_dualstack_endpoint, ["false", "true"]));
        add("AWS_STS_REGIONAL_ENDPOINTS".into(), switch(&service.legacy_endpoint, ["regional", "legacy"]));
        add("AWS_CA_BUNDLE".into(), service.ca_bundle.clone());
        if service.ignore_configured_endpoint_urls {
            return Ok(carried);
        }
        add("AWS_ENDPOINT_URL".into(), endpoint_url);
        if let Some(services) = services {
            for (service, url) in files.service_endpoints(&services.value)? {
                add(variable_of(&service, &url)?.into(), Some(url));
            }
        }
        Ok(carried)
    }
}

/// `AWS_ENDPOINT_URL_ELASTIC_BEANSTALK` for `elastic_beanstalk`.
fn variable_of(service: &str, url: &Sourced<String>) -> Result<String> {
    let id: String =
        service.chars().map(|c| if matches!(c, ' ' | '-') { '_' } else { c.to_ascii_uppercase() }).collect();
    let is_id = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if (1..=LONGEST_SERVICE).contains(&id.len()) && id.chars().all(is_id) {
        return Ok(format!("{OF_SERVICE}{id}"));
    }
    Err(ConfigError::BadSetting {
        name: "services",
        value: service.to_owned(),
        origin: url.origin.clone(),
        valid: "the identifier of a service, such as s3 or elastic_beanstalk",
    }
    .into())
}
