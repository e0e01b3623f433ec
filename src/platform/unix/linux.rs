//! Linux: the process tree in /proc, and a process whose memory nobody may dump.

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

/// Where caches are, within the home directory.
pub(super) const CACHE_HOME: &str = ".cache";
/// Whether `XDG_CACHE_HOME` is the custom here.
pub(super) const HAS_XDG: bool = true;

/// No core dump of this process, and no other process of this user may read its memory. An `exec` resets it.
pub fn disable_core_dumps() {
    // It can only fail for a value other than 0 and 1.
    let _ = nix::sys::prctl::set_dumpable(false);
}

/// Reads `/proc/PID/stat`: `PID (NAME) STATE PARENT …`, where NAME may itself hold blanks and parentheses.
pub(super) fn name_and_parent(pid: i32) -> Option<(String, i32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (open, close) = (stat.find('(')?, stat.rfind(')')?);
    let parent = stat[close + 1..].split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some((stat[open + 1..close].to_owned(), parent))
}

/// Whether standard output was closed when the program started. Rust's start-up then opens `/dev/null` for reading and writing in its
/// place; a shell's `>/dev/null` opens it for writing only.
pub(super) fn stdout_was_closed(stdout: impl AsFd) -> bool {
    let is_null = nix::sys::stat::fstat(&stdout).is_ok_and(|stat| {
        std::fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == stat.st_rdev && null.ino() == stat.st_ino)
    });
    is_null
        && fcntl(&stdout, FcntlArg::F_GETFL)
            .is_ok_and(|flags| OFlag::from_bits_truncate(flags) & OFlag::O_ACCMODE == OFlag::O_RDWR)
}
