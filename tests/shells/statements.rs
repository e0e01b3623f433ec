//! Every value arrives in the shell as it was, and nothing in it runs.

use crate::support::env_dump;
use crate::support::hostile;
use crate::support::powershell::{self, Statement};
use crate::support::shells::{self, Shell};
use mfa_env::environment::EnvChange;
use mfa_env::shell::Shell as Dialect;
use proptest::prelude::prop;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::path::Path;
use std::sync::OnceLock;

trials![
    every_value_comes_back,
    every_string_comes_back,
    comes_back_without_quotes_around_the_evaluation,
    comes_back_by_every_form_of_powershell,
    powershell_gets_printable_ascii,
    powershell_gets_every_string,
    is_one_line_of_statements,
    unset_variables_are_gone,
];

/// More variables than any test needs, with names of letters alone.
fn names() -> &'static [String] {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    let letters = || 'A'..='Z';
    NAMES.get_or_init(|| letters().flat_map(|a| letters().map(move |b| format!("V_{a}{b}"))).collect())
}

fn setting(values: &[String]) -> Vec<EnvChange> {
    assert!(values.len() <= names().len(), "too many values for one shell");
    names().iter().zip(values).map(|(name, value)| EnvChange::set(name, value.as_str())).collect()
}

fn dialect(shell: Shell) -> Dialect {
    Dialect::named(shell.dialect()).expect("a shell that --shell takes")
}

/// What people have in their startup files that changes how text is read; each is a start of the shell.
fn settings(shell: Shell) -> &'static [&'static str] {
    match shell {
        Shell::Bash => &[
            "",
            "set -eu; set -o pipefail",
            "set -o posix",
            "set -f -H -B; IFS=:\\'; shopt -s extglob nullglob globstar dotglob; shopt -u interactive_comments",
        ],
        Shell::Zsh => &[
            "",
            "set -eu",
            "setopt extended_glob bang_hist rc_quotes interactive_comments csh_null_glob",
            "setopt ksh_arrays sh_word_split glob_subst null_glob magic_equal_subst",
            "emulate sh",
            "emulate ksh",
        ],
        Shell::Dash | Shell::Busybox => &["", "set -eu", "set -f; IFS=:\\'"],
        Shell::Ksh => &["", "set -eu", "set -f; set -o globstar; IFS=:\\'"],
        Shell::Mksh => &["", "set -eu", "set -f; set -o posix; IFS=:\\'", "set -U"],
        Shell::Fish => &["", "set -g fish_term256 0; set -g IFS :"],
        Shell::Pwsh => &["", "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'"],
    }
}

/// Has the shell evaluate the statements of all values by `evaluation`, and compares what a child of the shell then sees.
fn check(shell: Shell, before: &str, values: &[String], evaluation: &str, locale: &str) -> Result<(), String> {
    let cwd = tempfile::tempdir().expect("a directory");
    std::fs::write(cwd.path().join("line"), dialect(shell).statements(&setting(values)).as_bytes()).expect("a file");
    let path = std::env::var_os("PATH").expect("PATH");
    let env = [("PATH", path), ("LC_ALL", locale.into())];
    let outcome = shell.run(&format!("{before}\n{evaluation}\n{}", env_dump::dump("exported")), env, cwd.path());
    if !outcome.status.success() || !outcome.stdout.is_empty() || !outcome.stderr.is_empty() {
        return Err(format!("{shell} with {before:?}, {evaluation}: {outcome}"));
    }
    if cwd.path().join("pwn").exists() {
        return Err(format!("{shell} with {before:?}, {evaluation}: a value ran"));
    }
    let seen = env_dump::read(&cwd.path().join("exported"));
    for (name, value) in names().iter().zip(values) {
        let got = seen.get(name).map(|bytes| String::from_utf8_lossy(bytes));
        if got.as_deref() != Some(value.as_str()) {
            return Err(format!("{shell} with {before:?}, {evaluation}, in {locale}: {value:?} came back as {got:?}"));
        }
    }
    Ok(())
}

fn every_value() -> Vec<String> {
    hostile::values()
}

