//! Linux, macOS and other Unixes.

mod child;
mod companion;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod core_limit;
mod files;
mod foreground;
mod foreground_group;
mod interruption;
mod job;
mod job_group;
mod keys;
mod parallel;
mod parallel_suspension;
mod private_dir;
mod replaced_file;
mod secret_screen;
mod settings;
mod signals;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod start;
mod suspension;
mod terminal;
mod terminal_keeper;
mod termination;
mod typed_line;
mod waker;

#[cfg_attr(any(target_os = "linux", target_os = "android"), path = "linux.rs")]
#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(not(any(target_os = "linux", target_os = "android", target_os = "macos")), path = "other.rs")]
mod process;

pub use child::{
    DEFAULT_PATH, become_process, can_execute, login_shell, make_executable, program, replace_in_word, script_name,
    shell, terminal_streams, with_program_extensions,
};
pub use companion::{Companion, detach, exit_status_of};
pub use files::{check_folder, file_access, file_version, path_of_bytes, read_file, read_start};
pub use foreground::OwnForeground;
pub use interruption::Interruption;
pub use job::Job;
pub use parallel::{ParallelCommand, ParallelCommands, ending_signal, is_exhausted, processors};
pub use private_dir::PrivateDir;
pub use process::{disable_core_dumps, may_be_own_connection};
pub use replaced_file::ReplacedFile;
pub use secret_screen::SecretScreen;
pub use settings::restore as restore_terminal;
pub use signals::{
    SignalHold, begin_final_write, die_of, exit_failed, hides_interrupt, hold_signals, ignore_file_size_signal,
    ignore_suspend_key, is_in_function, is_signal_held, release_signal, set_failure_statement, set_in_function,
    set_last_notice, spawn_thread,
};
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub use start::begin;
pub use terminal::{HiddenTyping, Terminal};
pub use termination::Termination;
pub use waker::{Waker, Wakeup, waker};

use crate::variables::Variables;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{Pid, Uid, User, getpgid, getpgrp, getppid};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// The file that reads as empty.
pub const NULL_DEVICE: &str = "/dev/null";

/// The shell to write statements for if nothing says which one evaluates them.
pub const DEFAULT_SHELL: &str = "sh";

/// A limit for the case that processes end and their ids are used again while the tree is read.
const MAX_ANCESTORS: usize = 64;

/// The home directory: `HOME`, or the one in the user database.
pub fn home(variables: &Variables) -> Option<PathBuf> {
    match variables.os("HOME") {
        Some(home) => Some(PathBuf::from(home)),
        None => User::from_uid(Uid::current()).ok().flatten().map(|user| user.dir),
    }
}

/// The directory for caches: `~/Library/Caches` on macOS; elsewhere `XDG_CACHE_HOME` or `~/.cache`. A relative
/// `XDG_CACHE_HOME` is ignored, as the XDG base directory specification requires.
pub fn cache_home(variables: &Variables) -> Option<PathBuf> {
    let by_variable = variables.os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    by_variable.filter(|_| process::HAS_XDG).or_else(|| Some(home(variables)?.join(process::CACHE_HOME)))
}

/// Whether this process runs as root, which can write to files that are read-only.
pub fn is_root() -> bool {
    Uid::effective().is_root()
}

/// Whether this process runs as root in another user's home, as under sudo. Files created there would belong to root.
pub fn home_belongs_to_another_user(variables: &Variables) -> bool {
    is_root() && home(variables).and_then(|home| std::fs::metadata(home).ok()).is_some_and(|home| home.uid() != 0)
}

/// Whether output may contain characters beyond ASCII, by the locale: the first of `LC_ALL`, `LC_CTYPE` and `LANG`.
pub fn is_utf8(variables: &Variables) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| variables.os(name));
    let codeset = locale.and_then(|locale| locale.to_str()).unwrap_or_default().to_ascii_lowercase();
    codeset.contains("utf-8") || codeset.contains("utf8")
}

/// The path of the terminal on stderr or stdin, for messages of other processes.
pub fn terminal_name() -> Option<String> {
    let name = nix::unistd::ttyname(std::io::stderr()).or_else(|_| nix::unistd::ttyname(std::io::stdin())).ok()?;
    Some(name.to_string_lossy().into_owned())
}

