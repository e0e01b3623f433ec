//! macOS: the process tree by libproc, and no core dump.

use std::os::fd::AsFd;

/// Where caches are, within the home directory.
pub(super) const CACHE_HOME: &str = "Library/Caches";
/// Whether `XDG_CACHE_HOME` is the custom here.
pub(super) const HAS_XDG: bool = false;

/// No core dump of this process.
pub fn disable_core_dumps() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_CORE) {
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, hard);
    }
}

/// The name and parent of a process of this user.
#[allow(unsafe_code, reason = "libproc has no safe binding that is kept up")]
pub(super) fn name_and_parent(pid: i32) -> Option<(String, i32)> {
    let mut info = std::mem::MaybeUninit::<libc::proc_bsdinfo>::zeroed();
    let size = i32::try_from(size_of::<libc::proc_bsdinfo>()).ok()?;
    // SAFETY: the buffer is as large as we say, and all of its fields are plain numbers, valid when zero.
    let info = unsafe {
        let filled = libc::proc_pidinfo(pid, libc::PROC_PIDTBSDINFO, 0, info.as_mut_ptr().cast(), size);
        (filled == size).then(|| info.assume_init())?
    };
    let name: Vec<u8> = info.pbi_comm.iter().map(|c| c.cast_unsigned()).take_while(|b| *b != 0).collect();
    Some((String::from_utf8_lossy(&name).into_owned(), i32::try_from(info.pbi_ppid).ok()?))
}

/// Not told apart from `>/dev/null` here.
pub(super) fn stdout_was_closed(_stdout: impl AsFd) -> bool {
    false
}
