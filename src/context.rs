//! What a run sees of the outside world, taken once at the start.

use crate::report::Report;
use crate::variables::Variables;
use crate::warning::Warnings;
use std::ffi::OsString;

/// The environment, the arguments and the start of a run, and what it has to tell the user.
pub struct Context {
    /// The environment variables that the process was started with.
    pub variables: Variables,
    /// The arguments after the program's name, as typed.
    pub arguments: Vec<OsString>,
    /// When this run began, in milliseconds since 1970.
    pub started: i64,
    /// Everything the user should know although the command goes on.
    pub warnings: Warnings,
    /// The way to stderr.
    pub report: Report,
}

impl Context {
    /// The context of a run that began at `started`, in milliseconds since 1970.
    pub fn new(arguments: Vec<OsString>, variables: Variables, started: i64) -> Self {
        let report = Report::new(&variables);
        Context { variables, arguments, started, warnings: Warnings::default(), report }
    }

    /// Shows the warnings that have come up so far.
    pub fn show_warnings(&self) {
        self.report.warnings(self.warnings.take());
    }
}
