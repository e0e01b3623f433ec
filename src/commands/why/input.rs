//! Reads the text to explain, however long it is.

use crate::context::Context;
use crate::diagnosis::{Findings, Search, hide_secrets};
use crate::error::{FileError, Result};
use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Read, stdin};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

/// In bytes. So much is read at once.
const PART: usize = 64 * 1024;
/// How many parts may wait.
const WAITING_PARTS: usize = 4;
/// After this time, somebody may wonder what is going on.
const NOTICE_AFTER: Duration = Duration::from_secs(3);

/// The errors in the file, or in stdin unless it is a terminal. `None` if there is no text.
///
/// # Errors
/// The file or stdin cannot be read.
pub(super) fn read(file: Option<&Path>, context: &Context) -> Result<Option<Findings>> {
    let is_stdin = file.is_none_or(|file| file == Path::new("-"));
    if is_stdin && file.is_none() && stdin().is_terminal() {
        return Ok(None);
    }
    let failed = |e: &std::io::Error| match file.filter(|_| !is_stdin) {
        // It may be the text itself, which was meant to be explained.
        Some(file) => FileError::TextUnreadable {
            path: hide_secrets(&file.to_string_lossy()).into(),
            problem: e.kind().to_string(),
        },
        None => FileError::TextNotRead(e.kind().to_string()),
    };
    let source: Box<dyn Read + Send> = match file.filter(|_| !is_stdin) {
        Some(file) => Box::new(File::open(file).map_err(|e| failed(&e))?),
        None => Box::new(stdin()),
    };
    let mut search = Search::default();
    let parts = parts_of(source);
    let mut wait = Some(NOTICE_AFTER);
    loop {
        let part = match wait {
            Some(time) => match parts.recv_timeout(time) {
                Err(RecvTimeoutError::Timeout) => {
                    // The pipe hides what the program asks, too.
                    context.report.notice("reading; what the program asks now is not shown");
                    wait = None;
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
        search.push(part);
    }
    Ok(Some(search.finish()))
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
