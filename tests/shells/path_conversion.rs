//! MSYS2 and Git Bash rewrite what looks like a path when they start a Windows program. `MSYSTEM` stands for them here.

#![cfg(unix)]

use crate::support::env_dump::{self, Exported};
use crate::support::home::{Home, credentials_section};
use crate::support::program::{Program, path_with_program};
use crate::support::shells::{self, Shell};
use crate::support::sts::{RoleSpec, Sts};
use mfa_env::environment::PATH_CONVERSION as EXCLUDED;
use std::os::unix::ffi::OsStrExt;

trials![
    excludes_the_credentials_and_takes_exactly_that_back,
    entries_of_the_user_stay_what_they_are,
    a_list_that_was_changed_since_loses_only_what_was_added,
    is_left_alone_elsewhere,
    commands_and_the_next_steps_of_a_workflow_get_it,
];

const OURS: &str = "AWS_SESSION_TOKEN;AWS_SECRET_ACCESS_KEY";

/// The role of the profile `prod` needs no code.
fn home(sts: &Sts) -> Home {
    let alice = sts.add_user("alice");
    let role = sts.add_role("reader", RoleSpec::default());
    let config = format!("[profile prod]\nrole_arn = {role}\nsource_profile = keys\n[profile keys]\n");
    let mut home = Home::with(&config, &credentials_section("keys", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url()).set("PATH", path_with_program()).set("MSYSTEM", "MINGW64");
    home
}

fn run(shell: Shell, arguments: &str) -> String {
    shell.eval(&format!("mfa-env {arguments} --shell {}", shell.dialect()))
}

fn set(shell: Shell, value: &str) -> String {
    match shell {
        Shell::Fish => format!("set -gx {EXCLUDED} '{value}'"),
        Shell::Pwsh => format!("$env:{EXCLUDED} = '{value}'"),
        _ => format!("export {EXCLUDED}='{value}'"),
    }
}

fn excluded(seen: &Exported) -> Option<&str> {
    seen.get(EXCLUDED).map(|value| std::str::from_utf8(value).expect("UTF-8"))
}

/// Whether the conversion leaves a variable alone, as its documentation says.
fn is_left_alone(name: &str, list: &str) -> bool {
    list == "*" || list.split(';').any(|start| !start.is_empty() && format!("{name}=/x").starts_with(start))
}

// fault 173
fn excludes_the_credentials_and_takes_exactly_that_back() {
    let sts = Sts::start();
    let mut home = home(&sts);
    for before in [None, Some("FOO"), Some("FOO;/test;BAR="), Some("FOO;"), Some("AWS_SECRET"), Some("AWS_S;x y'$(z)")]
    {
        home.variables.remove(std::ffi::OsStr::new(EXCLUDED));
        if let Some(before) = before {
            home.set(EXCLUDED, before);
        }
        for &shell in shells::installed() {
            let start = env_dump::after(shell, "", &home.variables, home.path());
            let script = [
                run(shell, "prod -q"),
                env_dump::dump("within"),
                run(shell, "prod -q --renew"),
                run(shell, "prod -q"),
                env_dump::dump("renewed"),
                run(shell, "unset"),
                env_dump::dump("once"),
                run(shell, "unset"),
            ];
            let after = env_dump::after(shell, &script.join("\n"), &home.variables, home.path());
            let within = env_dump::read(&home.path().join("within"));
            let list = excluded(&within).expect("it is set");
            for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
                assert!(is_left_alone(name, list), "{name} with {list} in {shell}");
            }
            assert!(list.starts_with(before.unwrap_or_default()), "{list} in {shell}");
            let renewed = env_dump::read(&home.path().join("renewed"));
            assert_eq!(excluded(&renewed), Some(list), "{shell}");
            assert_eq!(env_dump::read(&home.path().join("once")), start, "{shell} with {before:?}");
            assert_eq!(after, start, "{shell} with {before:?}");
        }
    }
}

/// The user may have the same entries, or exclude everything.
fn entries_of_the_user_stay_what_they_are() {
    let sts = Sts::start();
    let mut home = home(&sts);
    let cases = [
        ("*", "*"),
        ("FOO;*", "FOO;*"),
        ("AWS_", "AWS_"),
        ("AWS_SECRET_ACCESS_KEY", &format!("AWS_SECRET_ACCESS_KEY;{OURS}")),
        ("AWS_SECRET_ACCESS_KEY;AWS_SESSION_TOKEN", "AWS_SECRET_ACCESS_KEY;AWS_SESSION_TOKEN"),
        (OURS, &format!("{OURS};{OURS}")),
    ];
    for (before, within) in cases {
        home.set(EXCLUDED, before);
        for &shell in shells::installed() {
            let script = [run(shell, "prod -q"), env_dump::dump("within"), run(shell, "unset")];
            let after = env_dump::after(shell, &script.join("\n"), &home.variables, home.path());
            let seen = env_dump::read(&home.path().join("within"));
            assert_eq!(excluded(&seen), Some(within), "{before} in {shell}");
            assert_eq!(excluded(&after), Some(before), "{before} in {shell}");
        }
    }
}

