//! The terminal settings before and during a prompt, or a command that uses the terminal, accessible to a signal handler.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe API")]

use super::secret_screen;
use nix::libc;
use nix::sys::termios::Termios;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};

/// The descriptor of the terminal while a prompt is open or a command uses it, otherwise -1. `SETTINGS` is initialized while it is not -1.
static PROMPT_FD: AtomicI32 = AtomicI32::new(-1);
static SETTINGS: Shared = Shared(UnsafeCell::new(MaybeUninit::uninit()));
/// The process that restores them if this one is killed; 0 for none.
static KEEPER: AtomicI32 = AtomicI32::new(0);

struct Shared(UnsafeCell<MaybeUninit<SavedSettings>>);
// SAFETY: written only while PROMPT_FD is -1, and read only while it is not.
unsafe impl Sync for Shared {}

/// The settings of a terminal while a prompt is open on it, or while a command uses it.
#[derive(Clone, Copy)]
pub(super) struct SavedSettings {
    /// Those from before.
    pub before: libc::termios,
    /// Those of the prompt, and those while typing is discarded after it; `None` for a command, which may set any.
    pub ours: Option<[Recognized; 2]>,
}

/// The parts of settings by which they are recognized.
#[derive(Clone, Copy)]
pub(super) struct Recognized {
    local_flags: libc::tcflag_t,
    input_flags: libc::tcflag_t,
    control_chars: [libc::cc_t; libc::NCCS],
}

impl Recognized {
    pub(super) fn of(settings: &Termios) -> Self {
        Recognized {
            local_flags: settings.local_flags.bits(),
            input_flags: settings.input_flags.bits(),
            control_chars: settings.control_chars,
        }
    }

    fn is(&self, now: &libc::termios) -> bool {
        self.local_flags == now.c_lflag && self.input_flags == now.c_iflag && self.control_chars == now.c_cc
    }
}

impl SavedSettings {
    /// Whether the terminal has our settings, or any that a command has left; `None` if it cannot be read, for example
    /// because it was closed. Async-signal-safe.
    pub(super) fn are_in_effect(&self, terminal: libc::c_int) -> Option<bool> {
        let now = current(terminal)?;
        Some(self.ours.is_none_or(|ours| ours.iter().any(|ours| ours.is(&now))))
    }
}

impl SavedSettings {
    /// Whether these settings have this control character of ours: somebody has changed ours, and left the rest as it was.
    /// Async-signal-safe.
    pub(super) fn are_changed_to(&self, now: &libc::termios, mark: usize) -> bool {
        self.ours.is_some_and(|ours| ours[0].control_chars[mark] == now.c_cc[mark])
    }
}

/// The settings of a terminal; `None` if they cannot be read. Async-signal-safe.
pub(super) fn current(terminal: libc::c_int) -> Option<libc::termios> {
    // SAFETY: the settings are initialized by zeros, which are valid, or by the call.
    unsafe {
        let mut now: libc::termios = std::mem::zeroed();
        (libc::tcgetattr(terminal, &raw mut now) == 0).then_some(now)
    }
}

/// From now on a fatal signal or a panic restores the settings from before on that terminal.
pub(super) fn save(terminal: libc::c_int, settings: &SavedSettings) {
    // SAFETY: nothing reads it while PROMPT_FD is -1, and there is only one prompt at a time.
    unsafe { (*SETTINGS.0.get()).write(*settings) };
    PROMPT_FD.store(terminal, SeqCst);
}

/// Whether the terminal has the settings of this process's prompt.
pub(super) fn are_in_effect() -> bool {
    let fd = PROMPT_FD.load(SeqCst);
    // SAFETY: it was written before the descriptor was stored.
    fd >= 0 && unsafe { (*SETTINGS.0.get()).assume_init_ref() }.are_in_effect(fd) == Some(true)
}

/// The keeper ends when the settings are restored.
pub(super) fn set_keeper(keeper: libc::pid_t) {
    KEEPER.store(keeper, SeqCst);
}

/// Restores the settings, discards unread input and ends the prompt's line, which is returned. Does nothing if no prompt is
/// open. Async-signal-safe.
pub fn restore() -> bool {
    secret_screen::hide();
    let is_prompt = is_prompt();
    let Some(fd) = restore_silently().filter(|_| is_prompt) else { return false };
    // SAFETY: the descriptor is open as long as the prompt is.
    unsafe { libc::write(fd, b"\n".as_ptr().cast(), 1) };
    true
}

/// Whether it is a prompt that has the terminal.
fn is_prompt() -> bool {
    // SAFETY: it was written before the descriptor was stored.
    PROMPT_FD.load(SeqCst) >= 0 && unsafe { (*SETTINGS.0.get()).assume_init_ref() }.ours.is_some()
}

/// Like [`restore`], but does not end the prompt's line. Returns the descriptor if a prompt was open.
///
/// If another process has put its own settings on top of ours, they stay: it will bring ours back, and the keeper waits
/// for that.
pub(super) fn restore_silently() -> Option<libc::c_int> {
    let fd = PROMPT_FD.load(SeqCst);
    if fd < 0 {
        return None;
    }
    // SAFETY: it was written before the descriptor was stored.
    let settings = unsafe { (*SETTINGS.0.get()).assume_init_ref() };
    let keeper = KEEPER.swap(0, SeqCst);
    if keeper == 0 || settings.are_in_effect(fd) != Some(false) {
        // TCSANOW, because TCSAFLUSH waits for pending output, forever after Ctrl-S. SIGTTOU is ignored because it
        // would stop this process if it is in the background by now.
        // SAFETY: async-signal-safe calls with initialized arguments.
        unsafe {
            let mut ignore: libc::sigaction = std::mem::zeroed();
            let mut old: libc::sigaction = std::mem::zeroed();
            ignore.sa_sigaction = libc::SIG_IGN;
            libc::sigaction(libc::SIGTTOU, &raw const ignore, &raw mut old);
            libc::tcsetattr(fd, libc::TCSANOW, &raw const settings.before);
            // After a command, what is there may be meant for the next one.
            if settings.ours.is_some() {
                libc::tcflush(fd, libc::TCIFLUSH);
            }
            libc::sigaction(libc::SIGTTOU, &raw const old, std::ptr::null_mut());
        }
        if keeper > 0 {
            end_keeper(keeper);
        }
    }
    // Only now, because a signal that arrives in between must restore them as well.
    PROMPT_FD.store(-1, SeqCst);
    Some(fd)
}

/// Ends a keeper that has nothing more to do. Async-signal-safe.
pub(super) fn end_keeper(keeper: libc::pid_t) {
    // SAFETY: it has not been waited for, so the ID is still that of the keeper.
    unsafe {
        libc::kill(keeper, libc::SIGKILL);
        libc::waitpid(keeper, std::ptr::null_mut(), 0);
    }
}
