//! Untrusted text made safe to show.
//!
//! Profile names, ARNs, paths and AWS's own messages come from files and from the network. A terminal interprets escape
//! sequences, and bidirectional marks reorder what a person reads, so every such string is shown through this module.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter, Write};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::OnceLock;

/// Shows `text` on one line; control, bidirectional and invisible format characters become `\x1b` or `\u{202e}`. What
/// could be a secret is left out, unless it is in an ARN: people paste secrets where the name of a profile belongs.
pub fn printable(text: &str) -> Printable<'_> {
    Printable { text, newlines: false }
}

/// Like [`printable`], but keeps newlines: for text of several lines that we laid out around untrusted parts.
pub fn printable_lines(text: &str) -> Printable<'_> {
    Printable { text, newlines: true }
}

/// The result of [`printable`]; it allocates nothing.
pub struct Printable<'a> {
    text: &'a str,
    newlines: bool,
}

impl Printable<'_> {
    /// Whether the text needs no escaping. Almost none does.
    fn is_plain(&self) -> bool {
        self.text.bytes().all(|b| matches!(b, b' '..=b'~')) && !contains_secret(self.text)
    }

    fn write_escaped(&self, text: &str, f: &mut Formatter<'_>) -> fmt::Result {
        for c in text.chars() {
            match c {
                '\n' if self.newlines => f.write_char(c)?,
                c if is_safe(c) => f.write_char(c)?,
                c if c.is_control() => write!(f, "\\x{:02x}", c as u32)?,
                c => write!(f, "\\u{{{:04x}}}", c as u32)?,
            }
        }
        Ok(())
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
        for (at, part) in key_parts(self.text) {
            let word = trim_to_key(part);
            if looks_like_secret(word) && !is_in_arn(&self.text[..at]) {
                write_hidden(word, f)?;
            } else {
                f.write_str(word)?;
            }
            self.write_escaped(&part[word.len()..], f)?;
        }
        Ok(())
    }
}

/// Whether a text could be a secret access key or a session token: 40 characters of base64, perhaps with one lost or
/// doubled in copying, or many more. People paste them where something else belongs. Such a text is never shown.
pub fn looks_like_secret(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    // A path, as in `credential_process`.
    let is_path = text.starts_with('/') && !text.contains("//") && text.matches('/').count() > 2;
    matches!(text.len(), 39..=41 | 100..)
        && !is_path
        && text.bytes().all(|b| is_key_character(char::from(b)))
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

/// Whether a part of a text could be one.
#[inline]
pub fn contains_secret(text: &str) -> bool {
    text.len() >= 39 && text.split(|c| !is_key_character(c)).any(looks_like_secret)
}

fn is_key_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '/' || c == '+'
}

/// A value of a setting, for a message: a part that could be a secret is left out, and so is the password in a URL.
pub fn shown_value(value: &str) -> Cow<'_, str> {
    let value = without_passwords(value);
    if !contains_secret(&value) {
        return value;
    }
    let mut shown = String::with_capacity(value.len());
    for (_, part) in key_parts(&value) {
        let word = trim_to_key(part);
        if looks_like_secret(word) {
            let _ = write_hidden(word, &mut shown);
        } else {
            shown.push_str(word);
        }
        shown.push_str(&part[word.len()..]);
    }
    shown.into()
}

/// The parts of a text, each with where it begins. All but the last end with a character that is in no key.
fn key_parts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let parts = text.split_inclusive(|c| !is_key_character(c));
    parts.scan(0, |end, part| {
        *end += part.len();
        Some((*end - part.len(), part))
    })
}

fn trim_to_key(part: &str) -> &str {
    part.trim_end_matches(|c| !is_key_character(c))
}

fn write_hidden(secret: &str, to: &mut impl Write) -> fmt::Result {
    write!(to, "({} characters, not shown)", secret.len())
}

/// Whether what follows this text is in an ARN, whose path may be as long as a secret.
fn is_in_arn(before: &str) -> bool {
    let start = before.rfind(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | '='));
    before[start.map_or(0, |at| at + 1)..].starts_with("arn:")
}

/// A text with a URL, without the name and the password before its host. A password that is not escaped as it should be
/// may contain anything, even `@`, blanks and quotes.
fn without_passwords(text: &str) -> Cow<'_, str> {
    const SCHEME_END: &str = "://";
    let start = text.find(SCHEME_END).map(|at| at + SCHEME_END.len());
    match start.and_then(|start| Some((start, start + text[start..].rfind('@')?))) {
        Some((start, host)) => format!("{}(not shown){}", &text[..start], &text[host..]).into(),
        None => text.into(),
    }
}

/// Whether a terminal shows the character as it is.
pub fn is_safe(c: char) -> bool {
    matches!(c, ' '..='~') || !c.is_control() && !is_deceptive(c)
}

/// Characters that are invisible but change how their neighbors are shown.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Messages are written where no context is at hand, so the home directory is known here.
static HOME: OnceLock<PathBuf> = OnceLock::new();

/// Sets the home directory that [`printable_path`] abbreviates. Called once, at start-up; later calls have no effect.
pub fn set_home(home: PathBuf) {
    // Below `/` there is nothing to abbreviate, and `~` means nothing in a relative path.
    if home.is_absolute() && home.parent().is_some() {
        let _ = HOME.set(home);
    }
}

/// Shows a path on one line, like [`printable`], and with `~` for the home directory. A variable that names a file may
/// hold a secret instead, which is left out.
pub fn printable_path(path: &Path) -> PrintablePath<'_> {
    PrintablePath(path)
}

/// The result of [`printable_path`].
pub struct PrintablePath<'a>(&'a Path);

impl Display for PrintablePath<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match HOME.get().and_then(|home| self.0.strip_prefix(home).ok()) {
            Some(rest) if rest.as_os_str().is_empty() => f.write_char('~'),
            Some(rest) => write!(f, "~{MAIN_SEPARATOR}{}", printable(&shown_value(&rest.to_string_lossy()))),
            None => printable(&shown_value(&self.0.to_string_lossy())).fmt(f),
        }
    }
}
