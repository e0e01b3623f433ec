//! fish.
//!
//! Rule: within `'…'` a backslash is written `\\` and a quote `\'`; nothing else is special.

use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;
use std::fmt::Write;

/// Ends what `source` reads, with that status, and nothing else.
pub(super) const FAILURE: FailureStatement = FailureStatement { before: "return ", after: Some("\n") };

pub(super) fn statements(line: &mut String, changes: &[EnvChange]) {
    for change in changes {
        match &change.value {
            Some(value) => {
                // Writing to a String cannot fail.
                let _ = write!(line, "set -gx {} ", change.name);
                quote(line, value.expose());
                line.push_str("; ");
            }
            None => {
                let _ = write!(line, "set -eg {}; ", change.name);
            }
        }
    }
    // Erasing what is not there has status 4; the sign-in has not failed.
    line.push_str("true");
}

pub(super) fn quote(line: &mut String, value: &str) {
    line.push('\'');
    for c in value.chars() {
        if matches!(c, '\\' | '\'') {
            line.push('\\');
        }
        line.push(c);
    }
    line.push('\'');
}
