//! What a run leaves behind, and how the process ends with it.

use crate::error::{Error, FileError};
use crate::platform;
use crate::report::Report;
use std::process::Command;
use zeroize::Zeroizing;

/// What a command leaves to do when it has done its work. A status is as wide as Windows needs.
pub enum Outcome {
    /// Text for stdout, which is written once, and the status to exit with.
    Print { text: Zeroizing<String>, status: i32 },
    /// Nothing but a status to exit with.
    Exit(i32),
    /// A process to become.
    Become(Box<Command>),
}

impl Outcome {
    /// Text of a command that succeeded.
    pub(super) fn text(text: impl Into<Zeroizing<String>>) -> Self {
        Outcome::Print { text: text.into(), status: 0 }
    }

    /// Does what is left to do; the status to exit with. If the process becomes another one, this does not return.
    pub fn finish(self, report: &Report) -> i32 {
        match self {
            Outcome::Exit(status) => status,
            Outcome::Print { text, status } if text.is_empty() => status,
            Outcome::Print { text, status } => match platform::write_stdout(text.as_bytes()) {
                Ok(()) => status,
                Err(e) => failed(
                    report,
                    &match e.kind() {
                        std::io::ErrorKind::BrokenPipe => FileError::ReaderGone.into(),
                        _ => FileError::Stdout(e.to_string()).into(),
                    },
                ),
            },
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

fn failed(report: &Report, error: &Error) -> i32 {
    report.error(error);
    error.exit_code().into()
}
