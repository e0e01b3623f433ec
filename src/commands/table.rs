//! A row of the table of commands, and how it becomes a clap command.

use super::outcome::Outcome;
use crate::context::Context;
use crate::error::{Error, Result, UsageError};
use crate::shell::Shell;
use clap::{ArgMatches, FromArgMatches};

/// What help, completion, the shell functions and error messages know about a command.
pub struct Command {
    /// What the user types as the first word.
    pub name: &'static str,
    /// What it does, in one line of at most 100 characters, in the imperative and without a full stop.
    pub summary: &'static str,
    /// What the function `aws-mfa` does with its output.
    pub output: Output,
    /// `None` if the name is reserved for a later version.
    pub implementation: Option<Implementation>,
}

/// What the function `aws-mfa` does with the output of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// It is code for the shell, which the function evaluates.
    Evaluated,
    /// It is for a person or a program; the function passes it on.
    Printed,
}

/// How the arguments of a command are parsed, and how it runs.
#[derive(Clone, Copy)]
pub struct Implementation {
    /// Adds its arguments. Called only for the chosen command: building the arguments of all commands would take longer
    /// than the rest of a sign-in with a cached session.
    pub arguments: fn(clap::Command) -> clap::Command,
    /// Runs it with the parsed arguments.
    pub run: fn(&ArgMatches, &Context) -> Result<Outcome>,
    /// Only the completion functions call it, so help does not list it.
    pub is_hidden: bool,
    /// For a command that runs another one: where the words of that one begin.
    pub other_command: Option<CommandStart>,
    /// Whether a program reads the output, and shows the errors to the user.
    pub answers_program: bool,
    /// Whether it replaces a view that is out of date, as all commands that sign in.
    pub replaces_view: bool,
    /// Adds options that few people type. They are built only where one of them is typed, and for help and completion.
    pub rare_options: Option<fn(clap::Command) -> clap::Command>,
}

/// Where the words of another command begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandStart {
    /// After `--`; without it, at the first word that is neither an option nor the value of one, PROFILE or CODE.
    AfterProfile,
    /// After `--`.
    AfterDashes,
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
        Command {
            name,
            summary,
            output,
            implementation: Some(Implementation {
                arguments,
                run,
                is_hidden: false,
                other_command: None,
                answers_program: false,
                replaces_view: false,
                rare_options: None,
            }),
        }
    }

    /// The same command, whose output is for a program.
    pub(super) const fn answering_program(self) -> Self {
        match self.implementation {
            Some(plain) => Command { implementation: Some(Implementation { answers_program: true, ..plain }), ..self },
            None => self,
        }
    }

    /// The same command, which replaces a view that is out of date.
    pub(super) const fn replacing_view(self) -> Self {
        match self.implementation {
            Some(plain) => Command { implementation: Some(Implementation { replaces_view: true, ..plain }), ..self },
            None => self,
        }
    }

    /// The same command, with options that few people type.
    pub(super) const fn with_rare_options(self, add: fn(clap::Command) -> clap::Command) -> Self {
        match self.implementation {
            Some(plain) => {
                Command { implementation: Some(Implementation { rare_options: Some(add), ..plain }), ..self }
            }
            None => self,
        }
    }

    /// The same command, which runs another one.
    pub(super) const fn taking_command(self, start: CommandStart) -> Self {
        match self.implementation {
            Some(plain) => {
                Command { implementation: Some(Implementation { other_command: Some(start), ..plain }), ..self }
            }
            None => self,
        }
    }

    /// The same command, hidden from help and completion.
    pub(super) const fn hidden(self) -> Self {
        match self.implementation {
            Some(shown) => Command { implementation: Some(Implementation { is_hidden: true, ..shown }), ..self },
            None => self,
        }
    }

    /// A command of a later version. Its name is reserved now, so that adding it does not break anyone's profile.
    pub(super) const fn reserved(name: &'static str, output: Output) -> Self {
        Command { name, summary: "", output, implementation: None }
    }

    /// Whether help and completion list it.
    pub fn is_listed(&self) -> bool {
        self.implementation.is_some_and(|implementation| !implementation.is_hidden)
    }

    /// The clap command with its arguments, if another command follows them, and where that begins.
    pub(super) fn clap_before_command(&self) -> Option<(clap::Command, CommandStart)> {
        let start = self.implementation?.other_command?;
        Some((self.clap_now()?, start))
    }

    /// The clap command with its arguments.
    pub(super) fn clap_now(&self) -> Option<clap::Command> {
        let Implementation { arguments, .. } = self.implementation?;
        Some(arguments(clap::Command::new(self.name).about(self.summary)))
    }

    /// Adds the options that few people type, if the command has any.
    pub(super) fn add_rare_options(&self, command: clap::Command) -> clap::Command {
        match self.implementation.and_then(|implementation| implementation.rare_options) {
            Some(add) => add(command),
            None => command,
        }
    }

    /// The clap command, whose arguments are built when it is chosen.
    pub(super) fn clap(&self) -> Option<clap::Command> {
        let Implementation { arguments, is_hidden, .. } = self.implementation?;
        Some(clap::Command::new(self.name).about(self.summary).hide(is_hidden).defer(arguments))
    }

    /// The clap command with its arguments, for help and completion.
    pub(super) fn clap_with_arguments(&self) -> Option<clap::Command> {
        let Implementation { arguments, is_hidden, .. } = self.implementation?;
        let command = self.add_rare_options(arguments(clap::Command::new(self.name).hide(is_hidden)));
        Some(with_shell_names(command).about(self.summary))
    }
}

/// Adds the names of the shells to the help of every argument that takes one.
pub(super) fn with_shell_names(command: clap::Command) -> clap::Command {
    command.mut_args(|argument| {
        let takes_shell = argument.get_value_names().is_some_and(|names| names.iter().any(|name| name == "SHELL"));
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        if takes_shell { argument.help(format!("{help}: {}", Shell::all_names())) } else { argument }
    })
}

/// The arguments of a command, as the type that its file defines.
pub(super) fn arguments<A: FromArgMatches>(matches: &ArgMatches) -> Result<A> {
    A::from_arg_matches(matches).map_err(|e| usage_error(&e))
}

/// A usage error that clap reports, without clap's own prefix.
pub(super) fn usage_error(error: &clap::Error) -> Error {
    let text = error.to_string();
    UsageError::Arguments(text.strip_prefix("error: ").unwrap_or(&text).to_owned()).into()
}
