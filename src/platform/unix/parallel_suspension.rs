//! Ctrl-Z while commands run in sessions of their own, which the signal does not reach: another thread stops them first.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe API")]

use super::signals;
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use std::io::PipeWriter;
use std::os::fd::IntoRawFd;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};

/// Where Ctrl-Z is written; -1 for nowhere.
static PIPE: AtomicI32 = AtomicI32::new(-1);
/// Whether it was written and this process has not stopped yet.
static IS_WRITTEN: AtomicBool = AtomicBool::new(false);

/// From now on, Ctrl-Z does not stop this process, but its signal is written to this pipe, as one byte. Does nothing if this
/// process was started with Ctrl-Z ignored.
pub(super) fn write_to(pipe: PipeWriter) {
    if !signals::was_suspend_ignored() {
        PIPE.store(pipe.into_raw_fd(), SeqCst);
        set_action(SigHandler::Handler(on_suspend_key));
    }
}

fn set_action(handler: SigHandler) {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::all());
    // SAFETY: the default action runs no code, and the handler is async-signal-safe.
    let _ = unsafe { sigaction(Signal::SIGTSTP, &action) };
}

/// Restores the action for a command between fork and exec: Ctrl-Z in that moment must not be written once more.
/// Async-signal-safe.
pub(super) fn reset() {
    if PIPE.load(SeqCst) >= 0 {
        set_action(SigHandler::SigDfl);
    }
}

extern "C" fn on_suspend_key(signal: libc::c_int) {
    if !IS_WRITTEN.swap(true, SeqCst) {
        let errno = Errno::last_raw();
        let byte = u8::try_from(signal).unwrap_or_default();
        // SAFETY: async-signal-safe; the pipe stays open.
        unsafe { libc::write(PIPE.load(SeqCst), (&raw const byte).cast(), 1) };
        Errno::set_raw(errno);
    }
}

/// Stops this process as Ctrl-Z does, and returns when it is continued. Not on the main thread.
pub(super) fn stop_this_process() {
    set_action(SigHandler::SigDfl);
    let key = SigSet::from(Signal::SIGTSTP);
    // On this thread, so that it has stopped before the action is set again.
    let _ = raise(Signal::SIGTSTP);
    let _ = key.thread_unblock();
    // This process stops here.
    let _ = key.thread_block();
    IS_WRITTEN.store(false, SeqCst);
    set_action(SigHandler::Handler(on_suspend_key));
}
