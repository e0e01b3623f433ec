//! What a check has found: one line with a mark, and what to do.

use super::super::json_line::json_line;
use super::advice::DoctorAdvice;
use crate::error::Error;
use crate::platform;
use crate::style::{Screen, Style};
use crate::warning::Warning;
use serde::Serialize;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    /// Sign-ins work, but something is odd or could not be checked.
    Warning,
    /// Sign-ins fail, or other programs do.
    Error,
}

/// One line. Untrusted parts of its texts are escaped.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    advice: Option<String>,
    check: &'static str,
    message: String,
    pub(super) state: State,
}

impl Check {
    pub(super) fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Check { advice: None, check, message: message.into(), state: State::Ok }
    }

    pub(super) fn warning(check: &'static str, message: impl Into<String>) -> Self {
        Check { state: State::Warning, ..Check::ok(check, message) }
    }

    pub(super) fn error(check: &'static str, message: impl Into<String>) -> Self {
        Check { state: State::Error, ..Check::ok(check, message) }
    }

    pub(super) fn advise(self, advice: &DoctorAdvice) -> Self {
        Check { advice: Some(advice.to_string()), ..self }
    }

    /// What a sign-in would fail with.
    pub(super) fn failed(check: &'static str, e: &Error) -> Self {
        let failed = Check::error(check, e.what());
        match e.advice() {
            Some(advice) => failed.advise(&DoctorAdvice::OfError(advice)),
            None => failed,
        }
    }

    /// The same, if sign-ins do not need what failed.
    pub(super) fn not_needed(check: &'static str, e: &Error) -> Self {
        Check { state: State::Warning, ..Check::failed(check, e) }
    }

    /// What a sign-in would warn about.
    pub(super) fn warned(check: &'static str, warning: &Warning) -> Self {
        Check::warning(check, warning.to_string())
    }

    /// The line, with a mark in front and the advice below it.
    pub(super) fn line(&self, is_utf8: bool, screen: &Screen) -> String {
        let (style, mark) = match (self.state, is_utf8) {
            (State::Ok, true) => (Style::Plain, "✓"),
            (State::Ok, false) => (Style::Plain, "+"),
            (State::Warning, _) => (Style::Attention, "!"),
            (State::Error, true) => (Style::Stop, "✗"),
            (State::Error, false) => (Style::Stop, "x"),
        };
        let mark = screen.paint(style, mark);
        let mut text = format!("{mark} {:<12} {}\n", self.check, self.message);
        for line in self.advice.iter().flat_map(|advice| advice.lines()) {
            text.push_str(&format!("{:15}{}\n", "", line.trim_start()));
        }
        text
    }
}

/// What has been found so far. On a terminal, each line is shown as soon as it is known.
pub(super) struct Checks {
    list: Vec<Check>,
    output: Option<Live>,
}

/// How lines are shown at once.
pub(super) struct Live {
    pub is_utf8: bool,
    pub screen: Screen,
}

impl Checks {
    pub(super) fn new(output: Option<Live>) -> Self {
        Checks { list: Vec::new(), output }
    }

    pub(super) fn push(&mut self, check: Check) {
        if let Some(Live { is_utf8, screen }) = &self.output {
            // If nobody reads it, the status still tells.
            let _ = platform::write_stdout(check.line(*is_utf8, screen).as_bytes());
        }
        self.list.push(check);
    }

    pub(super) fn extend(&mut self, checks: impl IntoIterator<Item = Check>) {
        checks.into_iter().for_each(|check| self.push(check));
    }

    pub(super) fn list(&self) -> &[Check] {
        &self.list
    }
}

/// Raised when a field changes its meaning or is removed.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct DoctorJson<'a> {
    checks: &'a [Check],
    version: u32,
}

pub(super) fn json(checks: &[Check]) -> String {
    json_line(&DoctorJson { checks, version: VERSION })
}
