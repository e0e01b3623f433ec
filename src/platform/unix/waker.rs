//! A bell that another thread can ring while the terminal is being read.

use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

/// The other thread's end. Dropping it rings too.
pub struct Waker(PipeWriter);

/// The reader's end.
pub struct Wakeup(PipeReader);

/// # Errors
/// No more descriptors.
pub fn waker() -> std::io::Result<(Waker, Wakeup)> {
    std::io::pipe().map(|(reader, writer)| (Waker(writer), Wakeup(reader)))
}

impl Waker {
    /// Rings. Nobody listening any more is no error.
    pub fn ring(&mut self) {
        let _ = self.0.write_all(b"!");
    }
}

impl Wakeup {
    /// Takes one ring; `false` when there will be no more.
    pub(super) fn take(&mut self) -> bool {
        self.0.read(&mut [0]).is_ok_and(|n| n > 0)
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
