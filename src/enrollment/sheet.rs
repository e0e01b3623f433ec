//! What the terminal shows of a new device: its QR code if that fits, and its key as text.

use super::qr::{Blocks, Qr};
use crate::credentials::Secret;
use crate::platform::{self, Terminal};
use crate::variables::Variables;
use zeroize::Zeroizing;

/// Rows below the QR code for the prompts and one message.
const ROWS_BELOW: usize = 3;
/// Between the QR code and the text beside it, in columns.
const GAP: usize = 2;
/// The width of the text beside the QR code, in columns.
const TEXT_WIDTH: usize = 34;
/// Groups of four characters in one line of the key.
const GROUPS: usize = 4;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    /// Columns and rows, if they are known.
    size: Option<(usize, usize)>,
    is_utf8: bool,
    /// Why no colours may be used, if that is so.
    no_colors: Option<&'static str>,
}

impl Style {
    pub(super) fn of(terminal: &Terminal, variables: &Variables) -> Self {
        let is_dumb = variables.os("TERM").is_none_or(|term| term == "dumb");
        let no_colors = if is_dumb {
            Some("the terminal has no colours (TERM)")
        } else {
            variables.os("NO_COLOR").map(|_| "NO_COLOR is set, and a QR code needs black and white")
        };
        Style { size: terminal.size(), is_utf8: platform::is_utf8(variables), no_colors }
    }

    /// Whether the terminal understands control sequences.
    pub(super) fn has_alternate_screen(self) -> bool {
        self.size.is_some() && self.no_colors != Some("the terminal has no colours (TERM)")
    }

    fn blocks(self) -> Blocks {
        if self.is_utf8 { Blocks::Half } else { Blocks::Blank }
    }
}

/// A device to be shown.
pub(super) struct Sheet<'a> {
    seed: &'a Secret,
    /// The URIs for the labels, from the clearest one to the shortest.
    uris: Vec<Secret>,
}

impl<'a> Sheet<'a> {
    pub(super) fn of(seed: &'a Secret, labels: &[String], uri: impl Fn(&str) -> Secret) -> Self {
        Sheet { seed, uris: labels.iter().map(|label| uri(label)).collect() }
    }

    /// The text, whose lines end in `\n`.
    pub(super) fn text(&self, style: Style) -> Zeroizing<String> {
        let why = match (style.no_colors, style.size) {
            (Some(why), _) => why.to_owned(),
            (None, None) => "the size of the terminal is not known".to_owned(),
            (None, Some(size)) => match self.drawn(style.blocks(), size) {
                Ok(text) => return text,
                Err(needed) => needed,
            },
        };
        let mut text = Zeroizing::new(String::with_capacity(1024));
        text.push_str(&format!("No QR code: {why}.\nEnter this key in your authenticator app:\n\n"));
        for line in self.key_lines() {
            text.push_str("  ");
            text.push_str(&line);
            text.push('\n');
        }
        text.push_str("\nor this URI:\n\n  ");
        text.push_str(self.uris[0].expose());
        text.push_str("\n\n");
        text
    }

    /// The QR code with the clearest label that fits, and the key beside or below it; if none fits, what would be needed.
    fn drawn(&self, blocks: Blocks, (columns, rows): (usize, usize)) -> Result<Zeroizing<String>, String> {
        let mut smallest = None;
        for qr in self.uris.iter().filter_map(Qr::of) {
            let (width, height) = qr.size(blocks);
            let beside = columns >= width + GAP + TEXT_WIDTH;
            let height_below = if beside { ROWS_BELOW } else { ROWS_BELOW + self.below().len() };
            if width <= columns && height + height_below <= rows {
                return Ok(if beside { self.beside(&qr, blocks) } else { self.above(&qr, blocks) });
            }
            smallest = Some((width, height + height_below));
        }
        let (width, height) = smallest.unwrap_or_default();
        Err(format!("it needs {width} columns and {height} rows, and the terminal has {columns} and {rows}"))
    }

    fn beside(&self, qr: &Qr, blocks: Blocks) -> Zeroizing<String> {
        let mut lines = vec![
            Zeroizing::new("Scan this with your authenticator".to_owned()),
            Zeroizing::new("app, or enter the key:".to_owned()),
            Zeroizing::default(),
        ];
        lines.extend(self.key_lines());
        let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
        for (row, drawn) in qr.rows(blocks).iter().enumerate() {
            text.push_str(drawn);
            // In the upper third.
            if let Some(line) = row.checked_sub(3).and_then(|at| lines.get(at)) {
                text.push_str(&" ".repeat(GAP));
                text.push_str(line);
            }
            text.push('\n');
        }
        text
    }

    fn above(&self, qr: &Qr, blocks: Blocks) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
        for line in qr.rows(blocks).iter().chain(&self.below()) {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    fn below(&self) -> Vec<Zeroizing<String>> {
        let title = Zeroizing::new("Scan this, or enter the key:".to_owned());
        std::iter::once(title).chain(self.key_lines()).collect()
    }

    /// The key in groups of four characters, as apps show it.
    fn key_lines(&self) -> Vec<Zeroizing<String>> {
        let groups: Vec<&str> =
            self.seed.expose().as_bytes().chunks(4).filter_map(|g| std::str::from_utf8(g).ok()).collect();
        groups.chunks(GROUPS).map(|line| Zeroizing::new(line.join(" "))).collect()
    }
}
