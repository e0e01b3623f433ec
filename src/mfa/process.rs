//! `mfa_process`: a command that prints a code, such as `ykman`, `pass otp`, `op` or `bw`.
//!
//! Its stdin and stderr are the terminal, so that it can ask for a touch or a password. Neither the command nor its
//! output is ever shown, because either may contain a secret, such as the device's seed.

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

/// How long the command may run. It may have to wait for a password or a touch.
pub const TIMEOUT: Duration = Duration::from_mins(1);
/// A command that runs for longer than this is announced to the user.
const NOTICE_AFTER: Duration = Duration::from_secs(2);
/// How much of the first line is read, in bytes; a line with a code is much shorter.
const MAX_LINE_LENGTH: usize = 1024;

/// Runs the command, and returns the code on the first line of its output. `on_wait` is called once if that takes more
/// than two seconds.
///
/// # Errors
/// The command fails, prints no code, or is still running after `timeout` and is killed.
pub fn run(process: &MfaProcess, timeout: Duration, on_wait: impl FnOnce()) -> Result<TokenCode, NoCode> {
    let failed = |problem: String| NoCode::Process {
        profile: process.profile.to_string(),
        origin: process.origin.clone(),
        problem,
    };
    let (stdin, stderr) = platform::terminal_streams();
    let spawned = platform::shell(process.command.expose()).stdin(stdin).stdout(Stdio::piped()).stderr(stderr).spawn();
    let mut child = spawned.map_err(|e| failed(format!("could not be started ({})", e.kind())))?;
    let _guard = platform::guard_child(child.id());
    let first_line = read_first_line(&mut child);
    let mut on_wait = Some(on_wait);
    let deadline = Instant::now() + timeout;
    let line = wait_with_notice(deadline, &mut on_wait, |limit| receive(&first_line, limit));
    let status =
        line.as_ref().and_then(|_| wait_with_notice(deadline, &mut on_wait, |limit| wait_for_exit(&mut child, limit)));
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
            Err(failed(format!("{what} within {}", HumanDuration(timeout.as_secs()))))
        }
    }
}

/// Waits until `deadline` for the result of `get`, which takes a time limit. After two seconds, calls `on_wait`.
fn wait_with_notice<T>(
    deadline: Instant,
    on_wait: &mut Option<impl FnOnce()>,
    mut get: impl FnMut(Duration) -> Option<T>,
) -> Option<T> {
    let left = || deadline.saturating_duration_since(Instant::now());
    get(NOTICE_AFTER.min(left())).or_else(|| {
        on_wait.take().into_iter().for_each(|on_wait| on_wait());
        get(left())
    })
}

/// Reads the first line on another thread, which then discards the rest, so that the command is never blocked by a full
/// pipe. The thread ends when the output does.
fn read_first_line(child: &mut Child) -> Receiver<Zeroizing<Vec<u8>>> {
    let (sender, line) = channel();
    let stdout = child.stdout.take();
    let read = move || {
        let Some(mut stdout) = stdout else { return };
        let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE_LENGTH));
        let mut byte = [0];
        while line.len() < MAX_LINE_LENGTH && stdout.read(&mut byte).is_ok_and(|n| n > 0) && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        let _ = sender.send(line);
        let _ = std::io::copy(&mut stdout, &mut std::io::sink());
    };
    // Without a thread, the channel closes, as if the command had printed nothing.
    let _ = platform::spawn_thread("mfa_process", read);
    line
}

/// The line, if it arrives within the limit; empty if it cannot be read.
fn receive(line: &Receiver<Zeroizing<Vec<u8>>>, limit: Duration) -> Option<Zeroizing<Vec<u8>>> {
    match line.recv_timeout(limit) {
        Ok(line) => Some(line),
        Err(RecvTimeoutError::Disconnected) => Some(Zeroizing::default()),
        Err(RecvTimeoutError::Timeout) => None,
    }
}

/// The status of a child that exits within the limit. It has printed its line, so polling takes only milliseconds.
fn wait_for_exit(child: &mut Child, limit: Duration) -> Option<std::process::ExitStatus> {
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(2)),
            _ => return None,
        }
    }
}
