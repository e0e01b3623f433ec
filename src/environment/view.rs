//! The changes that put a view of all profiles into an environment, instead of the keys of one session.

use super::before::{ACCESS_KEY_ID, BEFORE, Before, CONFIG_FILE, Replaced};
use super::change::{EnvChange, EnvValue};
use super::export::{CONFLICTING, EXPIRATION, SECRET, TOKEN, lost_identity};
use super::options::OPTIONS;
use super::restorable::{SELECTORS, is_valid};
use super::shell_session::{DISPLAYED, PROFILE, ShellSession};
use crate::profile::ProfileName;
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use std::borrow::Cow;

const CREDENTIALS_FILE: &str = "AWS_SHARED_CREDENTIALS_FILE";

/// A view to export.
pub struct View<'a> {
    /// The path of its config file.
    pub config: &'a str,
    /// The path of its credentials file.
    pub credentials: &'a str,
    /// The profile for programs that name none.
    pub profile: Option<&'a ProfileName>,
}

/// The first variable that a view would replace, and `unset` could not restore.
pub fn lost_with_view(variables: &Variables) -> Option<&'static str> {
    [CONFIG_FILE, CREDENTIALS_FILE]
        .into_iter()
        .find(|name| variables.os(name).is_some_and(|value| value.to_str().is_none_or(|value| !is_valid(name, value))))
}

/// The changes that put a view into an environment. Every key is removed, so that programs read the view.
pub fn view(view: &View<'_>, variables: &Variables, warnings: &Warnings) -> Vec<EnvChange> {
    let shell = ShellSession::read(variables, warnings);
    if let Some(variable) = lost_identity(&shell, variables) {
        warnings.add(Warning::IdentityReplaced { variable });
    }
    let mut changes: Vec<EnvChange> =
        [ACCESS_KEY_ID, SECRET, TOKEN, EXPIRATION, DISPLAYED, OPTIONS].map(EnvChange::unset).into();
    let profile = view.profile.map(ProfileName::as_str);
    changes.push(EnvChange { name: PROFILE.into(), value: profile.map(|name| EnvValue::Plain(name.to_owned())) });
    let mut names: Vec<Cow<'static, str>> = vec![CONFIG_FILE.into(), CREDENTIALS_FILE.into()];
    names.extend(SELECTORS.map(Cow::Borrowed));
    for replaced in shell.before().into_iter().flat_map(Before::replaced) {
        if !names.contains(&replaced.name) {
            names.push(replaced.name.clone());
        }
    }
    let mut before = Before::of(None);
    for name in names {
        let original = shell.original(&name);
        let after = match &*name {
            CONFIG_FILE => Some(view.config.to_owned()),
            CREDENTIALS_FILE => Some(view.credentials.to_owned()),
            "AWS_PROFILE" => profile.map(str::to_owned),
            name if SELECTORS.contains(&name) => None,
            // Of the session before.
            _ => original.as_ref().and_then(|original| original.value.clone()),
        };
        let is_recorded = match original {
            // The record of a view always has its file.
            Some(original) if original.value == after && name != CONFIG_FILE => true,
            Some(original) => before.record(Replaced { name: name.clone(), original, after: after.clone() }),
            // A value that is not UTF-8 cannot be recorded.
            None => false,
        };
        if !is_recorded {
            warnings.add(Warning::NotRestorable { variable: name.clone() });
        }
        changes.push(EnvChange { name, value: after.map(EnvValue::Plain) });
    }
    changes.push(EnvChange::set(BEFORE, before.write()));
    changes.extend(CONFLICTING.map(EnvChange::unset));
    changes
}
