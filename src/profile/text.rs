//! The AWS files as text: where they are, and their bytes made into lines that end in `\n`.

use crate::error::{ConfigError, Error, Result};
use crate::platform;
use crate::variables::Variables;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The two files differ in how a section is spelled, and the credentials file wins key by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Config,
    Credentials,
}

/// Where the two files are, and whether a variable said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locations {
    pub config: PathBuf,
    pub credentials: PathBuf,
    named: Vec<(&'static str, PathBuf)>,
}

impl Locations {
    /// `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, else `~/.aws/config` and `~/.aws/credentials`.
    /// A leading `~/` in a variable is the home directory; nothing else is expanded, as in the AWS SDKs.
    ///
    /// # Errors
    /// No home directory, or a relative one, where one is needed.
    pub fn from(variables: &Variables) -> Result<Self> {
        let mut named = Vec::new();
        let mut place = |variable: &'static str, default: &str| -> Result<PathBuf> {
            match variables.os(variable) {
                Some(value) => {
                    let path = match value.to_str().and_then(|v| v.strip_prefix("~/")) {
                        Some(rest) => home(variables)?.join(rest),
                        None => PathBuf::from(value),
                    };
                    named.push((variable, path.clone()));
                    Ok(path)
                }
                None => Ok(home(variables)?.join(".aws").join(default)),
            }
        };
        let config = place("AWS_CONFIG_FILE", "config")?;
        let credentials = place("AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
        Ok(Locations { config, credentials, named })
    }

    /// The variable that named this path, if one did.
    pub fn variable_of(&self, path: &Path) -> Option<&'static str> {
        self.named.iter().find(|(_, named)| named == path).map(|(variable, _)| *variable)
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

/// One AWS file, read.
#[derive(Debug)]
pub struct FileText {
    pub kind: FileKind,
    pub path: Arc<Path>,
    pub text: String,
    /// A UTF-8 byte order mark stood in front. We and most SDKs skip it; botocore refuses the file.
    pub has_bom: bool,
}

impl FileText {
    /// Reads a file; `None` if it does not exist.
    ///
    /// # Errors
    /// Not a regular file (`/dev/null` counts as an empty one), not readable, too large, not UTF-8.
    pub fn read(kind: FileKind, path: &Path) -> Result<Option<Self>> {
        let path: Arc<Path> = path.into();
        match platform::read_file(&path)? {
            Some(bytes) => FileText::from_bytes(kind, path, bytes).map(Some),
            None => Ok(None),
        }
    }

    /// # Errors
    /// Bytes that are not UTF-8, or NUL, with the line they stand on.
    pub fn from_bytes(kind: FileKind, path: Arc<Path>, bytes: Vec<u8>) -> Result<Self> {
        let line_of = |bytes: &[u8], at: usize| memchr::memchr_iter(b'\n', &bytes[..at]).count() + 1;
        if let Some(at) = memchr::memchr(0, &bytes) {
            let line = line_of(&bytes, at);
            return Err(ConfigError::NulByte { path, line }.into());
        }
        let mut text = String::from_utf8(bytes).map_err(|e| {
            let line = line_of(e.as_bytes(), e.utf8_error().valid_up_to());
            Error::from(ConfigError::NotUtf8 { path: path.clone(), line })
        })?;
        let has_bom = text.starts_with('\u{feff}');
        if has_bom {
            text.drain(..'\u{feff}'.len_utf8());
        }
        // CRLF and the lone CR of old editors end a line: a stray CR in a secret key breaks every signature.
        if memchr::memchr(b'\r', text.as_bytes()).is_some() {
            text = text.replace("\r\n", "\n").replace('\r', "\n");
        }
        Ok(FileText { kind, path, text, has_bom })
    }
}
