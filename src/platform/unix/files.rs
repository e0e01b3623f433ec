//! Reads files from paths that the user or a variable gave, which may name anything.

use super::super::{FileAccess, MAX_FILE_SIZE};
use crate::error::{FileError, Result};
use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::unistd::{AccessFlags, Uid, faccessat};
use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The content of a regular file: `None` if it does not exist, empty for `/dev/null`. Never blocks on a FIFO.
///
/// # Errors
/// [`FileError`] if the path is a dangling link or not a regular file, if the file cannot be read, or if it is larger
/// than 64 MB.
pub fn read_file(path: &Arc<Path>) -> Result<Option<Vec<u8>>> {
    let unreadable = |e: &std::io::Error| FileError::Unreadable { path: path.clone(), problem: e.kind().to_string() };
    let mut file = match OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let dangles = std::fs::symlink_metadata(path).is_ok();
            return if dangles {
                Err(FileError::NotAFile { path: path.clone(), kind: "a dangling link" }.into())
            } else {
                Ok(None)
            };
        }
        Err(e) => {
            // Opening a socket always fails; name it in the error.
            let kind = std::fs::metadata(path).ok().and_then(|m| not_a_file(&m));
            return Err(kind
                .map_or_else(|| unreadable(&e), |kind| FileError::NotAFile { path: path.clone(), kind })
                .into());
        }
    };
    let metadata = file.metadata().map_err(|e| unreadable(&e))?;
    if is_dev_null(&metadata) {
        return Ok(Some(Vec::new()));
    }
    if let Some(kind) = not_a_file(&metadata) {
        return Err(FileError::NotAFile { path: path.clone(), kind }.into());
    }
    let bytes = read_bounded(&mut file, metadata.len()).map_err(|e| unreadable(&e))?;
    bytes.map(Some).ok_or_else(|| FileError::TooLarge { path: path.clone(), limit: MAX_FILE_SIZE }.into())
}

/// The first bytes of a regular file, up to `limit`; `None` if they cannot be read.
pub fn read_start(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path).ok()?;
    let mut bytes = Vec::new();
    file.metadata().ok().filter(Metadata::is_file)?;
    file.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Why no file can be created in a folder, or in one that would be created with it, with the system's message.
///
/// # Errors
/// That is so.
pub fn check_folder(folder: &Path) -> std::result::Result<(), String> {
    let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let flags = AccessFlags::W_OK | AccessFlags::X_OK;
    faccessat(AT_FDCWD, existing, flags, AtFlags::AT_EACCESS).map_err(|e| e.desc().to_owned())
}

/// Who may do what with a file or a folder; `None` if that is not known.
pub fn file_access(path: &Path) -> Option<FileAccess> {
    const STICKY: u32 = 0o1000;
    let metadata = std::fs::metadata(path).ok()?;
    let (mode, owner) = (metadata.mode(), metadata.uid());
    // Systems that give each user a group of its own give it the user's number, and let it change files by default.
    let has_own_group = owner != 0 && metadata.gid() == owner;
    let writers = if has_own_group { 0o002 } else { 0o022 };
    Some(FileAccess {
        is_of_other: owner != Uid::effective().as_raw(),
        is_of_root: owner == 0,
        is_readable: mode & 0o044 != 0,
        is_writable: mode & writers != 0 && !(metadata.is_dir() && mode & STICKY != 0),
    })
}

/// The path with these bytes.
pub fn path_of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    Some(OsString::from_vec(bytes).into())
}

/// A text that is another one if a file has changed or has been replaced. Programs may give all their files the same time,
/// and Nix does; nobody can choose the time at which a file's metadata changed.
pub fn file_version(metadata: &Metadata) -> String {
    let (modified, changed) = ((metadata.mtime(), metadata.mtime_nsec()), (metadata.ctime(), metadata.ctime_nsec()));
    format!("{}.{}.{}.{}.{}.{}", metadata.len(), metadata.ino(), modified.0, modified.1, changed.0, changed.1)
}

fn read_bounded(file: &mut File, expected: u64) -> std::io::Result<Option<Vec<u8>>> {
    if expected > MAX_FILE_SIZE {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0) + 1);
    file.take(MAX_FILE_SIZE + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MAX_FILE_SIZE).then_some(bytes))
}

fn is_dev_null(metadata: &Metadata) -> bool {
    metadata.file_type().is_char_device()
        && std::fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == metadata.rdev())
}

fn not_a_file(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    if kind.is_file() {
        None
    } else if kind.is_dir() {
        Some("a directory")
    } else if kind.is_fifo() {
        Some("a FIFO")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        Some("a device")
    }
}
