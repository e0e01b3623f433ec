//! Passing on the output of the commands: line by line to a terminal, in blocks to everything else.

use super::blocks::Blocks;
use super::lines::Lines;
use crate::context::Context;
use crate::error::{FileError, Result};
use crate::platform;
use crate::report::Report;
use std::io::{ErrorKind, IsTerminal};

/// One of the two streams of a command; each is passed on to the same one of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    /// # Errors
    /// stdout cannot be written. Where stderr cannot be written, there is nowhere to report it.
    pub(super) fn write(self, bytes: &[u8], report: &Report) -> Result<()> {
        match self {
            Stream::Stdout => platform::write_stdout(bytes).map_err(|e| match e.kind() {
                ErrorKind::BrokenPipe => FileError::StdoutClosed.into(),
                _ => FileError::Stdout(e.to_string()).into(),
            }),
            Stream::Stderr => {
                report.pass_on(bytes);
                Ok(())
            }
        }
    }
}

/// Where the output goes. A command is named by the number of its profile.
pub(super) enum Output<'a> {
    Lines(Lines<'a>),
    Blocks(Blocks<'a>),
}

impl<'a> Output<'a> {
    /// What stdout is decides for both streams.
    pub(super) fn for_stdout(profiles: &[&str], context: &'a Context) -> Self {
        if std::io::stdout().is_terminal() {
            Output::Lines(Lines::of(profiles, &context.report))
        } else {
            Output::Blocks(Blocks::new(&context.report))
        }
    }

    /// Takes what a command has written.
    ///
    /// # Errors
    /// It can be neither passed on nor stored.
    pub(super) fn write(&mut self, at: usize, stream: Stream, bytes: &[u8]) -> Result<()> {
        match self {
            Output::Lines(lines) => lines.write(at, stream, bytes),
            Output::Blocks(blocks) => blocks.write(at, stream, bytes),
        }
    }

    /// A command has ended, or will not be started.
    ///
    /// # Errors
    /// As [`Output::write`].
    pub(super) fn end(&mut self, at: usize) -> Result<()> {
        match self {
            Output::Lines(lines) => lines.end(at),
            Output::Blocks(blocks) => blocks.end(at),
        }
    }

    /// Passes on what is left. No command will write any more.
    ///
    /// # Errors
    /// As [`Output::write`].
    pub(super) fn write_rest(&mut self) -> Result<()> {
        match self {
            Output::Lines(lines) => lines.write_rest(),
            Output::Blocks(blocks) => blocks.write_rest(),
        }
    }
}
