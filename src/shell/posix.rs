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
use crate::failure_statement::PORTABLE_FAILURE;
use std::fmt::Write;

/// Of bash. The assignments are a separate command, because with `set -k` bash would take them as the environment of
/// `export`.
pub(super) const BASH: Dialect = Dialect { statements: bash_statements, ..SH };

/// Of zsh. The assignments are arguments of `export`, because with `setopt warn_create_global` zsh warns about other
/// assignments in a function.
pub(super) const ZSH: Dialect = Dialect { statements: zsh_statements, ..SH };

/// Of the other shells, which have no `builtin`. A backslash gets past aliases.
pub(super) const SH: Dialect = Dialect {
    statements: sh_statements,
    failure: &PORTABLE_FAILURE,
    word: |text| shell_escape::unix::escape(text.into()).into_owned(),
    list_separator: "|",
};

/// Gets past aliases and functions of the user.
const BUILTIN: &str = "\\builtin ";

/// Fails in every shell of another dialect before it reads the next line.
const GUARD: &str = ": </dev/null && </dev/null : &&\n";

/// What to type before and after a command so that its output is evaluated. It is quoted, so that the shell does not
/// split the output into words.
pub(super) const EVALUATE: (&str, &str) = ("eval \"$(", ")\"");

fn bash_statements(text: &mut String, changes: &[EnvChange]) {
    assign_and_export(text, changes, BUILTIN);
}

fn sh_statements(text: &mut String, changes: &[EnvChange]) {
    assign_and_export(text, changes, "\\");
}

fn zsh_statements(text: &mut String, changes: &[EnvChange]) {
    text.push_str(GUARD);
    let has_values = changes.iter().any(|change| change.value.is_some());
    if has_values {
        // ksh fails at the first command; at `export` it would show the values.
        let _ = write!(text, "{BUILTIN}: && {BUILTIN}export ");
        assignments(text, changes);
    }
    unset(text, changes, BUILTIN, if has_values { "&& " } else { "" });
}

fn assign_and_export(text: &mut String, changes: &[EnvChange], builtin: &str) {
    text.push_str(GUARD);
    assignments(text, changes);
    let set: Vec<&str> = changes.iter().filter(|c| c.value.is_some()).map(|c| c.name).collect();
    if set.is_empty() {
        unset(text, changes, builtin, "");
    } else {
        // Writing to a String cannot fail.
        let _ = write!(text, "&& {builtin}export {}", set.join(" "));
        unset(text, changes, builtin, " && ");
    }
}

/// `A='…' B='…' `, with a blank at the end.
fn assignments(text: &mut String, changes: &[EnvChange]) {
    for change in changes {
        if let Some(value) = &change.value {
            text.push_str(change.name);
            text.push('=');
            quote(text, value.expose());
            text.push(' ');
        }
    }
}

/// Appends `join` and the command that unsets variables. If there are none, appends `:` after a bare guard, and otherwise
/// removes the blank at the end.
fn unset(text: &mut String, changes: &[EnvChange], builtin: &str, join: &str) {
    let names: Vec<&str> = changes.iter().filter(|c| c.value.is_none()).map(|c| c.name).collect();
    if !names.is_empty() {
        let _ = write!(text, "{join}{builtin}unset {}", names.join(" "));
    } else if changes.is_empty() {
        text.push(':');
    } else {
        text.truncate(text.trim_end().len());
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
