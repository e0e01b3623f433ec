//! `tests/faults.md` is what the comments above the tests say, and a wrong comment or table is noticed.

use crate::support::fault_table::{ROWS, Shown, complaints, read_comments, table};
use libtest_mimic::Trial;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

trials![a_wrong_comment_is_noticed, a_wrong_table_is_noticed];

/// Has the table written as it should be.
const WRITE: &str = "MFA_ENV_TEST_WRITE_FAULTS";

/// The test of the table, for the names of the tests that run.
pub fn agreement(running: BTreeSet<String>) -> Trial {
    Trial::test("faults::the_table_is_what_the_comments_say", move || {
        the_table_is_what_the_comments_say(&running);
        Ok(())
    })
}

fn the_table_is_what_the_comments_say(running: &BTreeSet<String>) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let (mut shown, mut wrong) = (Shown::new(), Vec::new());
    for folder in entries(&tests).into_iter().filter(|path| path.is_dir() && !path.ends_with("support")) {
        for file in entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")) {
            let module = file.strip_prefix(&tests).expect("below tests").with_extension("");
            let module = module.iter().map(|part| part.to_str().expect("a name")).collect::<Vec<_>>().join("::");
            read_comments(&module, &fs::read_to_string(&file).expect("a source"), &mut shown, &mut wrong);
        }
    }
    let file = tests.join("faults.md");
    // A checkout on Windows may have changed the ends of lines.
    let mut old = fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    if std::env::var_os(WRITE).is_some() {
        old = table(&old, &shown);
        fs::write(&file, &old).expect("the table is written");
    }
    wrong.extend(complaints(&old, &shown, running));
    assert!(wrong.is_empty(), "{}\n{WRITE}=1 cargo test -- faults:: writes the table anew", wrong.join("\n"));
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

/// What is said of a file of tests that lists `shows` and holds this.
fn said_of(text: &str) -> (Shown, Vec<String>) {
    let (mut shown, mut wrong) = (Shown::new(), Vec::new());
    read_comments("module", &format!("trials![other, shows];\n{text}"), &mut shown, &mut wrong);
    (shown, wrong)
}

fn one(row: u16) -> Shown {
    Shown::from([(row, BTreeSet::from(["module::shows".to_owned()]))])
}

fn a_wrong_comment_is_noticed() {
    for text in ["// fault 7\npub fn shows() {", "// faults 7: as\n// told\n/// Docs.\n#[cfg(unix)]\nfn shows() {"] {
        assert_eq!(said_of(text), (one(7), vec![]), "{text}");
    }
    assert!(said_of("// faults 1, 9 to 11, 3\nfn shows() {").0.into_keys().eq([1, 3, 9, 10, 11]));
    assert_eq!(said_of("/// A fault is for one call; faults 1 and 2 are not.\nfn other() {"), (Shown::new(), vec![]));
    let (row, form, place) = ("there is no row", "not of the form", "does not stand above a test");
    for (text, what) in [
        ("// fault 0\nfn shows() {", row),
        ("// faults 138 to 139\nfn shows() {", row),
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
        let wrong = said_of(text).1;
        let is_it = |w: &String| w.starts_with("tests/module.rs:2: ") && w.contains(what);
        assert!(wrong.len() == 1 && wrong.iter().all(is_it), "{text}: {wrong:?}");
    }
}

fn a_wrong_table_is_noticed() {
    let running = BTreeSet::from(["module::shows".to_owned()]);
    let nine = "| 9 | name | | not built: later |\n";
    let named: String = ROWS.map(|row| nine.replace('9', &row.to_string())).collect();
    let right = table(&named, &one(7));
    assert!(right.contains("\n| 7 | name | `module::shows` | |\n| 8 | name | | not built: later |\n"), "{right}");
    for right in [&right, &right.replace("| 9 | name |", "| 9 | other |"), &right.replace("` | |", "` | in part: no |")]
    {
        assert_eq!(complaints(right, &one(7), &running), [""; 0]);
    }
    assert!(complaints(&right, &one(7), &BTreeSet::new()).contains(&"module::shows does not run".to_owned()));
    for (what, wrong) in [
        ("no table", String::new()),
        ("lacks a test", table(&named, &Shown::new())),
        ("a test of another row", table(&named, &one(8))),
        ("a test that is no more", right.replace("`module::shows`", "`module::shows`, `module::shown`")),
        ("a row is missing", right.replace(nine, "")),
        ("a row twice", right.replace(nine, &nine.repeat(2))),
        ("not in order", right.replace("| 8 |", "| x |").replace("| 9 |", "| 8 |").replace("| x |", "| 9 |")),
        ("a row too many", right.clone() + "| 139 | name | | not built: later |\n"),
        ("no name", right.replace("| 9 | name |", "| 9 | |")),
        ("no reason", right.replace(nine, "| 9 | name | | |\n")),
        ("an empty reason", right.replace(nine, "| 9 | name | | not built: |\n")),
        ("a reason too many", right.replace("`module::shows` | |", "`module::shows` | not shown: why |")),
        ("another head", right.replace("# Faults", "# Rows")),
    ] {
        assert!(!complaints(&wrong, &one(7), &running).is_empty(), "{what}");
    }
}
