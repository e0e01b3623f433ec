//! The outside world as a run sees it, read once at the start.

use crate::certificates;
use crate::clock;
use crate::error::Error;
use crate::network::Network;
use crate::report::Report;
use crate::style::{Screen, Stream};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use std::ffi::OsString;
use std::rc::Rc;

/// The environment, arguments and start time of a run, and its warnings and notices to the user.
pub struct Context {
    /// The environment variables with which the process was started.
    pub variables: Variables,
    /// The arguments after the program's name, as typed.
    pub arguments: Vec<OsString>,
    /// The command to run, with its arguments; empty if there is none.
    pub command: Vec<OsString>,
    /// When this run started, in milliseconds since 1970.
    pub started: i64,
    /// Whether a command that this run has started may be running.
    pub may_run_command: bool,
    /// The warnings that have not been shown yet.
    pub warnings: Warnings,
    /// The writer of stderr.
    pub report: Report,
    /// The thread of all network work.
    pub network: Rc<Network>,
}

impl Context {
    /// The context of a run that started at `started`, in milliseconds since 1970.
    pub fn new(arguments: Vec<OsString>, mut variables: Variables, started: i64) -> Self {
        let report = Report::new(&variables);
        let warnings = Warnings::default();
        certificates::ignore_missing(&mut variables, &warnings);
        Context {
            variables,
            arguments,
            command: Vec::new(),
            started,
            may_run_command: false,
            warnings,
            report,
            network: Rc::default(),
        }
    }

    /// The context of a later sign-in of the same run, which begins now; `is_quiet` hides what the first one said.
    #[must_use]
    pub fn for_renewal(&self, is_quiet: bool) -> Self {
        let mut report = Report::new(&self.variables);
        report.set_quiet(is_quiet);
        Context {
            variables: self.variables.clone(),
            arguments: self.arguments.clone(),
            command: Vec::new(),
            started: clock::now_ms(),
            may_run_command: !self.command.is_empty(),
            warnings: Warnings::default(),
            report,
            network: self.network.clone(),
        }
    }

    /// Splits the words after the first argument into the arguments of mfa-env and the command.
    pub fn split_command(&mut self, split: impl FnOnce(&[OsString]) -> (Vec<OsString>, Vec<OsString>)) {
        if let Some((first, words)) = self.arguments.split_first() {
            let (own, command) = split(words);
            self.arguments = std::iter::once(first.clone()).chain(own).collect();
            self.command = command;
        }
    }

    /// Shows the warnings that have not been shown yet.
    pub fn show_warnings(&self) {
        self.show(self.warnings.take());
    }

    /// Shows the serious warnings while a run goes on. The others wait until its end, because a run shows only a few
    /// warnings, and a more serious one may follow.
    pub fn show_serious_warnings(&self) {
        self.show(self.warnings.take_serious());
    }

    fn show(&self, warnings: Vec<Warning>) {
        // Almost always.
        if !warnings.is_empty() {
            self.report.warnings(warnings, &self.stderr());
        }
    }

    /// Shows an error with its advice, unless it is silent.
    pub fn show_error(&self, error: &Error) {
        self.report.error(error, &self.stderr());
    }

    /// Shows why one of several profiles cannot be signed in to, with the advice.
    pub fn show_error_of(&self, profile: &str, error: &Error) {
        self.report.error_of(profile, error, &self.stderr());
    }

    /// What stderr can show.
    pub fn stderr(&self) -> Screen {
        Screen::of(Stream::Stderr, &self.variables)
    }
}
