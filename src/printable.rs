//! Foreign text made fit to be shown.
//!
//! Profile names, ARNs, paths and AWS's own messages come from files and from the network. A terminal obeys
//! escape sequences, and bidirectional marks reorder what a person reads, so every such string passes through here.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter, Write};

/// Shows `text` on one line: controls, bidirectional and invisible format characters come out as `\x1b` or `\u{202e}`.
pub fn printable(text: &str) -> Printable<'_> {
    Printable { text, newlines: false }
}

/// As [`printable`], but newlines stay: for text of several lines that we laid out ourselves around foreign parts.
pub fn printable_lines(text: &str) -> Printable<'_> {
    Printable { text, newlines: true }
}

/// The result of [`printable`]; it allocates nothing.
pub struct Printable<'a> {
    text: &'a str,
    newlines: bool,
}

impl Printable<'_> {
    /// Whether it is to be shown as it is, as nearly all text is.
    fn is_plain(&self) -> bool {
        self.text.bytes().all(|b| matches!(b, b' '..=b'~'))
    }
}

impl<'a> From<Printable<'a>> for Cow<'a, str> {
    fn from(printable: Printable<'a>) -> Self {
        if printable.is_plain() { printable.text.into() } else { printable.to_string().into() }
    }
}

impl Display for Printable<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_plain() {
            return f.write_str(self.text);
        }
        for c in self.text.chars() {
            match c {
                '\n' if self.newlines => f.write_char(c)?,
                c if (c as u32) < 0x100 && c.is_control() => write!(f, "\\x{:02x}", c as u32)?,
                c if is_deceptive(c) => write!(f, "\\u{{{:04x}}}", c as u32)?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Characters that are not seen but change how their neighbours are seen.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
