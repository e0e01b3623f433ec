//! Commands from a profile, run by the system's shell with access to the terminal.

use super::signals;
use std::fs::OpenOptions;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Returns a command that runs this command line as the AWS SDKs do, with `/bin/sh -c`.
pub fn shell(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]);
    shell
}

/// Replaces this process by a command. It returns only if that fails.
///
/// # Errors
/// The command cannot be started.
pub fn become_process(command: &mut Command) -> std::io::Result<i32> {
    signals::reset();
    Err(command.exec())
}

/// stdin and stderr for a command that may prompt: the terminal. Without one, stdin is empty and stderr is inherited.
pub fn terminal_streams() -> (Stdio, Stdio) {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let second = terminal.as_ref().ok().and_then(|terminal| terminal.try_clone().ok());
    match (terminal, second) {
        (Ok(stdin), Some(stderr)) => (stdin.into(), stderr.into()),
        _ => (Stdio::null(), Stdio::inherit()),
    }
}
