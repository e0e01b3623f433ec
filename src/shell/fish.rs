//! fish.
//!
//! Values are quoted by the rule of [`super::quote`].
//!
//! The text is two lines. The first one does nothing here, and the second one fails in other shells at its first word.
//! It is a single list, which changes nothing if variables that only part of the shell sees would hide the session.

use super::dialect::{Dialect, instead, is_sign_in};
use super::quote::quote;
use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;
use std::fmt::Write;

pub(super) const DIALECT: Dialect = Dialect {
    statements,
    // Ends `source` with this status, and leaves the shell running.
    failure: &FailureStatement { before: "return ", after: Some(" </dev/null\n"), of_interruption: None },
    word: |text| {
        let mut word = String::new();
        quote(&mut word, text);
        word
    },
    unset: "set -e ",
    set: ["set -gx ", " ", ""],
    list_separator: " ",
};

fn statements(text: &mut String, changes: &[EnvChange]) {
    text.push_str("builtin true </dev/null &&\n");
    if changes.is_empty() {
        return text.push_str("builtin true");
    }
    let is_sign_in = is_sign_in(changes);
    // Writing to a String cannot fail.
    for (i, change) in changes.iter().enumerate() {
        let _ = write!(text, "{}not set -ql {}", if i > 0 { " && " } else { "" }, change.name);
        // fish exports a universal variable even if a global variable that is not exported hides it. `unset` ends with
        // the universal variables that were there before.
        if is_sign_in && change.value.is_none() {
            let _ = write!(text, " && not set -qUx {}", change.name);
        }
    }
    let _ = write!(
        text,
        " || not builtin echo 'mfa-env: a local variable would hide the session, or an exported universal one mix with \
         it; erase it, then run only: {}' >&2",
        instead(changes)
    );
    for change in changes {
        match &change.value {
            Some(value) => {
                let _ = write!(text, " && set -gx {} ", change.name);
                quote(text, value.expose());
            }
            // Erasing a variable that is not set returns status 4, which would look like a failed sign-in.
            None => {
                let _ = write!(text, " && set -g {0} && set -eg {0}", change.name);
            }
        }
    }
}
