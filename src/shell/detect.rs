//! Which shell will evaluate the statements.

use super::Shell;
use crate::error::{Result, UsageError};
use crate::variables::Variables;

/// Shells that people use and whose quoting is not known here. Text quoted for another shell can break out of its
/// quotes in them.
const UNSUPPORTED: [&str; 8] = ["tcsh", "csh", "nu", "elvish", "xonsh", "rc", "es", "murex"];

/// A shell, and whether anything named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectedShell {
    pub shell: Shell,
    /// Nothing did: it is the platform's default.
    pub is_guess: bool,
}

/// The nearest known shell among the ancestors (nearest first), else what a variable names, else the platform's
/// `default`. A shell among the ancestors takes precedence over a variable: `$SHELL` is the login shell, not the one
/// that evaluates.
///
/// # Errors
/// [`UsageError::UnsupportedShell`]: the nearest shell is one whose quoting is not known.
pub fn detect(ancestors: impl Iterator<Item = String>, variables: &Variables, default: Shell) -> Result<DetectedShell> {
    for name in ancestors {
        if let Some(shell) = Shell::of_executable(&name) {
            return Ok(DetectedShell { shell, is_guess: false });
        }
        if UNSUPPORTED.contains(&name.trim_start_matches('-')) {
            return Err(UsageError::UnsupportedShell { name, known: Shell::all_names() }.into());
        }
    }
    let preferred =
        variables.text("MFA_ENV_SHELL").ok().flatten().map(|name| name.rsplit(['/', '\\']).next().unwrap_or(name));
    let login = variables.os("SHELL").and_then(|s| s.to_str()).and_then(|path| path.rsplit('/').next());
    let named = preferred.into_iter().chain(login).find_map(Shell::of_executable);
    Ok(DetectedShell { shell: named.unwrap_or(default), is_guess: named.is_none() })
}
