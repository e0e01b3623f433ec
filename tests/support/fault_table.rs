//! Which tests show which row of the list of faults: the comments above the tests say it, `tests/faults.md` is the table of them.
//!
//! A comment is `// fault 18` or `// faults 18, 23 to 26`; a colon and words may follow. It stands right above its test, with nothing but
//! other comments and attributes between.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The numbers of the rows.
pub const ROWS: RangeInclusive<u16> = 1..=138;

/// What begins the last column of a row that no test shows.
const REASONS: [&str; 2] = ["not built: ", "not shown: "];

const HEAD: &str = "\
# Faults, and the tests that show what happens then

Made by `MFA_ENV_TEST_WRITE_FAULTS=1 cargo test -- faults::` out of the comments above the tests; a test fails where this is not what they say.
The names of the faults and the last column are written by hand and kept.

| row | fault | shown by | otherwise |
|---|---|---|---|
";

/// The tests that show a row, as `module::name`.
pub type Shown = BTreeMap<u16, BTreeSet<String>>;

/// Takes in what the comments of one file say; what is wrong with one goes to the complaints.
pub fn read_comments(module: &str, text: &str, shown: &mut Shown, complaints: &mut Vec<String>) {
    let listed = listed(text);
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| is_meant(line)) {
        let mut complain =
            |what: String| complaints.push(format!("tests/{}.rs:{}: {what}", module.replace("::", "/"), index + 1));
        match (rows(line), function_below(&lines[index + 1..]).filter(|name| listed.contains(name))) {
            (None, _) => complain(format!("not of the form `// faults 1, 3 to 5: words`: {line}")),
            (_, None) => complain("does not stand above a test of the file's `trials!`".to_owned()),
            (Some(rows), Some(test)) => rows.into_iter().for_each(|row| {
                if !ROWS.contains(&row) {
                    complain(format!("there is no row {row}"));
                }
                shown.entry(row).or_default().insert(format!("{module}::{test}"));
            }),
        }
    }
}

/// The table as the comments have it. Of the old one stay the columns that people write, but no reason why nothing shows a row that is shown.
pub fn table(old: &str, shown: &Shown) -> String {
    let written: BTreeMap<u16, [&str; 3]> = old.lines().filter_map(columns).collect();
    let mut text = HEAD.to_owned();
    for row in ROWS {
        let [fault, _, otherwise] = written.get(&row).copied().unwrap_or_default();
        let tests: Vec<String> = shown.get(&row).into_iter().flatten().map(|test| format!("`{test}`")).collect();
        let otherwise = if is_reason(otherwise) && !tests.is_empty() { "" } else { otherwise };
        text.push_str(&format!("|{}|\n", [&row.to_string(), fault, &tests.join(", "), otherwise].map(cell).join("|")));
    }
    text
}

fn cell(text: &str) -> String {
    if text.is_empty() { " ".to_owned() } else { format!(" {text} ") }
}

/// What is wrong with a table, given what the comments say and the names of all tests that run.
pub fn complaints(old: &str, shown: &Shown, running: &BTreeSet<String>) -> Vec<String> {
    let right = table(old, shown);
    let beyond = |a: &str, b: &str, what: &str| -> Vec<String> {
        a.lines().filter(|line| !b.lines().any(|l| l == *line)).map(|line| format!("{what}: {line}")).collect()
    };
    let mut complaints = beyond(old, &right, "the table should not have");
    complaints.extend(beyond(&right, old, "the table lacks"));
    if complaints.is_empty() && old != right {
        complaints.push("the table has a line twice, or not in order".to_owned());
    }
    for (row, [fault, tests, otherwise]) in right.lines().filter_map(columns) {
        if fault.is_empty() || (tests.is_empty() && !is_reason(otherwise)) {
            complaints.push(format!("row {row} needs a name, and a test or one of {REASONS:?} with a reason"));
        }
    }
    for test in shown.values().flatten().collect::<BTreeSet<_>>() {
        // Where a whole file of tests is for another platform, none of it runs.
        let module = test.rsplit_once("::").map_or("", |(module, _)| module);
        let is_here = cfg!(unix) || running.iter().any(|name| name.starts_with(module));
        if is_here && !running.contains(test) {
            complaints.push(format!("{test} does not run"));
        }
    }
    complaints
}

/// The number of a row and what follows it: the fault, the tests and the rest.
fn columns(line: &str) -> Option<(u16, [&str; 3])> {
    let columns: Vec<&str> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
    let [row, fault, tests, otherwise] = columns.try_into().ok()?;
    Some((row.parse().ok()?, [fault, tests, otherwise]))
}

fn is_reason(otherwise: &str) -> bool {
    REASONS.iter().any(|reason| otherwise.len() > reason.len() && otherwise.starts_with(reason))
}

/// The names between `trials![` and `]`.
fn listed(text: &str) -> BTreeSet<&str> {
    let list = text.split_once("trials![").and_then(|(_, rest)| rest.split_once(']'));
    list.map_or("", |(names, _)| names).split(',').map(str::trim).collect()
}

/// Whether a line is a comment that names a row, however it is spelt.
fn is_meant(line: &str) -> bool {
    let Some(words) = line.trim_start().strip_prefix("//") else { return false };
    let words = words.trim_start_matches(['/', '!', ' ']).to_lowercase();
    words
        .strip_prefix("fault")
        .is_some_and(|w| w.trim_start_matches(['s', ' ', ':', '#']).starts_with(char::is_numeric))
}

/// The rows that a comment names.
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

/// The function that follows, where only comments and attributes stand before it.
fn function_below<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let line = lines.iter().find(|line| !line.starts_with("//") && !line.starts_with("#["))?;
    let name = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("fn ")?;
    Some(name.split_once('(')?.0)
}
