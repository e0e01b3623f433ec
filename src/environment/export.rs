//! The changes that put a session into an environment.

use super::before::{AWS_VAULT, BEFORE, Before, REGIONS, RESTORED};
use super::change::{EnvChange, EnvValue};
use crate::credentials::{Expiration, Secret, SessionCredentials};
use crate::profile::{ProfileName, Region};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};

/// Variables that conflict with a session, besides those in [`RESTORED`]: some tool would use another identity.
/// botocore, for example, reads `AWS_SECURITY_TOKEN` before `AWS_SESSION_TOKEN`. The last four make shell prompts show
/// the session of another tool.
const CONFLICTING: [&str; 14] = [
    "AWS_SECURITY_TOKEN",
    "AWS_ACCOUNT_ID",
    "AWS_CREDENTIAL_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWSU_PROFILE",
    "AWS_SSO_PROFILE",
    "AWS_SESSION_EXPIRATION",
    "AWSUME_EXPIRATION",
];

/// A session to export.
pub struct Session<'a> {
    /// The profile for which the session was made.
    pub profile: &'a ProfileName,
    /// The credentials to export.
    pub credentials: &'a SessionCredentials,
    /// The region from `--region` or the profile itself. `None` leaves the user's own regions as they are.
    pub region: Option<&'a Region>,
    /// Whether signing in with only the profile's name gives the same role and region.
    pub is_renewable_by_name: bool,
}

/// The changes that put a session into an environment.
pub fn sign_in(session: &Session<'_>, variables: &Variables, warnings: &Warnings) -> Vec<EnvChange> {
    let before = Before::read(variables, warnings);
    let is_ours = before.is_some();
    let before = before.unwrap_or_default();
    let has_keys = variables.os("AWS_ACCESS_KEY_ID").is_some();
    if has_keys && !is_ours {
        warnings.add(Warning::KeysOverwritten);
    }

    let credentials = session.credentials;
    let mut changes = vec![
        EnvChange::set("AWS_ACCESS_KEY_ID", &credentials.access_key_id),
        EnvChange::secret("AWS_SECRET_ACCESS_KEY", &credentials.secret_access_key),
        EnvChange::secret("AWS_SESSION_TOKEN", &credentials.session_token),
        EnvChange::set("AWS_CREDENTIAL_EXPIRATION", credentials.expiration.rfc3339()),
        EnvChange::set("AWSUME_PROFILE", session.profile.as_str()),
        if session.is_renewable_by_name {
            EnvChange::set("MFA_ENV_PROFILE", session.profile.as_str())
        } else {
            EnvChange::unset("MFA_ENV_PROFILE")
        },
    ];

    let mut replaced = Before::default();
    for name in RESTORED {
        let now = variables.raw(name).map(|v| v.to_str().map(str::to_owned));
        let Some(now) = now.map_or(Some(None), |utf8| utf8.map(Some)) else {
            // A value that is not UTF-8 cannot be recorded.
            warnings.add(Warning::NotRestorable { variable: name });
            if !REGIONS.contains(&name) || session.region.is_some() {
                changes.push(EnvChange { name, value: region_value(name, session) });
            }
            continue;
        };
        let was = before.without_session(name, now.clone());
        let is_region = REGIONS.contains(&name);
        // A session without a region removes the region of an earlier session and restores the user's own.
        let after =
            if is_region { session.region.map(|r| r.as_str().to_owned()).or_else(|| was.clone()) } else { None };
        // The keys of another tool cannot be restored, so its name for them is not restored either.
        let is_restorable = name != AWS_VAULT || !has_keys || is_ours;
        if was != after && is_restorable && !replaced.record(name, was, after.clone()) {
            warnings.add(Warning::NotRestorable { variable: name });
        }
        if !is_region || session.region.is_some() || now != after {
            changes.push(EnvChange { name, value: after.map(EnvValue::Plain) });
        }
    }
    changes.push(EnvChange::set(BEFORE, replaced.write()));
    changes.extend(CONFLICTING.into_iter().map(EnvChange::unset));
    changes
}

/// The new value of a variable in [`RESTORED`] whose old value cannot be recorded; `None` unsets it.
fn region_value(name: &str, session: &Session<'_>) -> Option<EnvValue> {
    let region = session.region.filter(|_| REGIONS.contains(&name))?;
    Some(EnvValue::Plain(region.as_str().to_owned()))
}

/// The variables that a sign-in would change, determined without a session.
pub fn preview(
    profile: &ProfileName,
    region: Option<&Region>,
    is_renewable_by_name: bool,
    variables: &Variables,
    warnings: &Warnings,
) -> Preview {
    let empty = || Secret::new("");
    let credentials = SessionCredentials {
        access_key_id: String::new(),
        secret_access_key: empty(),
        session_token: empty(),
        expiration: Expiration::EPOCH,
        identity: None,
    };
    let session = Session { profile, credentials: &credentials, region, is_renewable_by_name };
    let (set, unset): (Vec<_>, Vec<_>) =
        sign_in(&session, variables, warnings).into_iter().partition(|change| change.value.is_some());
    let names = |changes: Vec<EnvChange>| changes.into_iter().map(|change| change.name).collect();
    Preview { set: names(set), unset: names(unset) }
}

/// The names of the variables that a sign-in would change.
pub struct Preview {
    /// Variables that get a value.
    pub set: Vec<&'static str>,
    /// Variables that are cleared.
    pub unset: Vec<&'static str>,
}
