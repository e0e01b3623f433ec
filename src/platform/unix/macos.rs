//! macOS: the process tree from libproc, and protection from core dumps.

pub use super::core_limit::disable_core_dumps;
pub(super) use super::core_limit::restore_core_limit;
use std::net::SocketAddr;
use std::os::fd::AsFd;

/// The directory for caches, relative to the home directory.
pub(super) const CACHE_HOME: &str = "Library/Caches";
/// Whether programs on this system follow `XDG_CACHE_HOME`.
pub(super) const HAS_XDG: bool = false;

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

/// The ids of all processes.
#[allow(unsafe_code, reason = "libproc has no maintained safe binding")]
pub(super) fn ids() -> Vec<i32> {
    // The system allows 99,999 processes at most.
    let mut ids = vec![0_i32; 100_000];
    let size = i32::try_from(size_of_val(&*ids)).unwrap_or_default();
    // SAFETY: the buffer has the given size.
    let count = unsafe { libc::proc_listallpids(ids.as_mut_ptr().cast(), size) };
    ids.truncate(usize::try_from(count).unwrap_or_default());
    ids
}

/// The path of a process's executable.
#[allow(unsafe_code, reason = "libproc has no maintained safe binding")]
pub(super) fn executable(pid: i32) -> Option<String> {
    let mut path = vec![0_u8; usize::try_from(libc::PROC_PIDPATHINFO_MAXSIZE).ok()?];
    let size = u32::try_from(path.len()).ok()?;
    // SAFETY: the buffer has the given size.
    let length = unsafe { libc::proc_pidpath(pid, path.as_mut_ptr().cast(), size) };
    path.truncate(usize::try_from(length).ok().filter(|length| *length > 0)?);
    Some(String::from_utf8_lossy(&path).into_owned())
}

/// The arguments of a process of this user, beginning with its name: the number of arguments, the path of the executable
/// with padding, and then the arguments, each of which ends in a zero.
#[allow(unsafe_code, reason = "the arguments of a process have no safe API")]
pub(super) fn arguments(pid: i32) -> Vec<String> {
    let mut name = [libc::CTL_KERN, libc::KERN_PROCARGS2, pid];
    let mut buffer = vec![0_u8; 64 * 1024];
    let mut size = buffer.len();
    // SAFETY: the pointers are valid, and the sizes are those of what they point to.
    let result = unsafe {
        libc::sysctl(name.as_mut_ptr(), 3, buffer.as_mut_ptr().cast(), &raw mut size, std::ptr::null_mut(), 0)
    };
    buffer.truncate(if result == 0 { size } else { 0 });
    let Some((count, rest)) = buffer.split_first_chunk::<4>() else { return Vec::new() };
    let count = usize::try_from(i32::from_ne_bytes(*count)).unwrap_or(0);
    let texts = rest.split(|byte| *byte == 0).skip(1).skip_while(|text| text.is_empty());
    texts.take(count).map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

/// Always false: on this system a closed stdout looks the same as `>/dev/null`.
pub(super) fn stdout_was_closed(_stdout: impl AsFd) -> bool {
    false
}

/// Whether a connection on loopback may come from a program of this user. Not known here.
pub fn may_be_own_connection(_peer: SocketAddr, _own: SocketAddr) -> bool {
    true
}
