//! The program as run by a user without rights: for root no file is unreadable, so there the child gets another uid.

use super::home::Home;
use super::program::binary;
use super::shells::{self, Outcome};
use nix::unistd::{Uid, chown};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

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
    let mut command = Command::new(binary());
    // The binary may be in a directory that only we can enter.
    let shelf = is_root().then(|| {
        let shelf = tempfile::tempdir().expect("a temporary directory");
        open(shelf.path().to_owned());
        let copy = shelf.path().join("mfa-env");
        // By a process of its own: a file that we write ourselves is "busy" as long as any child that another test starts meanwhile
        // holds our descriptor.
        let copied = Command::new("cp").arg(binary()).arg(&copy).status().expect("cp");
        assert!(copied.success(), "no copy of the program");
        open(copy.clone());
        open(home.path().to_owned());
        command = Command::new(copy);
        command.uid(UID).gid(UID);
        shelf
    });
    command.args(arguments).env_clear().envs(&home.variables).current_dir("/");
    let outcome = shells::finish(command);
    drop(shelf);
    outcome
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
