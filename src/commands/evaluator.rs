//! Which shell evaluates what a command prints, and what that shell gets on failure.

use super::table::{Command, Output};
use crate::cli;
use crate::context::Context;
use crate::error::{Result, UsageError};
use crate::failure_statement::PORTABLE_FAILURE;
use crate::platform;
use crate::shell::{self, Shell};
use crate::warning::Warning;
use std::ffi::OsString;
use std::io::IsTerminal;

/// The values of `--format` that no shell evaluates.
const DATA_FORMATS: [&str; 5] = ["json", "env-file", "github-env", "terragrunt", "sts"];

/// What reads stdout. It is decided from the arguments as typed, because a usage error must make the `eval` fail as
/// well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluator {
    /// A shell that evaluates the output; `None` if `--shell` does not name one that is known.
    Shell(Option<Shell>),
    /// A person or a program, for which nothing is printed on failure.
    None,
}

impl Evaluator {
    /// Decides from the arguments after the program's name.
    pub(super) fn of(arguments: &[OsString], commands: &[Command]) -> Self {
        let first = arguments.first().and_then(|w| w.to_str()).unwrap_or_default();
        // A name that is reserved for a later version is not printed: whoever types it may mean a profile, and then the
        // `eval` must fail.
        let is_printed =
            commands.iter().any(|c| c.name == first && c.output == Output::Printed && c.implementation.is_some());
        let is_data = cli::option(arguments, "--format", "")
            .is_some_and(|format| DATA_FORMATS.iter().any(|data| format == *data));
        if is_printed || is_data {
            return Evaluator::None;
        }
        Evaluator::Shell(cli::option(arguments, "--shell", "-s").and_then(|name| Shell::named(name.to_str()?)))
    }

    /// If a shell evaluates the output, makes a fatal signal print the failure statement from now on.
    pub(super) fn prepare(self) {
        let Evaluator::Shell(shell) = self else { return };
        if stdout_is_terminal() {
            return;
        }
        platform::ignore_suspend_key();
        platform::set_failure_statement(shell.map_or(&PORTABLE_FAILURE, Shell::failure_statement));
    }

    /// The text that makes the `eval` fail with `status`; empty if no shell evaluates the output.
    pub(super) fn failure(self, context: &Context, status: u8) -> String {
        match self {
            Evaluator::None => String::new(),
            Evaluator::Shell(_) if stdout_is_terminal() && !cli::has_option(&context.arguments, "--show", "") => {
                String::new()
            }
            Evaluator::Shell(Some(shell)) => shell.failure(status),
            Evaluator::Shell(None) if cli::has_option(&context.arguments, "--shell", "-s") => {
                PORTABLE_FAILURE.with_status(status)
            }
            Evaluator::Shell(None) => match detected(context) {
                Ok(found) => found.shell.failure(status),
                Err(_) => PORTABLE_FAILURE.with_status(status),
            },
        }
    }
}

/// The shell that evaluates the output: the one that `--shell` names, or the one that is detected. A fatal signal
/// prints the failure statement of that shell from now on.
///
/// # Errors
/// The shell is unknown or not supported, or stdout is a terminal and `show` is not set. On a terminal nothing would
/// evaluate the output, so this fails before a code is asked for.
pub(super) fn evaluating_shell(named: Option<&str>, show: bool, context: &Context) -> Result<Shell> {
    let shell = match named {
        Some(name) => known_shell(name)?,
        None => {
            let found = detected(context)?;
            if !stdout_is_terminal() {
                platform::set_failure_statement(found.shell.failure_statement());
            }
            if found.is_guess {
                context.warnings.add(Warning::ShellUnknown);
                context.show_warnings();
            }
            found.shell
        }
    };
    if show || !stdout_is_terminal() {
        return Ok(shell);
    }
    let words = context.arguments.iter().map(|w| shell.word(&w.to_string_lossy()));
    let command = std::iter::once("mfa-env".to_owned()).chain(words).collect::<Vec<_>>().join(" ");
    Err(UsageError::StdoutIsTerminal { eval_line: shell.eval_line(&command), init_line: shell.init_line() }.into())
}

/// The shell with this name.
///
/// # Errors
/// No shell has this name.
pub(super) fn known_shell(name: &str) -> Result<Shell> {
    Shell::named(name)
        .ok_or_else(|| UsageError::UnknownShell { name: name.to_owned(), known: Shell::all_names() }.into())
}

/// The shell whose user reads a message, for the lines in it.
pub(super) fn shell_of_user(context: &Context) -> Shell {
    detected(context).map_or(Shell::Sh, |found| found.shell)
}

/// The shell that runs this program.
///
/// # Errors
/// It is not supported.
pub(super) fn detected(context: &Context) -> Result<shell::DetectedShell> {
    let default = Shell::named(platform::DEFAULT_SHELL).unwrap_or(Shell::Sh);
    shell::detect(platform::ancestors(), &context.variables, default)
}

fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}
