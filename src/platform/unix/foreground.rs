//! A process group of its own for this process, which has the foreground of the terminal, so that Ctrl-C reaches this
//! process alone: PowerShell ends a script with status 0 if it receives that SIGINT, too.
//!
//! Nothing about the terminal changes but its foreground group. However this process ends, the foreground goes back to the
//! group that had it; after SIGKILL, a keeper does that. What the key would have done to the others of that group, this
//! process does: a script that does not evaluate what this process prints would go on after Ctrl-C, because PowerShell goes
//! on after a program that fails, so PowerShell is ended, unless the function `aws-mfa` runs this process and ends the script
//! itself; and Ctrl-Z stops all of them. No signal runs the `finally` blocks of a script and gives it another status than 0:
//! after SIGINT the status is mostly 0, after SIGTERM and SIGHUP no block runs, and SIGQUIT starts the debugger.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe API")]

use super::super::KeyEffect;
use super::foreground_group::{self, Others};
use super::settings::{self, SavedSettings};
use super::signals::{self, without_signals};
use super::{Ancestor, suspension, terminal_keeper};
use nix::libc;
use nix::sys::signal::{SigAction, Signal, sigaction};
use nix::unistd::{Pid, getpgrp, setpgid, tcgetpgrp, tcsetpgrp};
use std::fs::{File, OpenOptions};
use std::os::fd::{AsRawFd, OwnedFd};

/// A foreground that this process does not share with its parent. Dropping it goes back to the group from before.
pub struct OwnForeground {
    suspend_action: SigAction,
    _terminal: File,
    /// The keeper waits for its other end to close.
    _keeper: Option<OwnedFd>,
    /// Dropped after nothing refers to it any more.
    _others: Box<Others>,
}

impl OwnForeground {
    /// Takes the foreground, if `find` does not return `None`, but the ancestors that must not get the signal of the key that
    /// interrupts this process, parent first. `None` also if this process has a group of its own already, shares a
    /// background, or has no terminal.
    pub fn take(find: impl FnOnce() -> Option<Vec<(Ancestor, KeyEffect)>>) -> Option<Self> {
        let before = getpgrp();
        if before == Pid::this() || foreground_group::group_before().is_some() {
            return None;
        }
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
        // In raw mode, another program of the group reads each key, and would be stopped.
        let is_raw = |settings: libc::termios| settings.c_lflag & libc::ICANON == 0;
        let is_in_use = settings::current(terminal.as_raw_fd()).is_none_or(is_raw);
        if tcgetpgrp(&terminal) != Ok(before) || is_in_use {
            return None;
        }
        let ancestors = find()?;
        let others = Box::new(Others::of(before, &ancestors));
        signals::install();
        let can_suspend = !ancestors.is_empty() && suspension::is_possible();
        let suspend_action = suspension::set_action(can_suspend).ok()?;
        // A signal in between would leave the foreground with a group that has no process. With all signals blocked,
        // SIGTTOU does not stop a process that changes the foreground from the background.
        let keeper = without_signals(|_| {
            let settings = SavedSettings { before: settings::current(terminal.as_raw_fd())?, ours: None };
            let keeper =
                terminal_keeper::start(terminal.as_raw_fd(), &settings, Some(before), foreground_group::set_keeper);
            foreground_group::leave(before, terminal.as_raw_fd());
            let own = Pid::this();
            let is_taken = setpgid(own, own).is_ok() && tcsetpgrp(&terminal, own).is_ok();
            if let (true, Some(keeper)) = (is_taken, &keeper) {
                terminal_keeper::tell_group(keeper.as_raw_fd(), own.as_raw());
            }
            if !is_taken {
                foreground_group::give_back();
                return None;
            }
            foreground_group::set_others(Some(&others));
            suspension::allow(can_suspend);
            Some(keeper)
        });
        let Some(keeper) = keeper else {
            // SAFETY: restores the previous action.
            let _ = unsafe { sigaction(Signal::SIGTSTP, &suspend_action) };
            return None;
        };
        Some(OwnForeground { suspend_action, _terminal: terminal, _keeper: keeper, _others: others })
    }
}

impl Drop for OwnForeground {
    fn drop(&mut self) {
        without_signals(|_| {
            suspension::allow(false);
            foreground_group::set_others(None);
            foreground_group::give_back();
        });
        // SAFETY: restores the previous action.
        let _ = unsafe { sigaction(Signal::SIGTSTP, &self.suspend_action) };
    }
}
