//! The settings of a profile that decide how STS is reached.

use super::files::checked;
use super::{AwsFiles, Profile, Region};
use crate::error::{ConfigError, Result};
use crate::origin::Sourced;

/// What the profile that was asked for says about region and endpoint. Nothing of it is inherited from `[default]` or a
/// source profile.
#[derive(Clone, Debug, Default)]
pub struct ServiceSettings {
    pub region: Option<Sourced<Region>>,
    /// `endpoint_url` of `sts` in the services section, else of the profile.
    pub endpoint_url: Option<Sourced<String>>,
    /// The same for `iam`.
    pub iam_endpoint_url: Option<Sourced<String>>,
    pub ignore_configured_endpoint_urls: bool,
    pub use_fips_endpoint: Option<Sourced<bool>>,
    pub use_dualstack_endpoint: Option<Sourced<bool>>,
    /// `sts_regional_endpoints`: `legacy` is the global endpoint for the regions of old.
    pub legacy_endpoint: Option<Sourced<bool>>,
    pub ca_bundle: Option<Sourced<String>>,
}

impl ServiceSettings {
    /// # Errors
    /// A region or switch that cannot be what it says.
    pub fn of(profile: &Profile<'_>, files: &AwsFiles<'_>) -> Result<Self> {
        let owned = |key| profile.get(key).map(|s| Sourced::new(s.value.clone().into_owned(), s.origin.clone()));
        let services = owned("services");
        let endpoint_url = |service| match &services {
            Some(services) => files.service_setting(&services.value, service, "endpoint_url"),
            None => Ok(None),
        };
        Ok(ServiceSettings {
            region: profile.get("region").map(|s| checked("region", &s.value, &s.origin, Region::parse)).transpose()?,
            endpoint_url: endpoint_url("sts")?.or_else(|| owned("endpoint_url")),
            iam_endpoint_url: endpoint_url("iam")?.or_else(|| owned("endpoint_url")),
            ignore_configured_endpoint_urls: switch(profile, "ignore_configured_endpoint_urls")?
                .is_some_and(|s| s.value),
            use_fips_endpoint: switch(profile, "use_fips_endpoint")?,
            use_dualstack_endpoint: switch(profile, "use_dualstack_endpoint")?,
            legacy_endpoint: legacy_endpoint(owned("sts_regional_endpoints"))?,
            ca_bundle: owned("ca_bundle"),
        })
    }
}

fn switch(profile: &Profile<'_>, name: &'static str) -> Result<Option<Sourced<bool>>> {
    let Some(setting) = profile.get(name) else { return Ok(None) };
    let value = match setting.value.to_ascii_lowercase().as_str() {
        "true" => true,
        "false" => false,
        _ => return Err(bad(name, &setting.value, &setting.origin, "true or false")),
    };
    Ok(Some(Sourced::new(value, setting.origin.clone())))
}

/// Reads `regional` or `legacy`, from a profile or a variable.
///
/// # Errors
/// Any other word.
pub fn legacy_endpoint(setting: Option<Sourced<String>>) -> Result<Option<Sourced<bool>>> {
    let Some(setting) = setting else { return Ok(None) };
    let legacy = match setting.value.to_ascii_lowercase().as_str() {
        "legacy" => true,
        "regional" => false,
        _ => return Err(bad("sts_regional_endpoints", &setting.value, &setting.origin, "regional or legacy")),
    };
    Ok(Some(Sourced::new(legacy, setting.origin)))
}

fn bad(name: &'static str, value: &str, origin: &crate::origin::Origin, valid: &'static str) -> crate::error::Error {
    ConfigError::BadSetting { name, value: value.to_owned(), origin: origin.clone(), valid }.into()
}
