//! Sessions in the memory of this process, for a run that signs in to several profiles: one code is enough for them even
//! where nothing can be cached.

use super::entry::Entry;
use super::reuse_criteria::ReuseCriteria;
use crate::clock;
use crate::plan::SessionKey;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The sessions of this run, by the digests of their keys.
#[derive(Debug, Default)]
pub struct Memory(RefCell<BTreeMap<String, Entry>>);

impl Memory {
    /// The session of a key, if it meets the criteria.
    pub(super) fn fetch(&self, key: &SessionKey, criteria: &ReuseCriteria) -> Option<Entry> {
        let entries = self.0.borrow();
        entries.get(&key.digest()).filter(|entry| entry.is_of(key) && entry.meets(criteria, clock::now())).cloned()
    }

    /// Adds a session, or replaces that of the same key.
    pub(super) fn put(&self, key: &SessionKey, entry: &Entry) {
        self.0.borrow_mut().insert(key.digest(), entry.clone());
    }
}
