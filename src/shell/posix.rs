//! bash, zsh, dash, ksh, mksh, busybox ash.
//!
//! Rule: within `'…'` nothing is special but `'` itself, which is written `'\''`. That holds in all of them, whatever their options.

use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;
use std::fmt::Write;

/// A subshell's status is the evaluation's, and ends nothing but itself.
pub(super) const FAILURE: FailureStatement = FailureStatement { before: "(exit ", after: Some(");\n") };

pub(super) fn statements(line: &mut String, changes: &[EnvChange]) {
    for change in changes {
        if let Some(value) = &change.value {
            // Writing to a String cannot fail.
            let _ = write!(line, "export {}=", change.name);
            quote(line, value.expose());
            line.push_str("; ");
        }
    }
    let gone: Vec<&str> = changes.iter().filter(|c| c.value.is_none()).map(|c| c.name).collect();
    if gone.is_empty() {
        line.truncate(line.trim_end().len());
    } else {
        let _ = write!(line, "unset {};", gone.join(" "));
    }
}

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
