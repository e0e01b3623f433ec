//! Which shell the statements are for without `--shell`: one found in the process tree, else one named by a variable.

#![cfg(unix)]

use crate::support::child_programs;
use crate::support::failure_statement;
use crate::support::home::Home;
use crate::support::program::{binary, path_with_program};
use crate::support::shells::{self, Shell};
use std::process::Command;

trials![
    finds_the_evaluating_shell_in_the_process_tree,
    looks_past_up_to_three_other_processes,
    uses_a_variable_when_no_shell_is_found,
    defaults_to_a_posix_shell_with_a_warning,
    refuses_an_unsupported_shell,
];

/// How many ancestor processes the program looks at.
const ANCESTORS: usize = 4;
const GUESS: &str =
    "the calling shell is not recognized, so the output is for sh; name yours with --shell [unknown-shell]";

fn statement(shell: Shell) -> String {
    failure_statement::of(shell.dialect(), 3)
}

/// A home whose variables name another shell than the running one.
fn home_that_names_another(shell: Shell) -> Home {
    let (name, path) = if shell == Shell::Fish { ("bash", "/bin/bash") } else { ("fish", "/usr/bin/fish") };
    let mut home = Home::with("", "");
    home.set("PATH", path_with_program()).set("MFA_ENV_SHELL", name).set("SHELL", path);
    home
}

/// The shell line that runs `command` through the processes of `child_programs::wrappers`; their paths may need quotes.
fn line_through(processes: &[String], command: &str) -> String {
    let quoted: Vec<String> = processes.iter().map(|word| format!("'{word}'")).collect();
    format!("{} {command}", quoted.join(" "))
}

// fault 6
fn finds_the_evaluating_shell_in_the_process_tree() {
    for shell in shells::installed() {
        let home = home_that_names_another(*shell);
        // With a second command the shell cannot replace itself with the program.
        let ran = shell.run("mfa-env nosuch; echo over", &home.variables, home.path());
        let stdout = String::from_utf8_lossy(&ran.stdout);
        assert_eq!(stdout.replace("\r\n", "\n"), format!("{}over\n", statement(*shell)), "{shell}: {ran}");
        assert_eq!(String::from_utf8_lossy(&ran.stderr).lines().count(), 2, "{shell}: {ran}");
    }
}

// fault 6
fn looks_past_up_to_three_other_processes() {
    for shell in shells::installed().iter().filter(|shell| **shell != Shell::Pwsh) {
        let home = home_that_names_another(*shell);
        let named_by_variable = if *shell == Shell::Fish { Shell::Bash } else { Shell::Fish };
        for (count, expected) in [(1, *shell), (ANCESTORS - 1, *shell), (ANCESTORS, named_by_variable)] {
            let script = format!("{}; echo over", line_through(&child_programs::wrappers(count), "mfa-env nosuch"));
            let ran = shell.run(&script, &home.variables, home.path());
            let stdout = String::from_utf8_lossy(&ran.stdout);
            assert_eq!(stdout, format!("{}over\n", statement(expected)), "{shell}, {count} between: {ran}");
        }
    }
}

/// The outcome of `mfa-env nosuch` with no shell among the ancestors that the program looks at.
fn run_without_a_shell(variables: &[(&str, &str)]) -> shells::Outcome {
    let home = Home::with("", "");
    let words = child_programs::wrappers(ANCESTORS);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).arg(binary()).arg("nosuch");
    command.env_clear().envs(&home.variables).envs(variables.iter().copied()).current_dir(home.path());
    let ran = shells::finish(command);
    assert_eq!(ran.status.code(), Some(3), "{variables:?}: {ran}");
    ran
}

// fault 6
fn uses_a_variable_when_no_shell_is_found() {
    let (posix, fish, powershell) = (statement(Shell::Bash), statement(Shell::Fish), statement(Shell::Pwsh));
    for (variables, expected) in [
        (&[("MFA_ENV_SHELL", "fish")][..], &fish),
        (&[("MFA_ENV_SHELL", "pwsh")], &powershell),
        (&[("MFA_ENV_SHELL", "/opt/bin/fish")], &fish),
        (&[("MFA_ENV_SHELL", "fish"), ("SHELL", "/bin/bash")], &fish),
        (&[("MFA_ENV_SHELL", "nosuch"), ("SHELL", "/usr/bin/fish")], &fish),
        (&[("SHELL", "/usr/bin/fish")], &fish),
        (&[("SHELL", "/bin/zsh")], &posix),
    ] {
        let ran = run_without_a_shell(variables);
        assert_eq!(String::from_utf8_lossy(&ran.stdout), expected.as_str(), "{variables:?}");
        assert!(!String::from_utf8_lossy(&ran.stderr).contains(GUESS), "{variables:?}: {ran}");
    }
}

// fault 6
fn defaults_to_a_posix_shell_with_a_warning() {
    for variables in [
        &[][..],
        &[("SHELL", "/bin/nologin")],
        &[("SHELL", "/bin/tcsh")],
        &[("SHELL", "/usr/bin/nu")],
        &[("SHELL", "")],
        &[("MFA_ENV_SHELL", "nosuch")],
    ] {
        let ran = run_without_a_shell(variables);
        assert_eq!(String::from_utf8_lossy(&ran.stdout), statement(Shell::Bash), "{variables:?}");
        let stderr = String::from_utf8_lossy(&ran.stderr);
        assert!(stderr.starts_with(&format!("mfa-env: warning: {GUESS}\n")), "{variables:?}: {ran}");
    }
}

/// Text that is quoted for one shell can break out of its quotes in another, so an unknown shell is an error.
// fault 6
fn refuses_an_unsupported_shell() {
    let home = Home::with("", "");
    let program = std::env::current_exe().expect("the path of this program");
    // A hard link gives this program the process name of that shell.
    let dir = tempfile::tempdir_in(program.parent().expect("a directory")).expect("a directory");
    for name in ["tcsh", "csh", "nu", "elvish", "xonsh"] {
        let stand_in = dir.path().join(name);
        std::fs::hard_link(&program, &stand_in).expect("a hard link");
        let mut command = Command::new(&stand_in);
        command.args(child_programs::wrappers(1).iter().skip(1)).arg(binary()).args(["main", "123456"]);
        command.env_clear().envs(&home.variables).env("SHELL", "/bin/bash").current_dir(home.path());
        let ran = shells::finish(command);
        assert_eq!(
            (ran.status.code(), ran.stdout.as_slice()),
            (Some(2), failure_statement::of("unknown", 2).as_bytes()),
            "{name}: {ran}"
        );
        let message = format!("mfa-env: the calling shell, `{name}`, is not supported\n");
        assert!(String::from_utf8_lossy(&ran.stderr).starts_with(&message), "{name}: {ran}");
    }
}
