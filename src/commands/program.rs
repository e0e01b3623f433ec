//! Finding a program as shells do: by its path, or on `PATH`.

use crate::error::{FileError, Result};
use crate::platform;
use crate::variables::Variables;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The file that running `name` would start.
///
/// # Errors
/// There is none, or it cannot be executed: exit status 127 or 126, as in shells.
pub(super) fn find(name: &OsStr, variables: &Variables) -> Result<PathBuf> {
    let failed = |problem| FileError::NotStarted { program: name.to_string_lossy().into_owned(), problem }.into();
    let mut problem = ErrorKind::NotFound;
    for path in candidates(name, variables) {
        match platform::can_execute(&path) {
            Ok(()) => return Ok(path),
            Err(ErrorKind::NotFound) => {}
            Err(other) => problem = other,
        }
    }
    Err(failed(problem))
}

/// Every file that could be meant, in the order of `PATH`.
pub(super) fn candidates(name: &OsStr, variables: &Variables) -> Vec<PathBuf> {
    if name.is_empty() {
        return Vec::new();
    }
    if Path::new(name).components().count() != 1 || name.as_encoded_bytes().contains(&b'/') {
        return platform::with_program_extensions(Path::new(name), variables);
    }
    let path = variables.raw("PATH").unwrap_or(OsStr::new(platform::DEFAULT_PATH));
    let found = std::env::split_paths(path).map(|directory| directory.join(name));
    found.flat_map(|path| platform::with_program_extensions(&path, variables)).collect()
}
