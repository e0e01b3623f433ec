//! Runs programs where a directory is on a read-only file system: a bind mount that only they see. Not even root can write
//! there.

use super::home::Home;
use super::program::binary;
use super::shells::{self, Outcome};
use super::unprivileged::is_root;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

const MOUNT: &str = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && shift && exec \"$@\"";

/// What the last line of a test run names as skipped: some systems let nobody but root mount anything.
pub fn absent() -> Option<&'static str> {
    (!is_available()).then_some("read-only file systems")
}

/// Whether this user can mount a directory for one program.
pub fn is_available() -> bool {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut command = command(directory.path());
    command.args(["touch", "x"]).current_dir("/").stderr(Stdio::piped());
    // Where the mount works, the file cannot be written.
    command.arg(directory.path().join("x"));
    command.output().is_ok_and(|output| String::from_utf8_lossy(&output.stderr).contains("Read-only file system"))
}

/// Runs `mfa-env ARGUMENTS` in a home, with this directory read-only.
pub fn run<S: AsRef<OsStr>>(home: &Home, directory: &Path, arguments: impl IntoIterator<Item = S>) -> Outcome {
    let mut command = command(directory);
    command.arg(binary()).args(arguments).env_clear().envs(&home.variables).current_dir("/");
    shells::finish(command)
}

/// The start of a command line that runs a program with this directory read-only.
pub fn command(directory: &Path) -> Command {
    let mut command = Command::new("unshare");
    let own: &[&str] = if is_root() { &["--mount"] } else { &["--user", "--map-root-user", "--mount"] };
    command.args(own).args(["sh", "-c", MOUNT, "sh"]).arg(directory);
    command
}
