//! PowerShell processes that run many scripts each, because every start takes about a second.
//!
//! A process runs one script at a time, in a runspace of its own and with its own environment and directory. What
//! ends a script's output is a marker on stdout and stderr, so the output of native commands needs no redirection.
//! Scripts that call `exit`, and what needs a terminal or is killed, run in processes of their own.

use super::shells::{Event, Outcome, Running, Shell, start};
use serde_json::json;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use tempfile::TempDir;

/// What the process runs from its start to its end.
const DRIVER: &str = include_str!("powershell_engine.ps1");

/// The engines that run no script now. There are never more engines than threads that run tests.
static IDLE: Mutex<Vec<Engine>> = Mutex::new(Vec::new());

struct Engine {
    running: Running,
    requests: TcpStream,
    /// How many scripts it has run.
    count: usize,
    /// PowerShell caches there what it knows about modules.
    _home: TempDir,
}

/// Runs a script as `pwsh -NoProfile -NonInteractive -Command SCRIPT` would.
pub fn run<K: AsRef<OsStr>, V: AsRef<OsStr>>(
    script: &str,
    env: impl IntoIterator<Item = (K, V)>,
    cwd: &Path,
) -> Outcome {
    let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut engine = idle.unwrap_or_else(Engine::start);
    let outcome = engine.run(script, env, cwd);
    // An engine whose test panicked is dropped, which kills it.
    IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(engine);
    outcome
}

impl Engine {
    fn start() -> Engine {
        let home = tempfile::tempdir().expect("a directory");
        let mut command = Shell::Pwsh.program();
        // The encoding of the engine is UTF-8, whatever the environment of a script.
        command.env("HOME", home.path()).env("LC_ALL", "C.UTF-8").envs(std::env::var_os("PATH").map(|p| ("PATH", p)));
        command.args(["-NoProfile", "-NonInteractive", "-Command", DRIVER]).stdin(Stdio::null());
        let mut running = start(command);
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            match running.next_event() {
                Event::Stdout(bytes) => line.extend(bytes),
                Event::Stderr(bytes) => panic!("the engine does not start: {}", bytes.escape_ascii()),
                Event::Closed | Event::Ended(_) => panic!("the engine does not start"),
            }
        }
        let port = std::str::from_utf8(&line).ok().and_then(|line| line.trim().parse().ok()).expect("a port");
        let requests = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the engine listens");
        Engine { running, requests, count: 0, _home: home }
    }

    fn run<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        &mut self,
        script: &str,
        env: impl IntoIterator<Item = (K, V)>,
        cwd: &Path,
    ) -> Outcome {
        let text = |value: &OsStr| value.to_str().expect("UTF-8").to_owned();
        let env: BTreeMap<String, String> =
            env.into_iter().map(|(name, value)| (text(name.as_ref()), text(value.as_ref()))).collect();
        self.count += 1;
        let end = format!("\0end of script {}: ", self.count);
        let request = json!({ "script": script, "env": env, "cwd": cwd, "end": end });
        writeln!(self.requests, "{request}").expect("the engine reads requests");

        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        loop {
            if let (Some(code), Some(_)) = (take_end(&stdout, &end), take_end(&stderr, &end)) {
                let before_end = |bytes: &[u8]| bytes.len() - end.len() - "0\n".len();
                stdout.truncate(before_end(&stdout));
                stderr.truncate(before_end(&stderr));
                return Outcome { status: exit_status(code), stdout, stderr };
            }
            match self.running.next_event() {
                Event::Stdout(bytes) => stdout.extend(bytes),
                Event::Stderr(bytes) => stderr.extend(bytes),
                Event::Closed => {}
                Event::Ended(status) => {
                    let seen = Outcome { status, stdout, stderr };
                    panic!("the script ended the engine: {seen}\n{script}");
                }
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.running.kill();
    }
}

/// The exit status in the marker at the end of the output, if it is complete.
fn take_end(output: &[u8], end: &str) -> Option<u8> {
    let (code, before) = output.strip_suffix(b"\n")?.split_last()?;
    before.ends_with(end.as_bytes()).then(|| code - b'0')
}

#[cfg(unix)]
fn exit_status(code: u8) -> ExitStatus {
    std::os::unix::process::ExitStatusExt::from_raw(i32::from(code) << 8)
}

#[cfg(not(unix))]
fn exit_status(code: u8) -> ExitStatus {
    std::os::windows::process::ExitStatusExt::from_raw(code.into())
}
