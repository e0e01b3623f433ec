//! Detecting the shell that will evaluate the output.

use super::Shell;
use crate::error::{Result, UsageError};
use crate::variables::Variables;

/// Shells that people use but whose quoting mfa-env does not implement. In them, text that is
/// quoted for another shell could break out of its quotes.
const UNSUPPORTED: [&str; 8] = ["tcsh", "csh", "nu", "elvish", "xonsh", "rc", "es", "murex"];

/// The detected shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectedShell {
    /// The shell to print for.
    pub shell: Shell,
    /// Whether nothing named the shell, so that it is the platform's default.
    pub is_guess: bool,
}

/// The nearest known shell among the ancestor processes (nearest first), then the one that `MFA_ENV_SHELL` or `SHELL`
/// names, then the platform's `default`. Ancestors take precedence, because `SHELL` is the login shell and not
/// necessarily the one that evaluates the output.
///
/// # Errors
/// [`UsageError::UnsupportedShell`]: the nearest shell is not supported.
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
