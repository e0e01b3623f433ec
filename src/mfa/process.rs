//! `mfa_process`: a command that prints a code, such as `ykman`, `pass otp`, `op` or `bw`.
//!
//! Its stdin and stderr are the terminal, so that it can ask for a touch or a password. Neither the command nor its
//! output is ever shown, because either may contain a secret, such as the device's seed.

use crate::clock::HumanDuration;
use crate::credentials::TokenCode;
use crate::error::NoCode;
use crate::platform::{self, Job};
use crate::profile::MfaProcess;
use std::io::Read;
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How long the command may run. It may have to wait for a password or a touch.
pub const TIMEOUT: Duration = Duration::from_mins(1);
/// A command that runs for longer than this is announced to the user.
const NOTICE_AFTER: Duration = Duration::from_secs(2);
/// How often the wait for its exit looks.
const EXIT_INTERVAL: Duration = Duration::from_millis(5);
/// How long its output may stay open once it has ended: a daemon that it has started may hold it.
const END_OF_OUTPUT: Duration = Duration::from_millis(500);
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
    let mut command = platform::shell(process.command.expose());
    command.stdin(stdin).stdout(Stdio::piped()).stderr(stderr);
    let started = Job::start(command);
    let mut job = started.map_err(|e| failed(format!("could not be started ({})", e.kind())))?;
    let first_line = read_first_line(job.take_stdout());
    let status = wait_with_notice(timeout, on_wait, |limit| wait_for_exit(&mut job, limit));
    // Whatever it has left behind could read the code that is typed next, and holds its output open.
    job.end();
    let line = first_line.recv_timeout(END_OF_OUTPUT).unwrap_or_default();
    let has_printed = !line.trim_ascii().is_empty();
    match status {
        None => {
            let what = if has_printed { "did not exit" } else { "printed nothing" };
            Err(failed(format!("{what} within {}", HumanDuration(timeout.as_secs()))))
        }
        Some(status) if !status.success() => Err(failed(format!("failed ({status})"))),
        Some(_) if !has_printed => Err(failed("printed nothing".to_owned())),
        Some(_) => {
            let code = std::str::from_utf8(&line).ok().and_then(|line| TokenCode::parse(line.trim()));
            code.ok_or_else(|| {
                failed("printed something that is not an MFA code: a code has six digits, 0 to 9".to_owned())
            })
        }
    }
}

/// Waits for the result of `get`, which takes a time limit. After two seconds, calls `on_wait`.
fn wait_with_notice<T>(
    timeout: Duration,
    on_wait: impl FnOnce(),
    mut get: impl FnMut(Duration) -> Option<T>,
) -> Option<T> {
    get(NOTICE_AFTER.min(timeout)).or_else(|| {
        on_wait();
        get(timeout.saturating_sub(NOTICE_AFTER))
    })
}

/// Reads the first line on another thread, which then discards the rest, so that the command is never blocked by a full
/// pipe. The thread ends when the output does.
fn read_first_line(stdout: Option<impl Read + Send + 'static>) -> Receiver<Zeroizing<Vec<u8>>> {
    let (sender, line) = channel();
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

/// The status of a command that exits within the limit.
fn wait_for_exit(job: &mut Job, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    loop {
        match job.try_wait() {
            None if Instant::now() < deadline => std::thread::sleep(EXIT_INTERVAL),
            status => return status,
        }
    }
}
