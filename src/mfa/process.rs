//! `mfa_process`: a command that prints the code, such as `ykman`, `pass otp`, `op` or `bw`.
//!
//! Its stdin and stderr are the terminal, so that it can ask for a touch or a password. What it prints is shown to
//! nobody: it may be anything, and the command itself may hold a seed.

use crate::clock::HumanDuration;
use crate::credentials::TokenCode;
use crate::error::NoCode;
use crate::platform;
use crate::profile::MfaProcess;
use std::io::Read;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// A password is typed in this time, or a key touched.
pub const PATIENCE: Duration = Duration::from_mins(1);
/// Whoever takes longer than this is spoken of.
const SOON: Duration = Duration::from_secs(2);
/// No first line that is a code comes near this.
const LONGEST_LINE: usize = 1024;

/// The code on the first line that the command prints. `waiting` is called once if it takes long.
///
/// # Errors
/// It fails, prints something else or nothing, or does not end within `patience`; then it is killed.
pub fn run(process: &MfaProcess, patience: Duration, waiting: impl FnOnce()) -> Result<TokenCode, NoCode> {
    let failed = |problem: String| NoCode::Process {
        profile: process.profile.to_string(),
        origin: process.origin.clone(),
        problem,
    };
    let (stdin, stderr) = platform::terminal_streams();
    let spawned = platform::shell(process.command.expose()).stdin(stdin).stdout(Stdio::piped()).stderr(stderr).spawn();
    let mut child = spawned.map_err(|e| failed(format!("could not be started ({})", e.kind())))?;
    let _with_us = platform::kill_child_with_us(child.id());
    let lines = first_line(&mut child);
    let mut waiting = Some(waiting);
    let until = Instant::now() + patience;
    let line = patiently(until, &mut waiting, |time| received(&lines, time));
    let status = line.as_ref().and_then(|_| patiently(until, &mut waiting, |time| ended(&mut child, time)));
    match (line, status) {
        (Some(_), Some(status)) if !status.success() => Err(failed(format!("failed ({status})"))),
        (Some(line), Some(_)) if line.trim_ascii().is_empty() => Err(failed("printed nothing".to_owned())),
        (Some(line), Some(_)) => {
            let code = std::str::from_utf8(&line).ok().and_then(|line| TokenCode::parse(line.trim()));
            code.ok_or_else(|| {
                failed("printed something that is not an MFA code: a code has six digits, 0 to 9".to_owned())
            })
        }
        (line, _) => {
            let _ = child.kill();
            let _ = child.wait();
            let what = if line.is_some() { "did not exit" } else { "printed nothing" };
            Err(failed(format!("{what} within {}", HumanDuration(patience.as_secs()))))
        }
    }
}

/// What comes by then; after two seconds the person is told that something is waited for.
fn patiently<T>(
    until: Instant,
    waiting: &mut Option<impl FnOnce()>,
    mut get: impl FnMut(Duration) -> Option<T>,
) -> Option<T> {
    let left = || until.saturating_duration_since(Instant::now());
    get(SOON.min(left())).or_else(|| {
        waiting.take().into_iter().for_each(|waiting| waiting());
        get(left())
    })
}

/// Reads the first line on a thread, and then all the rest, so that the command can end; the thread ends with it or
/// with us.
fn first_line(child: &mut Child) -> Receiver<Zeroizing<Vec<u8>>> {
    let (sender, line) = channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let Some(mut stdout) = stdout else { return };
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
        let mut byte = [0];
        while line.len() < LONGEST_LINE && stdout.read(&mut byte).is_ok_and(|n| n > 0) && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        let _ = sender.send(line);
        let _ = std::io::copy(&mut stdout, &mut std::io::sink());
    });
    line
}

fn received(line: &Receiver<Zeroizing<Vec<u8>>>, time: Duration) -> Option<Zeroizing<Vec<u8>>> {
    match line.recv_timeout(time) {
        Ok(line) => Some(line),
        Err(RecvTimeoutError::Disconnected) => Some(Zeroizing::default()),
        Err(RecvTimeoutError::Timeout) => None,
    }
}

/// The status of a child that ends within `time`. It has said its line, so this is a matter of milliseconds.
fn ended(child: &mut Child, time: Duration) -> Option<std::process::ExitStatus> {
    let deadline = Instant::now() + time;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(2)),
            _ => return None,
        }
    }
}
