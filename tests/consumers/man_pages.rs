//! The man pages: one for each command and topic, which mandoc and man read without a complaint.

use crate::support::man_pages::{Page, all};
use mfa_env::commands::COMMANDS;
use mfa_env::help::TOPICS;
use std::process::Command;

consumer_trials![mandoc_and_man_have_nothing_to_say, pages_show_what_help_shows];

fn pages() -> Vec<Page> {
    all("2026-01-31")
}

fn mandoc_and_man_have_nothing_to_say() {
    let directory = tempfile::tempdir().expect("a directory");
    for page in pages() {
        let path = directory.path().join(page.file_name());
        std::fs::write(&path, &page.text).expect("a file");
        for words in [&["mandoc", "-Tlint", "-Wall"][..], &["man", "--warnings", "-l"]] {
            let mut command = Command::new(words[0]);
            command.args(&words[1..]).arg(&path).env("MANWIDTH", "80").env("LANG", "C.UTF-8");
            let output = command.output().unwrap_or_else(|e| panic!("{words:?}: {e}"));
            let said = if words[0] == "mandoc" { [output.stdout, output.stderr].concat() } else { output.stderr };
            assert_eq!(String::from_utf8_lossy(&said), "", "{words:?} {}", page.file_name());
            assert!(output.status.success(), "{words:?} {}", page.file_name());
        }
    }
}

fn pages_show_what_help_shows() {
    let directory = tempfile::tempdir().expect("a directory");
    let shown = |page: &Page| {
        let path = directory.path().join(page.file_name());
        std::fs::write(&path, &page.text).expect("a file");
        let output = Command::new("mandoc").args(["-Tutf8", "-Owidth=78"]).arg(&path).output().expect("mandoc");
        // Bold letters are written over themselves.
        let text = String::from_utf8(output.stdout).expect("text");
        let mut plain = String::new();
        text.chars().for_each(|c| match c {
            '\u{8}' => _ = plain.pop(),
            c => plain.push(c),
        });
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let pages = pages();
    let page = |name: &str| pages.iter().find(|page| page.name == name).unwrap_or_else(|| panic!("no page {name}"));
    for command in COMMANDS.iter().filter(|command| command.is_listed()) {
        let text = shown(page(&format!("mfa-env-{}", command.name)));
        assert!(text.contains(command.summary), "{}: {text}", command.name);
    }
    assert!(shown(page("mfa-env-exec")).contains("mfa-env exec prod terraform apply"));
    for topic in TOPICS {
        let text = shown(page(&format!("mfa-env-{}", topic.name)));
        // Code is shown as it is.
        for line in topic.text.lines().filter(|line| line.starts_with("    ")) {
            let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(&words), "{}: {words:?} is not in {text}", topic.name);
        }
    }
}
