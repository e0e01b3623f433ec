//! What `[default]` says about where calls go. Other programs read it once `AWS_PROFILE` is gone, whatever profile the
//! session came from.

use super::{AwsFiles, Profile, ProfileName};
use crate::origin::Origin;

/// Settings of `[default]` that would apply to the session of another profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefaultSettings {
    /// Its region.
    pub region: Option<(String, Origin)>,
    /// Where it sets an endpoint, for all services or for one.
    pub endpoint: Option<Origin>,
    /// Whether a profile other than `[default]` has an endpoint of its own. Read only if `[default]` has one.
    pub others_have_endpoints: bool,
}

impl DefaultSettings {
    /// Those that apply to a session of `profile`: none if that is `default` itself. What is malformed there does not
    /// concern this profile.
    pub fn besides(profile: &ProfileName, files: &AwsFiles<'_>) -> Self {
        let named = |name: &str| ProfileName::parse(name).ok();
        let has_default = files.files().iter().any(|file| file.has_default);
        let name = named("default").filter(|name| has_default && name != profile);
        let Some(name) = name else { return DefaultSettings::default() };
        let Ok(Some(default)) = files.shared_profile(&name) else { return DefaultSettings::default() };
        let endpoint = endpoint_of(&default, files);
        let has_endpoint = |name: &&str| {
            let other = named(name).and_then(|name| files.shared_profile(&name).ok().flatten());
            other.is_some_and(|other| endpoint_of(&other, files).is_some())
        };
        let others_have_endpoints =
            endpoint.is_some() && files.names().iter().filter(|other| **other != "default").any(has_endpoint);
        DefaultSettings {
            region: default.get("region").map(|region| (region.value.clone().into_owned(), region.origin.clone())),
            endpoint,
            others_have_endpoints,
        }
    }
}

/// Where a profile sets an endpoint that other programs use.
fn endpoint_of(profile: &Profile<'_>, files: &AwsFiles<'_>) -> Option<Origin> {
    let is_true = |value: &str| value.eq_ignore_ascii_case("true");
    if profile.get("ignore_configured_endpoint_urls").is_some_and(|setting| is_true(&setting.value)) {
        return None;
    }
    if let Some(url) = profile.get("endpoint_url") {
        return Some(url.origin.clone());
    }
    let endpoints = files.service_endpoints(&profile.get("services")?.value).ok()?;
    endpoints.into_iter().next().map(|(_, url)| url.origin)
}
