//! The location of the cache directory. `platform` checks whether it can be trusted.

use crate::platform::{self, DirectoryError, PrivateDir};
use crate::profile::ViewHeader;
use crate::variables::Variables;
use std::path::{Path, PathBuf};

/// The file that tells backup programs to leave the directory out (bford.info/cachedir), and its content.
const TAG: (&str, &[u8]) = (
    "CACHEDIR.TAG",
    b"Signature: 8a477f597d28d172789f06886806bc55\n\
      # This directory contains sessions of mfa-env, which can be made again with an MFA code.\n",
);

/// The path of the cache directory. The directory is created when the first session is cached.
#[derive(Clone, Debug)]
pub struct CacheDirectory(PathBuf);

impl CacheDirectory {
    /// `MFA_ENV_CACHE_DIR` if it is an absolute path or begins with `~/`, the directory of the view that programs use, or
    /// `mfa-env` in the system's directory for caches; `None` if that is unknown.
    pub(super) fn of(variables: &Variables) -> Option<Self> {
        if let Some(Ok(named)) = named(variables) {
            return Some(CacheDirectory(named));
        }
        let usual = platform::cache_home(variables).map(|home| home.join("mfa-env"));
        of_view(usual.as_deref(), variables).or(usual).map(CacheDirectory)
    }

    /// The value of `MFA_ENV_CACHE_DIR`, if it is ignored: it would be another directory for each working directory.
    pub(super) fn ignored(variables: &Variables) -> Option<PathBuf> {
        named(variables).and_then(Result::err)
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
        let directory = PrivateDir::create(&self.0)?;
        // Without it, backups only take longer.
        let _ = directory.write_if_missing(TAG.0, TAG.1);
        Ok(directory)
    }
}

/// The directory in `MFA_ENV_CACHE_DIR`, or its value if that is not absolute.
fn named(variables: &Variables) -> Option<Result<PathBuf, PathBuf>> {
    let path = PathBuf::from(variables.os("MFA_ENV_CACHE_DIR")?);
    let in_home = path.strip_prefix("~").ok().and_then(|rest| Some(platform::home(variables)?.join(rest)));
    let path = in_home.unwrap_or(path);
    Some(if path.is_absolute() { Ok(path) } else { Err(path) })
}

/// The cache directory of this user in which the view is that the variables name, unless that is the usual one: the sessions
/// of the sign-in are there, also for a program that was started with another home or `XDG_CACHE_HOME`.
fn of_view(usual: Option<&Path>, variables: &Variables) -> Option<PathBuf> {
    let named = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"].into_iter().find_map(|name| {
        let path = Path::new(variables.os(name)?);
        path.parent().filter(|_| ViewHeader::may_be_at(path))
    });
    let is_cache = |path: &&Path| path.join(TAG.0).exists() && PrivateDir::open(path).is_ok_and(|open| open.is_some());
    named.filter(|path| Some(*path) != usual).filter(is_cache).map(Path::to_owned)
}
