//! Sessions that are cached between runs: one code for the day, in every terminal and for any number of processes at
//! once.
//!
//! The [`Cache`] decides what may be used and what is removed. A [`Store`] holds the entries: it reads, writes, removes
//! and names them, and does not know what they contain. Locks and used codes are always in the cache directory.

mod cache;
mod directory;
mod entry;
mod lock;
mod used;

pub use cache::{Cache, ReuseCriteria};
pub use entry::Entry;
pub use used::UsedCodes;

use crate::platform::{DirectoryError, PrivateDir};
use crate::variables::Variables;
use directory::CacheDirectory;
use std::path::PathBuf;

/// The places that can hold entries.
#[derive(Clone, Debug)]
pub enum Store {
    /// A file for each entry in the cache directory.
    Directory(CacheDirectory),
}

/// A store that exists and is trusted.
pub enum OpenStore {
    Directory(PrivateDir),
}

/// Why an entry or a whole store cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    pub reason: String,
    /// Other users may have read or written it.
    pub is_exposed: bool,
}

impl Store {
    /// The store of this user's sessions; `None` without a home directory.
    fn of(variables: &Variables) -> Option<Self> {
        CacheDirectory::of(variables).map(Store::Directory)
    }

    /// `None` if it does not exist.
    ///
    /// # Errors
    /// It cannot be trusted or read.
    pub fn open(&self) -> Result<Option<OpenStore>, StoreError> {
        match self {
            Store::Directory(directory) => Ok(directory.open()?.map(OpenStore::Directory)),
        }
    }

    /// Opens it, and creates it if it does not exist.
    ///
    /// # Errors
    /// It cannot be trusted or created.
    pub fn create(&self) -> Result<OpenStore, StoreError> {
        match self {
            Store::Directory(directory) => Ok(OpenStore::Directory(directory.create()?)),
        }
    }

    /// What messages call it.
    pub fn location(&self) -> PathBuf {
        match self {
            Store::Directory(directory) => directory.path().to_owned(),
        }
    }
}

impl OpenStore {
    /// The content of an entry; `None` if there is none of that name.
    ///
    /// # Errors
    /// It cannot be trusted or read.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            OpenStore::Directory(directory) => Ok(directory.read(name)?),
        }
    }

    /// Writes an entry as a whole: a reader sees the old one or the new one.
    ///
    /// # Errors
    /// It cannot be written; the old one is still there.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), StoreError> {
        match self {
            OpenStore::Directory(directory) => Ok(directory.write(name, content)?),
        }
    }

    /// Removes an entry; that it is gone already is not an error.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        match self {
            OpenStore::Directory(directory) => Ok(directory.remove(name)?),
        }
    }

    /// Names of everything in the store.
    pub fn names(&self) -> Vec<String> {
        match self {
            OpenStore::Directory(directory) => directory.names(),
        }
    }

    /// What messages call an entry.
    pub fn location(&self, name: &str) -> PathBuf {
        match self {
            OpenStore::Directory(directory) => directory.path().join(name),
        }
    }
}

impl From<DirectoryError> for StoreError {
    fn from(error: DirectoryError) -> Self {
        StoreError { is_exposed: error == DirectoryError::OpenToOthers, reason: error.to_string() }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        StoreError { is_exposed: false, reason: error.kind().to_string() }
    }
}
