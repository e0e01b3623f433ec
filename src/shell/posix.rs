//! bash, zsh, dash, ksh, mksh and busybox ash.
//!
//! Quoting rule: within `'…'`, only `'` is special, and is written `'\''`. This holds in all of these shells, whatever
//! options are set.

use super::dialect::Dialect;
use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;
use std::fmt::Write;

pub(super) const DIALECT: Dialect = Dialect {
    statements,
    // The status of the subshell becomes that of `eval`, and `exit` ends only the subshell.
    failure: &FailureStatement { before: "(exit ", after: Some(");\n") },
    word: |text| shell_escape::unix::escape(text.into()).into_owned(),
    list_separator: "|",
};

/// What to type before and after a command so that its output is evaluated. It is quoted, so that the shell does not
/// split the output into words.
pub(super) const EVALUATE: (&str, &str) = ("eval \"$(", ")\"");

fn statements(line: &mut String, changes: &[EnvChange]) {
    for change in changes {
        if let Some(value) = &change.value {
            // Writing to a String cannot fail.
            let _ = write!(line, "export {}=", change.name);
            quote(line, value.expose());
            line.push_str("; ");
        }
    }
    let unset: Vec<&str> = changes.iter().filter(|c| c.value.is_none()).map(|c| c.name).collect();
    if unset.is_empty() {
        line.truncate(line.trim_end().len());
    } else {
        let _ = write!(line, "unset {};", unset.join(" "));
    }
}

/// Appends the value by the quoting rule.
fn quote(line: &mut String, value: &str) {
    line.push('\'');
    for (i, part) in value.split('\'').enumerate() {
        if i > 0 {
            line.push_str("'\\''");
        }
        line.push_str(part);
    }
    line.push('\'');
}
