//! Unixes without support for reading the process tree: there the shell comes from `--shell` or a variable.

pub use super::core_limit::disable_core_dumps;
pub(super) use super::core_limit::restore_core_limit;
use std::net::SocketAddr;
use std::os::fd::AsFd;

/// The directory for caches, relative to the home directory.
pub(super) const CACHE_HOME: &str = ".cache";
/// Whether programs on this system follow `XDG_CACHE_HOME`.
pub(super) const HAS_XDG: bool = true;

/// Always `None`.
pub(super) fn name_and_parent(_pid: i32) -> Option<(String, i32)> {
    None
}

/// Always empty.
pub(super) fn ids() -> Vec<i32> {
    Vec::new()
}

/// Always `None`.
pub(super) fn executable(_pid: i32) -> Option<String> {
    None
}

/// Always empty.
pub(super) fn arguments(_pid: i32) -> Vec<String> {
    Vec::new()
}

/// Always false: on this system a closed stdout looks the same as `>/dev/null`.
pub(super) fn stdout_was_closed(_stdout: impl AsFd) -> bool {
    false
}

/// Whether a connection on loopback may come from a program of this user. Not known here.
pub fn may_be_own_connection(_peer: SocketAddr, _own: SocketAddr) -> bool {
    true
}
