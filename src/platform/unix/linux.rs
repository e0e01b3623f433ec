//! Linux: the process tree from /proc, and protection from memory dumps.

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::Uid;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

/// The directory for caches, relative to the home directory.
pub(super) const CACHE_HOME: &str = ".cache";
/// Whether programs on this system follow `XDG_CACHE_HOME`.
pub(super) const HAS_XDG: bool = true;

/// Prevents core dumps, and keeps the user's other processes from reading this one's memory. An `exec` reverts this.
pub fn disable_core_dumps() {
    // Fails only for values other than 0 and 1.
    let _ = nix::sys::prctl::set_dumpable(false);
}

/// Does nothing: no limit was changed.
pub(super) fn restore_core_limit() {}

/// The name and parent of a process, from `/proc/PID/stat`: `PID (NAME) STATE PARENT …`. NAME itself may contain blanks
/// and parentheses.
pub(super) fn name_and_parent(pid: i32) -> Option<(String, i32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (open, close) = (stat.find('(')?, stat.rfind(')')?);
    let parent = stat[close + 1..].split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some((stat[open + 1..close].to_owned(), parent))
}

/// The ids of all processes.
pub(super) fn ids() -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The path of a process's executable, with ` (deleted)` if it was replaced; `None` for processes of other users.
pub(super) fn executable(pid: i32) -> Option<String> {
    let path = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    Some(path.to_string_lossy().into_owned())
}

/// The arguments of a process, beginning with its name.
pub(super) fn arguments(pid: i32) -> Vec<String> {
    let text = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let text = text.strip_suffix(b"\0").unwrap_or(&text);
    text.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}

/// Whether standard output was closed when the program started. Rust's runtime then replaces it with `/dev/null`,
/// opened for reading and writing, whereas a shell's `>/dev/null` opens it for writing only.
pub(super) fn stdout_was_closed(stdout: impl AsFd) -> bool {
    let is_null = nix::sys::stat::fstat(&stdout).is_ok_and(|stat| {
        std::fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == stat.st_rdev && null.ino() == stat.st_ino)
    });
    is_null
        && fcntl(&stdout, FcntlArg::F_GETFL)
            .is_ok_and(|flags| OFlag::from_bits_truncate(flags) & OFlag::O_ACCMODE == OFlag::O_RDWR)
}

/// Whether a connection on loopback may come from a program of this user: the table of connections says so, or does not
/// list it. It may also be root's, which can do anything, and which relays connections from outside of a virtual machine.
pub fn may_be_own_connection(peer: SocketAddr, own: SocketAddr) -> bool {
    let in_table = |address: SocketAddr| match address {
        SocketAddr::V4(v4) => format!("{:08X}:{:04X}", u32::from_ne_bytes(v4.ip().octets()), v4.port()),
        SocketAddr::V6(_) => String::new(),
    };
    let (peer, own) = (in_table(peer), in_table(own));
    // A line: its number, the local and the remote address, the state, queues, timer, retransmissions, and the user.
    let owner = |line: &str| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let is_it = fields.next() == Some(&peer) && fields.next() == Some(&own);
        if is_it { fields.nth(4)?.parse::<u32>().ok() } else { None }
    };
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    table.lines().find_map(owner).is_none_or(|uid| uid == 0 || uid == Uid::effective().as_raw())
}
