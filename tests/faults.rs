//! Checks that `tests/faults.md` matches the comments above the tests, and that wrong comments and tables are detected.

use crate::support::fault_table::{ROWS, TestsByRow, problems, read_comments, table};
use libtest_mimic::Trial;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

trials![detects_a_wrong_comment, detects_a_wrong_table];

/// If set, the test rewrites the table.
const WRITE: &str = "MFA_ENV_TEST_WRITE_FAULTS";

/// The test that compares the table with the comments, given the names of all tests that run.
pub fn table_trial(running: BTreeSet<String>) -> Trial {
    Trial::test("faults::the_table_matches_the_comments", move || {
        the_table_matches_the_comments(&running);
        Ok(())
    })
}

fn the_table_matches_the_comments(running: &BTreeSet<String>) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let (mut tests_by_row, mut wrong) = (TestsByRow::new(), Vec::new());
    for folder in entries(&tests).into_iter().filter(|path| path.is_dir() && !path.ends_with("support")) {
        for file in entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")) {
            let module = file.strip_prefix(&tests).expect("below tests").with_extension("");
            let module = module.iter().map(|part| part.to_str().expect("a name")).collect::<Vec<_>>().join("::");
            read_comments(&module, &fs::read_to_string(&file).expect("a source file"), &mut tests_by_row, &mut wrong);
        }
    }
    let file = tests.join("faults.md");
    // Git on Windows may have changed the line endings.
    let mut old = fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    if std::env::var_os(WRITE).is_some() {
        old = table(&old, &tests_by_row);
        fs::write(&file, &old).expect("writing the table");
    }
    wrong.extend(problems(&old, &tests_by_row, running));
    assert!(wrong.is_empty(), "{}\nto regenerate the table, run: {WRITE}=1 cargo test -- faults::", wrong.join("\n"));
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).expect("a directory").map(|entry| entry.expect("an entry").path()).collect()
}

/// Reads a test file with this text that lists the test `shows`.
fn read(text: &str) -> (TestsByRow, Vec<String>) {
    let (mut tests_by_row, mut wrong) = (TestsByRow::new(), Vec::new());
    read_comments("module", &format!("trials![other, shows];\n{text}"), &mut tests_by_row, &mut wrong);
    (tests_by_row, wrong)
}

fn only_row(row: u16) -> TestsByRow {
    TestsByRow::from([(row, BTreeSet::from(["module::shows".to_owned()]))])
}

fn detects_a_wrong_comment() {
    for text in ["// fault 7\npub fn shows() {", "// faults 7: as\n// more\n/// Docs.\n#[cfg(unix)]\nfn shows() {"] {
        assert_eq!(read(text), (only_row(7), vec![]), "{text}");
    }
    assert!(read("// faults 1, 9 to 11, 3\nfn shows() {").0.into_keys().eq([1, 3, 9, 10, 11]));
    assert_eq!(read("/// A fault is for one call; faults 1 and 2 are not.\nfn other() {"), (TestsByRow::new(), vec![]));
    let (row, form, place) = ("there is no row", "not of the form", "is not above a test");
    for (text, what) in [
        ("// fault 0\nfn shows() {", row),
        ("// faults 232 to 233\nfn shows() {", row),
        ("// fault 1, fault 2\nfn shows() {", form),
        ("// faults 5 to 3\nfn shows() {", form),
        ("// fault 1 and 2\nfn shows() {", form),
        ("/// Fault 7\nfn shows() {", form),
        ("//fault #7\nfn shows() {", form),
        ("    // fault 7\n    shows();", form),
        ("// fault 7\nfn not_listed() {", place),
        ("// fault 7\n\nfn shows() {", place),
        ("// fault 7\nconst N: u8 = 1;\nfn shows() {", place),
        ("// fault 7\n// to the end", place),
    ] {
        let wrong = read(text).1;
        let is_it = |w: &String| w.starts_with("tests/module.rs:2: ") && w.contains(what);
        assert!(wrong.len() == 1 && wrong.iter().all(is_it), "{text}: {wrong:?}");
    }
}

fn detects_a_wrong_table() {
    let running = BTreeSet::from(["module::shows".to_owned()]);
    let nine = "| 9 | name | | not implemented: later |\n";
    let named: String = ROWS.map(|row| nine.replace('9', &row.to_string())).collect();
    let right = table(&named, &only_row(7));
    assert!(right.contains("\n| 7 | name | `module::shows` | |\n| 8 | name | | not implemented: later |\n"), "{right}");
    for right in [&right, &right.replace("| 9 | name |", "| 9 | other |"), &right.replace("` | |", "` | in part: no |")]
    {
        assert_eq!(problems(right, &only_row(7), &running), [""; 0]);
    }
    assert!(problems(&right, &only_row(7), &BTreeSet::new()).contains(&"module::shows does not run".to_owned()));
    for (what, wrong) in [
        ("no table", String::new()),
        ("lacks a test", table(&named, &TestsByRow::new())),
        ("a test of another row", table(&named, &only_row(8))),
        ("a test that no longer exists", right.replace("`module::shows`", "`module::shows`, `module::removed`")),
        ("a row is missing", right.replace(nine, "")),
        ("a duplicate row", right.replace(nine, &nine.repeat(2))),
        ("rows out of order", right.replace("| 8 |", "| x |").replace("| 9 |", "| 8 |").replace("| x |", "| 9 |")),
        ("an extra row", right.clone() + "| 233 | name | | not implemented: later |\n"),
        ("no description", right.replace("| 9 | name |", "| 9 | |")),
        ("no reason", right.replace(nine, "| 9 | name | | |\n")),
        ("an empty reason", right.replace(nine, "| 9 | name | | not implemented: |\n")),
        ("a reason despite a test", right.replace("`module::shows` | |", "`module::shows` | not tested: why |")),
        ("another heading", right.replace("# Faults", "# Rows")),
    ] {
        assert!(!problems(&wrong, &only_row(7), &running).is_empty(), "{what}");
    }
}
