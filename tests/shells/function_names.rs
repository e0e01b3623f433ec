//! `init --name NAME`: the function of each shell under another name than `aws-mfa`.

#![cfg(unix)]

use crate::support::env_dump;
use crate::support::home::Home;
use crate::support::program::{Program, path_with_program};
use crate::support::shells::{self, Outcome, Shell};
use crate::support::sts::{RoleSpec, Sts};
use crate::support::stub_program;
use crate::support::terminal::Terminal;
use mfa_env::commands::snippet;
use mfa_env::function_name::FunctionName;
use mfa_env::shell::Shell as Dialect;
use std::collections::BTreeSet;

trials![
    signs_in_and_out_under_any_name,
    passes_statuses_and_other_commands_through,
    messages_name_the_function,
    the_default_name_replaces_another_one,
    an_alias_of_that_name_is_removed,
    a_typed_name_may_be_an_alias_of_the_function,
    every_place_in_the_snippets_has_the_name,
    doctor_finds_the_name_in_the_startup_file,
    refuses_words_that_no_function_may_have,
    refuses_every_keyword_of_every_shell,
];

/// With a hyphen, with an underscore, with neither, and with the default in it.
const NAMES: [&str; 4] = ["sign-in", "aws_login", "Awsp2", "my-aws-mfa"];

fn dialect(shell: Shell) -> Dialect {
    Dialect::named(shell.dialect()).expect("a dialect")
}

/// The name in a script; scripts do not expand aliases.
fn in_script(shell: Shell, name: &str) -> String {
    match shell.function_name() {
        "aws-mfa" => name.to_owned(),
        _ => name.replace('-', "_"),
    }
}

fn load(shell: Shell, name: &str) -> String {
    shell.eval(&format!("mfa-env init {} --name {name}", dialect(shell).name()))
}

fn run(shell: Shell, name: &str, script: &str, home: &Home) -> Outcome {
    let strict = if shell.is_posix() { "set -eu\n" } else { "" };
    shell.run(&format!("{strict}{}\n{script}", load(shell, name)), &home.variables, home.path())
}

fn signs_in_and_out_under_any_name() {
    let sts = Sts::start();
    for &shell in shells::installed() {
        for name in NAMES {
            let alice = sts.add_user(&format!("{shell}-{name}"));
            let role = sts.add_role(&format!("{shell}-{name}"), RoleSpec::default());
            let mut home = Home::with_user(&sts, &alice, &[("prod", &role, "")]);
            home.set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
            let f = in_script(shell, name);
            let before = env_dump::after(shell, &load(shell, name), &home.variables, home.path());
            let script = [
                format!("{f} prod {}", sts.code(&alice.mfa_serial)),
                env_dump::dump("prod"),
                format!("{f} unset"),
                env_dump::dump("unset"),
            ];
            let outcome = run(shell, name, &script.join("\n"), &home);
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            assert!(outcome.status.success() && outcome.stdout.is_empty(), "{shell} {name}: {outcome}");
            assert!(stderr.starts_with("prod · ") && stderr.lines().count() == 1, "{shell} {name}: {outcome}");
            let token = sts.sessions().pop().expect("a session").session_token.into_bytes();
            assert_eq!(env_dump::read(&home.path().join("prod")).get("AWS_SESSION_TOKEN"), Some(&token), "{shell}");
            assert_eq!(env_dump::read(&home.path().join("unset")), before, "{shell} {name}");
        }
    }
}

fn passes_statuses_and_other_commands_through() {
    for &shell in shells::installed() {
        for name in NAMES {
            let home = stub_program::home("case $1 in (list) exit 0 ;; (*) exit 3 ;; esac");
            let f = in_script(shell, name);
            assert!(run(shell, name, &format!("{f} list --json"), &home).status.success(), "{shell} {name}");
            assert_eq!(stub_program::take_arguments(&home).expect("a run"), ["list", "--json"], "{shell} {name}");

            let failed = run(shell, name, &format!("{f} prod && echo GOES ON"), &home);
            let expected = ["export", "--shell", dialect(shell).name(), "prod"];
            assert_eq!(stub_program::take_arguments(&home).expect("a run"), expected, "{shell} {name}");
            assert!(!failed.status.success() && failed.stdout.is_empty(), "{shell} {name}: {failed}");
            if shell == Shell::Pwsh {
                let stderr = String::from_utf8_lossy(&failed.stderr);
                assert!(stderr.contains(&format!("{name}: not signed in")), "{name}: {failed}");
            } else {
                assert_eq!(failed.status.code(), Some(3), "{shell} {name}: {failed}");
            }
        }
    }
}

