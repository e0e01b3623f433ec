//! Reads the text to explain, however long it is.

use crate::context::Context;
use crate::diagnosis::{Findings, Search, hide_secrets};
use crate::error::{FileError, Result};
use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Read, stderr, stdin};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// In bytes. So much is read at once.
const PART: usize = 64 * 1024;
/// How many parts may wait.
const WAITING_PARTS: usize = 4;
/// After this time, somebody may wonder what is going on.
const NOTICE_AFTER: Duration = Duration::from_secs(3);
/// The time between two reports of how much has been read.
const NOTICE_EVERY: Duration = Duration::from_secs(10);

/// The errors in the file, or in stdin unless it is a terminal. `None` if there is no text.
///
/// # Errors
/// The file or stdin cannot be read.
pub(super) fn read(file: Option<&Path>, context: &Context) -> Result<Option<Findings>> {
    let is_stdin = file.is_none_or(|file| file == Path::new("-"));
    if is_stdin && file.is_none() && stdin().is_terminal() {
        return Ok(None);
    }
    let failed = |e: &std::io::Error| {
        let problem = match e.kind() {
            ErrorKind::NotFound => "it does not exist".to_owned(),
            kind => kind.to_string(),
        };
        match file.filter(|_| !is_stdin) {
            // It may be the text itself, which was meant to be explained.
            Some(file) => FileError::TextUnreadable { path: hide_secrets(&file.to_string_lossy()).into(), problem },
            None => FileError::TextNotRead(problem),
        }
    };
    let source: Box<dyn Read + Send> = match file.filter(|_| !is_stdin) {
        Some(file) => Box::new(File::open(file).map_err(|e| failed(&e))?),
        None => Box::new(stdin()),
    };
    let mut search = Search::default();
    let parts = parts_of(source);
    let mut progress = Progress::start();
    loop {
        let part = match progress.wait() {
            Some(time) => match parts.recv_timeout(time) {
                Err(RecvTimeoutError::Timeout) => {
                    progress.show(context);
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Ok(part) => part,
            },
            None => match parts.recv() {
                Ok(part) => part,
                Err(_) => break,
            },
        };
        let part = part.map_err(|e| failed(&e))?;
        progress.add(part.len(), context);
        search.push(part);
    }
    Ok(Some(search.finish()))
}

/// What somebody is told who waits.
struct Progress {
    bytes: usize,
    is_terminal: bool,
    /// Whether the notice was shown that a program asks a question that nobody sees.
    has_said_what_is_hidden: bool,
    /// When the next notice is due.
    due: Instant,
}

impl Progress {
    fn start() -> Self {
        let due = Instant::now() + NOTICE_AFTER;
        Progress { bytes: 0, is_terminal: stderr().is_terminal(), has_said_what_is_hidden: false, due }
    }

    /// How long to wait for text before the notice that none has come, which is shown once.
    fn wait(&self) -> Option<Duration> {
        (!self.has_said_what_is_hidden).then_some(NOTICE_AFTER)
    }

    /// Nothing comes. The pipe hides what the program asks, too.
    fn show(&mut self, context: &Context) {
        context.report.notice("reading; what the program asks now is not shown");
        self.has_said_what_is_hidden = true;
    }

    /// Text has come. If there is much of it, somebody at the terminal is told how much.
    fn add(&mut self, bytes: usize, context: &Context) {
        self.bytes += bytes;
        if self.is_terminal && self.bytes >= 1_000_000 && Instant::now() >= self.due {
            context.report.notice(&format!("reading; {} MB so far", self.bytes / 1_000_000));
            self.due = Instant::now() + NOTICE_EVERY;
        }
    }
}

/// Reads on a thread of its own, so that this one can say that it waits.
fn parts_of(mut source: Box<dyn Read + Send>) -> Receiver<std::io::Result<Vec<u8>>> {
    let (sender, parts) = sync_channel(WAITING_PARTS);
    std::thread::spawn(move || {
        loop {
            let mut part = vec![0; PART];
            let read = match source.read(&mut part) {
                Ok(0) => return,
                Ok(length) => {
                    part.truncate(length);
                    Ok(part)
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => Err(e),
            };
            let is_last = read.is_err();
            if sender.send(read).is_err() || is_last {
                return;
            }
        }
    });
    parts
}