fn a_list_that_was_changed_since_loses_only_what_was_added() {
    let sts = Sts::start();
    let home = home(&sts);
    let cases = [
        ("FOO;AWS_SESSION_TOKEN;AWS_SECRET_ACCESS_KEY;BAR;BAZ", Some("FOO;BAR;BAZ")),
        ("NEW;FOO;AWS_SESSION_TOKEN;AWS_SECRET_ACCESS_KEY;", Some("NEW;FOO;")),
        ("AWS_SESSION_TOKEN;AWS_SECRET_ACCESS_KEY;BAR", Some("BAR")),
        ("AWS_SESSION_TOKEN;AWS_SECRET_ACCESS_KEY", None),
        // The user has removed a part of it, or replaced it.
        ("FOO;AWS_SECRET_ACCESS_KEY", Some("FOO;AWS_SECRET_ACCESS_KEY")),
        ("X_AWS_SESSION_TOKEN;AWS_SECRET_ACCESS_KEY_2", Some("X_AWS_SESSION_TOKEN;AWS_SECRET_ACCESS_KEY_2")),
    ];
    for (changed, after) in cases {
        for &shell in shells::installed() {
            let script = [run(shell, "prod -q"), set(shell, changed), run(shell, "unset")];
            let seen = env_dump::after(shell, &script.join("\n"), &home.variables, home.path());
            assert_eq!(excluded(&seen), after, "{changed} in {shell}");
        }
    }
}

fn is_left_alone_elsewhere() {
    let sts = Sts::start();
    let mut home = home(&sts);
    let statements = |home: &Home| Program::new(home, ["prod", "-q", "--shell", "bash"]).run().stdout;
    // A list that is not UTF-8.
    let list = std::ffi::OsStr::from_bytes(b"FOO;\xff");
    let ran = Program::new(&home, ["prod", "-q", "--shell", "bash"]).env(EXCLUDED, list).run();
    assert!(!ran.stdout.contains(EXCLUDED), "{}", ran.stdout);
    for system in [None, Some(""), Some(" ")] {
        home.variables.remove(std::ffi::OsStr::new("MSYSTEM"));
        if let Some(system) = system {
            home.set("MSYSTEM", system);
        }
        assert!(!statements(&home).contains(EXCLUDED), "{system:?}");
    }
    // Without a session, the entries are the user's.
    home.set("MSYSTEM", "UCRT64").set(EXCLUDED, OURS);
    for &shell in shells::installed() {
        let seen = env_dump::after(shell, &run(shell, "unset"), &home.variables, home.path());
        assert_eq!(excluded(&seen), Some(OURS), "{shell}");
    }
}

/// A command may be a script for a shell of MSYS2. What `serve` starts has no keys in its environment.
fn commands_and_the_next_steps_of_a_workflow_get_it() {
    let sts = Sts::start();
    let mut home = home(&sts);
    home.set(EXCLUDED, "FOO");
    let ours = format!("FOO;{OURS}");
    let exec = Program::new(&home, ["exec", "prod", "-q", "--", "/usr/bin/printenv", EXCLUDED]);
    exec.stdout(format!("{ours}\n")).run();
    let serve = Program::new(&home, ["serve", "prod", "-q", "--", "/usr/bin/printenv", EXCLUDED]);
    serve.stdout("FOO\n").run();
    let ran = Program::new(&home, ["prod", "-q", "--format", "json"]).run();
    assert!(ran.stdout.contains(&format!("\"{EXCLUDED}\":\"{ours}\"")), "{}", ran.stdout);
    // The reader of this file does not inherit anything from this shell.
    let ran = Program::new(&home, ["prod", "-q", "--format", "env-file"]).run();
    assert!(!ran.stdout.contains(EXCLUDED), "{}", ran.stdout);
    let file = home.write("env", "");
    home.set("GITHUB_ENV", file.to_str().expect("UTF-8"));
    Program::new(&home, ["prod", "-q", "--format", "github-env"]).writes("env").run();
    let text = std::fs::read_to_string(&file).expect("a file");
    assert!(text.lines().any(|line| line == format!("{EXCLUDED}={ours}")), "{text}");
}