// faults 1, 2
fn every_value_comes_back() {
    for &shell in shells::installed() {
        let documented = shell.eval("cat line");
        for before in settings(shell) {
            check(shell, before, &every_value(), &documented, "C.UTF-8").unwrap_or_else(|wrong| panic!("{wrong}"));
        }
        check(shell, "", &every_value(), &documented, "C").unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}

// faults 1, 2
fn every_string_comes_back() {
    let config = Config { cases: 6, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let many = prop::collection::vec(hostile::strings(), 40..80);
    for &shell in shells::installed() {
        let run = TestRunner::new(config.clone()).run(&many, |values| {
            check(shell, "", &values, &shell.eval("cat line"), "C.UTF-8").map_err(TestCaseError::fail)
        });
        run.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Values as sessions have them, and worse, but without what the shell changes before `eval` sees it: blanks and patterns.
fn values_for_splitting() -> Vec<String> {
    let changes = |c: char| c.is_whitespace() || "*?[".contains(c);
    let mut values: Vec<String> = every_value().into_iter().filter(|value| !value.contains(changes)).collect();
    values.extend(["Fwo/GXIvY+Xd==", "2026-11-21T08:42:19Z", "arn:aws:iam::123456789012:role/a"].map(String::from));
    assert!(values.len() > 50, "few are left: {}", values.len());
    values
}

// fault 7
fn comes_back_without_quotes_around_the_evaluation() {
    for &shell in shells::installed() {
        let unquoted = match shell {
            Shell::Pwsh => continue, // has no such form; its own are below
            Shell::Fish => "eval (cat line)",
            _ => "eval $(cat line)",
        };
        let values = values_for_splitting();
        check(shell, "", &values, unquoted, "C.UTF-8").unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}

fn comes_back_by_every_form_of_powershell() {
    let forms = [
        "cat line | Out-String | Invoke-Expression",
        "cat line | Invoke-Expression",
        "Invoke-Expression (cat line)",
        "Invoke-Expression \"$(cat line)\"",
        "Invoke-Expression (& cat line)",
        "Invoke-Expression ((cat line) -join \"`n\")",
    ];
    for &shell in shells::installed().iter().filter(|shell| **shell == Shell::Pwsh) {
        for form in forms {
            check(shell, "", &every_value(), form, "C.UTF-8").unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
    // Whether or not PowerShell is here: these forms need exactly one line, and no empty one.
    let line = Dialect::PowerShell.statements(&setting(&every_value()));
    assert_eq!(line.trim_end_matches('\n').lines().count(), 1);
    assert!(line.ends_with('\n') && !line.ends_with("\n\n"));
}

fn check_powershell(values: &[String]) -> Result<(), String> {
    let line = Dialect::PowerShell.statements(&setting(values));
    let expected = names().iter().zip(values);
    let expected: Vec<Statement> =
        expected.map(|(name, value)| Statement::Set { name: name.clone(), value: value.clone() }).collect();
    let read = powershell::read(&line)?;
    match read.iter().zip(&expected).find(|(read, expected)| read != expected) {
        Some((read, expected)) => Err(format!("{read:?} instead of {expected:?}")),
        None if read.len() != expected.len() => Err(format!("{} statements", read.len())),
        None => Ok(()),
    }
}

// faults 1, 5
fn powershell_gets_printable_ascii() {
    check_powershell(&every_value()).unwrap_or_else(|wrong| panic!("{wrong}"));
    let changes = [EnvChange::set("NAME", "a\u{2019}b'"), EnvChange::unset("OTHER")];
    assert_eq!(
        Dialect::PowerShell.statements(&changes).as_str(),
        "$env:NAME = (-join('a',[char]0x2019,'b''')); $env:OTHER = $null\n"
    );
}

// faults 1, 5
fn powershell_gets_every_string() {
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let many = prop::collection::vec(hostile::strings(), 1..40);
    let run = TestRunner::new(config).run(&many, |values| check_powershell(&values).map_err(TestCaseError::fail));
    run.unwrap_or_else(|error| panic!("{error}"));
}

fn is_one_line_of_statements() {
    let set = || EnvChange::set("AWS_SESSION_TOKEN", "Fwo/GXIvY+Xd==");
    let other = || EnvChange::set("AWS_REGION", "eu-central-1");
    let unset = || EnvChange::unset("AWS_PROFILE");
    let other_unset = || EnvChange::unset("AWS_VAULT");
    let cases = [
        vec![set()],
        vec![unset()],
        vec![set(), other()],
        vec![unset(), other_unset()],
        vec![set(), unset(), other(), other_unset()],
    ];
    for dialect in [Dialect::Bash, Dialect::Zsh, Dialect::Sh, Dialect::Fish, Dialect::PowerShell] {
        for changes in &cases {
            let line = dialect.statements(changes);
            let text = line.strip_suffix('\n').expect("a newline at the end");
            assert!(!text.is_empty() && !text.contains(['\n', '\r', '\t', '#']), "{line:?}");
            assert!(!text.contains("  ") && text.trim() == text, "blanks in {line:?}");
        }
    }
    let all = cases.last().expect("a case");
    let posix =
        "export AWS_SESSION_TOKEN='Fwo/GXIvY+Xd=='; export AWS_REGION='eu-central-1'; unset AWS_PROFILE AWS_VAULT;\n";
    for dialect in [Dialect::Bash, Dialect::Zsh, Dialect::Sh] {
        assert_eq!(dialect.statements(all).as_str(), posix);
    }
    assert_eq!(
        Dialect::Fish.statements(all).as_str(),
        "set -gx AWS_SESSION_TOKEN 'Fwo/GXIvY+Xd=='; set -eg AWS_PROFILE; set -gx AWS_REGION 'eu-central-1'; set -eg AWS_VAULT; true\n"
    );
}

/// Set before or not, under `set -eu` or not: afterwards it is gone, and the status is 0.
fn unset_variables_are_gone() {
    for &shell in shells::installed() {
        for before in settings(shell) {
            let cwd = tempfile::tempdir().expect("a directory");
            let changes =
                [EnvChange::unset("AWS_PROFILE"), EnvChange::unset("AWS_VAULT"), EnvChange::set("AFTER", "x")];
            write_line(cwd.path(), shell, &changes);
            let env = [("PATH", std::env::var_os("PATH").expect("PATH")), ("AWS_PROFILE", "x".into())];
            let script = format!("{before}\n{}", shell.eval_and("cat line", "echo on"));
            let script = format!("{script}\n{}", env_dump::dump("exported"));
            let outcome = shell.run(&script, env, cwd.path());
            assert!(outcome.stdout == b"on\n" && outcome.stderr.is_empty(), "{shell} with {before:?}: {outcome}");
            let seen = env_dump::read(&cwd.path().join("exported"));
            assert_eq!(seen.get("AFTER").map(Vec::as_slice), Some(&b"x"[..]), "{shell}");
            assert!(!seen.contains_key("AWS_PROFILE") && !seen.contains_key("AWS_VAULT"), "{shell}: {seen:?}");
        }
    }
}

fn write_line(cwd: &Path, shell: Shell, changes: &[EnvChange]) {
    std::fs::write(cwd.join("line"), dialect(shell).statements(changes).as_bytes()).expect("a file");
}
