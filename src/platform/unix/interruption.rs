//! A fatal signal that waits until this process has undone what it has begun.

use super::signals;
use super::waker::Wakeup;

/// While this exists, the first fatal signal is noted instead of ending the process, which is then expected to end soon.
/// The second one ends it at once.
pub struct Interruption(Wakeup);

impl Interruption {
    /// Begins to note a signal. There can be only one of these at a time.
    ///
    /// # Errors
    /// The process has no file descriptors left.
    pub fn catch() -> std::io::Result<Self> {
        let (reader, writer) = std::io::pipe()?;
        signals::write_first_to(writer);
        Ok(Interruption(Wakeup::of(reader)))
    }

    /// Ends a prompt when a signal arrives.
    pub fn wakeup(&mut self) -> &mut Wakeup {
        &mut self.0
    }

    /// The signal, if one has arrived.
    pub fn signal() -> Option<i32> {
        signals::written()
    }
}

impl Drop for Interruption {
    fn drop(&mut self) {
        signals::write_no_more();
    }
}
