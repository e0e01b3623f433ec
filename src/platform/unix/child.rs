//! Commands from a profile, run by the system's shell with access to the terminal.

use super::{process, signals};
use crate::variables::Variables;
use nix::unistd::{AccessFlags, Uid, User, access};
use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
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
    process::restore_core_limit();
    Err(command.exec())
}

/// The command that runs this file as a program of this name, which it sees as its argument 0.
pub fn program(file: &Path, name: &OsStr) -> Command {
    let mut command = Command::new(file);
    command.arg0(name);
    command
}

/// A word of a command line, with this text in place of every `from`, which is not empty.
pub fn replace_in_word(word: &OsStr, from: &str, to: &str) -> OsString {
    let bytes = word.as_bytes();
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut rest = 0;
    for at in memchr::memmem::find_iter(bytes, from) {
        replaced.extend_from_slice(&bytes[rest..at]);
        replaced.extend_from_slice(to.as_bytes());
        rest = at + from.len();
    }
    replaced.extend_from_slice(&bytes[rest..]);
    OsString::from_vec(replaced)
}

/// Where programs are searched if `PATH` is not set, as execvp(3) does.
pub const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// The name of the file of a script that runs as this program.
pub fn script_name(program: &str) -> String {
    program.to_owned()
}

/// Lets everybody run the file.
///
/// # Errors
/// The file's mode cannot be changed.
pub fn make_executable(file: &File) -> std::io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o755))
}

/// Whether the file can be executed.
///
/// # Errors
/// What prevents it.
pub fn can_execute(path: &Path) -> Result<(), ErrorKind> {
    let file = std::fs::metadata(path).map_err(|e| match e.kind() {
        ErrorKind::NotADirectory => ErrorKind::NotFound,
        other => other,
    })?;
    if file.is_dir() {
        return Err(ErrorKind::IsADirectory);
    }
    access(path, AccessFlags::X_OK).map_err(|_| ErrorKind::PermissionDenied)
}

/// The file itself: only on Windows can a program be named without its extension.
pub fn with_program_extensions(path: &Path, _variables: &Variables) -> Vec<PathBuf> {
    vec![path.to_owned()]
}

/// The shell in the user database, or `/bin/sh`.
pub fn login_shell() -> PathBuf {
    let user = User::from_uid(Uid::current()).ok().flatten();
    user.map(|user| user.shell).filter(|shell| shell.is_file()).unwrap_or_else(|| "/bin/sh".into())
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
