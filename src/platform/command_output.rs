//! Reading the output of a command that may leave something running that holds it, such as a daemon.

use std::time::{Duration, Instant};

/// How long the output of a command that has exited may take to end: what it was piped through may be slower.
const LAST_OUTPUT_WAIT: Duration = Duration::from_secs(2);
/// How often to look whether the command has exited.
const LOOK: Duration = Duration::from_millis(100);
/// In bytes; as much as a pipe holds unless it is enlarged by the superuser.
const MOST_IN_PIPE: usize = 1 << 20;
/// In bytes; the size of a pipe on Linux.
pub(super) const READ_SIZE: usize = 65_536;

/// One of the two pipes that a command writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputPipe {
    /// Its standard output.
    Stdout,
    /// Its standard error.
    Stderr,
}

/// What a read has found.
pub(super) enum Found {
    /// So many bytes, which were passed on.
    Bytes(usize),
    /// Nothing within the time.
    Nothing,
    /// Nobody can write any more, or nobody wants what is written.
    End,
}

/// Reads until the end; once the command has exited, only for a short time. Returns whether somebody may still write.
pub(super) fn read_until_end(mut read: impl FnMut(Duration) -> Found, mut has_exited: impl FnMut() -> bool) -> bool {
    let mut deadline = None;
    while deadline.is_none_or(|deadline| Instant::now() < deadline) {
        if let Found::End = read(LOOK) {
            return false;
        }
        if deadline.is_none() && has_exited() {
            deadline = Some(Instant::now() + LAST_OUTPUT_WAIT);
        }
    }
    // What was written before may have waited for somebody who reads slowly.
    let mut left = MOST_IN_PIPE;
    while left > 0 {
        match read(Duration::ZERO) {
            Found::End => return false,
            Found::Nothing => return true,
            Found::Bytes(count) => left = left.saturating_sub(count),
        }
    }
    true
}
