//! Finding a program as shells do: by its path, or on `PATH`.

use crate::error::{FileError, Result};
use crate::platform;
use crate::variables::Variables;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// The absolute path of mfa-env for lines and scripts that will call it later. The one on `PATH` stays the same if a new
/// version is installed beside the old one; it is used if it leads to this program.
///
/// # Errors
/// The system does not tell which program this is.
pub(super) fn own_path(variables: &Variables) -> Result<PathBuf> {
    let own = std::env::current_exe();
    let own =
        own.map_err(|e| FileError::Unreadable { path: Arc::from(Path::new("mfa-env")), problem: e.to_string() })?;
    let is_own = |path: &PathBuf| path.is_absolute() && path.canonicalize().is_ok_and(|path| path == own);
    let name = own.file_stem().unwrap_or_default();
    Ok(candidates(name, variables).into_iter().find(is_own).unwrap_or(own))
}
