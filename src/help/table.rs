//! Lays out Markdown tables in columns. A table that does not fit becomes a list of its rows.

use super::{lines_of, with_whole_code};
use textwrap::core::display_width;

const GAP: usize = 2;
/// Text in a narrower column is harder to read than a list.
const NARROWEST_COLUMN: usize = 14;
const INDENT: &str = "    ";

/// Lays out the lines of one table: header, delimiter row and rows.
pub(super) fn laid_out(lines: &[&str], columns: usize) -> String {
    let mut rows: Vec<Vec<String>> = lines.iter().map(|line| cells(line)).filter(|row| !is_delimiter(row)).collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    for row in &mut rows {
        row.resize(count, String::new());
    }
    match widths(&rows, count, columns) {
        Some(widths) => in_columns(&rows, &widths),
        None => in_a_list(&rows, columns),
    }
}

/// The cells of a row; `\|` is a literal `|`.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches('|');
    let line = line.strip_suffix('|').filter(|rest| !rest.ends_with('\\')).unwrap_or(line);
    let (mut cells, mut cell) = (Vec::new(), String::new());
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' if characters.next_if_eq(&'|').is_some() => cell.push('|'),
            '|' => cells.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// Whether this is the row of dashes below the header.
fn is_delimiter(row: &[String]) -> bool {
    row.iter().all(|cell| cell.contains('-') && cell.bytes().all(|b| b"-: ".contains(&b)))
}

/// Column widths that fit without breaking a word; spare width goes to the columns that need it. `None` if the table is
/// too wide.
fn widths(rows: &[Vec<String>], count: usize, columns: usize) -> Option<Vec<usize>> {
    let column = |i: usize| rows.iter().map(move |row| row[i].as_str());
    let natural: Vec<usize> = (0..count).map(|i| column(i).map(display_width).max().unwrap_or_default()).collect();
    let longest_word =
        |cell: &str| with_whole_code(cell, usize::MAX).split(' ').map(display_width).max().unwrap_or_default();
    let mut widths: Vec<usize> = (0..count)
        .map(|i| column(i).map(longest_word).max().unwrap_or_default().max(natural[i].min(NARROWEST_COLUMN)))
        .collect();
    let gaps = GAP * count.saturating_sub(1);
    let mut free = columns.checked_sub(gaps + widths.iter().sum::<usize>())?;
    while free > 0 && widths != natural {
        for (width, natural) in widths.iter_mut().zip(&natural) {
            if *width < *natural && free > 0 {
                *width += 1;
                free -= 1;
            }
        }
    }
    Some(widths)
}

fn in_columns(rows: &[Vec<String>], widths: &[usize]) -> String {
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells: Vec<Vec<String>> =
            row.iter().zip(widths).map(|(cell, width)| lines_of(cell, *width, "", "")).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or_default();
        for i in 0..height {
            let line = cells.iter().map(|lines| lines.get(i).map_or("", String::as_str));
            push_row(&mut out, line, widths);
        }
        if number == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            push_row(&mut out, rules.iter().map(String::as_str), widths);
        }
    }
    out
}

fn push_row<'a>(out: &mut String, cells: impl Iterator<Item = &'a str>, widths: &[usize]) {
    let mut missing = 0;
    for (cell, width) in cells.zip(widths) {
        // Pad only in front of text, so that no line ends in spaces.
        if !cell.is_empty() {
            out.push_str(&" ".repeat(missing));
            out.push_str(cell);
            missing = 0;
        }
        missing += width.saturating_sub(if cell.is_empty() { 0 } else { display_width(cell) }) + GAP;
    }
    out.push('\n');
}

/// Each row as its first cell, with the other cells indented below it. With more than two columns, each is labeled by
/// its header.
fn in_a_list(rows: &[Vec<String>], columns: usize) -> String {
    let mut out = String::new();
    let Some((header, rows)) = rows.split_first() else { return out };
    for row in rows {
        let Some((first, others)) = row.split_first() else { continue };
        let others = others.iter().zip(&header[1..]).filter(|(cell, _)| !cell.is_empty());
        let named = others.map(|(cell, name)| if header.len() > 2 { format!("{name}: {cell}") } else { cell.clone() });
        let lines = named.flat_map(|cell| lines_of(&cell, columns, INDENT, INDENT));
        for line in lines_of(first, columns, "", "").into_iter().chain(lines) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}
