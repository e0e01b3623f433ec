//! bash, zsh, dash, ksh, mksh and busybox ash.
//!
//! Quoting rule: within `'…'`, only `'` is special, and is written `'\''`. This holds in all of these shells, whatever
//! options are set.
//!
//! The text is two lines. The first one does nothing here, but fails in fish and PowerShell, and contains no value that
//! their error message could show. The second one is a single list, so it fails as a whole if a variable is readonly.
//! Nothing ends in `;`, so that `eval "$(mfa-env prod) && next"` works.

use super::dialect::Dialect;
use crate::environment::EnvChange;
use crate::failure_statement::{FailureStatement, PORTABLE_FAILURE};
use std::fmt::Write;

/// Of bash and zsh, where `\builtin` gets past aliases and functions of the user.
pub(super) const WITH_BUILTIN: Dialect =
    Dialect { statements: |text, changes| statements(text, changes, "\\builtin "), ..PLAIN };

/// Of the other shells, which have no `builtin`.
pub(super) const PLAIN: Dialect = Dialect {
    statements: |text, changes| statements(text, changes, ""),
    failure: FAILURE,
    word: |text| shell_escape::unix::escape(text.into()).into_owned(),
    list_separator: "|",
};

const FAILURE: &FailureStatement = &PORTABLE_FAILURE;

/// Fails in every shell of another dialect before it reads the next line.
const GUARD: &str = ": </dev/null && </dev/null : &&\n";

/// What to type before and after a command so that its output is evaluated. It is quoted, so that the shell does not
/// split the output into words.
pub(super) const EVALUATE: (&str, &str) = ("eval \"$(", ")\"");

fn statements(text: &mut String, changes: &[EnvChange], builtin: &str) {
    text.push_str(GUARD);
    let mut set = Vec::new();
    for change in changes {
        if let Some(value) = &change.value {
            // Writing to a String cannot fail.
            let _ = write!(text, "{}=", change.name);
            quote(text, value.expose());
            text.push(' ');
            set.push(change.name);
        }
    }
    let unset: Vec<&str> = changes.iter().filter(|c| c.value.is_none()).map(|c| c.name).collect();
    let mut join = if set.is_empty() { "" } else { "&& " };
    for (command, names) in [("export", set), ("unset", unset)] {
        if !names.is_empty() {
            let _ = write!(text, "{join}{builtin}{command} {}", names.join(" "));
            join = " && ";
        }
    }
    if changes.is_empty() {
        text.push(':');
    }
}

/// Appends the value by the quoting rule.
fn quote(text: &mut String, value: &str) {
    text.push('\'');
    for (i, part) in value.split('\'').enumerate() {
        if i > 0 {
            text.push_str("'\\''");
        }
        text.push_str(part);
    }
    text.push('\'');
}
