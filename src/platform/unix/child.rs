//! Commands that a profile names, run by the shell with the terminal for their own.

use super::signals;
use std::fs::OpenOptions;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// A command line as the AWS SDKs run one: by the system's shell.
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

/// stdin and stderr of a command that may speak to the person; without a terminal nothing is to be read, and stderr is ours.
pub fn terminal_streams() -> (Stdio, Stdio) {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let second = terminal.as_ref().ok().and_then(|terminal| terminal.try_clone().ok());
    match (terminal, second) {
        (Ok(stdin), Some(stderr)) => (stdin.into(), stderr.into()),
        _ => (Stdio::null(), Stdio::inherit()),
    }
}

/// As long as this lives, a death of ours takes the child along: it would go on reading the terminal beside the shell.
pub struct ChildGuard;

/// There is one such child at a time.
pub fn kill_child_with_us(child: u32) -> ChildGuard {
    signals::set_child(i32::try_from(child).unwrap_or(0));
    ChildGuard
}

impl Drop for ChildGuard {
    fn drop(&mut self) {
        signals::set_child(0);
    }
}
