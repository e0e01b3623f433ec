//! Who evaluates what a command prints, and how a failure is said to it.

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

/// Who reads stdout, told from the arguments as they were typed: a mistake in them must fail the evaluation as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluator {
    /// A shell that evaluates; which one is known only if `--shell` says so.
    Shell(Option<Shell>),
    /// A person or a program: on failure nothing is printed.
    None,
}

impl Evaluator {
    /// Reads the arguments after the program's name.
    pub(super) fn of(arguments: &[OsString], commands: &[Command]) -> Self {
        let first = arguments.first().and_then(|w| w.to_str()).unwrap_or_default();
        let printed = commands.iter().find(|c| c.name == first && c.output == Output::Printed);
        // A function of another version may evaluate a command that this one does not have.
        let is_printed = printed.is_some_and(|c| c.built.is_some() || !cli::has_option(arguments, "--shell", "-s"));
        let is_data = cli::option(arguments, "--format", "").is_some_and(|f| f == "json" || f == "env-file");
        if is_printed || is_data {
            return Evaluator::None;
        }
        Evaluator::Shell(cli::option(arguments, "--shell", "-s").and_then(|name| Shell::named(name.to_str()?)))
    }

    /// From now on a death by a signal prints the failing statement, if a shell waits for one.
    pub(super) fn prepare(self) {
        let Evaluator::Shell(shell) = self else { return };
        if stdout_is_terminal() {
            return;
        }
        platform::ignore_suspend_key();
        platform::set_failure_statement(shell.map_or(&PORTABLE_FAILURE, Shell::failure_statement));
    }

    /// The statement that fails the evaluation; nothing if nobody evaluates.
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

/// The shell that evaluates: the one that `--shell` names, else the one that is detected. From now on a death is said
/// in its dialect. Statements on a terminal help nobody, so there the command ends before anything is asked, unless
/// `show` is set.
///
/// # Errors
/// An unknown or unsupported shell, or stdout is a terminal.
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

/// The shell that a person names.
pub(super) fn known_shell(name: &str) -> Result<Shell> {
    Shell::named(name)
        .ok_or_else(|| UsageError::UnknownShell { name: name.to_owned(), known: Shell::all_names() }.into())
}

fn detected(context: &Context) -> Result<shell::DetectedShell> {
    let default = Shell::named(platform::DEFAULT_SHELL).unwrap_or(Shell::Sh);
    shell::detect(platform::ancestors(), &context.variables, default)
}

fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}
