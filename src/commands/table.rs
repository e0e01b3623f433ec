//! What a row of the table of commands says.

use super::outcome::Outcome;
use crate::context::Context;
use crate::error::{Error, Result, UsageError};
use crate::shell::Shell;
use clap::{ArgMatches, FromArgMatches};

/// A command: everything that help, completion, the shell functions and error messages know about it.
pub struct Command {
    pub name: &'static str,
    /// One line that says what it does.
    pub summary: &'static str,
    pub output: Output,
    /// `None`: the name is reserved for a version that has the command.
    pub built: Option<Built>,
}

/// What a shell function does with the output of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// It consists of statements for the shell, so the function evaluates it.
    Evaluated,
    /// It is for the user or a program, so the function passes it on.
    Printed,
}

/// How a command is read and run.
#[derive(Clone, Copy)]
pub struct Built {
    /// Adds its arguments. Called only if the command is chosen: building the arguments of all commands would take
    /// longer than a cached sign-in does.
    pub arguments: fn(clap::Command) -> clap::Command,
    pub run: fn(&ArgMatches, &Context) -> Result<Outcome>,
    /// Called by completion only, and not listed.
    pub is_hidden: bool,
}

impl Command {
    /// A command of this version.
    pub(super) const fn new(
        name: &'static str,
        summary: &'static str,
        output: Output,
        arguments: fn(clap::Command) -> clap::Command,
        run: fn(&ArgMatches, &Context) -> Result<Outcome>,
    ) -> Self {
        Command { name, summary, output, built: Some(Built { arguments, run, is_hidden: false }) }
    }

    /// One that the functions of `init` call, and nobody else.
    pub(super) const fn hidden(self) -> Self {
        match self.built {
            Some(built) => Command { built: Some(Built { is_hidden: true, ..built }), ..self },
            None => self,
        }
    }

    /// A command of a later version, whose name profiles should not rely on.
    pub(super) const fn reserved(name: &'static str, output: Output) -> Self {
        Command { name, summary: "", output, built: None }
    }

    /// Whether help and completion list it.
    pub fn is_listed(&self) -> bool {
        self.built.is_some_and(|built| !built.is_hidden)
    }

    /// As clap knows it; its arguments are built when it is chosen.
    pub(super) fn clap(&self) -> Option<clap::Command> {
        let built = self.built?;
        Some(clap::Command::new(self.name).about(self.summary).hide(built.is_hidden).defer(built.arguments))
    }

    /// The same with its arguments, for help and completion.
    pub(super) fn clap_with_arguments(&self) -> Option<clap::Command> {
        let built = self.built?;
        let command = clap::Command::new(self.name).hide(built.is_hidden);
        Some(with_shells((built.arguments)(command)).about(self.summary))
    }
}

/// The names of shells in the help of the arguments that take one.
pub(super) fn with_shells(command: clap::Command) -> clap::Command {
    command.mut_args(|argument| {
        let takes_shell = argument.get_value_names().is_some_and(|names| names.iter().any(|name| name == "SHELL"));
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        if takes_shell { argument.help(format!("{help}: {}", Shell::all_names())) } else { argument }
    })
}

/// The arguments of a command as its own type.
pub(super) fn arguments<A: FromArgMatches>(matches: &ArgMatches) -> Result<A> {
    A::from_arg_matches(matches).map_err(|e| usage_error(&e))
}

/// A mistake that clap found.
pub(super) fn usage_error(error: &clap::Error) -> Error {
    let text = error.to_string();
    UsageError::Arguments(text.strip_prefix("error: ").unwrap_or(&text).to_owned()).into()
}
