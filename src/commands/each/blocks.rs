//! The output in a pipe or a file: the block of each profile, in the order of the profiles. A block whose last line has no
//! newline gets one, so that the next one begins on a line of its own.

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
    /// The streams whose last line has no newline.
    unfinished: BTreeSet<Stream>,
    report: &'a Report,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(report: &'a Report) -> Self {
        let (ended, stored, store) = (BTreeSet::new(), BTreeMap::new(), Store::default());
        Blocks { first: 0, ended, stored, store, unfinished: BTreeSet::new(), report }
    }

    /// # Errors
    /// stdout or the temporary file cannot be written.
    pub(super) fn write(&mut self, at: usize, stream: Stream, bytes: &[u8]) -> Result<()> {
        if at == self.first {
            return pass_on(stream, bytes, &mut self.unfinished, self.report);
        }
        self.store.add(stream, bytes, self.stored.entry(at).or_default())
    }

    /// # Errors
    /// stdout cannot be written, or the temporary file cannot be read.
    pub(super) fn end(&mut self, at: usize) -> Result<()> {
        self.ended.insert(at);
        while self.ended.remove(&self.first) {
            self.finish_lines()?;
            self.first += 1;
            let stored = self.stored.remove(&self.first);
            self.write_stored(stored)?;
        }
        Ok(())
    }

    /// # Errors
    /// stdout cannot be written, or the temporary file cannot be read.
    pub(super) fn write_rest(&mut self) -> Result<()> {
        self.finish_lines()?;
        std::mem::take(&mut self.stored).into_values().try_for_each(|stored| {
            self.write_stored(Some(stored))?;
            self.finish_lines()
        })
    }

    fn write_stored(&mut self, stored: Option<Vec<Stored>>) -> Result<()> {
        let Blocks { store, unfinished, report, .. } = self;
        let mut take = |part| store.take(part, |stream, bytes| pass_on(stream, bytes, unfinished, report));
        stored.into_iter().flatten().try_for_each(&mut take)
    }

    /// Ends the last line of the block on each stream.
    fn finish_lines(&mut self) -> Result<()> {
        std::mem::take(&mut self.unfinished).into_iter().try_for_each(|stream| stream.write(b"\n", self.report))
    }
}

fn pass_on(stream: Stream, bytes: &[u8], unfinished: &mut BTreeSet<Stream>, report: &Report) -> Result<()> {
    match bytes.last() {
        Some(b'\n') => drop(unfinished.remove(&stream)),
        Some(_) => drop(unfinished.insert(stream)),
        None => {}
    }
    stream.write(bytes, report)
}
