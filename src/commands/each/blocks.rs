//! The output in a pipe or a file: the block of each profile, in the order of the profiles.

use super::output::Stream;
use super::store::{Store, Stored};
use crate::error::Result;
use crate::report::Report;
use std::collections::{BTreeMap, BTreeSet};

/// Passes on the output of the first profile that has not ended, and stores that of the others.
pub(super) struct Blocks<'a> {
    /// The profile whose output is passed on now.
    first: usize,
    /// Profiles after it that have ended.
    ended: BTreeSet<usize>,
    /// What profiles after it have written.
    stored: BTreeMap<usize, Vec<Stored>>,
    store: Store,
    report: &'a Report,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(report: &'a Report) -> Self {
        let (ended, stored, store) = (BTreeSet::new(), BTreeMap::new(), Store::default());
        Blocks { first: 0, ended, stored, store, report }
    }

    /// # Errors
    /// stdout or the temporary file cannot be written.
    pub(super) fn write(&mut self, at: usize, stream: Stream, bytes: &[u8]) -> Result<()> {
        if at == self.first {
            return stream.write(bytes, self.report);
        }
        self.store.add(stream, bytes, self.stored.entry(at).or_default())
    }

    /// # Errors
    /// stdout cannot be written, or the temporary file cannot be read.
    pub(super) fn end(&mut self, at: usize) -> Result<()> {
        self.ended.insert(at);
        while self.ended.remove(&self.first) {
            self.first += 1;
            let stored = self.stored.remove(&self.first);
            self.write_stored(stored)?;
        }
        Ok(())
    }

    /// # Errors
    /// stdout cannot be written, or the temporary file cannot be read.
    pub(super) fn write_rest(&mut self) -> Result<()> {
        std::mem::take(&mut self.stored).into_values().try_for_each(|stored| self.write_stored(Some(stored)))
    }

    fn write_stored(&mut self, stored: Option<Vec<Stored>>) -> Result<()> {
        let report = self.report;
        stored
            .into_iter()
            .flatten()
            .try_for_each(|part| self.store.take(part, |stream, bytes| stream.write(bytes, report)))
    }
}
