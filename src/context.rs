//! The outside world as a run sees it, read once at the start.

use crate::certificates;
use crate::report::Report;
use crate::variables::Variables;
use crate::warning::Warnings;
use std::ffi::OsString;

/// The environment, arguments and start time of a run, and its warnings and notices to the user.
pub struct Context {
    /// The environment variables with which the process was started.
    pub variables: Variables,
    /// The arguments after the program's name, as typed.
    pub arguments: Vec<OsString>,
    /// When this run started, in milliseconds since 1970.
    pub started: i64,
    /// The warnings that have not been shown yet.
    pub warnings: Warnings,
    /// The writer of stderr.
    pub report: Report,
}

impl Context {
    /// The context of a run that started at `started`, in milliseconds since 1970.
    pub fn new(arguments: Vec<OsString>, mut variables: Variables, started: i64) -> Self {
        let report = Report::new(&variables);
        let warnings = Warnings::default();
        certificates::ignore_missing(&mut variables, &warnings);
        Context { variables, arguments, started, warnings, report }
    }

    /// Shows the warnings that have not been shown yet.
    pub fn show_warnings(&self) {
        self.report.warnings(self.warnings.take());
    }

    /// Shows the serious warnings while a run goes on. The others wait until its end, because a run shows only a few
    /// warnings, and a more serious one may follow.
    pub fn show_serious_warnings(&self) {
        self.report.warnings(self.warnings.take_serious());
    }
}