/// Whether no process has this id.
pub fn process_is_gone(pid: u32) -> bool {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap_or(i32::MAX));
    nix::sys::signal::kill(pid, None) == Err(nix::errno::Errno::ESRCH)
}

/// An ancestor process of this one.
pub struct Ancestor {
    /// The path of its executable; the name of the process if the path cannot be read.
    pub executable: String,
    pid: i32,
}

impl Ancestor {
    /// Its arguments, beginning with the name of the program; empty if they cannot be read.
    pub fn arguments(&self) -> Vec<String> {
        process::arguments(self.pid)
    }

    fn shares_group(&self) -> bool {
        getpgid(Some(Pid::from_raw(self.pid))) == Ok(getpgrp())
    }
}

/// The ancestor processes, parent first. The first process of a container may be a shell, too.
pub fn ancestors() -> impl Iterator<Item = Ancestor> {
    with_ancestors(getppid().as_raw())
}

/// This process, and its ancestors.
fn with_ancestors(mut pid: i32) -> impl Iterator<Item = Ancestor> {
    std::iter::from_fn(move || {
        let (name, parent) = (pid > 0).then(|| process::name_and_parent(pid)).flatten()?;
        let executable = process::executable(pid).unwrap_or(name);
        Some(Ancestor { executable, pid: std::mem::replace(&mut pid, parent) })
    })
    .take(MAX_ANCESTORS)
}

/// The ancestor processes that the signals of keys reach together with this one, parent first.
pub fn ancestors_in_group() -> impl Iterator<Item = Ancestor> {
    ancestors().take_while(Ancestor::shares_group)
}

/// The offset of local time from UTC at `unix_time`, in seconds; positive east of Greenwich, 0 if unknown.
pub fn local_offset(unix_time: i64) -> i32 {
    let mut parts = std::mem::MaybeUninit::<libc::tm>::zeroed();
    #[allow(clippy::unnecessary_cast, reason = "time_t is not i64 on every Unix")]
    let time = unix_time as libc::time_t;
    // SAFETY: both pointers are valid and of the right types; `parts` is zeroed, which is valid if the call fails.
    #[allow(unsafe_code, reason = "no safe library reads the local time zone in a process with several threads")]
    let (found, parts) =
        unsafe { (!libc::localtime_r(&raw const time, parts.as_mut_ptr()).is_null(), parts.assume_init()) };
    if found { i32::try_from(parts.tm_gmtoff).unwrap_or(0) } else { 0 }
}

/// Writes `bytes` to standard output unbuffered, in a single call if the other end accepts them at once.
///
/// # Errors
/// If standard output is closed or cannot be written.
pub fn write_stdout(bytes: &[u8]) -> std::io::Result<()> {
    let stdout = std::io::stdout();
    if process::stdout_was_closed(&stdout) {
        return Err(std::io::Error::other("it is closed"));
    }
    write_all(&stdout, bytes)
}

/// Whether standard output is a pipe or a socket, and neither a terminal nor a file.
pub fn stdout_is_pipe() -> bool {
    use nix::sys::stat::{SFlag, fstat};
    let kind = fstat(std::io::stdout()).map(|status| SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT);
    kind.is_ok_and(|kind| kind == SFlag::S_IFIFO || kind == SFlag::S_IFSOCK)
}

/// Ends standard output, so that a program that reads it goes on.
pub fn end_stdout() {
    if let Ok(null) = std::fs::OpenOptions::new().write(true).open(NULL_DEVICE) {
        // If it fails, the other program waits until this one ends.
        let _ = nix::unistd::dup2_stdout(null);
    }
}

/// Writes `bytes` to standard error in the same way.
///
/// # Errors
/// If standard error cannot be written.
pub fn write_stderr(bytes: &[u8]) -> std::io::Result<()> {
    write_all(&std::io::stderr(), bytes)
}

/// Another program that has the file open may have set it to non-blocking; then this waits until it can be written.
fn write_all(file: &impl AsFd, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match nix::unistd::write(file, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => {
                let _ = poll(&mut [PollFd::new(file.as_fd(), PollFlags::POLLOUT)], PollTimeout::NONE);
            }
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

/// Standard input, unbuffered.
pub fn stdin() -> impl std::io::Read {
    struct Stdin(std::io::Stdin);
    impl std::io::Read for Stdin {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            Ok(nix::unistd::read(&self.0, buffer)?)
        }
    }
    Stdin(std::io::stdin())
}
