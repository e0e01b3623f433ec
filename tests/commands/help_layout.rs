//! The help of commands: examples first, options in groups, and a summary that fits one screen.

use crate::support::home::Home;
use crate::support::program::Program;
use mfa_env::commands::COMMANDS;

trials![
    the_summary_names_every_command,
    examples_come_before_the_options,
    options_are_in_groups,
    the_summary_of_a_command_leaves_rare_options_out
];

fn help(arguments: &[&str]) -> String {
    Program::new(&Home::empty(), arguments.iter().copied()).run().stdout.clone()
}

fn listed() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().filter(|command| command.is_listed()).map(|command| command.name)
}

fn the_summary_names_every_command() {
    let summary = help(&["-h"]);
    let mut words: Vec<&str> = summary
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .flat_map(|line| line[18..].split(", "))
        .map(|name| name.split(' ').next().unwrap_or_default())
        .collect();
    let mut names: Vec<&str> = listed().collect();
    words.sort_unstable();
    names.sort_unstable();
    assert_eq!(words, names, "{summary}");
    // With the line that was typed, it fills a terminal of the usual size.
    assert!(summary.lines().count() <= 24 && summary.lines().all(|line| line.len() <= 80), "{summary}");
}

fn examples_come_before_the_options() {
    for command in listed().filter(|name| !["unset", "help"].contains(name)) {
        for option in ["-h", "--help"] {
            let text = help(&[command, option]);
            let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{command} {option}: no {what}: {text}"));
            assert!(at("\nExamples:\n") < at("\nUsage: "), "{command} {option}: {text}");
        }
        assert_eq!(help(&[command, "--help"]), help(&["help", command]));
    }
}

fn options_are_in_groups() {
    let text = help(&["exec", "--help"]);
    let group_of = |option: &str| {
        let before = &text[..text.find(option).unwrap_or_else(|| panic!("{option}: {text}"))];
        before.lines().rfind(|line| !line.starts_with(' ') && line.ends_with(':')).unwrap_or_default().to_owned()
    };
    for (option, group) in [
        ("--profile ", "Sign-in:"),
        ("--no-session", "Sign-in:"),
        ("--external-id", "Role:"),
        ("--mfa-serial", "MFA:"),
        ("--min-ttl", "Cache:"),
        ("--quiet", "Output:"),
        ("--help", "Options:"),
    ] {
        assert_eq!(group_of(option), group, "{option}");
    }
}

fn the_summary_of_a_command_leaves_rare_options_out() {
    let (brief, full) = (help(&["save", "-h"]), help(&["save", "--help"]));
    for (option, is_in_brief) in [("--duration", true), ("--as", true), ("--min-ttl", false), ("--external-id", false)]
    {
        assert!(full.contains(option), "{full}");
        assert_eq!(brief.contains(option), is_in_brief, "{option}: {brief}");
    }
    assert!(brief.contains("All options: mfa-env save --help\n"), "{brief}");
    assert!(!help(&["list", "-h"]).contains("All options"));
}
