//! The terminal settings from before a prompt, accessible to a signal handler.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe API")]

use super::terminal_keeper;
use nix::libc;
use nix::sys::termios::Termios;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};

/// The descriptor of the terminal while a prompt is open, otherwise -1. `BEFORE` is initialized while it is not -1.
static PROMPT_FD: AtomicI32 = AtomicI32::new(-1);
/// The process that restores them if this one is killed; 0 for none.
static KEEPER: AtomicI32 = AtomicI32::new(0);
static BEFORE: Settings = Settings(UnsafeCell::new(MaybeUninit::uninit()));

struct Settings(UnsafeCell<MaybeUninit<libc::termios>>);
// SAFETY: written only while PROMPT_FD is -1, and read only while it is not.
unsafe impl Sync for Settings {}

/// From now on a fatal signal or a panic restores these settings on that terminal.
pub(super) fn save(terminal: libc::c_int, before: &Termios) {
    // SAFETY: nothing reads it while PROMPT_FD is -1, and there is only one prompt at a time.
    unsafe { (*BEFORE.0.get()).write(before.clone().into()) };
    PROMPT_FD.store(terminal, SeqCst);
}

/// The keeper ends when the settings are restored.
pub(super) fn set_keeper(keeper: libc::pid_t) {
    KEEPER.store(keeper, SeqCst);
}

/// Restores the settings, discards unread input and ends the prompt's line. Does nothing if no prompt is open.
/// Async-signal-safe.
pub fn restore() {
    if let Some(fd) = restore_silently() {
        // SAFETY: the descriptor is open as long as the prompt is.
        unsafe { libc::write(fd, b"\n".as_ptr().cast(), 1) };
    }
}

/// Like [`restore`], but does not end the prompt's line. Returns the descriptor if a prompt was open.
pub(super) fn restore_silently() -> Option<libc::c_int> {
    let fd = PROMPT_FD.load(SeqCst);
    if fd < 0 {
        return None;
    }
    // TCSANOW, because TCSAFLUSH waits for pending output, forever after Ctrl-S. SIGTTOU is ignored because it would
    // stop this process if it is in the background by now.
    // SAFETY: async-signal-safe calls; BEFORE was written before the descriptor was stored.
    unsafe {
        let mut ignore: libc::sigaction = std::mem::zeroed();
        let mut old: libc::sigaction = std::mem::zeroed();
        ignore.sa_sigaction = libc::SIG_IGN;
        libc::sigaction(libc::SIGTTOU, &raw const ignore, &raw mut old);
        libc::tcsetattr(fd, libc::TCSANOW, (*BEFORE.0.get()).as_ptr());
        libc::tcflush(fd, libc::TCIFLUSH);
        libc::sigaction(libc::SIGTTOU, &raw const old, std::ptr::null_mut());
    }
    let keeper = KEEPER.swap(0, SeqCst);
    if keeper > 0 {
        terminal_keeper::end(keeper);
    }
    // Only now, because a signal that arrives in between must restore them as well.
    PROMPT_FD.store(-1, SeqCst);
    Some(fd)
}
