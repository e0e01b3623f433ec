//! `rotate` when a system call fails, or when the program is killed there.

#![cfg(target_os = "linux")]

use super::rotate_interrupted::signed_in;
use crate::support::program::Program;
use crate::support::{seccomp, shells};
use nix::errno::Errno;
use nix::libc::{self, SYS_fsync, SYS_rename, SYS_renameat, SYS_renameat2};
use std::fs;

trials![a_file_that_cannot_be_written_keeps_the_old_key, a_kill_while_writing_leaves_a_whole_file];

// faults 74, 77
fn a_file_that_cannot_be_written_keeps_the_old_key() {
    let renames = [SYS_rename, SYS_renameat, SYS_renameat2];
    let cases: [(&[libc::c_long], Errno, &str); 4] = [
        (&renames, Errno::EBUSY, "it is a mount point of its own, so it cannot be replaced; mount its folder instead"),
        (&renames, Errno::EROFS, "read-only filesystem"),
        (&[SYS_fsync], Errno::ENOSPC, "no storage space"),
        (&[SYS_fsync], Errno::EDQUOT, "~/.aws/credentials cannot be written: "),
    ];
    let machine = signed_in();
    let before = machine.home.files();
    for (calls, error, says) in cases {
        let mut command = Program::new(&machine.home, ["rotate", "main", "--no-input", "-q"]).command();
        seccomp::fail(&mut command, calls, error);
        let outcome = shells::finish(command);
        assert_eq!(outcome.status.code(), Some(7), "{error}: {outcome}");
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        assert!(stderr.contains(says) && stderr.contains(", was deleted again\n"), "{error}: {outcome}");
        assert_eq!(machine.home.files(), before, "{error}");
        machine.assert_as_before();
    }
    machine.finish();
}

// fault 73
fn a_kill_while_writing_leaves_a_whole_file() {
    let machine = signed_in();
    let before = machine.text("credentials");
    let mut command = Program::new(&machine.home, ["rotate", "main", "--no-input"]).command();
    // The cache uses another system call.
    seccomp::kill(&mut command, &[SYS_rename]);
    assert_eq!(shells::finish(command).status.code(), None);
    assert_eq!(machine.text("credentials"), before);
    let files = || fs::read_dir(machine.home.path().join(".aws")).expect("a folder").flatten().count();
    assert_eq!((machine.keys().len(), files()), (2, 3));
    // The next run deletes the key whose secret is lost, and the file that has it.
    let lost = machine.new_key();
    machine.unasked(&[]).any_files().says(format!("mfa-env: deleted access key {lost}\n")).run();
    assert_eq!(machine.keys(), [(machine.old(), false), (machine.working_key(), true)]);
    assert_eq!(files(), 2);
    machine.finish();
}
