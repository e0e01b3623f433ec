//! The file with an access key that the AWS console offers.

use crate::error::{FileError, Result};
use crate::platform;
use percent_encoding::percent_decode_str;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The absolute path of a file that somebody has typed, pasted or dropped on the terminal.
pub(super) fn path_of(typed: &str, home: Option<&Path>) -> PathBuf {
    let decoded = typed.strip_prefix("file://").map(|url| percent_decode_str(url).decode_utf8_lossy().into_owned());
    let text = decoded.unwrap_or_else(|| typed.to_owned());
    let expanded = |text: &str| match (text.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    };
    let path = expanded(&text);
    // Terminals write a path that is dropped on them as for a shell.
    let without_escapes = expanded(&text.replace("\\ ", " "));
    let path = if !path.exists() && without_escapes.is_file() { without_escapes } else { path };
    std::path::absolute(&path).unwrap_or(path)
}

/// The text of the file.
///
/// # Errors
/// It does not exist, cannot be read, or is not a file.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>> {
    let shared: Arc<Path> = path.into();
    let missing = || FileError::Unreadable { path: shared.clone(), problem: "it does not exist".to_owned() };
    let bytes = platform::read_file(&shared)?.ok_or_else(missing)?;
    let bytes = Zeroizing::new(bytes);
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}
