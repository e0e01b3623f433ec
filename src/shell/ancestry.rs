//! Which shell will evaluate the statements.

use super::Shell;
use crate::error::{Result, UsageError};
use crate::variables::Variables;

/// Shells that people use and whose quoting we do not know. Text quoted for another shell can break out in them.
const UNSUPPORTED: [&str; 8] = ["tcsh", "csh", "nu", "elvish", "xonsh", "rc", "es", "murex"];

/// A shell, and whether anything said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundShell {
    pub shell: Shell,
    /// Nothing did: it is the platform's usual one.
    pub is_guess: bool,
}

/// The nearest known shell among the ancestors (nearest first), else what a variable names, else the platform's usual one.
/// A shell that was seen wins over a variable: `$SHELL` is the login shell, not the one that evaluates.
///
/// # Errors
/// The nearest shell is one that we cannot quote for.
pub fn find_shell(ancestors: impl Iterator<Item = String>, variables: &Variables, usual: Shell) -> Result<FoundShell> {
    for name in ancestors {
        if let Some(shell) = Shell::of_program(&name) {
            return Ok(FoundShell { shell, is_guess: false });
        }
        if UNSUPPORTED.contains(&name.trim_start_matches('-')) {
            return Err(UsageError::UnsupportedShell { name, known: Shell::NAMES }.into());
        }
    }
    let by_name =
        variables.text("MFA_ENV_SHELL").ok().flatten().map(|name| name.rsplit(['/', '\\']).next().unwrap_or(name));
    let by_login = variables.os("SHELL").and_then(|s| s.to_str()).and_then(|path| path.rsplit('/').next());
    let named = by_name.into_iter().chain(by_login).find_map(Shell::of_program);
    Ok(FoundShell { shell: named.unwrap_or(usual), is_guess: named.is_none() })
}
