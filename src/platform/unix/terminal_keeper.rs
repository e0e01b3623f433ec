//! A process that restores the terminal if this one is killed while it asks, or while a command asks: SIGKILL cannot be
//! handled, and would leave a shell without echo.
//!
//! The keeper is a copy of this process in a process group of its own. It has the terminal and the end of a pipe, but
//! neither stdout nor stderr, so that no `$(…)` waits for it, and no file whose lock this process holds. It ends with
//! the prompt; if the pipe closes before that, this process is dead. A line editor of the shell may have taken over the
//! terminal by then. It saves the settings of the prompt and brings them back when it lets go, so the keeper waits for
//! that. It recognizes the settings by a mark, because another prompt may be open by then.

#![allow(unsafe_code, reason = "after fork, only async-signal-safe calls are allowed, and they have no safe API")]

use super::job_group::end_group;
use super::secret_screen;
use super::settings::{SavedSettings, current};
use super::signals::without_signals;
use nix::libc;
use nix::sys::termios::Termios;
use nix::unistd::Pid;
use std::os::fd::{AsRawFd, OwnedFd};

/// A control character that no terminal driver uses: VSWTC on Linux, the second spare one on macOS and the BSDs.
pub(super) const MARK: usize = if cfg!(any(target_os = "linux", target_os = "android")) { 7 } else { 19 };

/// How long the keeper waits between two looks at the terminal, in milliseconds: at first, so that it notices when a line
/// editor lets go for a short command, and after many looks.
const WAIT_MS: [libc::c_int; 2] = [2, 50];
/// After how many looks it waits longer: five minutes.
const MANY_LOOKS: u32 = 150_000;
/// After how many looks it gives up: about a day.
const LOOKS: u32 = 2_000_000;

/// Marks the settings as those of a prompt of this process.
pub(super) fn mark(settings: &mut Termios) {
    settings.control_chars[MARK] = u8::try_from(std::process::id() % 255).unwrap_or_default() + 1;
}

/// Starts the keeper, which ends when the settings are restored, and returns the end of the pipe that it watches.
/// `None` if there are no more processes or descriptors; the prompt works without it.
///
/// For a group that has the foreground, `group_after` is the one that gets it back. The group is written to the pipe by
/// [`tell_group`]; the keeper ends it, and gives the foreground back. `register` is called with the id of the keeper.
pub(super) fn start(
    terminal: libc::c_int,
    settings: &SavedSettings,
    group_after: Option<Pid>,
    register: impl FnOnce(libc::pid_t),
) -> Option<OwnedFd> {
    let (reader, writer) = std::io::pipe().ok()?;
    // A signal in between would leave a keeper that nothing ends.
    let keeper = without_signals(|_| {
        // SAFETY: the child makes only async-signal-safe calls, allocates nothing and does not return.
        let keeper = unsafe { libc::fork() };
        if keeper == 0 {
            unsafe { keep(terminal, reader.as_raw_fd(), settings, group_after) }
        }
        register(keeper.max(0));
        keeper
    });
    (keeper > 0).then(|| writer.into())
}

/// Tells the keeper at the other end of this pipe which group has the foreground. Async-signal-safe.
pub(super) fn tell_group(pipe: libc::c_int, group: libc::pid_t) {
    // SAFETY: async-signal-safe; if the pipe is closed, the keeper is gone.
    unsafe { libc::write(pipe, (&raw const group).cast(), size_of_val(&group)) };
}

/// What the keeper does.
///
/// # Safety
/// The caller is a process that has just been forked with signals blocked, and both descriptors are open.
unsafe fn keep(terminal: libc::c_int, pipe: libc::c_int, settings: &SavedSettings, group_after: Option<Pid>) -> ! {
    // SAFETY: async-signal-safe calls with initialized arguments.
    unsafe {
        // Signals are blocked: those for the prompt are not for the keeper, and SIGTTOU would keep it from changing
        // the terminal from the background.
        libc::setpgid(0, 0);
        // The descriptors are moved out of the way of those that are used here, then to their places.
        let (terminal, pipe) = (libc::fcntl(terminal, libc::F_DUPFD, 3), libc::fcntl(pipe, libc::F_DUPFD, 3));
        if terminal < 0 || pipe < 0 || libc::dup2(pipe, 0) < 0 || libc::dup2(terminal, 1) < 0 {
            libc::_exit(1);
        }
        libc::close(2);
        close_from(3);
        // So that `killall -9 mfa-env` leaves it alone.
        #[cfg(target_os = "linux")]
        libc::prctl(libc::PR_SET_NAME, c"tty-keeper".as_ptr());

        let mut group: libc::pid_t = 0;
        loop {
            let count = libc::read(0, (&raw mut group).cast(), size_of_val(&group));
            if count == 0 || (count < 0 && errno() != libc::EINTR) {
                break;
            }
        }
        if let Some(group_after) = group_after {
            if group > 0 {
                if libc::tcgetpgrp(1) == group {
                    libc::tcsetpgrp(1, group_after.as_raw());
                    libc::tcsetattr(1, libc::TCSANOW, &raw const settings.before);
                }
                end_group(group);
            }
            libc::_exit(0);
        }
        if secret_screen::is_shown() {
            secret_screen::hide_on(1);
        }
        for look in 0..LOOKS {
            let Some(now) = current(1) else { break };
            if settings.are_in_effect(1) == Some(true) {
                // Half a code, if nobody has read it yet. Later, it is what the user typed at the shell.
                if look == 0 {
                    libc::tcflush(1, libc::TCIFLUSH);
                }
                libc::tcsetattr(1, libc::TCSANOW, &raw const settings.before);
                break;
            }
            // Somebody has already brought back the echo. fish does so on top of our settings, and would keep the rest.
            if now.c_lflag & libc::ICANON != 0 && now.c_lflag & libc::ECHO != 0 {
                if settings.are_changed_to(&now, MARK) {
                    libc::tcsetattr(1, libc::TCSANOW, &raw const settings.before);
                }
                break;
            }
            libc::poll(std::ptr::null_mut(), 0, WAIT_MS[usize::from(look > MANY_LOOKS)]);
        }
        libc::_exit(0)
    }
}

/// Closes every descriptor from `first` on.
///
/// # Safety
/// Nothing uses them any more.
unsafe fn close_from(first: libc::c_int) {
    // SAFETY: as the caller guarantees; closing a descriptor that is not open does nothing.
    unsafe {
        #[cfg(target_os = "linux")]
        if libc::syscall(libc::SYS_close_range, first, libc::c_int::MAX, 0) == 0 {
            return;
        }
        let mut limit: libc::rlimit = std::mem::zeroed();
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit);
        // Without a limit, descriptors of this process are still small numbers.
        let end = libc::c_int::try_from(limit.rlim_cur).unwrap_or(libc::c_int::MAX).min(65_536);
        for descriptor in first..end {
            libc::close(descriptor);
        }
    }
}

fn errno() -> libc::c_int {
    nix::errno::Errno::last_raw()
}
