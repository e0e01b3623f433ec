//! What a sign-in sets and unsets in a shell, and how `unset` puts back what was there before. Pure: values in, changes
//! out.

mod before;

pub use before::Before;
use before::{AWS_VAULT, REGIONS, RESTORED};

use crate::credentials::{Expiration, Secret, SessionCredentials};
use crate::error::Result;
use crate::origin::{Origin, Sourced};
use crate::profile::{ProfileName, Region, checked};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};

/// One variable: a new value, or none any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvChange {
    pub name: &'static str,
    pub value: Option<EnvValue>,
}

/// A value of a variable; some are secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvValue {
    Plain(String),
    Secret(Secret),
}

impl EnvValue {
    /// The text, for the place that quotes it.
    pub fn expose(&self) -> &str {
        match self {
            EnvValue::Plain(text) => text,
            EnvValue::Secret(secret) => secret.expose(),
        }
    }
}

impl EnvChange {
    pub fn set(name: &'static str, value: impl Into<String>) -> Self {
        EnvChange { name, value: Some(EnvValue::Plain(value.into())) }
    }

    fn secret(name: &'static str, value: &Secret) -> Self {
        EnvChange { name, value: Some(EnvValue::Secret(value.clone())) }
    }

    pub fn unset(name: &'static str) -> Self {
        EnvChange { name, value: None }
    }
}

/// The variables that hold a session and nothing else: `unset` clears them.
const SESSION: [&str; 7] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "MFA_ENV_PROFILE",
    "AWSUME_PROFILE",
    BEFORE,
];

/// Variables that would contradict a session. `AWS_SECURITY_TOKEN` is read by botocore before `AWS_SESSION_TOKEN`, the
/// JavaScript SDK prefers `AWS_PROFILE` over keys, and the last five make prompts show another tool's name or time.
const CONTRADICTING: [&str; 15] = [
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
    AWS_VAULT,
    "AWSU_PROFILE",
    "AWS_SSO_PROFILE",
    "AWS_SESSION_EXPIRATION",
    "AWSUME_EXPIRATION",
];

const BEFORE: &str = "MFA_ENV_BEFORE";

/// The session that is to be exported.
pub struct Session<'a> {
    pub profile: &'a ProfileName,
    pub credentials: &'a SessionCredentials,
    /// The flag's or the profile's own; nothing else is exported.
    pub region: Option<&'a Region>,
    /// Whether the profile's name alone gives this session again.
    pub is_renewable_by_name: bool,
}

/// The changes that put a session into a shell.
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

    let mut displaced = Before::default();
    for name in RESTORED {
        let now = variables.raw(name).map(|v| v.to_str().map(str::to_owned));
        let Some(now) = now.map_or(Some(None), |utf8| utf8.map(Some)) else {
            // Bytes that are no text cannot be written down.
            warnings.add(Warning::NotRestorable { variable: name });
            if !REGIONS.contains(&name) || session.region.is_some() {
                changes.push(EnvChange { name, value: region_value(name, session) });
            }
            continue;
        };
        let was = before.without_us(name, now.clone());
        let is_region = REGIONS.contains(&name);
        // A session without a region leaves the person's own, and takes an earlier session's away.
        let then = if is_region { session.region.map(|r| r.as_str().to_owned()).or_else(|| was.clone()) } else { None };
        // The name that another tool left is as lost as the keys that it stood for.
        let is_restorable = name != AWS_VAULT || !has_keys || is_ours;
        if was != then && is_restorable && !displaced.record(name, was, then.clone()) {
            warnings.add(Warning::NotRestorable { variable: name });
        }
        if !is_region || session.region.is_some() || now != then {
            changes.push(EnvChange { name, value: then.map(EnvValue::Plain) });
        }
    }
    changes.push(EnvChange::set(BEFORE, displaced.write()));
    changes.extend(CONTRADICTING.into_iter().filter(|name| *name != AWS_VAULT).map(EnvChange::unset));
    changes
}

fn region_value(name: &str, session: &Session<'_>) -> Option<EnvValue> {
    let region = session.region.filter(|_| REGIONS.contains(&name))?;
    Some(EnvValue::Plain(region.as_str().to_owned()))
}

/// What a sign-in would change, without a session: the names, and the values that are known beforehand.
pub fn preview(
    profile: &ProfileName,
    region: Option<&Region>,
    is_renewable_by_name: bool,
    variables: &Variables,
    warnings: &Warnings,
) -> Preview {
    let nothing = || Secret::new("");
    let credentials = SessionCredentials {
        access_key_id: String::new(),
        secret_access_key: nothing(),
        session_token: nothing(),
        expiration: Expiration::EPOCH,
        identity: None,
    };
    let session = Session { profile, credentials: &credentials, region, is_renewable_by_name };
    let (set, unset): (Vec<_>, Vec<_>) =
        sign_in(&session, variables, warnings).into_iter().partition(|change| change.value.is_some());
    let names = |changes: Vec<EnvChange>| changes.into_iter().map(|change| change.name).collect();
    Preview { set: names(set), unset: names(unset) }
}

/// Names of variables that a sign-in sets and unsets.
pub struct Preview {
    pub set: Vec<&'static str>,
    pub unset: Vec<&'static str>,
}

/// The changes that take a session out of a shell and put back what it displaced, where nobody has changed that since.
pub fn unset(variables: &Variables, warnings: &Warnings) -> Vec<EnvChange> {
    let before = Before::read(variables, warnings).unwrap_or_default();
    let mut changes: Vec<EnvChange> = SESSION.into_iter().chain(["AWS_SECURITY_TOKEN"]).map(EnvChange::unset).collect();
    for name in RESTORED {
        let Some(now) = variables.raw(name).map_or(Some(None), |v| v.to_str().map(|v| Some(v.to_owned()))) else {
            continue;
        };
        let was = before.without_us(name, now.clone());
        if was != now {
            changes.push(EnvChange { name, value: was.map(EnvValue::Plain) });
        }
    }
    changes
}

/// The region of the environment as it would be without our own session.
///
/// # Errors
/// A variable holds something that is no region.
pub fn ambient_region(variables: &Variables) -> Result<Option<Sourced<Region>>> {
    let before = Before::read(variables, &Warnings::default()).unwrap_or_default();
    for name in REGIONS {
        let now = variables.text(name)?.map(str::to_owned);
        if let Some(region) = before.without_us(name, now).filter(|r| !r.trim().is_empty()) {
            return checked("region", &region, &Origin::Variable(name), Region::parse).map(Some);
        }
    }
    Ok(None)
}
