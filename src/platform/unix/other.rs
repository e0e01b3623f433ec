//! Unixes whose process tree we do not read: `--shell` or a variable names the shell there.

use std::os::fd::AsFd;

/// Where caches are, within the home directory.
pub(super) const CACHE_HOME: &str = ".cache";
/// Whether `XDG_CACHE_HOME` is the custom here.
pub(super) const HAS_XDG: bool = true;

/// No core dump of this process.
pub fn disable_core_dumps() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_CORE) {
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, hard);
    }
}

pub(super) fn name_and_parent(_pid: i32) -> Option<(String, i32)> {
    None
}

/// Not told apart from `>/dev/null` here.
pub(super) fn stdout_was_closed(_stdout: impl AsFd) -> bool {
    false
}
