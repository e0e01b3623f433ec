//! The variables that a sign-in sets and unsets, and how `mfa-env unset` restores what was there before. This module is
//! pure: values in, changes out.

mod before;
mod change;
mod encoding;
mod export;
mod options;
mod path_conversion;
mod places;
mod restorable;
mod serving;
mod shell_session;
mod unset;
mod view;

pub use before::Before;
pub use change::{EnvChange, EnvValue};
pub use export::{Preview, Session, display_name, preview, sign_in, warn_about_bearer_tokens};
pub use options::parse as parse_options;
pub use path_conversion::EXCLUDED as PATH_CONVERSION;
pub use serving::{Endpoint, serve};
pub use shell_session::{SessionOptions, ShellSession};
pub use unset::unset;
pub use view::{View, lost_with_view, view};

use crate::error::Result;
use crate::origin::{Origin, Sourced};
use crate::profile::{Region, checked};
use crate::variables::Variables;
use crate::warning::Warnings;
use before::Original;
use restorable::REGIONS;
use std::borrow::Cow;

/// The environment as it would be without a session of mfa-env in it.
pub fn without_session(variables: &Variables) -> Cow<'_, Variables> {
    let shell = ShellSession::read(variables, &Warnings::default());
    let Some(before) = shell.before() else { return Cow::Borrowed(variables) };
    let mut without = variables.clone();
    for replaced in before.replaced() {
        match shell.original(&replaced.name) {
            Some(Original { value: Some(value), .. }) => without.set(&replaced.name, &value),
            Some(Original { value: None, .. }) => without.remove(&replaced.name),
            None => {}
        }
    }
    Cow::Owned(without)
}

/// The region of the environment.
///
/// # Errors
/// A variable contains something that is not a region.
pub fn ambient_region(variables: &Variables) -> Result<Option<Sourced<Region>>> {
    for name in REGIONS {
        if let Some(region) = variables.text(name)? {
            return checked("region", region, &Origin::Variable(name), Region::parse).map(Some);
        }
    }
    Ok(None)
}
