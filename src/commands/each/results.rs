//! How each command has ended, the exit status of all, and the summary.

use crate::context::Context;
use crate::error::Error;
use crate::platform;
use crate::printable::printable;
use std::process::ExitStatus;

/// How a profile has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Its command has exited with this status.
    Status(i32),
    /// A signal has ended its command.
    Signal { number: i32, name: String },
    /// It could not be signed in to, or its command could not be started: the exit status that mfa-env has for that.
    NotRun { status: i32, what: &'static str },
}

impl Failure {
    pub(super) fn of_sign_in(e: &Error) -> Self {
        let what = if matches!(e, Error::NoCode(_)) { "no MFA code" } else { "not signed in" };
        Failure::NotRun { status: e.exit_code().into(), what }
    }

    pub(super) fn of_start(e: &Error) -> Self {
        Failure::NotRun { status: e.exit_code().into(), what: "not started" }
    }

    /// `None` if the command has succeeded.
    pub(super) fn of_command(status: ExitStatus) -> Option<Self> {
        if let Some((number, name)) = platform::ending_signal(status) {
            return Some(Failure::Signal { number, name });
        }
        let code = status.code().unwrap_or(1);
        (code != 0).then_some(Failure::Status(code))
    }

    /// The exit status as shells have it: 128 and its number for a signal.
    fn status(&self) -> i32 {
        match self {
            Failure::Status(status) | Failure::NotRun { status, .. } => *status,
            Failure::Signal { number, .. } => 128 + number,
        }
    }

    fn text(&self) -> String {
        match self {
            Failure::Status(status) => format!("status {status}"),
            Failure::Signal { name, .. } => name.clone(),
            Failure::NotRun { what, .. } => (*what).to_owned(),
        }
    }
}

/// The profiles, each with how it has failed if it has.
pub(super) struct Results<'a>(Vec<(&'a str, Option<Failure>)>);

impl<'a> Results<'a> {
    pub(super) fn of(profiles: &[&'a str]) -> Self {
        Results(profiles.iter().map(|profile| (*profile, None)).collect())
    }

    pub(super) fn profile(&self, at: usize) -> &'a str {
        self.0[at].0
    }

    pub(super) fn set(&mut self, at: usize, failure: Option<Failure>) {
        self.0[at].1 = failure;
    }

    /// The highest of all exit statuses; 0 if everything has succeeded. On Windows a crash has a negative status, which
    /// counts as the number of 32 bits that it is.
    pub(super) fn worst(&self) -> i32 {
        let statuses = self.0.iter().filter_map(|(_, failure)| failure.as_ref()).map(Failure::status);
        statuses.max_by_key(|status| status.cast_unsigned()).unwrap_or_default()
    }

    /// Shows which profiles have failed, in one line; --quiet hides it only if none has.
    pub(super) fn report(&self, context: &Context) {
        let failed = self.0.iter().filter_map(|(profile, failure)| Some((*profile, failure.as_ref()?)));
        let failed: Vec<String> =
            failed.map(|(profile, failure)| format!("{} ({})", printable(profile), failure.text())).collect();
        let count = self.0.len();
        match failed.as_slice() {
            [] => context.report.notice(&format!("{count} of {count} succeeded")),
            failed => {
                let names = failed.join(", ");
                context.report.text(&format!("mfa-env: {} of {count} failed: {names}\n", failed.len()));
            }
        }
    }
}
