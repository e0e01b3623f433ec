//! The variables that a sign-in sets and unsets, and how `mfa-env unset` restores what was there before. This module is
//! pure: values in, changes out.

mod before;
mod change;
mod encoding;
mod export;
mod options;
mod restorable;
mod shell_session;
mod unset;

pub use before::Before;
pub use change::{EnvChange, EnvValue};
pub use export::{Preview, Session, display_name, preview, sign_in};
pub use options::parse as parse_options;
pub use shell_session::{SessionOptions, ShellSession};
pub use unset::unset;

use crate::error::{Result, UsageError};
use crate::origin::{Origin, Sourced};
use crate::profile::{Region, checked};
use crate::variables::Variables;
use crate::warning::Warnings;
use restorable::REGIONS;

/// The region of the environment as it would be without a session of mfa-env.
///
/// # Errors
/// A variable contains something that is not a region.
pub fn ambient_region(variables: &Variables) -> Result<Option<Sourced<Region>>> {
    let shell = ShellSession::read(variables, &Warnings::default());
    for name in REGIONS {
        let original = shell.original(name).ok_or(UsageError::VariableNotUtf8 { name })?;
        if let Some(region) = original.value.filter(|region| !region.trim().is_empty()) {
            return checked("region", &region, &Origin::Variable(name), Region::parse).map(Some);
        }
    }
    Ok(None)
}
