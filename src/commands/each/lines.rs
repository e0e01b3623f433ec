//! The output on a terminal: each line begins with its profile.

use super::output::Stream;
use super::visible_line::Colors;
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
    colors: BTreeMap<(usize, Stream), Colors>,
    report: &'a Report,
}

impl<'a> Lines<'a> {
    pub(super) fn of(profiles: &[&str], report: &'a Report) -> Self {
        let names: Vec<String> = profiles.iter().map(|profile| printable(profile).to_string()).collect();
        let widths = names.iter().map(|name| name.width()).filter(|width| *width <= WIDEST_NAME);
        let widest = widths.max().unwrap_or_default();
        let prefix = |name: &String| format!("{name}{} | ", " ".repeat(widest.saturating_sub(name.width())));
        let (unfinished, colors) = (BTreeMap::new(), BTreeMap::new());
        Lines { prefixes: names.iter().map(prefix).collect(), unfinished, colors, report }
    }

    /// # Errors
    /// stdout cannot be written.
    pub(super) fn write(&mut self, at: usize, stream: Stream, bytes: &[u8]) -> Result<()> {
        let mut line = self.unfinished.remove(&(at, stream)).unwrap_or_default();
        let mut lines = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if line.len() >= LONGEST_LINE {
                forget_replaced(&mut line);
            }
            if line.ends_with(b"\n") || line.len() >= LONGEST_LINE {
                self.push_line((at, stream), &line, &mut lines);
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
                self.push_line((at, stream), &line, &mut last);
                stream.write(&last, self.report)?;
            }
            self.colors.remove(&(at, stream));
        }
        Ok(())
    }

    /// # Errors
    /// stdout cannot be written.
    pub(super) fn write_rest(&mut self) -> Result<()> {
        let profiles: Vec<usize> = self.unfinished.keys().map(|(at, _)| *at).collect();
        profiles.into_iter().try_for_each(|at| self.end(at))
    }

    /// Adds what is visible of a line.
    fn push_line(&mut self, of: (usize, Stream), line: &[u8], lines: &mut Vec<u8>) {
        lines.extend_from_slice(self.prefixes[of.0].as_bytes());
        lines.extend(self.colors.entry(of).or_default().show(line.strip_suffix(b"\n").unwrap_or(line)));
        lines.push(b'\n');
    }
}

/// Removes the states of a progress bar that later ones have replaced.
fn forget_replaced(line: &mut Vec<u8>) {
    let is_replaced = |pair: &[u8]| pair[0] == b'\r' && !matches!(pair[1], b'\r' | b'\n');
    if let Some(at) = line.windows(2).rposition(is_replaced) {
        line.drain(..=at);
    }
}
