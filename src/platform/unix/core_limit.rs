//! Core dumps where only the limit of their size prevents them. A command that replaces this process keeps its own limit.

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use std::sync::OnceLock;

/// The soft and the hard limit from before.
static BEFORE: OnceLock<(rlim_t, rlim_t)> = OnceLock::new();

/// Prevents core dumps of this process.
pub fn disable_core_dumps() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_CORE) {
        let _ = BEFORE.set((soft, hard));
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, hard);
    }
}

/// Restores the limit, for the command that replaces this process.
pub(super) fn restore_core_limit() {
    if let Some((soft, hard)) = BEFORE.get() {
        let _ = setrlimit(Resource::RLIMIT_CORE, *soft, *hard);
    }
}
