//! macOS: the process tree from libproc, and protection from core dumps.

use std::os::fd::AsFd;

/// The directory for caches, relative to the home directory.
pub(super) const CACHE_HOME: &str = "Library/Caches";
/// Whether programs on this system follow `XDG_CACHE_HOME`.
pub(super) const HAS_XDG: bool = false;

/// Prevents core dumps of this process.
pub fn disable_core_dumps() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_CORE) {
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, hard);
    }
}

/// The name and parent of a process of this user; `None` for processes of others.
#[allow(unsafe_code, reason = "libproc has no maintained safe binding")]
pub(super) fn name_and_parent(pid: i32) -> Option<(String, i32)> {
    let mut info = std::mem::MaybeUninit::<libc::proc_bsdinfo>::zeroed();
    let size = i32::try_from(size_of::<libc::proc_bsdinfo>()).ok()?;
    // SAFETY: the buffer has the given size, and all of its fields are numbers, for which zero is valid.
    let info = unsafe {
        let filled = libc::proc_pidinfo(pid, libc::PROC_PIDTBSDINFO, 0, info.as_mut_ptr().cast(), size);
        (filled == size).then(|| info.assume_init())?
    };
    let name: Vec<u8> = info.pbi_comm.iter().map(|c| c.cast_unsigned()).take_while(|b| *b != 0).collect();
    Some((String::from_utf8_lossy(&name).into_owned(), i32::try_from(info.pbi_ppid).ok()?))
}

/// Always false: on this system a closed stdout looks the same as `>/dev/null`.
pub(super) fn stdout_was_closed(_stdout: impl AsFd) -> bool {
    false
}
