//! What is typed at a prompt, up to Enter.
//!
//! The kernel delivers a line at its end, and where a key of a newer keyboard protocol may end (VEOL and VEOL2). Before
//! such a place it cannot erase anything, so the keys that erase are handled here, as far as the kernel passes them on.

use super::super::{MAX_REPLY, Reply};
use super::keys::{self, Key};
use super::suspension;
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{SpecialCharacterIndices, Termios};
use nix::unistd::{Pid, read};
use std::fs::File;
use zeroize::Zeroizing;

const ESCAPE: u8 = 0x1b;
const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7f;
/// In bytes. No key has more.
const MAX_PARAMETERS: usize = 64;

/// The last characters of keys that are control sequences: the kernel delivers what was typed there as well.
pub(super) const ENDS_OF_SEQUENCES: [(SpecialCharacterIndices, u8); 2] =
    [(SpecialCharacterIndices::VEOL, b'~'), (SpecialCharacterIndices::VEOL2, b'u')];

/// The characters of keys that erase.
pub(super) const ERASING: [SpecialCharacterIndices; 3] =
    [SpecialCharacterIndices::VERASE, SpecialCharacterIndices::VKILL, SpecialCharacterIndices::VWERASE];

/// The input so far, wiped when dropped.
pub(super) struct LineBuffer {
    line: Zeroizing<Vec<u8>>,
    is_too_long: bool,
    /// The beginning of a control sequence.
    sequence: Zeroizing<Vec<u8>>,
    /// The settings of the user's terminal.
    settings: Termios,
}

/// What a key does to the prompt.
enum Effect {
    /// A newline, which the terminal has echoed.
    Newline,
    /// Enter as a control sequence.
    Enter,
    EndOfInput,
    Signal(Signal),
}

impl LineBuffer {
    /// An empty line on a terminal with these settings before the prompt.
    pub(super) fn new(settings: Termios) -> Self {
        // Growing would leave copies that are not wiped.
        let room = |size| Zeroizing::new(Vec::with_capacity(size));
        LineBuffer { line: room(MAX_REPLY), is_too_long: false, sequence: room(MAX_PARAMETERS + 2), settings }
    }

    /// Reads the available input. Once the line is complete, returns the reply and whether a newline ended it. A key that
    /// the kernel would have turned into a signal is sent to the process group, as the kernel does.
    pub(super) fn read(&mut self, terminal: &File) -> nix::Result<Option<(Reply, bool)>> {
        let mut buffer = Zeroizing::new([0_u8; 1024]);
        let n = match read(terminal, &mut buffer[..]) {
            Err(Errno::EINTR) => return Ok(None),
            n => n?,
        };
        if n == 0 {
            self.give_up_sequence();
            return Ok(Some((if self.is_empty() { Reply::Nothing } else { self.reply() }, false)));
        }
        for byte in &buffer[..n] {
            match self.push(*byte) {
                None => {}
                Some(Effect::Newline) => return Ok(Some((self.reply(), true))),
                Some(Effect::Enter) => return Ok(Some((self.reply(), false))),
                Some(Effect::EndOfInput) => return Ok(Some((Reply::Nothing, false))),
                Some(Effect::Signal(signal)) => kill(Pid::from_raw(0), signal)?,
            }
        }
        // Without such an end, it is Ctrl-D that made the kernel deliver it.
        let is_end = |byte: u8| byte == b'\n' || ENDS_OF_SEQUENCES.iter().any(|(_, end)| *end == byte);
        let by_end_of_input = n < buffer.len() && !is_end(buffer[n - 1]);
        Ok((by_end_of_input && self.is_empty()).then_some((Reply::Nothing, false)))
    }

    fn is_empty(&self) -> bool {
        self.line.is_empty() && self.sequence.is_empty() && !self.is_too_long
    }

    fn reply(&self) -> Reply {
        if self.is_too_long {
            return Reply::TooLong;
        }
        Reply::Line(Zeroizing::new(String::from_utf8_lossy(&self.line).into_owned()))
    }

