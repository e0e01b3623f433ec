//! A picture of what a terminal shows, and the QR code in it, read by a decoder.

use rqrr::PreparedImage;

/// Pixels of one half of a character's height, and of its width.
const UNIT: usize = 4;
/// Pixels around the picture, in the background of the terminal.
const BORDER: usize = 24;

/// The colours of a terminal that has not been told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    Dark,
    Light,
}

#[derive(Clone, Copy)]
struct Cell {
    character: char,
    is_foreground_dark: bool,
    is_background_dark: bool,
}

/// What the QR code on the terminal says, whose output this is; `None` if there is none that can be read. Understands the
/// control sequences that the program uses, and panics at others.
pub fn qr_code(output: &str, background: Background) -> Option<String> {
    let rows = rows(output, background);
    let height = rows.len() * 2 * UNIT + 2 * BORDER;
    let width = rows.iter().map(Vec::len).max()? * UNIT + 2 * BORDER;
    let around = if background == Background::Dark { 0 } else { 255 };
    let mut picture = PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        let (Some(x), Some(y)) = (x.checked_sub(BORDER), y.checked_sub(BORDER)) else { return around };
        let Some(cell) = rows.get(y / (2 * UNIT)).and_then(|row| row.get(x / UNIT)) else { return around };
        let is_upper = y % (2 * UNIT) < UNIT;
        let is_foreground = match cell.character {
            '█' => true,
            '▀' => is_upper,
            '▄' => !is_upper,
            // Text: every other pixel.
            character => !character.is_whitespace() && (x + y) % 2 == 0,
        };
        let is_dark = if is_foreground { cell.is_foreground_dark } else { cell.is_background_dark };
        if is_dark { 0 } else { 255 }
    });
    picture.detect_grids().into_iter().find_map(|grid| grid.decode().ok()).map(|(_, text)| text)
}

/// The size of what was drawn in colours: columns and rows.
pub fn drawn_size(output: &str) -> (usize, usize) {
    let is_drawn = |line: &&str| line.contains("\x1b[30;47m");
    let lines: Vec<&str> = output.lines().filter(is_drawn).collect();
    let columns = lines.iter().map(|line| {
        let drawn = line.split("\x1b[0m").next().unwrap_or_default();
        let mut plain = drawn.to_owned();
        for sequence in ["\x1b[30;47m", "\x1b[40m", "\x1b[47m", "\x1b[?1049h", "\x1b[H", "\x1b[2J"] {
            plain = plain.replace(sequence, "");
        }
        plain.chars().count()
    });
    (columns.max().unwrap_or_default(), lines.len())
}

fn rows(output: &str, background: Background) -> Vec<Vec<Cell>> {
    let is_dark = background == Background::Dark;
    let plain = Cell { character: ' ', is_foreground_dark: !is_dark, is_background_dark: is_dark };
    let mut style = plain;
    let mut rows = vec![Vec::new()];
    let mut rest = output.chars();
    while let Some(character) = rest.next() {
        match character {
            '\x1b' => {
                assert_eq!(rest.next(), Some('['), "an unknown control sequence");
                match sequence(&mut rest).as_str() {
                    "30;47m" => style = Cell { is_foreground_dark: true, is_background_dark: false, ..plain },
                    "40m" => style.is_background_dark = true,
                    "47m" => style.is_background_dark = false,
                    "0m" => style = plain,
                    "?1049h" | "H" | "2J" | "?1049l" => rows = vec![Vec::new()],
                    other => panic!("unknown control sequence {other:?}"),
                }
            }
            '\r' => {}
            '\n' => rows.push(Vec::new()),
            character => rows.last_mut().expect("a row").push(Cell { character, ..style }),
        }
    }
    rows
}

/// The rest of a control sequence, up to and with its first letter.
fn sequence(rest: &mut impl Iterator<Item = char>) -> String {
    let mut text = String::new();
    for character in rest {
        text.push(character);
        if character.is_ascii_alphabetic() {
            break;
        }
    }
    text
}
