//! Lets another thread interrupt the wait for terminal input.

use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

/// The other thread's end. Dropping it wakes the reader too.
pub struct Waker(PipeWriter);

/// The reader's end.
pub struct Wakeup(PipeReader);

/// Returns the two connected ends.
///
/// # Errors
/// If the process has no file descriptors left.
pub fn waker() -> std::io::Result<(Waker, Wakeup)> {
    std::io::pipe().map(|(reader, writer)| (Waker(writer), Wakeup(reader)))
}

impl Waker {
    /// Wakes the reader. Does nothing if the reader is gone.
    pub fn wake(&mut self) {
        let _ = self.0.write_all(b"!");
    }
}

impl Wakeup {
    /// The end of any pipe to which somebody writes a byte.
    pub(super) fn of(reader: PipeReader) -> Self {
        Wakeup(reader)
    }

    /// Consumes one wake-up; `false` if the other end is gone and there will be no more.
    pub(super) fn take(&mut self) -> bool {
        self.0.read(&mut [0]).is_ok_and(|n| n > 0)
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
