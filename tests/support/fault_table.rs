//! Maps each row of the list of faults to its tests: comments above the tests name the rows, and `tests/faults.md` is
//! the resulting table.
//!
//! Such a comment is `// fault 18` or `// faults 18, 23 to 26`, optionally followed by a colon and text. Only other
//! comments and attributes may be between it and its test.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The row numbers.
pub const ROWS: RangeInclusive<u16> = 1..=232;

/// How the notes of a row without a test must begin.
const REASONS: [&str; 2] = ["not implemented: ", "not tested: "];

const HEAD: &str = "\
# Faults and their tests

Generated from the comments above the tests by `MFA_ENV_TEST_WRITE_FAULTS=1 cargo test -- faults::`; a test checks that
it is up to date. The fault descriptions and the notes are written by hand.

| row | fault | tests | notes |
|---|---|---|---|
";

/// The tests of each row, as `module::name`.
pub type TestsByRow = BTreeMap<u16, BTreeSet<String>>;

/// Reads the comments of one file and adds any that are wrong to `problems`.
pub fn read_comments(module: &str, text: &str, tests_by_row: &mut TestsByRow, problems: &mut Vec<String>) {
    let listed = listed(text);
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| looks_like_annotation(line)) {
        let mut report =
            |what: String| problems.push(format!("tests/{}.rs:{}: {what}", module.replace("::", "/"), index + 1));
        match (rows(line), function_below(&lines[index + 1..]).filter(|name| listed.contains(name))) {
            (None, _) => report(format!("not of the form `// faults 1, 3 to 5: words`: {line}")),
            (_, None) => report("is not above a test listed in the file's `trials!`".to_owned()),
            (Some(rows), Some(test)) => rows.into_iter().for_each(|row| {
                if !ROWS.contains(&row) {
                    report(format!("there is no row {row}"));
                }
                tests_by_row.entry(row).or_default().insert(format!("{module}::{test}"));
            }),
        }
    }
}

/// Builds the table from the comments. The hand-written columns are taken from the old table, except for the reason why
/// a row has no test if it now has one.
pub fn table(old: &str, tests_by_row: &TestsByRow) -> String {
    let written: BTreeMap<u16, [&str; 3]> = old.lines().filter_map(columns).collect();
    let mut text = HEAD.to_owned();
    for row in ROWS {
        let [fault, _, notes] = written.get(&row).copied().unwrap_or_default();
        let tests: Vec<String> = tests_by_row.get(&row).into_iter().flatten().map(|test| format!("`{test}`")).collect();
        let notes = if is_reason(notes) && !tests.is_empty() { "" } else { notes };
        text.push_str(&format!("|{}|\n", [&row.to_string(), fault, &tests.join(", "), notes].map(cell).join("|")));
    }
    text
}

fn cell(text: &str) -> String {
    if text.is_empty() { " ".to_owned() } else { format!(" {text} ") }
}

/// Checks a table against the comments and the names of all tests that run.
pub fn problems(old: &str, tests_by_row: &TestsByRow, running: &BTreeSet<String>) -> Vec<String> {
    let expected = table(old, tests_by_row);
    let only_in = |a: &str, b: &str, what: &str| -> Vec<String> {
        a.lines().filter(|line| !b.lines().any(|l| l == *line)).map(|line| format!("{what}: {line}")).collect()
    };
    let mut problems = only_in(old, &expected, "unexpected line");
    problems.extend(only_in(&expected, old, "missing line"));
    if problems.is_empty() && old != expected {
        problems.push("the table has duplicate or misordered lines".to_owned());
    }
    for (row, [fault, tests, notes]) in expected.lines().filter_map(columns) {
        if fault.is_empty() || (tests.is_empty() && !is_reason(notes)) {
            problems.push(format!(
                "row {row} needs a description, and a test or a note that begins with one of {REASONS:?}"
            ));
        }
    }
    for test in tests_by_row.values().flatten().collect::<BTreeSet<_>>() {
        // Whole files of tests may be for another platform.
        let module = test.rsplit_once("::").map_or("", |(module, _)| module);
        let is_here = cfg!(unix) || running.iter().any(|name| name.starts_with(module));
        if is_here && !running.contains(test) {
            problems.push(format!("{test} does not run"));
        }
    }
    problems
}

/// Splits a line into the row number and the other columns: fault, tests and notes.
fn columns(line: &str) -> Option<(u16, [&str; 3])> {
    let columns: Vec<&str> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
    let [row, fault, tests, notes] = columns.try_into().ok()?;
    Some((row.parse().ok()?, [fault, tests, notes]))
}

fn is_reason(notes: &str) -> bool {
    REASONS.iter().any(|reason| notes.len() > reason.len() && notes.starts_with(reason))
}

/// The test names between `trials![` and `]`.
fn listed(text: &str) -> BTreeSet<&str> {
    let list = text.split_once("trials![").and_then(|(_, rest)| rest.split_once(']'));
    list.map_or("", |(names, _)| names).split(',').map(str::trim).collect()
}

/// Whether a line looks like a comment that names a row, well-formed or not.
fn looks_like_annotation(line: &str) -> bool {
    let Some(words) = line.trim_start().strip_prefix("//") else { return false };
    let words = words.trim_start_matches(['/', '!', ' ']).to_lowercase();
    words
        .strip_prefix("fault")
        .is_some_and(|w| w.trim_start_matches(['s', ' ', ':', '#']).starts_with(char::is_numeric))
}

/// The rows that a comment names; `None` if it is malformed.
fn rows(line: &str) -> Option<Vec<u16>> {
    let rest = line.strip_prefix("// fault")?;
    let list = rest.strip_prefix('s').unwrap_or(rest).strip_prefix(' ')?;
    let list = list.split_once(':').map_or(list, |(list, _)| list);
    let range = |part: &str| {
        let (first, last) = part.split_once(" to ").unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse().ok()?).filter(|rows| !rows.is_empty())
    };
    Some(list.split(", ").map(range).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
}

/// The function that follows, skipping only comments and attributes.
fn function_below<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let line = lines.iter().find(|line| !line.starts_with("//") && !line.starts_with("#["))?;
    let name = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("fn ")?;
    Some(name.split_once('(')?.0)
}
