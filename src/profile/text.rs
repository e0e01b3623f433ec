//! The AWS files as text: where they are, and their content with line ends normalized to `\n`.

use super::path_expansion::expanded;
use super::view::ViewHeader;
use crate::credentials::wipe;
use crate::error::{ConfigError, Result};
use crate::platform;
use crate::variables::Variables;
use std::fmt::{self, Debug, Formatter};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Which of the two AWS files. They spell section headers differently, and where both set a key of a profile, the
/// credentials file takes precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `~/.aws/config`, unless `AWS_CONFIG_FILE` is set.
    Config,
    /// `~/.aws/credentials`, unless `AWS_SHARED_CREDENTIALS_FILE` is set.
    Credentials,
}

impl FileKind {
    /// The environment variable that names this file.
    pub const fn variable(self) -> &'static str {
        match self {
            FileKind::Config => "AWS_CONFIG_FILE",
            FileKind::Credentials => "AWS_SHARED_CREDENTIALS_FILE",
        }
    }
}

/// The paths of the two files. The files need not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locations {
    /// The config file.
    pub config: PathBuf,
    /// The credentials file.
    pub credentials: PathBuf,
    /// The files whose path comes from an environment variable, with its name.
    named: Vec<(FileKind, &'static str)>,
    /// Whether each variable names a view.
    has_views: bool,
}

impl Locations {
    /// The paths in `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, or `~/.aws/config` and `~/.aws/credentials`.
    /// In a variable, `~` and references to variables are expanded as botocore does. Instead of a view, the files that it
    /// shows.
    ///
    /// # Errors
    /// The home directory is needed, and it is unknown or a relative path.
    pub fn from(variables: &Variables) -> Result<Self> {
        Locations::behind_view(variables, variables)
    }

    /// The files that a view in the variables `now` shows, and otherwise those in `before`, where a relative path or `~`
    /// may mean another file by now.
    ///
    /// # Errors
    /// As [`Locations::from`].
    pub fn behind_view(now: &Variables, before: &Variables) -> Result<Self> {
        const VARIABLES: [&str; 2] = [FileKind::Config.variable(), FileKind::Credentials.variable()];
        let path_in = |variables: &Variables, name| {
            variables.os(name).map(|value| expanded(value, variables, || home(variables))).transpose()
        };
        let view_in = |name| ViewHeader::read(&path_in(now, name).ok()??);
        let views = VARIABLES.map(view_in);
        let mut named = Vec::new();
        let mut place = |kind: FileKind, of_kind: fn(&ViewHeader) -> &PathBuf, default: &str| -> Result<PathBuf> {
            let (own, other) = if kind == FileKind::Config { (0, 1) } else { (1, 0) };
            if let Some(view) = &views[own] {
                return Ok(of_kind(view).clone());
            }
            match path_in(before, VARIABLES[own])? {
                Some(path) => {
                    named.push((kind, VARIABLES[own]));
                    Ok(path)
                }
                // A view names both files.
                None => match &views[other] {
                    Some(view) => Ok(of_kind(view).clone()),
                    None => Ok(home(before)?.join(".aws").join(default)),
                },
            }
        };
        let config = place(FileKind::Config, |view| &view.config, "config")?;
        let credentials = place(FileKind::Credentials, |view| &view.credentials, "credentials")?;
        Ok(Locations { config, credentials, named, has_views: views.iter().all(Option::is_some) })
    }

    /// Whether each of the two variables names a view that is there.
    pub fn has_views(&self) -> bool {
        self.has_views
    }

    /// The environment variable that the path of this file comes from, if any.
    pub fn variable_of(&self, file: FileKind) -> Option<&'static str> {
        self.named.iter().find(|(named, _)| *named == file).map(|(_, variable)| *variable)
    }
}

fn home(variables: &Variables) -> Result<PathBuf> {
    let home = platform::home(variables).ok_or(ConfigError::NoHome)?;
    if home.is_absolute() {
        Ok(home)
    } else {
        Err(ConfigError::HomeRelative { home: home.to_string_lossy().into_owned() }.into())
    }
}

/// One AWS file as text. Lines end in `\n`; the last one may have no end.
#[derive(Debug)]
pub struct FileText {
    /// Which of the two files it is.
    pub kind: FileKind,
    /// Where it was read from.
    pub path: Arc<Path>,
    /// At most 64 MB.
    pub text: SecretText,
    /// Whether some bytes are not UTF-8, and were replaced by U+FFFD. They matter only in a value.
    pub has_invalid: bool,
    /// Whether the file began with a UTF-8 byte order mark. mfa-env and most SDKs skip it; botocore rejects the file.
    pub has_bom: bool,
}

