//! The cache directory: where it is, and opening it. What it may be like to be trusted is the platform's matter.

use crate::platform::{self, DirectoryError, PrivateDir};
use crate::variables::Variables;
use std::path::{Path, PathBuf};

/// Where the cache is or will be. It is created when the first session is cached.
#[derive(Clone, Debug)]
pub struct CacheDirectory(PathBuf);

impl CacheDirectory {
    /// `MFA_ENV_CACHE_DIR`, else `mfa-env` in the system's place for caches; `None` without a home directory.
    pub(super) fn of(variables: &Variables) -> Option<Self> {
        let named = variables.os("MFA_ENV_CACHE_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
        named.or_else(|| Some(platform::cache_home(variables)?.join("mfa-env"))).map(CacheDirectory)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// `None` if it does not exist.
    pub(super) fn open(&self) -> Result<Option<PrivateDir>, DirectoryError> {
        PrivateDir::open(&self.0)
    }

    /// Opens it, and creates it if it does not exist.
    pub(super) fn create(&self) -> Result<PrivateDir, DirectoryError> {
        PrivateDir::make(&self.0)
    }
}
