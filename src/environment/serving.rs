//! The changes that make a command take its credentials from an endpoint instead of its environment.

use super::before::{ACCESS_KEY_ID, BEFORE};
use super::change::{EnvChange, EnvValue};
use super::export::{CONTAINER, EXPIRATION, SECRET, Session, TOKEN, sign_in};
use super::options::OPTIONS;
use super::path_conversion;
use super::restorable::REGIONS;
use super::shell_session::PROFILE;
use crate::credentials::Secret;
use crate::origin::Origin;
use crate::variables::Variables;
use crate::warning::Warnings;

/// The variables of the files that SDKs read.
const FILES: [&str; 2] = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];
/// The token of the endpoint. A file with it could not be read in a container.
const AUTHORIZATION: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";

/// An endpoint that serves a session.
pub struct Endpoint<'a> {
    /// Its URL.
    pub url: &'a str,
    /// What a request must have in its Authorization header.
    pub token: &'a Secret,
    /// The file to read instead of the AWS files, if those have credentials that SDKs would use first.
    pub instead_of_files: Option<&'static str>,
}

/// The changes for a command that gets the session from `endpoint`: as for a sign-in, but without keys.
pub fn serve(
    session: &Session<'_>,
    endpoint: &Endpoint<'_>,
    variables: &Variables,
    warnings: &Warnings,
) -> Vec<EnvChange> {
    const KEYS: [&str; 7] = [ACCESS_KEY_ID, SECRET, TOKEN, EXPIRATION, PROFILE, OPTIONS, BEFORE];
    const OTHERS: [&str; 3] = [CONTAINER[0], AUTHORIZATION, path_conversion::EXCLUDED];
    let mut changes = sign_in(session, variables, warnings);
    changes.retain(|change| !KEYS.contains(&&*change.name) && !OTHERS.contains(&&*change.name));
    changes.extend(KEYS.map(EnvChange::unset));
    changes.push(EnvChange::set(CONTAINER[0], endpoint.url));
    changes.push(EnvChange::secret(AUTHORIZATION, endpoint.token));
    if let Some(empty) = endpoint.instead_of_files {
        changes.extend(FILES.map(|name| EnvChange::set(name, empty)));
        // That of the files is not found any more.
        let region = &session.plan.endpoint.region;
        let is_known = region.origin != Origin::Default && session.plan.endpoint.legacy.is_none();
        for name in REGIONS {
            let found = changes.iter().find(|change| change.name == name).map(|change| change.value.is_some());
            if is_known && !found.unwrap_or_else(|| variables.os(name).is_some()) {
                changes.retain(|change| change.name != name);
                changes.push(EnvChange { name: name.into(), value: Some(EnvValue::Plain(region.value.to_string())) });
            }
        }
    }
    changes
}
