//! The list for people: a table with a header.

use super::super::duration::duration;
use super::Row;
use crate::clock;
use crate::printable::{contains_secret, printable, shown_value};
use crate::profile::{MfaSerial, ProfileName, Region};
use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

const HEADER: [&str; COLUMNS] = ["PROFILE", "KIND", "KEY AGE", "SOURCE", "MFA", "REGION", "LEFT"];
const COLUMNS: usize = 7;
const KEY_AGE: usize = 2;

/// The table. Each column is as wide as its widest cell, plus two spaces. If no key's age is known, there is no column for
/// it.
pub(super) fn table(rows: &[Row<'_>], is_colored: bool) -> String {
    let has_ages = rows.iter().any(|row| row.key_created.is_some());
    let mut header = HEADER;
    if !has_ages {
        header[KEY_AGE] = "";
    }
    let lines = std::iter::once(header.map(Cow::Borrowed)).chain(rows.iter().map(cells));
    let lines: Vec<[(usize, Cow<'_, str>); COLUMNS]> =
        lines.map(|line| line.map(|cell| (width_of(&cell), cell))).collect();
    let mut widths = [0; COLUMNS];
    for line in &lines {
        for (widest, (width, _)) in widths.iter_mut().zip(line) {
            *widest = (*widest).max(*width + 2);
        }
    }
    if !has_ages {
        widths[KEY_AGE] = 0;
    }
    let spaces = " ".repeat(widths.iter().sum());
    let mut text = String::with_capacity(lines.len() * 64);
    for (number, line) in lines.iter().enumerate() {
        let color = match number.checked_sub(1).and_then(|i| rows.get(i)) {
            _ if !is_colored => "",
            None => "\x1b[1m",
            Some(row) if row.seconds_left.is_some() => "\x1b[32m",
            Some(row) if row.kind == "broken" => "\x1b[31m",
            Some(_) => "",
        };
        text.push_str(color);
        // Padding is written only before a cell that has text, so no line ends in spaces.
        let mut padding = 0;
        for (widest, (width, cell)) in widths.iter().zip(line) {
            if !cell.is_empty() {
                text.push_str(&spaces[..padding]);
                text.push_str(cell);
                padding = 0;
            }
            padding += widest - width;
        }
        text.truncate(text.trim_end().len());
        text.push_str(if color.is_empty() { "\n" } else { "\x1b[0m\n" });
    }
    text
}

/// The cells of a row. An MFA device is shown by its name, without the rest of its ARN.
fn cells<'a>(row: &'a Row<'_>) -> [Cow<'a, str>; COLUMNS] {
    [
        if contains_secret(row.profile) { without_secret(row.profile) } else { escaped(row.profile) },
        row.kind.into(),
        row.key_created.map(|at| duration(clock::now() - at)).unwrap_or_default().into(),
        escaped(row.source.as_ref().map_or("", ProfileName::as_str)),
        escaped(row.device.as_ref().map_or("", MfaSerial::name)),
        row.region.as_ref().map_or("", Region::as_str).into(),
        row.seconds_left.map(duration).unwrap_or_default().into(),
    ]
}

fn escaped(text: &str) -> Cow<'_, str> {
    printable(text).into()
}

/// A secret may even be in a header.
#[cold]
fn without_secret(name: &str) -> Cow<'static, str> {
    printable(&shown_value(name)).to_string().into()
}

/// The width in columns of the terminal.
fn width_of(cell: &str) -> usize {
    if cell.is_ascii() { cell.len() } else { cell.width() }
}
