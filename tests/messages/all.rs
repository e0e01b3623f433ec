//! The whole text of every error, in `tests/messages.md`: what happened, what to do, and the exit status.

use super::{about_config, about_network, about_others, about_refusals, about_rotation, about_usage, about_values};
use crate::support::error_names::{all, variants_of};
use crate::support::messages::Case;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

trials![every_error_has_a_case, the_texts_are_as_recorded, no_text_is_badly_written];

/// If set, the test rewrites the texts.
const WRITE: &str = "MFA_ENV_TEST_WRITE_MESSAGES";

fn parts() -> [(&'static str, Vec<Case>); 7] {
    [
        ("The command line", about_usage::cases()),
        ("The AWS files", about_config::cases()),
        ("Values", about_values::cases()),
        ("Calls that AWS rejects", about_refusals::cases()),
        ("The network", about_network::cases()),
        ("Codes, files, devices and single commands", about_others::cases()),
        ("The replacement of an access key", about_rotation::cases()),
    ]
}

fn every_error_has_a_case() {
    let cases = parts().into_iter().flat_map(|(_, cases)| cases);
    let with_case: BTreeSet<&str> = cases.flat_map(|case| variants_of(&case.error)).collect();
    assert_eq!(with_case, BTreeSet::from_iter(all()));
}

fn the_texts_are_as_recorded() {
    let mut text = "# What mfa-env says when something is wrong\n\n\
                    The whole text of each error, with the exit status. `MFA_ENV_TEST_WRITE_MESSAGES=1 cargo test -- \
                    messages::` rewrites it.\n"
        .to_owned();
    for (title, cases) in parts() {
        write!(text, "\n## {title}\n").expect("a string");
        for Case { when, error } in cases {
            write!(text, "\n{when}: {}\n\n```text\n{error}\n```\n", error.exit_code()).expect("a string");
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages.md");
    if std::env::var_os(WRITE).is_some() {
        fs::write(&file, &text).expect("writing the texts");
    }
    // Git on Windows may have changed the line endings.
    let recorded = fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    for (number, (recorded, now)) in recorded.lines().zip(text.lines()).enumerate() {
        assert_eq!(
            now,
            recorded,
            "tests/messages.md:{}; to rewrite it: {WRITE}=1 cargo test -- messages::",
            number + 1
        );
    }
    assert_eq!(text, recorded);
}

/// What every message has in common: one line that says what happened, without a full stop, and below it what to do.
fn no_text_is_badly_written() {
    for Case { when, error } in parts().into_iter().flat_map(|(_, cases)| cases) {
        let what = error.what();
        assert!(!what.is_empty() && !what.contains('\n'), "{when}: {what}");
        assert!(!what.ends_with(['.', '!', ':', ' ']), "{when}: {what}");
        let first = what.chars().next().expect("not empty");
        let begins_with_name = what.split([' ', ':']).next().is_some_and(is_name);
        assert!(!first.is_uppercase() || begins_with_name, "{when}: {what}");
        for line in error.advice().iter().flat_map(|advice| advice.lines()) {
            // AWS's own text is repeated as it is.
            assert!(line.starts_with("AWS said: ") || !line.ends_with(['.', '!', ' ']), "{when}: {line}");
            assert!(line.trim_start().chars().next().is_some_and(|c| !c.is_whitespace()), "{when}: {line:?}");
        }
        let text = error.to_string();
        let of_ours = text.lines().filter(|line| !line.starts_with("  AWS said: "));
        for line in of_ours {
            for bad in ["please", "sorry", "oops", "failed to", "``", "()", "\t"] {
                assert!(!line.to_lowercase().contains(bad), "{when}: {bad:?} in {line}");
            }
        }
    }
}

/// Whether a word is written with capitals wherever it is: `AWS`, `GITHUB_ENV`.
fn is_name(word: &str) -> bool {
    word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "_-".contains(c))
}
