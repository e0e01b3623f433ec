//! Text on the terminal that must not stay there: on its alternate screen, which has no scrollback, and which is erased.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe API")]

use super::terminal::Terminal;
use crate::error::NoCode;
use nix::libc;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};

/// Switches to the alternate screen and clears it (xterm control sequences, private mode 1049).
const BEGIN: &str = "\x1b[?1049h\x1b[H\x1b[2J";
/// Clears it, and switches back.
const END: &[u8] = b"\x1b[0m\x1b[2J\x1b[?1049l";

/// The descriptor of the terminal that shows it; -1 for none.
static SHOWN_ON: AtomicI32 = AtomicI32::new(-1);

/// Shows text until it is dropped. There can be only one at a time.
pub struct SecretScreen(());

impl SecretScreen {
    /// Shows `text`, whose lines end in `\n`. If the terminal has no alternate screen, the text stays.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn show(terminal: &Terminal, text: &str, has_alternate_screen: bool) -> Result<Self, NoCode> {
        if has_alternate_screen {
            SHOWN_ON.store(terminal.descriptor(), SeqCst);
            terminal.write(BEGIN)?;
        }
        let screen = SecretScreen(());
        terminal.write(text)?;
        Ok(screen)
    }
}

impl Drop for SecretScreen {
    fn drop(&mut self) {
        hide();
    }
}

/// Removes the text, if there is any. Async-signal-safe.
pub(super) fn hide() {
    let terminal = SHOWN_ON.swap(-1, SeqCst);
    if terminal >= 0 {
        hide_on(terminal);
    }
}

/// Whether there is such text.
pub(super) fn is_shown() -> bool {
    SHOWN_ON.load(SeqCst) >= 0
}

/// Removes the text from this terminal. Async-signal-safe.
pub(super) fn hide_on(terminal: libc::c_int) {
    // SAFETY: async-signal-safe; the terminal is open as long as the text is shown.
    unsafe { libc::write(terminal, END.as_ptr().cast(), END.len()) };
}
