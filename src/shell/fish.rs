//! fish.
//!
//! Rule: within `'…'` a backslash is written `\\` and a quote `\'`; nothing else is special.

use super::dialect::Dialect;
use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;
use std::fmt::Write;

pub(super) const DIALECT: Dialect = Dialect {
    statements,
    // Ends what `source` reads, with that status, and nothing else.
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
    // Erasing a variable that is not set has status 4, which would count as a failed sign-in.
    line.push_str("true");
}

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
