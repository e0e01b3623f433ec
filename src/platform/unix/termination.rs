//! A signal that is to end this process, but only once a server has answered the requests that it has.

use super::signals;
use std::io;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;

/// Receives the first such signal; the second one ends the process at once.
pub struct Termination(std::os::fd::OwnedFd);

impl Termination {
    /// From now on, a fatal signal is received instead of ending the process. Only once.
    ///
    /// # Errors
    /// The process has no file descriptors left.
    pub fn catch() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        signals::write_first_to(writer);
        Ok(Termination(reader.into()))
    }

    /// Waits for the signal.
    ///
    /// # Panics
    /// If it is not called on the network thread.
    pub async fn received(self) -> i32 {
        let mut signal = [0];
        let mut pipe = Receiver::from_owned_fd(self.0).expect("a pipe");
        match pipe.read_exact(&mut signal).await {
            Ok(_) => signal[0].into(),
            Err(_) => std::future::pending().await,
        }
    }
}