fn messages_name_the_function() {
    for &shell in shells::installed() {
        for name in NAMES {
            let mut home = Home::with("[profile prod]\nregion = eu-west-1\n", "");
            home.set("PATH", path_with_program())
                .set("LC_ALL", "C.UTF-8")
                .set("AWS_ACCESS_KEY_ID", "ASIAQWERTYUIOP234567");
            home.set("AWS_SECRET_ACCESS_KEY", "secret").set("AWS_SESSION_TOKEN", "token");
            home.set("MFA_ENV_PROFILE", "prod").set("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z");
            home.set("MFA_ENV_BEFORE", "2:AWS_ACCESS_KEY_ID=->ASIAQWERTYUIOP234567");
            let f = in_script(shell, name);
            // The tests' PowerShell changes a time in the environment.
            if shell != Shell::Pwsh {
                let status = run(shell, name, &format!("{f} status"), &home);
                let shown = String::from_utf8_lossy(&status.stdout).into_owned();
                assert!(shown.ends_with(&format!("; renew with: {name}\n")), "{shell} {name}: {status}");
            }

            // The program alone says it, too.
            let signout = run(shell, name, "mfa-env signout", &home);
            let shown = String::from_utf8_lossy(&signout.stderr).into_owned();
            assert!(shown.contains(&format!("to end the session: {name} unset")), "{shell} {name}: {signout}");

            let doctor = run(shell, name, &format!("{f} doctor"), &home);
            let expected = format!("with the function {name} {}", env!("CARGO_PKG_VERSION"));
            assert!(String::from_utf8_lossy(&doctor.stdout).contains(&expected), "{shell} {name}: {doctor}");
        }
    }
}

/// As in a shell that is started from one of another kind, or if the option is removed from the startup file.
fn the_default_name_replaces_another_one() {
    for &shell in shells::installed() {
        let mut home = Home::empty();
        home.set("PATH", path_with_program()).set("MFA_ENV_FUNCTION", "sign-in");
        let default = shell.eval(&format!("mfa-env init {}", dialect(shell).name()));
        let strict = if shell.is_posix() { "set -eu\n" } else { "" };
        for _ in 0..2 {
            let script = format!("{strict}{default}\n{}", env_dump::dump("after"));
            shell.run(&script, &home.variables, home.path()).ok();
            let after = env_dump::read(&home.path().join("after"));
            assert!(!after.contains_key("MFA_ENV_FUNCTION"), "{shell}");
            home.variables.remove(std::ffi::OsStr::new("MFA_ENV_FUNCTION"));
        }
    }
    // What is not a name has no effect.
    for value in ["", "a b", "if", "$(touch pwn)", "\u{1b}[31m"] {
        let home = Home::with("[profile prod]\n", "");
        let stderr =
            Program::new(&home, ["signout"]).env("MFA_ENV_FUNCTION", value).fails(3).says("unset").run().stderr;
        assert!(stderr.contains("to end the session: aws-mfa unset"), "{value:?}: {stderr}");
    }
}

fn an_alias_of_that_name_is_removed() {
    for &shell in shells::installed() {
        // fish makes functions of aliases.
        if shell == Shell::Fish {
            continue;
        }
        for name in ["sign-in", "awsp"] {
            let home = stub_program::home("exit 0");
            let (alias, enable) = match shell {
                Shell::Pwsh => (format!("Set-Alias {name} nosuchcommand -Scope Global"), ""),
                Shell::Bash => (format!("alias {name}=nosuchcommand"), "shopt -s expand_aliases\n"),
                _ => (format!("alias {name}=nosuchcommand"), ""),
            };
            let f = in_script(shell, name);
            let script = format!("{enable}{alias}\n{}\neval '{f} list'", load(shell, name));
            let script = if shell == Shell::Pwsh { script.replace("eval ", "Invoke-Expression ") } else { script };
            let outcome = shell.run(&script, &home.variables, home.path());
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            assert!(stderr.contains(&format!("mfa-env: {name} is a function now")), "{shell} {name}: {outcome}");
            assert!(stderr.contains("nosuchcommand") && outcome.status.success(), "{shell} {name}: {outcome}");
            assert_eq!(stub_program::take_arguments(&home).expect("a run"), ["list"], "{shell} {name}");
        }
    }
}

/// Where the name of a function cannot have a hyphen, it is typed all the same.
fn a_typed_name_may_be_an_alias_of_the_function() {
    for &shell in shells::installed() {
        let (alias_only, options) = match shell {
            Shell::Dash | Shell::Ksh | Shell::Mksh | Shell::Busybox => (true, ""),
            Shell::Bash => (true, "set -o posix"),
            Shell::Zsh | Shell::Fish | Shell::Pwsh => (false, ""),
        };
        for name in ["sign-in", "awsp"].into_iter().filter(|_| alias_only) {
            let home = stub_program::home("exit 3");
            let mut terminal = Terminal::shell(shell, &home.variables, home.path());
            terminal.run_line(options);
            terminal.run_line(&load(shell, name));
            let shown = terminal.run_line(&format!("{name} prod; echo status $?"));
            assert!(shown.contains("status 3"), "{shell} {name}: {shown}");
            let expected = ["export", "--shell", dialect(shell).name(), "prod"];
            assert_eq!(stub_program::take_arguments(&home).expect("a run"), expected, "{shell} {name}");
        }
    }
}

