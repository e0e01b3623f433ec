//! What a dialect consists of: the functions that write code for a shell.

use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;

/// The syntax of a shell. Shells that differ only in their snippets share a dialect.
pub(super) struct Dialect {
    /// Appends statements that make the changes, without the newline at the end.
    pub(super) statements: fn(&mut String, &[EnvChange]),
    /// What makes the evaluation fail.
    pub(super) failure: &'static FailureStatement,
    /// Quotes a word of a command line that is shown to the user.
    pub(super) word: fn(&str) -> String,
    /// The separator of the command names in the snippet.
    pub(super) list_separator: &'static str,
}
