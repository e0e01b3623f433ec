//! A QR code as text for a terminal, in black on white whatever the terminal's colours are.

use crate::credentials::Secret;
use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};
use zeroize::Zeroizing;

/// The white margin, in modules. The standard (ISO/IEC 18004) wants four; two are enough for a screen.
const MARGIN: usize = 2;
/// A larger one does not fit on any terminal.
const LARGEST_VERSION: i16 = 15;
/// Black on white.
const BEGIN: &str = "\x1b[30;47m";
/// As the terminal was.
const END: &str = "\x1b[0m";

/// How modules are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blocks {
    /// Two modules, one above the other, in one character.
    Half,
    /// One module in two characters, which are blanks.
    Blank,
}

/// A QR code.
pub(super) struct Qr {
    modules: Zeroizing<Vec<bool>>,
    width: usize,
}

impl Qr {
    /// The smallest code of a URI that ends in base32, with the lowest correction level, because a screen has no stains.
    /// `None` if the URI is too long.
    pub(super) fn of(uri: &Secret) -> Option<Self> {
        // Base32 consists of characters that take 5.5 bits. qrcode's own division of the text takes up to 10 % more.
        let text = uri.expose();
        let (start, base32) = text.split_at(text.rfind('=')? + 1);
        let code = (1..=LARGEST_VERSION).find_map(|version| {
            let mut bits = Bits::new(Version::Normal(version));
            bits.push_byte_data(start.as_bytes()).ok()?;
            bits.push_alphanumeric_data(base32.as_bytes()).ok()?;
            bits.push_terminator(EcLevel::L).ok()?;
            QrCode::with_bits(bits, EcLevel::L).ok()
        })?;
        let width = code.width();
        let modules = code.into_colors().into_iter().map(|color| color == Color::Dark).collect();
        Some(Qr { modules: Zeroizing::new(modules), width })
    }

    /// Columns and rows on the terminal.
    pub(super) fn size(&self, blocks: Blocks) -> (usize, usize) {
        let modules = self.width + 2 * MARGIN;
        match blocks {
            Blocks::Half => (modules, modules.div_ceil(2)),
            Blocks::Blank => (modules * 2, modules),
        }
    }

    /// The rows, each with its colours.
    pub(super) fn rows(&self, blocks: Blocks) -> Vec<Zeroizing<String>> {
        let (_, rows) = self.size(blocks);
        (0..rows).map(|row| Zeroizing::new(format!("{BEGIN}{}{END}", self.row(row, blocks)))).collect()
    }

    fn row(&self, row: usize, blocks: Blocks) -> String {
        let columns = 0..self.width + 2 * MARGIN;
        match blocks {
            Blocks::Half => columns
                .map(|column| match (self.is_dark(column, 2 * row), self.is_dark(column, 2 * row + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                })
                .collect(),
            // Black blanks: black on white, inverted.
            Blocks::Blank => {
                columns.map(|column| if self.is_dark(column, row) { "\x1b[40m  \x1b[47m" } else { "  " }).collect()
            }
        }
    }

    /// Whether a module is dark; the margin is not.
    fn is_dark(&self, column: usize, row: usize) -> bool {
        let inside = |at: usize| at.checked_sub(MARGIN).filter(|at| *at < self.width);
        match (inside(column), inside(row)) {
            (Some(column), Some(row)) => self.modules[row * self.width + column],
            _ => false,
        }
    }
}
