//! The terminal's settings from before a prompt, where a signal handler can reach them.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe form")]

use nix::libc;
use nix::sys::termios::Termios;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};

/// What to put back, for the signal handler: the descriptor is the flag that says that it is valid.
static BORROWED: AtomicI32 = AtomicI32::new(-1);
static BEFORE: Settings = Settings(UnsafeCell::new(MaybeUninit::uninit()));

struct Settings(UnsafeCell<MaybeUninit<libc::termios>>);
// SAFETY: written only while BORROWED is -1, read only by whoever takes the descriptor out of BORROWED.
unsafe impl Sync for Settings {}

/// From now on a death puts these settings back on that terminal.
pub(super) fn keep(terminal: libc::c_int, before: &Termios) {
    // SAFETY: nobody reads it while BORROWED is -1, and there is one prompt at a time.
    unsafe { (*BEFORE.0.get()).write(before.clone().into()) };
    BORROWED.store(terminal, SeqCst);
}

/// Async-signal-safe: puts the settings back, discards what was typed and ends the prompt's line. Nothing happens if no prompt is open.
pub fn restore() {
    if let Some(fd) = restore_silently() {
        // SAFETY: the descriptor is open as long as the prompt is.
        unsafe { libc::write(fd, b"\n".as_ptr().cast(), 1) };
    }
}

/// The same without the end of the line; the descriptor, if a prompt was open.
pub(super) fn restore_silently() -> Option<libc::c_int> {
    let fd = BORROWED.swap(-1, SeqCst);
    if fd < 0 {
        return None;
    }
    // SAFETY: async-signal-safe calls; BEFORE was written before the descriptor was stored. TCSANOW, not TCSAFLUSH: that one waits for
    // output to drain, for ever if Ctrl-S was pressed. SIGTTOU would stop us were we in the background by now.
    unsafe {
        let mut ignore: libc::sigaction = std::mem::zeroed();
        let mut old: libc::sigaction = std::mem::zeroed();
        ignore.sa_sigaction = libc::SIG_IGN;
        libc::sigaction(libc::SIGTTOU, &raw const ignore, &raw mut old);
        libc::tcsetattr(fd, libc::TCSANOW, (*BEFORE.0.get()).as_ptr());
        libc::tcflush(fd, libc::TCIFLUSH);
        libc::sigaction(libc::SIGTTOU, &raw const old, std::ptr::null_mut());
    }
    Some(fd)
}
