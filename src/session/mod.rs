//! Sessions that are cached between runs, so that one code serves every terminal and any number of concurrent processes
//! for the day.
//!
//! The [`Cache`] decides which entries are used and which are removed; a [`Store`] holds them. Locks and used codes are
//! always in the cache directory.

mod cache;
mod directory;
mod entry;
mod lock;
mod reuse_criteria;
mod store;
mod used_codes;

pub use cache::Cache;
pub use entry::Entry;
pub use reuse_criteria::ReuseCriteria;
pub use store::{Store, StoreError};
pub use used_codes::UsedCodes;
