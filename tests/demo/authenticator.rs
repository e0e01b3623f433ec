//! The authenticator app of the demo: the first line of the terminal, with the code as it changes.

use super::sts::Sts;
use std::io::Write;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a code is shown, in seconds (RFC 6238).
const PERIOD: u64 = 30;
/// Shorter terminals keep all their lines for the sign-in.
const MIN_ROWS: u16 = 12;
/// How long to wait between two looks at the clock, the terminal and the calls.
const LOOK: Duration = Duration::from_millis(200);

/// The app on the screen. It is put away when its code has been accepted, or when this is dropped.
pub struct Authenticator {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Authenticator {
    /// Shows the app of this device on the first line of the terminal and leaves the others to what runs there. On a
    /// terminal that has no such line to spare, says what the app shows now and next.
    pub fn show(sts: &Sts, owner: &str, serial: &str) -> std::io::Result<Authenticator> {
        let is_dumb = std::env::var_os("TERM").is_none_or(|name| name == "dumb" || name.is_empty());
        let Some(rows) = rows().filter(|_| !is_dumb) else {
            let [now, next] = sts.consecutive_codes(serial);
            println!("{owner}'s authenticator app shows {now}, and in {} s {next}.\n", time_left());
            return Ok(Authenticator { end: None, thread: None });
        };
        // What was on the screen is scrolled up, not overwritten.
        print!("\x1b[{rows};1H{}\x1b[2;{rows}r\x1b[2;1H", "\n".repeat(rows.into()));
        std::io::stdout().flush()?;
        let (sts, owner, serial) = (sts.clone(), owner.to_owned(), serial.to_owned());
        let (end, ended) = mpsc::channel();
        let thread = thread::spawn(move || {
            let (mut shown, mut shown_rows) = (String::new(), rows);
            while !is_accepted(&sts) {
                let now = rows_of_the_region(shown_rows);
                let code = sts.current_code(&serial);
                let (first, last) = code.split_at(3);
                let line =
                    format!(" {owner}'s authenticator app:  {first} {last}   (the next code in {:2} s) ", time_left());
                if line != shown || now != shown_rows {
                    write(&format!("\x1b7\x1b[2;{now}r\x1b[1;1H\x1b[2K\x1b[7m{line}\x1b[0m\x1b8"));
                    (shown, shown_rows) = (line, now);
                }
                if ended.recv_timeout(LOOK) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            write(&format!("\x1b7\x1b[r\x1b[1;1H\x1b[2K\x1b[7m {owner}'s authenticator app is put away. \x1b[0m\x1b8"));
        });
        Ok(Authenticator { end: Some(end), thread: Some(thread) })
    }
}

impl Drop for Authenticator {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn rows() -> Option<u16> {
    terminal_size::terminal_size().map(|(_, rows)| rows.0).filter(|rows| *rows >= MIN_ROWS)
}

/// A terminal that became too short keeps its region until it grows again.
fn rows_of_the_region(before: u16) -> u16 {
    rows().unwrap_or(before)
}

fn is_accepted(sts: &Sts) -> bool {
    sts.calls().iter().any(|call| call.action == "GetSessionToken" && call.status == Some(200))
}

/// How many seconds the code is still shown.
fn time_left() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    PERIOD - now % PERIOD
}

/// In one write, because the program that asks writes to the same terminal.
fn write(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
