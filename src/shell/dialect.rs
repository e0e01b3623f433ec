//! What a dialect consists of: the functions that write code for a shell.

use crate::environment::{EnvChange, EnvValue};
use crate::failure_statement::FailureStatement;
use crate::function_name::function_name;

/// The syntax of a shell. Shells that differ only in their snippets share a dialect.
pub(super) struct Dialect {
    /// Appends statements that make the changes, without the newline at the end.
    pub(super) statements: fn(&mut String, &[EnvChange]),
    /// What makes the evaluation fail.
    pub(super) failure: &'static FailureStatement,
    /// Quotes a word of a command line that is shown to the user.
    pub(super) word: fn(&str) -> String,
    /// What a user types before the name of a variable to remove it.
    pub(super) unset: &'static str,
    /// What a user types before the name of a variable to set it, between the name and the value, and after that.
    pub(super) set: [&'static str; 3],
    /// The separator of the command names in the snippet.
    pub(super) list_separator: &'static str,
}

/// The command line that makes the changes when nothing is in its way. It needs no quotes in any shell.
pub(super) fn instead(changes: &[EnvChange]) -> String {
    let value = |name: &str| changes.iter().find(|change| change.name == name)?.value.as_ref().map(EnvValue::expose);
    let options = if value("MFA_ENV_OPTIONS").is_some() { " and the same options" } else { "" };
    let is_plain = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.@:/+-".contains(&b));
    let name = function_name();
    let profile = value("MFA_ENV_PROFILE").map(|profile| if is_plain(profile) { profile } else { "PROFILE" });
    match (profile, is_sign_in(changes), value("AWS_ACCESS_KEY_ID")) {
        (Some(profile), true, None) => format!("{name} --all {profile}"),
        (None, true, None) => format!("{name} --all"),
        (Some(profile), ..) => format!("{name} {profile}{options}"),
        (None, ..) => format!("{name} unset"),
    }
}

/// Whether the changes are those of a session or a view; otherwise they are those of `unset`.
pub(super) fn is_sign_in(changes: &[EnvChange]) -> bool {
    let names = ["AWS_ACCESS_KEY_ID", "MFA_ENV_BEFORE"];
    changes.iter().any(|change| names.contains(&&*change.name) && change.value.is_some())
}
