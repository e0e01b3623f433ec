//! Sessions that are cached between runs: one code for the day, in every terminal and for any number of processes at
//! once.
//!
//! The [`Cache`] decides what may be used and what is removed; a [`Store`] holds the entries. Locks and used codes are
//! always in the cache directory.

mod cache;
mod directory;
mod entry;
mod lock;
mod store;
mod used;

pub use cache::{Cache, ReuseCriteria};
pub use entry::Entry;
pub use store::{Store, StoreError};
pub use used::UsedCodes;
