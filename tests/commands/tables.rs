//! The tables of commands and shells agree with what is written about them elsewhere.

use crate::support::home::Home;
use crate::support::program::Program;
use mfa_env::commands::{COMMANDS, Output};
use mfa_env::shell::Shell;
use std::collections::BTreeSet;

trials![
    readme_describes_commands_as_the_table_does,
    readme_has_the_line_for_each_startup_file,
    every_listed_command_has_a_summary,
    names_of_commands_and_of_shells_are_unique,
    every_name_of_a_shell_is_accepted,
    help_lists_every_command_and_every_shell,
];

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("a README")
}

/// The cells of the rows below this heading.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let readme = readme();
    let (_, table) = readme.split_once(heading).expect("the table");
    let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| {
        let line = line.trim_matches('|').replace("\\|", "\0");
        line.split('|').map(|cell| cell.trim().replace('\0', "|")).collect()
    };
    lines.map(cells).collect()
}

fn readme_describes_commands_as_the_table_does() {
    let rows = rows("| command | what it does |");
    assert!(rows.len() >= 8, "{rows:?}");
    for row in rows {
        let [name, summary] = row.as_slice() else { panic!("{row:?}") };
        let name = name.trim_matches('`').strip_prefix("mfa-env ").expect("a command");
        let command = COMMANDS.iter().find(|command| command.name == name).unwrap_or_else(|| panic!("no {name}"));
        assert!(command.is_listed(), "{name} is not a command of this version");
        assert_eq!(summary.replace('`', ""), command.summary, "{name}");
    }
}

fn readme_has_the_line_for_each_startup_file() {
    let lines: BTreeSet<String> = rows("| shell | file | line |")
        .into_iter()
        .map(|row| row[2].split('`').nth(1).expect("a line in backticks").to_owned())
        .collect();
    assert_eq!(lines, Shell::ALL.into_iter().map(Shell::init_line).collect());
}

fn every_listed_command_has_a_summary() {
    for command in &COMMANDS {
        assert_eq!(command.summary.is_empty(), !command.is_listed(), "{}", command.name);
        assert!(!command.summary.ends_with('.') && command.summary.len() <= 100, "{}", command.summary);
    }
    let evaluated = COMMANDS.iter().filter(|command| command.output == Output::Evaluated).map(|command| command.name);
    assert!(evaluated.eq(["export", "unset"]));
}

fn names_of_commands_and_of_shells_are_unique() {
    let names: BTreeSet<&str> = COMMANDS.iter().map(|command| command.name).collect();
    assert_eq!(names.len(), COMMANDS.len());
    let names = Shell::all_names();
    let names: Vec<&str> = names.split([' ', '(', ')']).filter(|name| !name.is_empty() && *name != "also").collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

fn every_name_of_a_shell_is_accepted() {
    let home = Home::empty();
    for name in Shell::all_names().split([' ', '(', ')']).filter(|name| !name.is_empty() && *name != "also") {
        let snippet = Program::new(&home, ["init", name]).run().stdout;
        assert!(snippet.contains("mfa-env") && !snippet.contains("MFA_ENV_PRINTING_COMMANDS"), "{name}: {snippet}");
    }
}

fn help_lists_every_command_and_every_shell() {
    let home = Home::empty();
    let help = Program::new(&home, ["--help"]).run().stdout;
    for command in COMMANDS.iter().filter(|command| command.is_listed()) {
        assert!(help.contains(&format!("  {} ", command.name)), "{}: {help}", command.name);
    }
    for arguments in
        [&["--help"][..], &["export", "--help"], &["unset", "--help"], &["init", "--help"], &["help", "init"]]
    {
        let help = Program::new(&home, arguments.iter().copied()).run().stdout;
        assert!(help.contains(&Shell::all_names()), "{arguments:?}: {help}");
    }
}
