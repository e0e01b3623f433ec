//! The only writer of stderr: errors, warnings and notices.
//!
//! Each message is one write, so that messages of processes that share a terminal are not mixed.

use crate::error::Error;
use crate::platform;
use crate::printable::{printable, printable_lines};
use crate::style::{Screen, Style};
use crate::variables::Variables;
use crate::warning::Warning;
use std::cell::RefCell;
use std::io::Write;

/// More warnings in one run would bury the one that matters; `explain` shows them all.
const MAX_WARNINGS: usize = 3;

/// What the user wants to see, and the warnings that have been shown.
#[derive(Default)]
pub struct Report {
    is_quiet: bool,
    /// Whether an error and its advice are one line, for a program that shows the last one.
    is_one_line: bool,
    /// Names of warnings, from `MFA_ENV_SILENCE`.
    silenced: Vec<String>,
    warnings_shown: RefCell<Vec<Warning>>,
}

impl Report {
    /// Reads `MFA_ENV_SILENCE`: names of warnings, separated by commas.
    pub fn new(variables: &Variables) -> Self {
        let names =
            variables.os("MFA_ENV_SILENCE").map(|names| names.to_string_lossy().into_owned()).unwrap_or_default();
        let silenced = names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        Report { silenced, ..Report::default() }
    }

    /// With `true`, shows only errors from now on, as for `--quiet`.
    pub fn set_quiet(&mut self, is_quiet: bool) {
        self.is_quiet = is_quiet;
    }

    /// Shows an error and its advice in one line from now on, and only those warnings that cannot be silenced: a program
    /// passes them on.
    pub fn set_one_line(&mut self) {
        self.is_one_line = true;
    }

    /// Shows the progress, in one line. The caller must have escaped untrusted text in it.
    pub fn notice(&self, text: &str) {
        if !self.is_quiet {
            line(text);
        }
    }

    /// Shows a notice if a signal ends the process, until this is called again.
    pub fn set_last_notice(&self, text: Option<&str>) {
        platform::set_last_notice(text.filter(|_| !self.is_quiet).map(|text| format!("mfa-env: {text}")).as_deref());
    }

    /// Shows the result of a command, in one line without `mfa-env:`. The caller must have escaped untrusted text.
    pub fn result(&self, text: &str) {
        if !self.is_quiet {
            write(&format!("{text}\n"));
        }
    }

    /// Shows warnings, the most serious first, at most three in a run. Protected ones (about the identity or lost keys)
    /// are shown beyond that limit and cannot be silenced by name; only `--quiet` hides them. None is shown twice.
    pub fn warnings(&self, mut warnings: Vec<Warning>, screen: &Screen) {
        if self.is_quiet {
            return;
        }
        warnings.sort_by_key(Warning::severity);
        for warning in warnings {
            let is_silenced = self.silenced.iter().any(|name| name == warning.name());
            let mut shown = self.warnings_shown.borrow_mut();
            let has_room = shown.len() < MAX_WARNINGS;
            let is_wanted = warning.is_protected() || (has_room && !is_silenced && !self.is_one_line);
            if is_wanted && !shown.contains(&warning) {
                line(&format!("{} {warning}", screen.paint(Style::Attention, "warning:")));
                shown.push(warning);
            }
        }
    }

    /// Shows an error with its advice, unless it is silent.
    pub fn error(&self, error: &Error, screen: &Screen) {
        if !error.is_silent() {
            let text = error.to_string();
            let joined = || text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("; ");
            error_line(screen, &if self.is_one_line { joined() } else { text });
        }
    }

    /// Shows why one of several profiles cannot be signed in to, with the advice.
    pub fn error_of(&self, profile: &str, error: &Error, screen: &Screen) {
        error_line(screen, &format!("{}: {error}", printable(profile)));
    }

    /// Passes on what a command has written to its stderr, as it is.
    pub fn pass_on(&self, bytes: &[u8]) {
        // If stderr cannot be written, there is nowhere to report it.
        let _ = platform::write_stderr(bytes);
    }

    /// Shows text of several lines, such as help that must not go to stdout.
    pub fn text(&self, text: &str) {
        write(&printable_lines(text).to_string());
    }
}

/// Makes a panic restore the terminal, print one line with its source location, and exit with status 1. The panic's
/// message is not printed, because it could contain a secret.
pub fn on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
        // This comes first because it ends the line of the prompt, and stderr may be the same terminal.
        platform::restore_terminal();
        line(&format!("internal error{place}: this is a bug in mfa-env; report it with the command that you ran"));
        platform::exit_failed();
    }));
}

fn error_line(screen: &Screen, text: &str) {
    write(&format!("{} {text}\n", screen.paint(Style::Stop, "mfa-env:")));
}

fn line(text: &str) {
    write(&format!("mfa-env: {text}\n"));
}

fn write(text: &str) {
    // If stderr cannot be written, there is nowhere to report it.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
