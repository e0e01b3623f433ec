//! A file or stream that cannot be read, written or trusted.

use super::Message;
use crate::printable::printable_path;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file or stream that cannot be used. `path` is the file, `problem` the system's message.
#[derive(Debug, PartialEq, Eq)]
pub enum FileError {
    /// The file exists, but cannot be read.
    Unreadable { path: Arc<Path>, problem: String },
    /// A directory, FIFO, socket or device where a file is expected.
    NotAFile {
        path: Arc<Path>,
        /// What it is, such as `a directory`.
        kind: &'static str,
    },
    /// Larger than `limit` bytes.
    TooLarge { path: Arc<Path>, limit: u64 },
    /// The file cannot be written.
    NotWritten { path: Arc<Path>, problem: String },
    /// The file must not be replaced; `problem` says what it is, as a predicate. `variable` can name another one.
    NotReplaced { path: Arc<Path>, variable: &'static str, problem: String },
    /// This process may not have more open files, threads or memory, with the system's message.
    Exhausted(String),
    /// Writing the result to stdout failed.
    Stdout(String),
    /// stdin cannot be read, with the system's message.
    Stdin(String),
    /// stdin with the output of a program cannot be read, with the system's message.
    TextNotRead(String),
    /// A file with the output of a program cannot be read, with the system's message.
    TextUnreadable { path: PathBuf, problem: String },
    /// A program that was to replace this process.
    NotStarted { program: String, problem: std::io::ErrorKind },
    /// The temporary file for the output of several commands cannot be written or read, with the system's message.
    NotStored(String),
    /// The token of an endpoint cannot be written to the cache directory.
    NoTokenFile { problem: String },
    /// The view cannot be written to the cache directory.
    NoView { problem: String },
    /// A variable that a view would replace, and that `unset` could not restore.
    NotRestorable { variable: &'static str },
    /// The port on which a server is to listen; 0 for any.
    NotListening { port: u16, problem: std::io::ErrorKind },
    /// The program that reads stdout has exited, so nothing is reported.
    StdoutClosed,
    /// The program that asked for credentials has exited; the session is cached.
    CallerGone,
}

impl FileError {
    /// As in shells, 127 if a program is not found and 126 if it cannot be run; otherwise 7.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            FileError::NotStarted { problem: std::io::ErrorKind::NotFound, .. } => 127,
            FileError::NotStarted { .. } => 126,
            _ => 7,
        }
    }

    pub(super) fn message(&self) -> Message {
        match self {
            FileError::Unreadable { path, problem } => {
                Message::new(format!("{} cannot be read: {problem}", printable_path(path)))
                    .advise("correct the file or its permissions, or the variable or setting that names it")
            }
            FileError::NotWritten { path, problem } => {
                Message::new(format!("{} cannot be written: {problem}", printable_path(path)))
                    .advise("the file is as it was; correct that, and run the command again")
            }
            FileError::NotReplaced { path, variable, problem } => {
                Message::new(format!("{} {problem}", printable_path(path)))
                    .advise(format!("correct that, or name another file with {variable}"))
            }
            FileError::NotAFile { path, kind } => {
                Message::new(format!("{} is {kind}, not a file", printable_path(path)))
                    .advise("replace it with a file, or correct the variable or setting that names it")
            }
            FileError::TooLarge { path, limit } => {
                Message::new(format!("{} is larger than {} MB", printable_path(path), limit / 1_000_000))
                    .advise("replace it with the right file, or correct the variable or setting that names it")
            }
            FileError::Exhausted(problem) => Message::new(format!("a limit of the system was reached: {problem}"))
                .advise("raise the limit (see `ulimit -a`), or close other programs, and run the command again"),
            FileError::Stdout(problem) => Message::new(format!("stdout cannot be written: {problem}"))
                .advise("run the command again; this shell has not been changed"),
            FileError::Stdin(problem) => {
                Message::new(format!("stdin cannot be read: {problem}")).advise("--code - reads the code from stdin")
            }
            FileError::TextNotRead(problem) => Message::new(format!("stdin cannot be read: {problem}"))
                .advise("pass the output of a program with: COMMAND 2>&1 | mfa-env why"),
            FileError::TextUnreadable { path, problem } => {
                Message::new(format!("{} cannot be read: {problem}", printable_path(path)))
                    .advise("name a file, or pass the output of a program with: COMMAND 2>&1 | mfa-env why")
            }
            FileError::NotStarted { program, problem: std::io::ErrorKind::NotFound } => {
                Message::new(format!("command `{program}` was not found"))
                    .advise("check its name and PATH; aliases and functions of a shell are not found here")
            }
            FileError::NotStarted { program, problem } => {
                Message::new(format!("`{program}` could not be started: {problem}"))
                    .advise("check its name, PATH and permissions")
            }
            FileError::NotStored(problem) => {
                Message::new(format!("the temporary file for the output of the commands cannot be used: {problem}"))
                    .advise("the commands were ended; free some space, or name another directory with TMPDIR")
            }
            FileError::NotListening { port, problem } => {
                Message::new(format!("port {port} on 127.0.0.1 cannot be used: {problem}"))
                    .advise("choose another one, or omit --port for a free one")
            }
            FileError::NoView { problem } => {
                Message::new(format!("the view of your profiles cannot be written to the cache directory: {problem}"))
                    .advise("name a directory of your own with MFA_ENV_CACHE_DIR")
            }
            FileError::NotRestorable { variable } => {
                Message::new(format!("{variable} has an invalid value, which `mfa-env unset` could not restore"))
                    .advise("set it to a path without control characters, in UTF-8, or unset it")
            }
            FileError::NoTokenFile { problem } => {
                Message::new(format!("the token cannot be written to the cache directory: {problem}"))
                    .advise("name a directory of your own with MFA_ENV_CACHE_DIR")
            }
            FileError::CallerGone => Message::new("signed in, but the program that asked for the session has exited")
                .advise("run it again: no code is needed now"),
            FileError::StdoutClosed => Message::new("the program that reads stdout has exited"),
        }
    }
}
