//! fish.
//!
//! Quoting rule: within `'…'`, a backslash is written `\\` and a single quote `\'`. Nothing else is special.

use super::dialect::Dialect;
use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;
use std::fmt::Write;

pub(super) const DIALECT: Dialect = Dialect {
    statements,
    // Ends `source` with this status, and leaves the shell running.
    failure: &FailureStatement { before: "return ", after: Some("\n") },
    word: |text| {
        let mut word = String::new();
        quote(&mut word, text);
        word
    },
    list_separator: " ",
};

fn statements(line: &mut String, changes: &[EnvChange]) {
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
    // Erasing a variable that is not set returns status 4, which would look like a failed sign-in.
    line.push_str("true");
}

/// Appends the value by the quoting rule.
fn quote(line: &mut String, value: &str) {
    line.push('\'');
    for c in value.chars() {
        if matches!(c, '\\' | '\'') {
            line.push('\\');
        }
        line.push(c);
    }
    line.push('\'');
}
