//! The location of the cache directory. `platform` checks whether it can be trusted.

use crate::platform::{self, DirectoryError, PrivateDir};
use crate::variables::Variables;
use std::path::{Path, PathBuf};

/// The path of the cache directory. The directory is created when the first session is cached.
#[derive(Clone, Debug)]
pub struct CacheDirectory(PathBuf);

impl CacheDirectory {
    /// `MFA_ENV_CACHE_DIR` if it is an absolute path, or `mfa-env` in the system's directory for caches; `None` if that
    /// is unknown.
    pub(super) fn of(variables: &Variables) -> Option<Self> {
        let named = variables.os("MFA_ENV_CACHE_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
        named.or_else(|| Some(platform::cache_home(variables)?.join("mfa-env"))).map(CacheDirectory)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Opens it; `None` if it does not exist.
    pub(super) fn open(&self) -> Result<Option<PrivateDir>, DirectoryError> {
        PrivateDir::open(&self.0)
    }

    /// Opens it, creating it if it does not exist.
    pub(super) fn create(&self) -> Result<PrivateDir, DirectoryError> {
        PrivateDir::create(&self.0)
    }
}
