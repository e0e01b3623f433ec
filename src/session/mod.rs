//! Sessions that are cached between runs, so that one code serves all terminals and processes for the day.
//!
//! The [`Cache`] decides which entries are used and which are removed. A [`Store`] holds them: it reads, writes, lists
//! and removes entries by name, whatever they contain. Locks and used codes are always in the cache directory.

mod cache;
mod directory;
mod entry;
mod facts;
mod lock;
mod memory;
mod names;
mod reuse_criteria;
mod token_file;
mod used_codes;

pub use cache::{Cache, FileLock, ViewParts};
pub use entry::Entry;
pub use facts::{KeyRecord, KeyStage, MfaAge};
pub use memory::Memory;
pub use reuse_criteria::ReuseCriteria;
pub use token_file::TokenFile;
pub use used_codes::UsedCodes;

use crate::platform::{DirectoryError, PrivateDir};
use directory::CacheDirectory;
use std::path::PathBuf;

/// A place that can hold entries. It may not exist yet.
#[derive(Clone, Debug)]
pub enum Store {
    /// A file for each entry in the cache directory.
    Directory(CacheDirectory),
}

/// A store that exists and is trusted.
pub enum OpenStore {
    /// The open cache directory.
    Directory(PrivateDir),
}

/// Why an entry or a whole store cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    /// A few words, for messages.
    pub reason: String,
    /// Whether other users may have read or changed it.
    pub is_exposed: bool,
}

impl Store {
    /// The store of this user's sessions, whose cache directory this is.
    fn in_directory(directory: CacheDirectory) -> Self {
        Store::Directory(directory)
    }

    /// Opens the store; `None` if it does not exist.
    ///
    /// # Errors
    /// It cannot be trusted or opened.
    pub fn open(&self) -> Result<Option<OpenStore>, StoreError> {
        match self {
            Store::Directory(directory) => Ok(directory.open()?.map(OpenStore::Directory)),
        }
    }

    /// Opens the store, creating it if it does not exist.
    ///
    /// # Errors
    /// It cannot be trusted or created.
    pub fn create(&self) -> Result<OpenStore, StoreError> {
        match self {
            Store::Directory(directory) => Ok(OpenStore::Directory(directory.create()?)),
        }
    }

    /// The path that messages show for it.
    pub fn location(&self) -> PathBuf {
        match self {
            Store::Directory(directory) => directory.path().to_owned(),
        }
    }
}

impl OpenStore {
    /// The content of an entry; `None` if it does not exist.
    ///
    /// # Errors
    /// It cannot be trusted or read.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            OpenStore::Directory(directory) => Ok(directory.read(name)?),
        }
    }

    /// Writes or replaces an entry atomically: a reader sees the old or the new content.
    ///
    /// # Errors
    /// It cannot be written. The old content remains.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), StoreError> {
        match self {
            OpenStore::Directory(directory) => Ok(directory.write(name, content)?),
        }
    }

    /// Removes an entry. Succeeds if it does not exist.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        match self {
            OpenStore::Directory(directory) => Ok(directory.remove(name)?),
        }
    }

    /// The names of everything in the store, which may include files that are not entries.
    pub fn names(&self) -> Vec<String> {
        match self {
            OpenStore::Directory(directory) => directory.names(),
        }
    }

    /// The path that messages show for an entry.
    pub fn location(&self, name: &str) -> PathBuf {
        match self {
            OpenStore::Directory(directory) => directory.path().join(name),
        }
    }
}

impl From<DirectoryError> for StoreError {
    fn from(error: DirectoryError) -> Self {
        StoreError { is_exposed: error == DirectoryError::AccessibleToOthers, reason: error.to_string() }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        StoreError { is_exposed: false, reason: error.kind().to_string() }
    }
}
