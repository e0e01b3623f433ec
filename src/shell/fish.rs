//! fish.
//!
//! Quoting rule: within `'…'`, a backslash is written `\\` and a single quote `\'`. Nothing else is special.
//!
//! The text is two lines. The first one does nothing here, and the second one fails in other shells at the first
//! `set -gx`, which shows no value. `true` is not the last word, because POSIX shells know it and would succeed.

use super::dialect::Dialect;
use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;
use std::fmt::Write;

pub(super) const DIALECT: Dialect = Dialect {
    statements,
    // Ends `source` with this status, and leaves the shell running.
    failure: &FailureStatement { before: "return ", after: Some(" </dev/null\n") },
    word: |text| {
        let mut word = String::new();
        quote(&mut word, text);
        word
    },
    list_separator: " ",
};

fn statements(text: &mut String, changes: &[EnvChange]) {
    text.push_str("true </dev/null &&\n");
    let mut join = "";
    for change in changes {
        if let Some(value) = &change.value {
            // Writing to a String cannot fail.
            let _ = write!(text, "{join}set -gx {} ", change.name);
            quote(text, value.expose());
            join = " && ";
        }
    }
    let unset: Vec<&str> = changes.iter().filter(|c| c.value.is_none()).map(|c| c.name).collect();
    // Erasing a variable that is not set returns status 4, which would look like a failed sign-in.
    let _ = match unset.as_slice() {
        [] => write!(text, "{join}begin; true; end"),
        names => write!(text, "{join}begin; set -eg {}; true; end", names.join(" ")),
    };
}

/// Appends the value by the quoting rule.
fn quote(text: &mut String, value: &str) {
    text.push('\'');
    for c in value.chars() {
        if matches!(c, '\\' | '\'') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('\'');
}
