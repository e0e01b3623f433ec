//! The program as run by a user without rights: for root no file is unreadable, so there the child gets another uid.

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

/// Far from the users of any machine, so it is in no user database either.
pub const UID: u32 = 1_960_211_987;

pub fn is_root() -> bool {
    Uid::effective().is_root()
}

/// Runs `mfa-env ARGUMENTS` in `home`: as the user who runs the tests, or, if that is root, as nobody that there is.
///
/// # Panics
/// The uid cannot be changed: a test about permissions would be about nothing.
pub fn run(home: &Home, arguments: &[&str]) -> Outcome {
    let program = Program::copied();
    if is_root() {
        open(home.path().to_owned());
    }
    let mut command = program.command();
    command.args(arguments).env_clear().envs(&home.variables).current_dir("/");
    shells::finish(command)
}

/// The program where the stranger can start it, as long as this lives.
pub struct Program {
    path: PathBuf,
    _shelf: Option<TempDir>,
}

impl Program {
    /// The binary may be in a directory that only we can enter, so for root it is copied.
    pub fn copied() -> Program {
        if !is_root() {
            return Program { path: binary(), _shelf: None };
        }
        let shelf = tempfile::tempdir().expect("a temporary directory");
        open(shelf.path().to_owned());
        let copy = shelf.path().join("mfa-env");
        // By a process of its own: a file that we write ourselves is "busy" as long as any child that another test starts meanwhile
        // holds our descriptor.
        let copied = Command::new("cp").arg(binary()).arg(&copy).status().expect("cp");
        assert!(copied.success(), "no copy of the program");
        open(copy.clone());
        Program { path: copy, _shelf: Some(shelf) }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// It, as the stranger.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        drop_privileges(&mut command);
        command
    }
}

/// Has a command run as the stranger, and says who that is.
pub fn drop_privileges(command: &mut Command) -> u32 {
    if !is_root() {
        return Uid::effective().as_raw();
    }
    command.uid(UID).gid(UID);
    UID
}

/// Gives a file to the stranger; nothing to do where that is ourselves.
pub fn own(path: &std::path::Path) {
    if is_root() {
        chown(path, Some(UID.into()), Some(UID.into())).expect("root gives files away");
    }
}

fn open(path: PathBuf) {
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("our own file");
}
