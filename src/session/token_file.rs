//! The file with the token of a credentials endpoint, for programs that are not started by `serve`.

use super::lock::{Lock, LockOutcome};
use super::names::{self, is_own};
use crate::credentials::Secret;
use crate::platform::{DirectoryError, PrivateDir};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::time::Duration;

/// A file with a token, readable only by this user. Dropping this removes it. If this process is killed, a later sign-in
/// does that.
pub struct TokenFile {
    directory: PrivateDir,
    name: String,
    /// Held as long as the endpoint exists.
    _lock: Option<Lock>,
}

impl TokenFile {
    /// Writes the file. Its name does not tell the token.
    ///
    /// # Errors
    /// The system cannot write it.
    pub fn write(directory: PrivateDir, token: &Secret) -> Result<Self, DirectoryError> {
        let digest = hex::encode(Sha256::digest(token.expose().as_bytes()));
        // Nobody else has this name.
        let lock = match Lock::take(&directory, &digest, Duration::ZERO, |_| {}, |_, _| {}) {
            Ok(LockOutcome::Held(lock)) => Some(lock),
            Ok(LockOutcome::Unavailable(_)) | Err(_) => None,
        };
        let name = digest + names::TOKEN;
        directory
            .write(&name, token.expose().as_bytes())
            .map_err(|e| DirectoryError::Unusable(e.kind().to_string()))?;
        Ok(TokenFile { directory, name, _lock: lock })
    }

    /// Its path.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join(&self.name)
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        // If that fails, a later sign-in does it.
        let _ = self.directory.remove(&self.name);
        let _ = self.directory.remove(&lock_name(&self.name));
    }
}

/// Removes the files of endpoints that were killed.
pub(super) fn sweep(directory: &PrivateDir) {
    for name in directory.names().into_iter().filter(|name| is_own(name, names::TOKEN)) {
        let lock = lock_name(&name);
        if directory.lock_file(&lock).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = directory.remove(&name);
            let _ = directory.remove(&lock);
        }
    }
}

/// The name of the lock of a token file.
fn lock_name(name: &str) -> String {
    name.strip_suffix(names::TOKEN).unwrap_or(name).to_owned() + names::LOCK
}
