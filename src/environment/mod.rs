//! The variables that a sign-in sets and unsets, and how `mfa-env unset` restores what was there before. This module is
//! pure: values in, changes out.

mod before;
mod change;
mod export;

pub use before::Before;
pub use change::{EnvChange, EnvValue};
pub use export::{Preview, Session, preview, sign_in};

use crate::error::Result;
use crate::origin::{Origin, Sourced};
use crate::profile::{Region, checked};
use crate::variables::Variables;
use crate::warning::Warnings;
use before::{BEFORE, REGIONS, RESTORED};

/// The variables that a sign-in sets for a session, and that `unset` clears.
const SESSION: [&str; 7] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "MFA_ENV_PROFILE",
    "AWSUME_PROFILE",
    BEFORE,
];

/// The changes that remove a session from an environment and restore what it replaced. A variable that the user has
/// changed since is left alone.
pub fn unset(variables: &Variables, warnings: &Warnings) -> Vec<EnvChange> {
    let before = Before::read(variables, warnings).unwrap_or_default();
    let mut changes: Vec<EnvChange> = SESSION.into_iter().chain(["AWS_SECURITY_TOKEN"]).map(EnvChange::unset).collect();
    for name in RESTORED {
        let Some(now) = variables.raw(name).map_or(Some(None), |v| v.to_str().map(|v| Some(v.to_owned()))) else {
            continue;
        };
        let was = before.without_session(name, now.clone());
        if was != now {
            changes.push(EnvChange { name, value: was.map(EnvValue::Plain) });
        }
    }
    changes
}

/// The region of the environment as it would be without a session of mfa-env.
///
/// # Errors
/// A variable contains something that is not a region.
pub fn ambient_region(variables: &Variables) -> Result<Option<Sourced<Region>>> {
    let before = Before::read(variables, &Warnings::default()).unwrap_or_default();
    for name in REGIONS {
        let now = variables.text(name)?.map(str::to_owned);
        if let Some(region) = before.without_session(name, now).filter(|r| !r.trim().is_empty()) {
            return checked("region", &region, &Origin::Variable(name), Region::parse).map(Some);
        }
    }
    Ok(None)
}
