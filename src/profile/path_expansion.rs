//! The paths of the AWS files in variables, as botocore reads them: first `$VAR` and `${VAR}` are replaced, then `~` or
//! `~USER` at the start. The SDKs replace only `~/`.

use crate::error::Result;
use crate::variables::Variables;
use std::ffi::{OsStr, OsString};
use std::path::{MAIN_SEPARATOR, PathBuf};

/// Expands the value of a variable that names a file. What is not set and who is not a user stays as it is, and so does
/// a value that is not UTF-8.
///
/// # Errors
/// Those of `home`, if the path begins with `~`.
pub(super) fn expanded(
    value: &OsStr,
    variables: &Variables,
    home: impl FnOnce() -> Result<PathBuf>,
) -> Result<PathBuf> {
    let value = value.to_str().map_or_else(|| value.to_owned(), |text| with_variables(text, variables));
    let Some(rest) = value.to_str().and_then(|text| text.strip_prefix('~')) else { return Ok(value.into()) };
    let (user, path) = rest.split_at(rest.find(['/', MAIN_SEPARATOR]).unwrap_or(rest.len()));
    let directory = if user.is_empty() { home()? } else { home_of(user).unwrap_or_else(|| format!("~{user}").into()) };
    let path = path.trim_start_matches(['/', MAIN_SEPARATOR]);
    Ok(if path.is_empty() { directory } else { directory.join(path) })
}

/// Whether a program that expands paths may read this one as another.
pub fn may_be_expanded(path: &str) -> bool {
    path.contains(SIGNS) || path.starts_with('~')
}

/// Replaces references to variables that are set.
fn with_variables(mut text: &str, variables: &Variables) -> OsString {
    let mut expanded = OsString::new();
    while let Some(at) = text.find(SIGNS) {
        expanded.push(&text[..at]);
        text = &text[at..];
        let (reference, name) = reference(text);
        match variables.raw(name).filter(|_| !name.is_empty()) {
            Some(value) => expanded.push(value),
            None => expanded.push(&text[..reference]),
        }
        text = &text[reference..];
    }
    expanded.push(text);
    expanded
}

/// What a reference begins with; `%VAR%` only on Windows.
const SIGNS: &[char] = if cfg!(windows) { &['$', '%'] } else { &['$'] };

/// The length of the reference with which `text` begins, and the name in it, which is empty if it is none.
fn reference(text: &str) -> (usize, &str) {
    let (sign, rest) = text.split_at(1);
    let enclosed = |open: usize, close: char| {
        let name = rest.get(open..)?.split_once(close)?.0;
        Some((1 + open + name.len() + 1, name))
    };
    let found = match (sign, rest.starts_with('{')) {
        ("%", _) => enclosed(0, '%'),
        (_, true) => enclosed(1, '}'),
        (_, false) => {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
            Some((1 + name.len(), name))
        }
    };
    found.unwrap_or((1, ""))
}

/// The home directory of another user.
#[cfg(unix)]
fn home_of(user: &str) -> Option<PathBuf> {
    nix::unistd::User::from_name(user).ok().flatten().map(|user| user.dir)
}

/// botocore guesses the directory from the caller's; nobody relies on that.
#[cfg(windows)]
fn home_of(_user: &str) -> Option<PathBuf> {
    None
}
