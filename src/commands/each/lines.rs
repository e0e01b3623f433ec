//! The output on a terminal: each line begins with its profile.

use super::output::Stream;
use crate::error::Result;
use crate::printable::printable;
use crate::report::Report;
use std::collections::BTreeMap;
use unicode_width::UnicodeWidthStr;

/// In columns. Names that are longer do not move the lines of all others.
const WIDEST_NAME: usize = 32;
/// In bytes. A longer line is broken, so that a command that never ends its line does not fill the memory.
const LONGEST_LINE: usize = 1 << 20;

/// Passes on whole lines, so that the commands do not interrupt each other.
pub(super) struct Lines<'a> {
    /// What the lines of each profile begin with.
    prefixes: Vec<String>,
    /// The beginnings of lines, by profile and stream.
    unfinished: BTreeMap<(usize, Stream), Vec<u8>>,
    report: &'a Report,
}

impl<'a> Lines<'a> {
    pub(super) fn of(profiles: &[&str], report: &'a Report) -> Self {
        let names: Vec<String> = profiles.iter().map(|profile| printable(profile).to_string()).collect();
        let widths = names.iter().map(|name| name.width()).filter(|width| *width <= WIDEST_NAME);
        let widest = widths.max().unwrap_or_default();
        let prefix = |name: &String| format!("{name}{} | ", " ".repeat(widest.saturating_sub(name.width())));
        Lines { prefixes: names.iter().map(prefix).collect(), unfinished: BTreeMap::new(), report }
    }

    /// # Errors
    /// stdout cannot be written.
    pub(super) fn write(&mut self, at: usize, stream: Stream, bytes: &[u8]) -> Result<()> {
        let mut line = self.unfinished.remove(&(at, stream)).unwrap_or_default();
        let mut lines = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if line.ends_with(b"\n") || line.len() >= LONGEST_LINE {
                self.push_line(at, &line, &mut lines);
                line.clear();
            }
        }
        if !line.is_empty() {
            self.unfinished.insert((at, stream), line);
        }
        if lines.is_empty() { Ok(()) } else { stream.write(&lines, self.report) }
    }

    /// # Errors
    /// stdout cannot be written.
    pub(super) fn end(&mut self, at: usize) -> Result<()> {
        for stream in [Stream::Stdout, Stream::Stderr] {
            if let Some(line) = self.unfinished.remove(&(at, stream)) {
                let mut last = Vec::new();
                self.push_line(at, &line, &mut last);
                stream.write(&last, self.report)?;
            }
        }
        Ok(())
    }

    /// # Errors
    /// stdout cannot be written.
    pub(super) fn write_rest(&mut self) -> Result<()> {
        let profiles: Vec<usize> = self.unfinished.keys().map(|(at, _)| *at).collect();
        profiles.into_iter().try_for_each(|at| self.end(at))
    }

    /// Adds a line, which gets the newline that it lacks.
    fn push_line(&self, at: usize, line: &[u8], lines: &mut Vec<u8>) {
        lines.extend_from_slice(self.prefixes[at].as_bytes());
        lines.extend_from_slice(line);
        if !line.ends_with(b"\n") {
            lines.push(b'\n');
        }
    }
}
