//! One process at a time: file locks, which the system takes away from a process that dies.

use crate::error::{NoCode, Result};
use crate::platform::{self, DirectoryError, PrivateDir};
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const SUFFIX: &str = ".lock";
/// A lock file that nobody has held for so long is swept away.
const OLD: Duration = Duration::from_hours(48);

/// A lock that is held; dropping it releases it.
pub(super) struct Lock {
    _file: File,
}

/// What became of taking a lock.
pub(super) enum Locking {
    Held(Lock),
    /// Locks cannot be had in this directory.
    Unavailable(DirectoryError),
}

impl Lock {
    /// Takes the lock, waiting for it if somebody holds it; `waiting` is then told once who does. `cleared` is told of
    /// something that stood in its place and is no lock of ours: it has been removed.
    ///
    /// # Errors
    /// It is held for longer than the patience lasts. Within: locks cannot be had here at all.
    pub(super) fn take(
        dir: &PrivateDir,
        name: &str,
        patience: Duration,
        waiting: impl FnOnce(&str),
        cleared: impl FnOnce(&str, DirectoryError),
    ) -> Result<Locking> {
        let name = format!("{name}{SUFFIX}");
        let start = Instant::now();
        let (mut waiting, mut cleared) = (Some(waiting), Some(cleared));
        loop {
            let mut file = match dir.lock_file(&name) {
                Ok(file) => file,
                // The directory is ours alone, so this was put there by mistake; as long as it stood, each process
                // would ask for itself.
                Err(error @ (DirectoryError::NotAFile | DirectoryError::NotMine))
                    if cleared.is_some() && dir.remove(&name).is_ok() =>
                {
                    cleared.take().into_iter().for_each(|cleared| cleared(&name, error.clone()));
                    continue;
                }
                Err(error) => return Ok(Locking::Unavailable(error)),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    if let Some(waiting) = waiting.take() {
                        waiting(&holder(&mut file));
                    }
                    match wait(file, patience.saturating_sub(start.elapsed())) {
                        Some(Ok(locked)) => file = locked,
                        Some(Err(error)) => return Ok(Locking::Unavailable(error)),
                        None => return Err(NoCode::LockHeld { seconds: patience.as_secs() }.into()),
                    }
                }
                Err(TryLockError::Error(e)) => {
                    return Ok(Locking::Unavailable(DirectoryError::Unusable(e.kind().to_string())));
                }
            }
            // It may have been swept away while we waited; then the others lock another file of this name.
            if dir.is_still(&name, &file) {
                sign(&mut file);
                return Ok(Locking::Held(Lock { _file: file }));
            }
        }
    }
}

/// Waits on a thread, because a wait for a lock knows no timeout; the thread ends with the process. `None` if it was in
/// vain.
fn wait(file: File, patience: Duration) -> Option<std::result::Result<File, DirectoryError>> {
    let (reply, locked) = channel();
    let waiter = std::thread::Builder::new().name("lock".to_owned()).spawn(move || {
        let result = file.lock().map(|()| file);
        let _ = reply.send(result.map_err(|e| DirectoryError::Unusable(e.kind().to_string())));
    });
    if let Err(e) = waiter {
        return Some(Err(DirectoryError::Unusable(e.kind().to_string())));
    }
    match locked.recv_timeout(patience) {
        Ok(result) => Some(result),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => Some(Err(DirectoryError::Unusable("the wait ended".to_owned()))),
    }
}

/// Writes who holds it: for the message of those who wait, and for nothing else.
fn sign(file: &mut File) {
    let terminal = platform::terminal_name().map_or_else(String::new, |name| format!(" on {name}"));
    // Unsigned it is as good a lock.
    let _ = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "process {}{terminal}", std::process::id()));
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(200).read_to_string(&mut text);
    if read.is_ok() && !text.is_empty() { text } else { "another process".to_owned() }
}

/// Removes lock files that nobody holds and that are old.
pub(super) fn sweep(dir: &PrivateDir) {
    for name in dir.names().into_iter().filter(|name| name.ends_with(SUFFIX)) {
        let Ok(file) = dir.lock_file(&name) else { continue };
        let age = file.metadata().and_then(|m| m.modified()).ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > OLD) && file.try_lock().is_ok() {
            let _ = dir.remove(&name);
        }
    }
}
