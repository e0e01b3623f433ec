//! A process group of its own for this process, which has the foreground of the terminal, so that Ctrl-C reaches this
//! process alone: PowerShell ends a script with status 0 if it receives that SIGINT, too.
//!
//! Nothing about the terminal changes but its foreground group. However this process ends, the foreground goes back to the
//! group that had it; after SIGKILL, a keeper does that. A script that does not evaluate what this process prints would go
//! on after Ctrl-C, because PowerShell goes on after a program that fails; so PowerShell is then ended.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe API")]

use super::settings::{self, SavedSettings};
use super::signals::{self, without_signals};
use super::terminal_keeper;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{Pid, getpgrp, getppid, setpgid, tcgetpgrp, tcsetpgrp};
use std::fs::{File, OpenOptions};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};

/// The group that had the foreground, and gets it back; 0 for none.
static GROUP_BEFORE: AtomicI32 = AtomicI32::new(0);
/// The terminal. It is open while there is such a group.
static TERMINAL: AtomicI32 = AtomicI32::new(-1);
/// The process that gives it back if this one is killed; 0 for none.
static KEEPER: AtomicI32 = AtomicI32::new(0);

/// PowerShell, if Ctrl-C must end it too; 0 for none.
static SCRIPT: AtomicI32 = AtomicI32::new(0);
/// Whether the SIGINT that this process has received is that of a key.
static IS_KEY: AtomicBool = AtomicBool::new(false);

/// A foreground that this process does not share with its parent. Dropping it goes back to the group from before.
pub struct OwnForeground {
    suspend_action: SigAction,
    _terminal: File,
    /// The keeper waits for its other end to close.
    _keeper: Option<OwnedFd>,
}

impl OwnForeground {
    /// Takes the foreground, if `is_wanted`. `None` also if this process has a group of its own already, shares a
    /// background, or has no terminal. With `ends_parent`, the key that interrupts this process also ends its parent.
    pub fn take(ends_parent: bool, is_wanted: impl FnOnce() -> bool) -> Option<Self> {
        let before = getpgrp();
        if before == Pid::this() || GROUP_BEFORE.load(SeqCst) != 0 {
            return None;
        }
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
        if tcgetpgrp(&terminal) != Ok(before) || !is_wanted() {
            return None;
        }
        let parent = getppid().as_raw();
        signals::install();
        // A shell notices that its own job is stopped, but not that this group is.
        let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
        // SAFETY: ignoring a signal runs no code.
        let suspend_action = unsafe { sigaction(Signal::SIGTSTP, &ignore) }.ok()?;
        // A signal in between would leave the foreground with a group that has no process. With all signals blocked,
        // SIGTTOU does not stop a process that changes the foreground from the background.
        let keeper = without_signals(|_| {
            let settings = SavedSettings { before: settings::current(terminal.as_raw_fd())?, ours: None };
            let keeper = terminal_keeper::start(terminal.as_raw_fd(), &settings, Some(before), |keeper| {
                KEEPER.store(keeper, SeqCst);
            });
            TERMINAL.store(terminal.as_raw_fd(), SeqCst);
            GROUP_BEFORE.store(before.as_raw(), SeqCst);
            let own = Pid::this();
            let is_taken = setpgid(own, own).is_ok() && tcsetpgrp(&terminal, own).is_ok();
            if let (true, Some(keeper)) = (is_taken, &keeper) {
                terminal_keeper::tell_group(keeper.as_raw_fd(), own.as_raw());
            }
            if !is_taken {
                give_back();
            }
            SCRIPT.store(if ends_parent { parent } else { 0 }, SeqCst);
            is_taken.then_some(keeper)
        });
        let Some(keeper) = keeper else {
            // SAFETY: restores the previous action.
            let _ = unsafe { sigaction(Signal::SIGTSTP, &suspend_action) };
            return None;
        };
        Some(OwnForeground { suspend_action, _terminal: terminal, _keeper: keeper })
    }
}

impl Drop for OwnForeground {
    fn drop(&mut self) {
        without_signals(|_| {
            SCRIPT.store(0, SeqCst);
            give_back();
        });
        // SAFETY: restores the previous action.
        let _ = unsafe { sigaction(Signal::SIGTSTP, &self.suspend_action) };
    }
}

/// The group that gets the foreground if this process is killed: the one from before, or its own.
pub(super) fn group_after_death() -> Pid {
    match GROUP_BEFORE.load(SeqCst) {
        0 => getpgrp(),
        group => Pid::from_raw(group),
    }
}

/// A key has interrupted this process. Async-signal-safe.
pub(super) fn key_interrupts() {
    IS_KEY.store(true, SeqCst);
}

/// Ends PowerShell, if a key has interrupted its script. Async-signal-safe.
pub(super) fn end_script() {
    let script = SCRIPT.load(SeqCst);
    // SAFETY: async-signal-safe; a parent that has exited is no parent any more.
    unsafe {
        if IS_KEY.load(SeqCst) && script > 1 && libc::getppid() == script {
            libc::kill(script, libc::SIGTERM);
        }
    }
}

/// Passes on that the terminal was closed: the system tells only the group that has the foreground. Async-signal-safe.
pub(super) fn hang_up() {
    let group = GROUP_BEFORE.load(SeqCst);
    if group > 0 {
        // SAFETY: async-signal-safe.
        unsafe { libc::kill(-group, libc::SIGHUP) };
    }
}

/// Goes back to the group from before, and gives it the foreground, unless another one has that by now. Does nothing
/// without [`OwnForeground`]. Async-signal-safe.
pub(super) fn give_back() {
    let group = GROUP_BEFORE.swap(0, SeqCst);
    if group == 0 {
        return;
    }
    let terminal = TERMINAL.load(SeqCst);
    // SAFETY: async-signal-safe; the terminal is open as long as there is such a group.
    unsafe {
        if libc::tcgetpgrp(terminal) == libc::getpgrp() {
            libc::tcsetpgrp(terminal, group);
        }
        libc::setpgid(0, group);
        // Whoever has read from the terminal meanwhile was stopped.
        libc::kill(-group, libc::SIGCONT);
    }
    let keeper = KEEPER.swap(0, SeqCst);
    if keeper > 0 {
        settings::end_keeper(keeper);
    }
}
