//! The changes that remove a session from an environment.

use super::before::{ACCESS_KEY_ID, BEFORE};
use super::change::{EnvChange, EnvValue};
use super::export::{EXPIRATION, SECRET, TOKEN, display_name};
use super::options::OPTIONS;
use super::path_conversion;
use super::shell_session::{DISPLAYED, PROFILE, SessionOptions, ShellSession};
use crate::plan::Overrides;
use crate::profile::ProfileName;
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};

/// The changes that remove a session from an environment and restore what it replaced. A variable that the user has
/// changed since is left alone, and so are keys that mfa-env did not set; a warning says so.
pub fn unset(variables: &Variables, warnings: &Warnings) -> Vec<EnvChange> {
    let shell = ShellSession::read(variables, warnings);
    let mut changes: Vec<EnvChange> = [PROFILE, OPTIONS, BEFORE].map(EnvChange::unset).into();
    if shell.has_other_keys() {
        warnings.add(Warning::KeysKept);
    } else if shell.before().is_some() {
        changes.extend([ACCESS_KEY_ID, SECRET, TOKEN, EXPIRATION].map(EnvChange::unset));
    }
    if shell.has_our_keys() || is_ours(variables.os(DISPLAYED).and_then(|name| name.to_str()), variables, &shell) {
        changes.push(EnvChange::unset(DISPLAYED));
    }
    for replaced in shell.before().into_iter().flat_map(|before| before.replaced()) {
        let now = variables.raw(&replaced.name);
        // A value that is not UTF-8 is not the one that the session set.
        if let Some(original) = shell.original(&replaced.name)
            && original.value.as_deref().map(str::as_ref) != now
        {
            changes.push(EnvChange { name: replaced.name.clone(), value: original.value.map(EnvValue::Plain) });
        }
    }
    changes.extend(path_conversion::take_back(&shell, variables));
    changes
}

/// Whether a name for shell prompts is the one that a sign-in to this shell's profile sets.
fn is_ours(displayed: Option<&str>, variables: &Variables, shell: &ShellSession<'_>) -> bool {
    let profile = variables.os(PROFILE).and_then(|name| ProfileName::parse(name.to_str()?).ok());
    let overrides = match shell.options() {
        SessionOptions::Some(overrides) => *overrides,
        SessionOptions::None | SessionOptions::Unknown(_) => Overrides::default(),
    };
    profile.is_some_and(|profile| displayed == Some(&*display_name(&profile, &overrides)))
}
