//! The list for people: a table with a header.

use super::super::duration::duration;
use super::{KeyTimes, Row};
use crate::clock;
use crate::printable::{contains_secret, printable, shown_value};
use crate::profile::{MfaSerial, ProfileName, Region};
use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

const HEADER: [&str; 6] = ["PROFILE", "KIND", "SOURCE", "MFA", "REGION", "LEFT"];

/// The table, which has a column for the age of keys only if one is known.
pub(super) fn table(rows: &[Row<'_>], key_times: &KeyTimes<'_>, is_colored: bool) -> String {
    let header = HEADER.map(Cow::Borrowed);
    // With an empty column, `list` takes 1 % more instructions.
    if key_times.is_empty() {
        return laid_out(rows, header, cells, is_colored);
    }
    let age = |row: &Row<'_>| key_times.get(row.profile).map(|at| duration(clock::now() - at)).unwrap_or_default();
    laid_out(rows, with_age(header, "KEY AGE".into()), |row| with_age(cells(row), age(row).into()), is_colored)
}

/// Each column is as wide as its widest cell, plus two spaces.
fn laid_out<'a, const N: usize>(
    rows: &'a [Row<'_>],
    header: [Cow<'a, str>; N],
    cells: impl Fn(&'a Row<'_>) -> [Cow<'a, str>; N],
    is_colored: bool,
) -> String {
    let lines = std::iter::once(header).chain(rows.iter().map(cells));
    let lines: Vec<[(usize, Cow<'_, str>); N]> = lines.map(|line| line.map(|cell| (width_of(&cell), cell))).collect();
    let mut widths = [0; N];
    for line in &lines {
        for (widest, (width, _)) in widths.iter_mut().zip(line) {
            *widest = (*widest).max(*width + 2);
        }
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
fn cells<'a>(row: &'a Row<'_>) -> [Cow<'a, str>; 6] {
    [
        if contains_secret(row.profile) { without_secret(row.profile) } else { escaped(row.profile) },
        row.kind.into(),
        escaped(row.source.as_ref().map_or("", ProfileName::as_str)),
        escaped(row.device.as_ref().map_or("", MfaSerial::name)),
        row.region.as_ref().map_or("", Region::as_str).into(),
        row.seconds_left.map(duration).unwrap_or_default().into(),
    ]
}

/// With a column for the age of the profile's key.
fn with_age<'a>([profile, kind, source, mfa, region, left]: [Cow<'a, str>; 6], age: Cow<'a, str>) -> [Cow<'a, str>; 7] {
    [profile, kind, age, source, mfa, region, left]
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