/// Text that may hold long-term secrets: overwritten when dropped, redacted in `Debug`.
///
/// `Zeroizing` would do this byte by byte, which adds 21 % to the instructions of a cached sign-in with 2,000 profiles;
/// this adds 1 %.
pub struct SecretText(String);

pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

impl FileText {
    /// Reads a file; `None` if it does not exist. `/dev/null` is an empty file.
    ///
    /// # Errors
    /// The file is not a regular file, cannot be read, is larger than 64 MB, or is not text (see
    /// [`FileText::from_bytes`]).
    pub fn read(kind: FileKind, path: &Path) -> Result<Option<Self>> {
        let path: Arc<Path> = path.into();
        match platform::read_file(&path)? {
            Some(bytes) => FileText::from_bytes(kind, path, bytes).map(Some),
            None => Ok(None),
        }
    }

    /// Takes the content of a file as text. No other copy of the content is left in memory.
    ///
    /// # Errors
    /// The content is UTF-16; the error gives the line of the first NUL byte.
    pub fn from_bytes(kind: FileKind, path: Arc<Path>, bytes: Vec<u8>) -> Result<Self> {
        let mut bytes = Zeroizing::new(bytes);
        let line_of = |bytes: &[u8], at: usize| memchr::memchr_iter(b'\n', &bytes[..at]).count() + 1;
        let has_nul = memchr::memchr(0, &bytes);
        if let Some(at) = has_nul.filter(|_| is_utf16(&bytes)) {
            let line = line_of(&bytes, at);
            return Err(ConfigError::NulByte { path, line }.into());
        }
        let (text, has_invalid) = match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => (SecretText(text), false),
            Err(e) => {
                let bytes = Zeroizing::new(e.into_bytes());
                (SecretText(String::from_utf8_lossy(&bytes).into_owned()), true)
            }
        };
        let has_bom = text.starts_with(BYTE_ORDER_MARK);
        // A single one matters only in its line, like other bytes that are no text.
        let (text, has_invalid) = match has_nul {
            Some(_) => (SecretText(text.replace('\0', "\u{fffd}")), true),
            None => (text, has_invalid),
        };
        let is_normal = !has_bom && memchr::memchr(b'\r', text.as_bytes()).is_none();
        let text = if is_normal { text } else { SecretText::normalized(&text) };
        Ok(FileText { kind, path, text, has_invalid, has_bom })
    }
}

impl FileText {
    /// The same file with another line in place of this one, counted from 1.
    #[must_use]
    pub fn with_line(&self, number: usize, line: &str) -> Self {
        let mut text = String::with_capacity(self.text.len() + line.len());
        for (index, old) in self.text.split_inclusive('\n').enumerate() {
            if index + 1 == number {
                text.push_str(line);
                text.push_str(if old.ends_with('\n') { "\n" } else { "" });
            } else {
                text.push_str(old);
            }
        }
        FileText { kind: self.kind, path: Arc::clone(&self.path), text: SecretText(text), ..*self }
    }
}

/// Whether a file with NUL bytes is UTF-16, which PowerShell 5 writes: it begins with a byte order mark, or every second
/// byte of ASCII is one.
fn is_utf16(bytes: &[u8]) -> bool {
    let has_mark = [[0xff, 0xfe], [0xfe, 0xff]].iter().any(|mark| bytes.starts_with(mark));
    has_mark || memchr::memchr_iter(0, bytes).count() * 4 >= bytes.len()
}

impl SecretText {
    /// Without the byte order mark, and with `\n` for CRLF and for CR, which old editors write: a CR in a secret key
    /// would break every signature.
    fn normalized(text: &str) -> Self {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        // Large enough from the start: growing would leave a copy behind.
        let mut normalized = String::with_capacity(text.len());
        let mut parts = text.split('\r');
        normalized.extend(parts.next());
        for part in parts {
            normalized.push('\n');
            normalized.push_str(part.strip_prefix('\n').unwrap_or(part));
        }
        SecretText(normalized)
    }
}

impl Deref for SecretText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Debug for SecretText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        wipe(&mut std::mem::take(&mut self.0).into_bytes());
    }
}
