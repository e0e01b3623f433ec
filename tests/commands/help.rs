//! Help topics, the README, and the layout that fits a topic to a terminal.

use mfa_env::commands::COMMANDS;
use mfa_env::help::{TOPICS, Topic, topic, wrapped};

trials![
    a_topic_is_found_by_its_name,
    every_topic_has_a_summary_and_a_text,
    every_topic_fits_every_width,
    code_blocks_are_not_wrapped,
    wrapping_changes_no_word,
    lists_have_a_hanging_indent,
    options_are_not_broken_at_their_hyphens,
    commands_stay_on_one_line_where_they_fit,
    tables_become_columns,
    cells_wrap_in_their_column,
    tables_that_do_not_fit_become_lists,
    lists_of_wide_tables_name_the_columns,
    odd_markdown_does_not_panic,
    lines_of_topics_are_short,
    the_readme_is_short,
];

const WIDTHS: [usize; 3] = [40, 80, 120];

fn a_topic_is_found_by_its_name() {
    assert_eq!(topic("json").map(|topic| topic.name), Some("json"));
    for name in ["", "JSON", "jso", "json "] {
        assert!(topic(name).is_none(), "{name}");
    }
    let mut names: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TOPICS.len());
    assert!(COMMANDS.iter().all(|command| !names.contains(&command.name)), "`help NAME` must mean one thing");
}

fn every_topic_has_a_summary_and_a_text() {
    for Topic { name, summary, text } in TOPICS {
        assert!((10..=60).contains(&summary.len()) && !summary.ends_with('.'), "{name}: {summary}");
        assert!(text.starts_with("# ") && text.lines().count() > 10 && text.ends_with('\n'), "{name}");
        assert!(!text.contains("\n\n\n") && !text.contains('\t'), "{name}");
    }
}

fn every_topic_fits_every_width() {
    for topic in TOPICS {
        for columns in WIDTHS {
            let text = wrapped(topic.text, columns);
            for line in text.lines().filter(|line| line.chars().count() > columns) {
                assert!(is_code(line) && topic.text.lines().any(|l| l == line), "{} at {columns}: {line}", topic.name);
            }
            assert!(text.lines().all(|line| !line.ends_with(' ')), "{}", topic.name);
        }
    }
}

fn code_blocks_are_not_wrapped() {
    for topic in TOPICS {
        let code: Vec<&str> = topic.text.lines().filter(|line| is_code(line)).collect();
        for columns in WIDTHS {
            let text = wrapped(topic.text, columns);
            let mut lines = text.lines();
            assert!(code.iter().all(|line| lines.any(|l| l == *line)), "{} at {columns}", topic.name);
        }
    }
    let code = "    a   b\n      c | d    # a comment that is much longer than a terminal of twenty columns\n";
    assert_eq!(wrapped(code, 20), code);
}

fn wrapping_changes_no_word() {
    for topic in TOPICS {
        let prose: Vec<&str> = topic.text.lines().filter(|line| !line.starts_with('|')).collect();
        let prose = prose.join("\n");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for columns in [80, 120] {
            assert_eq!(words(&wrapped(&prose, columns)), words(&prose), "{} at {columns}", topic.name);
        }
    }
    for topic in TOPICS {
        let tables: Vec<&str> = topic.text.lines().filter(|line| line.starts_with('|')).collect();
        let tables = tables.join("\n").replace("\\|", "¦");
        let mut words: Vec<&str> = tables.split(['|', ' ', '\n']).filter(|word| !is_rule(word)).collect();
        let text = wrapped(&tables, 200).replace("\\|", "¦");
        let mut shown: Vec<&str> = text.split_whitespace().filter(|word| !is_rule(word)).collect();
        words.sort_unstable();
        shown.sort_unstable();
        assert_eq!(shown, words, "{}", topic.name);
    }
}

fn lists_have_a_hanging_indent() {
    let text = "A paragraph\nof two lines.\n\n- the first item\n  goes on here\n- the second\n\n\
                10. ten is a number with two digits\n";
    let expected = "A paragraph of two\nlines.\n\n- the first item\n  goes on here\n- the second\n\n\
                    10. ten is a number\n    with two digits\n";
    assert_eq!(wrapped(text, 20), expected);
}

fn options_are_not_broken_at_their_hyphens() {
    assert_eq!(wrapped("Use the option --no-preflight", 20), "Use the option\n--no-preflight\n");
}

fn commands_stay_on_one_line_where_they_fit() {
    assert_eq!(wrapped("Type `aws-mfa prod` to sign in", 20), "Type `aws-mfa prod`\nto sign in\n");
    assert_eq!(wrapped("It is the `mfa-env list` here", 20), "It is the\n`mfa-env list` here\n");
    assert_eq!(wrapped("It is `mfa-env prod --no-cache`", 20), "It is `mfa-env prod\n--no-cache`\n");
    assert_eq!(wrapped("One ` alone is not code, of course", 20), "One ` alone is not\ncode, of course\n");
}

fn tables_become_columns() {
    let text = "| a | b |\n|---|:-:|\n| one | `x \\| y` |\n| three |  |\n";
    assert_eq!(wrapped(text, 40), "a      b\n-----  -------\none    `x | y`\nthree\n");
}

fn cells_wrap_in_their_column() {
    let text = "| status | meaning |\n|---|---|\n| 5 | there is no MFA code at all |\n| 6 | network |\n";
    let expected = "\
status  meaning
------  ----------------
5       there is no MFA
        code at all
6       network
";
    assert_eq!(wrapped(text, 24), expected);
}

fn tables_that_do_not_fit_become_lists() {
    let text = "| variable | meaning |\n|---|---|\n| `AWS_SHARED_CREDENTIALS_FILE` | the other file of the two |\n";
    assert_eq!(wrapped(text, 36), "`AWS_SHARED_CREDENTIALS_FILE`\n    the other file of the two\n");
}

fn lists_of_wide_tables_name_the_columns() {
    let text = "| shell | file | line |\n|---|---|---|\n| bash | `~/.bashrc` | eval-init-bash |\n| none | | x |\n";
    assert_eq!(
        wrapped(text, 20),
        "bash\n    file:\n    `~/.bashrc`\n    line:\n    eval-init-bash\nnone\n    line: x\n"
    );
}

fn odd_markdown_does_not_panic() {
    let texts = [
        "",
        "\n",
        "|",
        "||",
        "|---|",
        "| a\n| b | c |\n",
        "- ",
        "1. ",
        "#",
        "| é | 日本 |\n|-|-|\n",
        "x\u{301}".repeat(90).leak(),
    ];
    for text in texts {
        for columns in [0, 1, 20, 80, usize::MAX] {
            wrapped(text, columns);
        }
    }
}

fn lines_of_topics_are_short() {
    for topic in TOPICS {
        for line in topic.text.lines() {
            assert!(line.chars().count() <= 120, "{}: {line}", topic.name);
        }
    }
}

fn the_readme_is_short() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("a README");
    assert!(readme.lines().count() <= 150);
}

fn is_code(line: &str) -> bool {
    line.starts_with("    ")
}

/// Whether this is part of the line below a table's header.
fn is_rule(word: &str) -> bool {
    word.bytes().all(|b| b == b'-')
}
