//! Which shell the statements are for when `--shell` does not say: the one that is seen, before the one that is named.

#![cfg(unix)]

use crate::support::child_programs;
use crate::support::failure_statement;
use crate::support::home::Home;
use crate::support::program::{binary, path_with_program};
use crate::support::shells::{self, Shell};
use std::process::Command;

trials![
    sees_the_shell_that_evaluates,
    sees_past_what_stands_between,
    believes_a_variable_when_no_shell_is_seen,
    takes_the_usual_shell_when_nothing_says_which,
    refuses_a_shell_that_it_cannot_quote_for,
];

/// How far up it looks.
const ANCESTORS: usize = 4;
const GUESS: &str =
    "the calling shell is not recognized, so the output is for a POSIX shell; name yours with --shell [unknown-shell]";

fn statement(shell: Shell) -> String {
    failure_statement::of(shell.dialect(), 3)
}

/// A home whose variables name another shell than the one that runs.
fn home_that_names_another(shell: Shell) -> Home {
    let (name, path) = if shell == Shell::Fish { ("bash", "/bin/bash") } else { ("fish", "/usr/bin/fish") };
    let mut home = Home::with("", "");
    home.set("PATH", path_with_program()).set("MFA_ENV_SHELL", name).set("SHELL", path);
    home
}

/// The words of `between` and a command as a shell writes them: no word of these needs quotes but paths may.
fn line(words: &[String], command: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    format!("{} {command}", quoted.join(" "))
}

// fault 6
pub fn sees_the_shell_that_evaluates() {
    for shell in shells::installed() {
        let home = home_that_names_another(*shell);
        // Behind another command, so that the shell does not become the program.
        let ran = shell.run("mfa-env nosuch; echo over", &home.variables, home.path());
        let stdout = String::from_utf8_lossy(&ran.stdout);
        assert_eq!(stdout.replace("\r\n", "\n"), format!("{}over\n", statement(*shell)), "{shell}: {ran}");
        assert_eq!(String::from_utf8_lossy(&ran.stderr).lines().count(), 2, "{shell}: {ran}");
    }
}

// fault 6
pub fn sees_past_what_stands_between() {
    for shell in shells::installed().iter().filter(|shell| **shell != Shell::Pwsh) {
        let home = home_that_names_another(*shell);
        let by_variable = if *shell == Shell::Fish { Shell::Bash } else { Shell::Fish };
        for (count, expected) in [(1, *shell), (ANCESTORS - 1, *shell), (ANCESTORS, by_variable)] {
            let script = format!("{}; echo over", line(&child_programs::between(count), "mfa-env nosuch"));
            let ran = shell.run(&script, &home.variables, home.path());
            let stdout = String::from_utf8_lossy(&ran.stdout);
            assert_eq!(stdout, format!("{}over\n", statement(expected)), "{shell}, {count} between: {ran}");
        }
    }
}

/// `mfa-env nosuch` with no shell near enough to be seen.
fn unseen(variables: &[(&str, &str)]) -> shells::Outcome {
    let home = Home::with("", "");
    let words = child_programs::between(ANCESTORS);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).arg(binary()).arg("nosuch");
    command.env_clear().envs(&home.variables).envs(variables.iter().copied()).current_dir(home.path());
    let ran = shells::finish(command);
    assert_eq!(ran.status.code(), Some(3), "{variables:?}: {ran}");
    ran
}

// fault 6
pub fn believes_a_variable_when_no_shell_is_seen() {
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
        let ran = unseen(variables);
        assert_eq!(String::from_utf8_lossy(&ran.stdout), expected.as_str(), "{variables:?}");
        assert!(!String::from_utf8_lossy(&ran.stderr).contains(GUESS), "{variables:?}: {ran}");
    }
}

// fault 6
pub fn takes_the_usual_shell_when_nothing_says_which() {
    for variables in [
        &[][..],
        &[("SHELL", "/bin/nologin")],
        &[("SHELL", "/bin/tcsh")],
        &[("SHELL", "/usr/bin/nu")],
        &[("SHELL", "")],
        &[("MFA_ENV_SHELL", "nosuch")],
    ] {
        let ran = unseen(variables);
        assert_eq!(String::from_utf8_lossy(&ran.stdout), statement(Shell::Bash), "{variables:?}");
        let stderr = String::from_utf8_lossy(&ran.stderr);
        assert!(stderr.starts_with(&format!("mfa-env: warning: {GUESS}\n")), "{variables:?}: {ran}");
    }
}

/// Text quoted for one shell can break out in another, so a shell that is seen and not known ends it.
// fault 6
pub fn refuses_a_shell_that_it_cannot_quote_for() {
    let home = Home::with("", "");
    let program = std::env::current_exe().expect("the path of this program");
    // Beside it: the same file under another name, which is what the system goes by.
    let folder = tempfile::tempdir_in(program.parent().expect("a folder")).expect("a folder");
    for name in ["tcsh", "csh", "nu", "elvish", "xonsh"] {
        let stand_in = folder.path().join(name);
        std::fs::hard_link(&program, &stand_in).expect("a second name");
        let mut command = Command::new(&stand_in);
        command.args(child_programs::between(1).iter().skip(1)).arg(binary()).args(["main", "123456"]);
        command.env_clear().envs(&home.variables).env("SHELL", "/bin/bash").current_dir(home.path());
        let ran = shells::finish(command);
        assert_eq!((ran.status.code(), ran.stdout.as_slice()), (Some(2), &b"false\n"[..]), "{name}: {ran}");
        let says = format!("mfa-env: the calling shell, `{name}`, is not supported\n");
        assert!(String::from_utf8_lossy(&ran.stderr).starts_with(&says), "{name}: {ran}");
    }
}