fn every_place_in_the_snippets_has_the_name() {
    for dialect in Dialect::ALL {
        for name in NAMES {
            let named = snippet(dialect, FunctionName::parse(name).expect("a name"));
            assert!(
                named.contains(&dialect.eval_line(&format!("mfa-env init {} --name {name}", dialect.name()))),
                "{named}"
            );
            assert!(
                !named.contains(&name.repeat(2)) && !named.contains("my-my") && !named.contains("my_my"),
                "{named}"
            );
        }
        let name = FunctionName::parse("sign-in").expect("a name");
        let (default, named) = (snippet(dialect, FunctionName::DEFAULT), snippet(dialect, name));
        for left in ["aws-mfa", "aws_mfa", "MFA_ENV_OTHER_NAME"] {
            assert!(!named.contains(left), "{dialect:?}: {left}");
        }
        assert!(named.contains(&format!("init {} --name sign-in", dialect.name())), "{dialect:?}");
        assert_eq!(default.lines().count(), named.lines().count(), "{dialect:?}");
    }
}

fn doctor_finds_the_name_in_the_startup_file() {
    for (line, name) in [
        ("eval \"$(mfa-env init bash --name sign-in)\"", "sign-in"),
        ("eval \"$(mfa-env init bash --name=awsp)\"", "awsp"),
        ("eval \"$(mfa-env init bash)\"", "aws-mfa"),
        ("eval \"$(mfa-env init bash --name if)\"", "aws-mfa"),
    ] {
        let home = Home::with("[profile prod]\n", "");
        home.write(".bashrc", format!("{line}\nalias {name}x=1\nalias {name}='aws sts'\n"));
        let doctor = Program::new(&home, ["doctor"]).env("MFA_ENV_SHELL", "bash").env("SHELL", "/bin/bash");
        let run = doctor.fails(1).any_files().run();
        assert!(run.stdout.contains(&format!("defines the function {name} (`{name} doctor`")), "{}", run.stdout);
        let alias = format!("an alias at ~/.bashrc:3 may hide the function {name}");
        assert!(run.stdout.contains(&alias), "{}", run.stdout);
    }
}

fn refuses_words_that_no_function_may_have() {
    let home = Home::empty();
    let long = "a".repeat(65);
    for name in [
        "", " ", "a b", "-n", "_mfa_env", "1aws", "aws.mfa", "a/b", "ü", "a$(x)", "a;b", "a\nb", "mfa-env", "aws",
        "AWS", "if", "Exit", &long,
    ] {
        let option = format!("--name={name}");
        let ran = Program::new(&home, ["init", "bash", &option]).fails(2).stdout("").says("cannot be the name").run();
        assert!(ran.stderr.contains("\n  use a letter, then letters, digits, - and _ (at most 64)"), "{}", ran.stderr);
    }
    Program::new(&home, ["init", "bash", "--name"]).fails(2).stdout("").says("--name").run();
    let whole = "mfa-env: `a b` cannot be the name of the function\n  \
                 use a letter, then letters, digits, - and _ (at most 64), and no word that a shell knows\n";
    Program::new(&home, ["init", "zsh", "--name", "a b"]).fails(2).stdout("").stderr(whole).run();
    for name in ["a", "Z9-_", &long[1..]] {
        assert!(Program::new(&home, ["init", "sh", "--name", name]).run().stdout.contains(name));
    }
}

/// What the shells themselves say are their keywords, and those builtins that no function can replace there.
fn refuses_every_keyword_of_every_shell() {
    let home = Home::empty();
    for &shell in shells::installed() {
        let list = match shell {
            Shell::Bash => "compgen -k; enable -s | sed 's/enable //'",
            Shell::Zsh => "zmodload zsh/parameter; print -l ${(k)reswords}",
            Shell::Fish => {
                "for name in (builtin -n); eval \"function $name; end\" 2>/dev/null; or builtin echo $name; end"
            }
            Shell::Pwsh => {
                "[System.Management.Automation.Language.Parser].Assembly.GetType('System.Management.Automation.\
                 Language.Tokenizer').GetField('s_keywordTable', 'NonPublic, Static').GetValue($null).Keys"
            }
            Shell::Dash | Shell::Ksh | Shell::Mksh | Shell::Busybox => {
                "for n in if then else elif fi case esac for while until do done in break continue eval exec exit \
                 export readonly return set shift times trap unset function select time namespace; do \
                 case $(command -V $n 2>/dev/null) in *keyword|*reserved*|*special*) echo $n ;; esac; done"
            }
        };
        let outcome = shell.run(list, &home.variables, home.path());
        let words = String::from_utf8_lossy(&outcome.stdout).into_owned();
        let words: BTreeSet<&str> = words.split_whitespace().collect();
        assert!(words.len() > 12, "{shell}: {outcome}");
        let allowed: Vec<&str> = words.into_iter().filter(|word| FunctionName::parse(word).is_some()).collect();
        assert!(allowed.is_empty(), "{shell}: {allowed:?}");
    }
}
