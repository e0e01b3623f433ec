//! File locks, which let only one process at a time make a session. The system releases the locks of a process that
//! ends.

use super::names::{self, is_own};
use crate::error::{NoCode, Result};
use crate::platform::{self, DirectoryError, PrivateDir};
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The age after which an unused lock file is removed.
const STALE_AFTER: Duration = Duration::from_hours(48);
/// How much of a lock file is read, in bytes.
const MAX_HOLDER_LENGTH: u64 = 200;

/// A lock that is held. Dropping it releases it.
pub(super) struct Lock {
    _file: File,
}

/// The result of taking a lock.
pub(super) enum LockOutcome {
    Held(Lock),
    /// The file system has no locks, or the lock file cannot be used.
    Unavailable(DirectoryError),
}

/// The result of waiting for a lock.
enum WaitOutcome {
    Locked(File),
    TimedOut,
    Failed(DirectoryError),
}

impl Lock {
    /// Takes the lock. If another process holds it, calls `on_wait` once with a description of that process, and waits
    /// for `timeout`. If something other than a usable lock file has its name, removes it and calls `on_replaced`.
    ///
    /// # Errors
    /// Another process still holds the lock after `timeout`.
    pub(super) fn take(
        dir: &PrivateDir,
        name: &str,
        timeout: Duration,
        on_wait: impl FnOnce(&str),
        on_replaced: impl FnOnce(&str, DirectoryError),
    ) -> Result<LockOutcome> {
        let name = name.to_owned() + names::LOCK;
        let start = Instant::now();
        let (mut on_wait, mut on_replaced) = (Some(on_wait), Some(on_replaced));
        loop {
            let mut file = match dir.lock_file(&name) {
                Ok(file) => file,
                // Only this user can write to the directory, so it got there by mistake. If it stayed, every process
                // would ask for its own code.
                Err(error @ (DirectoryError::NotAFile | DirectoryError::OtherOwner | DirectoryError::HardLinked))
                    if on_replaced.is_some() && dir.remove(&name).is_ok() =>
                {
                    on_replaced.take().into_iter().for_each(|on_replaced| on_replaced(&name, error.clone()));
                    continue;
                }
                Err(error) => return Ok(LockOutcome::Unavailable(error)),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    if let Some(on_wait) = on_wait.take() {
                        on_wait(&read_holder(&mut file));
                    }
                    match wait(file, timeout.saturating_sub(start.elapsed())) {
                        WaitOutcome::Locked(locked) => file = locked,
                        WaitOutcome::TimedOut => return Err(NoCode::LockHeld { seconds: timeout.as_secs() }.into()),
                        WaitOutcome::Failed(error) => return Ok(LockOutcome::Unavailable(error)),
                    }
                }
                Err(TryLockError::Error(e)) => {
                    return Ok(LockOutcome::Unavailable(DirectoryError::Unusable(e.kind().to_string())));
                }
            }
            // If the file was removed in the meantime, other processes lock a new file of this name.
            if dir.still_names(&name, &file) {
                write_holder(&mut file);
                return Ok(LockOutcome::Held(Lock { _file: file }));
            }
        }
    }
}

/// Waits for the lock on another thread, because `File::lock` has no timeout. After `timeout`, that thread keeps
/// waiting until the process ends.
fn wait(file: File, timeout: Duration) -> WaitOutcome {
    let failed = |e: std::io::Error| WaitOutcome::Failed(DirectoryError::Unusable(e.kind().to_string()));
    let (reply, outcome) = channel();
    let waiter = platform::spawn_thread("lock", move || {
        let _ = reply.send(file.lock().map_or_else(failed, |()| WaitOutcome::Locked(file)));
    });
    if let Err(e) = waiter {
        return failed(e);
    }
    match outcome.recv_timeout(timeout) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => WaitOutcome::TimedOut,
        Err(RecvTimeoutError::Disconnected) => {
            WaitOutcome::Failed(DirectoryError::Unusable("the wait ended".to_owned()))
        }
    }
}

/// Writes this process into the lock file, for the messages of those that wait.
fn write_holder(file: &mut File) {
    let terminal = platform::terminal_name().map_or_else(String::new, |name| format!(" on {name}"));
    // The lock works without it.
    let _ = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "process {}{terminal}", std::process::id()));
}

/// The process that wrote itself into the lock file.
fn read_holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(MAX_HOLDER_LENGTH).read_to_string(&mut text);
    if read.is_ok() && !text.is_empty() { text } else { "another process".to_owned() }
}

/// Removes old lock files that no process holds.
pub(super) fn sweep(dir: &PrivateDir) {
    for name in dir.names().into_iter().filter(|name| is_own(name, names::LOCK)) {
        let Ok(file) = dir.lock_file(&name) else { continue };
        let age = file.metadata().and_then(|m| m.modified()).ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > STALE_AFTER) && file.try_lock().is_ok() {
            let _ = dir.remove(&name);
        }
    }
}
