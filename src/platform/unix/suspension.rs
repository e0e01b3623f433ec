//! Ctrl-Z while this process has a foreground of its own: it stops the group that had it before, with this process.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe API")]

use super::foreground_group::{self, go_back_to, group_before, signal_group};
use super::terminal_keeper::MARK;
use super::{secret_screen, settings, signals};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{Pid, getpgrp, getsid};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// Whether Ctrl-Z stops that group.
static CAN_SUSPEND: AtomicBool = AtomicBool::new(false);
/// Whether that must wait, and whether it does.
static HOLDS_SUSPENSION: AtomicBool = AtomicBool::new(false);
static MUST_SUSPEND: AtomicBool = AtomicBool::new(false);

/// How long PowerShell may take, when it is continued, to set the terminal as it was, in milliseconds.
const CONTINUE_MS: libc::c_int = 500;
/// The time between two looks at that.
const LOOK_MS: libc::c_int = 2;

/// Whether this process was not started with Ctrl-Z ignored, and its group can be stopped.
pub(super) fn is_possible() -> bool {
    !signals::was_suspend_ignored() && can_be_stopped()
}

/// Whether a shell waits for this process's group, so that it can be continued: the system stops no other group.
fn can_be_stopped() -> bool {
    let outside = super::ancestors().find(|ancestor| !ancestor.shares_group());
    outside.is_some_and(|ancestor| getsid(Some(Pid::from_raw(ancestor.pid))) == getsid(None))
}

/// Sets what Ctrl-Z does; without a suspension, it is ignored, because a shell notices that its own job is stopped, but not
/// that this group is. Returns what it did.
pub(super) fn set_action(can_suspend: bool) -> nix::Result<SigAction> {
    let handler = if can_suspend { SigHandler::Handler(on_suspend_key) } else { SigHandler::SigIgn };
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::all());
    // SAFETY: ignoring a signal runs no code, and the handler is async-signal-safe.
    unsafe { sigaction(Signal::SIGTSTP, &action) }
}

/// From now on, Ctrl-Z stops the group, or does nothing.
pub(super) fn allow(can_suspend: bool) {
    CAN_SUSPEND.store(can_suspend, SeqCst);
}

/// Whether Ctrl-Z stops this process.
pub(super) fn can_suspend() -> bool {
    CAN_SUSPEND.load(SeqCst) && !secret_screen::is_shown()
}

/// While this exists, Ctrl-Z waits: this process changes the terminal, or has a prompt that must let go of it first.
pub(super) struct SuspensionHold(());

impl SuspensionHold {
    pub(super) fn begin() -> Self {
        HOLDS_SUSPENSION.store(true, SeqCst);
        SuspensionHold(())
    }
}

impl Drop for SuspensionHold {
    fn drop(&mut self) {
        HOLDS_SUSPENSION.store(false, SeqCst);
        if is_suspension_held() {
            suspend();
        }
    }
}

/// Whether Ctrl-Z waits.
pub(super) fn is_suspension_held() -> bool {
    MUST_SUSPEND.load(SeqCst)
}

extern "C" fn on_suspend_key(_: libc::c_int) {
    if HOLDS_SUSPENSION.load(SeqCst) {
        MUST_SUSPEND.store(true, SeqCst);
        return;
    }
    let errno = Errno::last_raw();
    suspend();
    Errno::set_raw(errno);
}

/// Takes the foreground again, if a shell has continued the group in the background: stops it until it has the foreground.
pub(super) fn regain() {
    if group_before().is_some_and(|(group, _)| getpgrp().as_raw() == group) {
        suspend();
    }
}

/// Stops the group that had the foreground, with this process, as Ctrl-Z does where they share it. If that group has
/// the foreground once it is continued, this process takes it again. Async-signal-safe.
pub(super) fn suspend() {
    MUST_SUSPEND.store(false, SeqCst);
    let Some((group, terminal)) = group_before().filter(|_| can_suspend()) else { return };
    settings::restore_silently();
    // SAFETY: async-signal-safe calls with initialized arguments. With all other signals blocked, SIGTTOU does not stop a
    // process that changes the foreground from the background.
    unsafe {
        let (mut all, mut key): (libc::sigset_t, libc::sigset_t) = (std::mem::zeroed(), std::mem::zeroed());
        let mut old: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigemptyset(&raw mut key);
        libc::sigaddset(&raw mut key, libc::SIGTSTP);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut old);
        if libc::tcgetpgrp(terminal) != group {
            go_back_to(group);
            let before = replace_action(libc::SIGTSTP, libc::SIG_DFL);
            signal_group(group, libc::SIGTSTP);
            // This process stops here.
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const key, ptr::null_mut());
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const key, ptr::null_mut());
            libc::sigaction(libc::SIGTSTP, &raw const before, ptr::null_mut());
            if libc::tcgetpgrp(terminal) == group {
                wait_for_settings(terminal);
            }
            // If PowerShell was continued in the background, that has sent the signal to its group.
            let before = replace_action(libc::SIGTTOU, libc::SIG_IGN);
            libc::sigaction(libc::SIGTTOU, &raw const before, ptr::null_mut());
        }
        if libc::tcgetpgrp(terminal) == group && libc::setpgid(0, 0) == 0 {
            libc::tcsetpgrp(terminal, libc::getpid());
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const old, ptr::null_mut());
    }
}

/// Waits until PowerShell, which was continued in the foreground, has set the terminal as it was: in the background, that
/// could stop it. Until then, the settings have a mark. Async-signal-safe.
fn wait_for_settings(terminal: libc::c_int) {
    for _ in 0..foreground_group::scripts() {
        let Some(before) = settings::current(terminal) else { return };
        let mut marked = before;
        marked.c_cc[MARK] = before.c_cc[MARK].wrapping_add(1);
        let is_marked = || settings::current(terminal).is_some_and(|now| now.c_cc[MARK] != before.c_cc[MARK]);
        // SAFETY: async-signal-safe calls with initialized arguments.
        unsafe {
            libc::tcsetattr(terminal, libc::TCSANOW, &raw const marked);
            for _ in 0..CONTINUE_MS / LOOK_MS {
                if !is_marked() {
                    break;
                }
                libc::poll(ptr::null_mut(), 0, LOOK_MS);
            }
            if is_marked() {
                libc::tcsetattr(terminal, libc::TCSANOW, &raw const before);
            }
        }
    }
}

/// Sets the action of a signal, and returns the previous one. Async-signal-safe.
///
/// # Safety
/// The action runs no code.
unsafe fn replace_action(signal: libc::c_int, action: libc::sighandler_t) -> libc::sigaction {
    // SAFETY: async-signal-safe calls with initialized arguments.
    unsafe {
        let (mut new, mut before): (libc::sigaction, libc::sigaction) = (std::mem::zeroed(), std::mem::zeroed());
        new.sa_sigaction = action;
        libc::sigaction(signal, &raw const new, &raw mut before);
        before
    }
}
