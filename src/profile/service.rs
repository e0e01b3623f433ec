//! The settings of a profile that decide where STS and IAM are called.

use super::checked::checked;
use super::{AwsFiles, CarriedSetting, Profile, Region};
use crate::error::{ConfigError, Error, Result};
use crate::origin::{Origin, Sourced};

/// The region and endpoint settings of the requested profile, as described in the AWS SDKs and Tools Reference Guide.
/// They are not inherited from `[default]` or from a source profile.
#[derive(Clone, Debug, Default)]
pub struct ServiceSettings {
    /// The region.
    pub region: Option<Sourced<Region>>,
    /// `endpoint_url` of `sts` in the profile's services section, or that of the profile.
    pub endpoint_url: Option<Sourced<String>>,
    /// `endpoint_url` of `iam`, found in the same way.
    pub iam_endpoint_url: Option<Sourced<String>>,
    /// Whether custom endpoint URLs are ignored.
    pub ignore_configured_endpoint_urls: bool,
    /// Whether to use FIPS endpoints.
    pub use_fips_endpoint: Option<Sourced<bool>>,
    /// Whether to use dual-stack endpoints.
    pub use_dualstack_endpoint: Option<Sourced<bool>>,
    /// `sts_regional_endpoints`: `true` for `legacy`, which means the global endpoint for the older regions.
    pub legacy_endpoint: Option<Sourced<bool>>,
    /// The path of a PEM file with certificate authorities.
    pub ca_bundle: Option<Sourced<String>>,
    /// Those of these settings that other programs get in variables.
    pub carried: Vec<CarriedSetting>,
}

impl ServiceSettings {
    /// Reads the settings of `profile`.
    ///
    /// # Errors
    /// The region is not a host name label, a switch is neither `true` nor `false`, `sts_regional_endpoints` is neither
    /// `regional` nor `legacy`, or a line of the services section is malformed.
    pub fn of(profile: &Profile<'_>, files: &AwsFiles<'_>) -> Result<Self> {
        let owned = |key| profile.get(key).map(|s| Sourced::new(s.value.clone().into_owned(), s.origin.clone()));
        let (services, url) = (owned("services"), owned("endpoint_url"));
        if let Some(services) = &services
            && let Err(similar) = files.check_services(&services.value)
        {
            let (name, origin) = (services.value.clone(), services.origin.clone());
            return Err(ConfigError::ServicesNotFound { name, origin, similar }.into());
        }
        let endpoint_url = |service| match &services {
            Some(services) => files.service_setting(&services.value, service, "endpoint_url"),
            None => Ok(None),
        };
        let mut settings = ServiceSettings {
            region: profile.get("region").map(|s| checked("region", &s.value, &s.origin, Region::parse)).transpose()?,
            endpoint_url: endpoint_url("sts")?.or_else(|| url.clone()),
            iam_endpoint_url: endpoint_url("iam")?.or_else(|| url.clone()),
            ignore_configured_endpoint_urls: switch(profile, "ignore_configured_endpoint_urls")?
                .is_some_and(|s| s.value),
            use_fips_endpoint: switch(profile, "use_fips_endpoint")?,
            use_dualstack_endpoint: switch(profile, "use_dualstack_endpoint")?,
            legacy_endpoint: legacy_endpoint(owned("sts_regional_endpoints"))?,
            ca_bundle: owned("ca_bundle"),
            carried: Vec::new(),
        };
        settings.carried = CarriedSetting::of(&settings, url, services.as_ref(), files)?;
        Ok(settings)
    }
}

/// A setting that is `true` or `false`. Case is ignored.
fn switch(profile: &Profile<'_>, name: &'static str) -> Result<Option<Sourced<bool>>> {
    let Some(setting) = profile.get(name) else { return Ok(None) };
    let value = match setting.value.to_ascii_lowercase().as_str() {
        "true" => true,
        "false" => false,
        _ => return Err(invalid(name, &setting.value, &setting.origin, "true or false")),
    };
    Ok(Some(Sourced::new(value, setting.origin.clone())))
}

/// Parses `sts_regional_endpoints`, from a profile or from its environment variable: `true` for `legacy`. Case is
/// ignored.
///
/// # Errors
/// The value is neither `regional` nor `legacy`.
pub fn legacy_endpoint(setting: Option<Sourced<String>>) -> Result<Option<Sourced<bool>>> {
    let Some(setting) = setting else { return Ok(None) };
    let legacy = match setting.value.to_ascii_lowercase().as_str() {
        "legacy" => true,
        "regional" => false,
        _ => return Err(invalid("sts_regional_endpoints", &setting.value, &setting.origin, "regional or legacy")),
    };
    Ok(Some(Sourced::new(legacy, setting.origin)))
}

fn invalid(name: &'static str, value: &str, origin: &Origin, valid: &'static str) -> Error {
    ConfigError::BadSetting { name, value: value.to_owned(), origin: origin.clone(), valid }.into()
}
