//! What a dialect consists of.

use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;

/// How things are written for a shell. Shells that differ only in their functions share one.
pub(super) struct Dialect {
    /// Appends the statements that make the changes, without a newline.
    pub(super) statements: fn(&mut String, &[EnvChange]),
    /// What fails the evaluation.
    pub(super) failure: &'static FailureStatement,
    /// Quotes a word of a command line that is shown to the user.
    pub(super) word: fn(&str) -> String,
    /// What stands between the patterns of a list in the shell's functions.
    pub(super) list_separator: &'static str,
}
