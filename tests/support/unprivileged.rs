//! Runs the program as an unprivileged user. Root can read every file, so under root the child gets another uid.

use super::home::Home;
use super::program::binary;
use super::shells::{self, Outcome};
use nix::unistd::{Uid, chown};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A uid that is in no user database.
pub const UID: u32 = 1_960_211_987;

pub fn is_root() -> bool {
    Uid::effective().is_root()
}

/// Runs `mfa-env ARGUMENTS` in `home` as the user who runs the tests or, if that is root, as [`UID`].
///
/// # Panics
/// If the uid cannot be changed, because a test about permissions would then prove nothing.
pub fn run(home: &Home, arguments: &[&str]) -> Outcome {
    let program = UnprivilegedProgram::new();
    if is_root() {
        make_accessible(home.path().to_owned());
    }
    let mut command = program.command();
    command.args(arguments).env_clear().envs(&home.variables).current_dir("/");
    shells::finish(command)
}

/// The program at a path where the unprivileged user can start it; deleted when dropped.
pub struct UnprivilegedProgram {
    path: PathBuf,
    _dir: Option<TempDir>,
}

impl UnprivilegedProgram {
    /// Copies the binary if we are root, because it may be in a directory that only root can enter.
    pub fn new() -> UnprivilegedProgram {
        if !is_root() {
            return UnprivilegedProgram { path: binary(), _dir: None };
        }
        let dir = tempfile::tempdir().expect("a temporary directory");
        make_accessible(dir.path().to_owned());
        let copy = dir.path().join("mfa-env");
        // Copied by a separate process: if this process wrote the file, a child that another test forks at that moment
        // could hold it open for writing, and starting it would fail with ETXTBSY.
        let copied = Command::new("cp").arg(binary()).arg(&copy).status().expect("cp");
        assert!(copied.success(), "the program was not copied");
        make_accessible(copy.clone());
        UnprivilegedProgram { path: copy, _dir: Some(dir) }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The program, run as the unprivileged user.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        drop_privileges(&mut command);
        command
    }
}

/// Makes a command run as the unprivileged user and returns its uid.
pub fn drop_privileges(command: &mut Command) -> u32 {
    if !is_root() {
        return Uid::effective().as_raw();
    }
    command.uid(UID).gid(UID);
    UID
}

/// Gives a file to the unprivileged user; does nothing if that is the current user.
pub fn give(path: &std::path::Path) {
    if is_root() {
        chown(path, Some(UID.into()), Some(UID.into())).expect("chown");
    }
}

fn make_accessible(path: PathBuf) {
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("chmod");
}
