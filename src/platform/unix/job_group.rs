//! The process group of a command that must not outlive this process, accessible to a signal handler.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe API")]

use nix::libc;
use nix::unistd::Pid;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};

/// The process group of a command that must not outlive this process; 0 for none.
static JOB: AtomicI32 = AtomicI32::new(0);
/// The terminal whose foreground that group has, or -1, and this process's own group.
static JOB_TERMINAL: AtomicI32 = AtomicI32::new(-1);
static OWN_GROUP: AtomicI32 = AtomicI32::new(0);

/// How long a group may take to end before it is killed, in milliseconds.
const TERM_GRACE_MS: libc::c_int = 500;
/// How long to wait between two looks at whether it has ended.
const LOOK_MS: libc::c_int = 2;

/// From now on a fatal signal or a panic of this process also ends this process group. `terminal` is the one whose
/// foreground it has, with the group to give it back to.
pub(super) fn set(group: Pid, terminal: Option<(libc::c_int, Pid)>) {
    if let Some((terminal, own_group)) = terminal {
        OWN_GROUP.store(own_group.as_raw(), SeqCst);
        JOB_TERMINAL.store(terminal, SeqCst);
    }
    JOB.store(group.as_raw(), SeqCst);
}

/// The group of [`set`] has ended.
pub(super) fn clear() {
    JOB.store(0, SeqCst);
    JOB_TERMINAL.store(-1, SeqCst);
}

/// Ends the command's group and gives the foreground back. Async-signal-safe; signals are blocked in a handler, so that
/// SIGTTOU does not stop this process.
pub(super) fn end() {
    let group = JOB.swap(0, SeqCst);
    if group > 0 {
        let terminal = JOB_TERMINAL.load(SeqCst);
        if terminal >= 0 {
            // SAFETY: async-signal-safe; the terminal is open as long as the job exists.
            unsafe { libc::tcsetpgrp(terminal, OWN_GROUP.load(SeqCst)) };
        }
        end_group(group);
    }
}

/// Ends every process of a group, also those that are stopped or ignore SIGTERM. Returns as soon as none is left.
/// Async-signal-safe.
pub(super) fn end_group(group: libc::pid_t) {
    // SAFETY: async-signal-safe. The group is that of a command that has not been waited for, or has other members.
    unsafe {
        libc::kill(-group, libc::SIGTERM);
        libc::kill(-group, libc::SIGCONT);
        for _ in 0..TERM_GRACE_MS / LOOK_MS {
            while libc::waitpid(-group, std::ptr::null_mut(), libc::WNOHANG) > 0 {}
            if libc::kill(-group, 0) != 0 {
                return;
            }
            libc::poll(std::ptr::null_mut(), 0, LOOK_MS);
        }
        libc::kill(-group, libc::SIGKILL);
    }
}

/// Whether processes whose parent exits become children of this process, which can then wait for them. Only Linux has
/// that; elsewhere, it does nothing.
pub(super) fn become_subreaper(is_subreaper: bool) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: changes an attribute of this process; fails on old kernels.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, libc::c_ulong::from(is_subreaper), 0, 0, 0);
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = is_subreaper;
}
