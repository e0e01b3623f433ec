//! What remains to be done after a command: print text, exit, or become another process.

use crate::error::{Error, FileError};
use crate::platform;
use crate::report::Report;
use crate::style::Screen;
use std::process::{Command, ExitStatus};
use zeroize::Zeroizing;

/// What remains to be done after a command. An exit status is an `i32` because it has 32 bits on Windows.
pub enum Outcome {
    /// Writes text to stdout at once and exits with this status; 7 if the write fails.
    Print {
        /// The complete text, which may contain secrets.
        text: Zeroizing<String>,
        /// The exit status if the text is written.
        status: i32,
    },
    /// Writes credentials to stdout for a program that may have lost its patience meanwhile.
    Answer(Zeroizing<String>),
    /// Exits with this status.
    Exit(i32),
    /// Exits as a command has: with its status, or by the signal that ended it.
    ExitLike(ExitStatus),
    /// Becomes another process.
    Become(Box<Command>),
}

impl Outcome {
    /// Text for stdout, with exit status 0.
    pub(super) fn text(text: impl Into<Zeroizing<String>>) -> Self {
        Outcome::Print { text: text.into(), status: 0 }
    }

    /// Carries this out and returns the exit status. On Unix, it does not return if the process becomes another one.
    pub fn finish(self, report: &Report) -> i32 {
        match self {
            Outcome::Exit(status) => status,
            Outcome::ExitLike(status) => platform::exit_status_of(status),
            Outcome::Print { text, status } if text.is_empty() => status,
            Outcome::Print { text, status } => write(&text, FileError::StdoutClosed, report).unwrap_or(status),
            Outcome::Answer(text) => write(&text, FileError::CallerGone, report).unwrap_or(0),
            Outcome::Become(mut command) => {
                let program = command.get_program().to_string_lossy().into_owned();
                match platform::become_process(&mut command) {
                    Ok(status) => status,
                    Err(e) => failed(report, &FileError::NotStarted { program, problem: e.kind() }.into()),
                }
            }
        }
    }
}

/// Writes the text to stdout. Returns the exit status if that fails; `closed` is the error if nobody reads it.
fn write(text: &str, closed: FileError, report: &Report) -> Option<i32> {
    let e = platform::write_stdout(text.as_bytes()).err()?;
    let error = if e.kind() == std::io::ErrorKind::BrokenPipe { closed } else { FileError::Stdout(e.to_string()) };
    Some(failed(report, &error.into()))
}

fn failed(report: &Report, error: &Error) -> i32 {
    report.error(error, &Screen::PLAIN);
    error.exit_code().into()
}
