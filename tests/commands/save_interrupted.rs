//! `save` when a system call fails, or when the program is killed there.

#![cfg(target_os = "linux")]

use super::save::{home, save, text};
use crate::support::program::Program;
use crate::support::seccomp;
use crate::support::shells;
use nix::errno::Errno;
use nix::libc::{SYS_fsync, SYS_rename, SYS_renameat, SYS_renameat2};
use std::fs;

trials![every_failure_and_every_kill_leaves_a_whole_file];

/// At each system call that writes: an error of the system, and a kill.
// faults 73, 74, 77
fn every_failure_and_every_kill_leaves_a_whole_file() {
    let (_sts, _alice, home) = home();
    // The session is cached, so that these calls are only those of the file.
    save(&home, &["p1"]).says("has the session").run();
    let before = text(&home);
    let renames = [SYS_rename, SYS_renameat, SYS_renameat2];
    let cases: [(&[nix::libc::c_long], Errno, &str); 6] = [
        (&renames, Errno::EBUSY, "it is a mount point of its own, so it cannot be replaced; mount its folder instead"),
        (&renames, Errno::EXDEV, "it is a mount point of its own, so it cannot be replaced; mount its folder instead"),
        (&renames, Errno::EROFS, "read-only filesystem"),
        (&renames, Errno::EPERM, "permission denied"),
        (&[SYS_fsync], Errno::ENOSPC, "no storage space"),
        (&[SYS_fsync], Errno::EIO, "~/.aws/credentials cannot be written: "),
    ];
    let files = || fs::read_dir(home.path().join(".aws")).expect("a folder").flatten().count();
    for (calls, error, says) in cases {
        let mut command = Program::new(&home, ["save", "p1", "--as", "x", "-q"]).command();
        seccomp::fail(&mut command, calls, error);
        let outcome = shells::finish(command);
        assert_eq!(outcome.status.code(), Some(7), "{error}: {outcome}");
        assert!(String::from_utf8_lossy(&outcome.stderr).contains(says), "{error}: {outcome}");
        assert_eq!(text(&home), before, "{error}");
        assert_eq!(files(), 2, "{error}");
    }
    for calls in [&renames[..], &[SYS_fsync]] {
        let mut command = Program::new(&home, ["save", "p1", "--as", "x", "-q"]).command();
        seccomp::kill(&mut command, calls);
        assert_eq!(shells::finish(command).status.code(), None);
        assert_eq!(text(&home), before);
        assert_eq!(files(), 3);
    }
    save(&home, &["p1", "--as", "x"]).any_files().says("has the session").run();
    assert_eq!(files(), 2);
}