    fn push(&mut self, byte: u8) -> Option<Effect> {
        let key = match (self.sequence.as_slice(), byte) {
            ([], ESCAPE) | ([ESCAPE], b'[' | b'O') => {
                self.sequence.push(byte);
                return None;
            }
            ([ESCAPE, b'[', parameters @ ..], 0x20..=0x3f) if parameters.len() < MAX_PARAMETERS => {
                self.sequence.push(byte);
                return None;
            }
            ([ESCAPE, b'[', parameters @ ..], 0x40..=0x7e) => {
                let is_paste = byte == b'~' && matches!(parameters, b"200" | b"201");
                // Others are keys without a character, or reports of the mouse, the focus or the terminal.
                keys::of_sequence(parameters, byte).or((!is_paste).then_some(Key::Nothing))
            }
            ([ESCAPE, b'O'], _) => keys::of_keypad(byte),
            _ => None,
        };
        if let Some(key) = key {
            self.sequence.clear();
            return self.press(key);
        }
        self.give_up_sequence();
        if byte == ESCAPE {
            self.sequence.push(byte);
            return None;
        }
        self.type_byte(byte)
    }

    /// Takes what looked like the beginning of a key as text.
    fn give_up_sequence(&mut self) {
        for at in 0..self.sequence.len() {
            self.add(self.sequence[at]);
        }
        self.sequence.clear();
    }

    fn press(&mut self, key: Key) -> Option<Effect> {
        match key {
            Key::Text(c) => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| self.add(byte)),
            Key::Enter | Key::Control(b'\r' | b'\n') => return Some(Effect::Enter),
            Key::Backspace => self.erase(),
            Key::Control(byte) if self.is(byte, SpecialCharacterIndices::VINTR) => {
                return Some(Effect::Signal(Signal::SIGINT));
            }
            Key::Control(byte) if self.is(byte, SpecialCharacterIndices::VQUIT) => {
                return Some(Effect::Signal(Signal::SIGQUIT));
            }
            Key::Control(byte) if self.is(byte, SpecialCharacterIndices::VEOF) => {
                return self.is_empty().then_some(Effect::EndOfInput);
            }
            // Elsewhere, the prompt ignores it.
            Key::Control(byte) if self.is(byte, SpecialCharacterIndices::VSUSP) => {
                return suspension::can_suspend().then_some(Effect::Signal(Signal::SIGTSTP));
            }
            Key::Control(byte) => return self.type_byte(byte),
            Key::Nothing => {}
        }
        None
    }

    fn type_byte(&mut self, byte: u8) -> Option<Effect> {
        match byte {
            b'\n' => return Some(Effect::Newline),
            // One of them is not the terminal's.
            BACKSPACE | DELETE => self.erase(),
            _ if self.is(byte, SpecialCharacterIndices::VERASE) => self.erase(),
            _ if self.is(byte, SpecialCharacterIndices::VKILL) => {
                self.line.clear();
                self.is_too_long = false;
            }
            _ if self.is(byte, SpecialCharacterIndices::VWERASE) => self.erase_word(),
            _ => self.add(byte),
        }
        None
    }

    /// Whether a byte is this control character of the terminal.
    fn is(&self, byte: u8, index: SpecialCharacterIndices) -> bool {
        byte != libc::_POSIX_VDISABLE && byte == self.settings.control_chars[index as usize]
    }

    fn add(&mut self, byte: u8) {
        if self.line.len() < MAX_REPLY {
            self.line.push(byte);
        } else {
            self.is_too_long = true;
        }
    }

    /// Erases a character, which may have several bytes.
    fn erase(&mut self) {
        while self.line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
    }

    fn erase_word(&mut self) {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        while self.line.pop_if(|byte| is_blank(byte)).is_some() {}
        while self.line.pop_if(|byte| !is_blank(byte)).is_some() {}
    }
}
