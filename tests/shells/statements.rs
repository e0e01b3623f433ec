//! Every value reaches the shell unchanged, and no part of it runs.

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
    every_hostile_value_arrives_unchanged,
    every_generated_string_arrives_unchanged,
    arrives_through_an_unquoted_command_substitution,
    arrives_by_every_form_of_evaluation_in_powershell,
    powershell_statements_are_printable_ascii,
    powershell_statements_hold_every_generated_string,
    statements_are_lines_without_blanks_at_their_ends,
    unset_removes_variables,
    zsh_does_not_warn_about_variables_set_in_a_function,
    aliases_of_the_user_change_nothing,
];

/// More variable names than any test needs.
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

/// Runs `evaluation` on the statements for all values, and compares the environment of a child of the shell.
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
            return Err(format!("{shell} with {before:?}, {evaluation}, in {locale}: {value:?} became {got:?}"));
        }
    }
    Ok(())
}

// faults 1, 2
fn every_hostile_value_arrives_unchanged() {
    for &shell in shells::installed() {
        let documented = shell.eval("cat line");
        for before in shell.parsing_options() {
            check(shell, before, &hostile::values(), &documented, "C.UTF-8").unwrap_or_else(|error| panic!("{error}"));
        }
        check(shell, "", &hostile::values(), &documented, "C").unwrap_or_else(|error| panic!("{error}"));
    }
}

// faults 1, 2
fn every_generated_string_arrives_unchanged() {
    let config = Config { cases: 6, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let many = prop::collection::vec(hostile::strings(), 40..80);
    for &shell in shells::installed() {
        let run = TestRunner::new(config.clone()).run(&many, |values| {
            check(shell, "", &values, &shell.eval("cat line"), "C.UTF-8").map_err(TestCaseError::fail)
        });
        run.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Realistic and hostile values without blanks and glob patterns, which the shell expands before `eval` sees them.
fn values_for_splitting() -> Vec<String> {
    let changes = |c: char| c.is_whitespace() || "*?[".contains(c);
    let mut values: Vec<String> = hostile::values().into_iter().filter(|value| !value.contains(changes)).collect();
    values.extend(["Fwo/GXIvY+Xd==", "2026-11-21T08:42:19Z", "arn:aws:iam::123456789012:role/a"].map(String::from));
    assert!(values.len() > 50, "only {} values are left", values.len());
    values
}

// fault 7
fn arrives_through_an_unquoted_command_substitution() {
    for &shell in shells::installed() {
        let unquoted = match shell {
            Shell::Pwsh => continue, // see arrives_by_every_form_of_evaluation_in_powershell
            Shell::Fish => "eval (cat line)",
            _ => "eval $(cat line)",
        };
        let values = values_for_splitting();
        check(shell, "", &values, unquoted, "C.UTF-8").unwrap_or_else(|error| panic!("{error}"));
    }
}

fn arrives_by_every_form_of_evaluation_in_powershell() {
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
            check(shell, "", &hostile::values(), form, "C.UTF-8").unwrap_or_else(|error| panic!("{error}"));
        }
    }
    // These forms need exactly one line and no empty one; this can be checked without PowerShell.
    let line = Dialect::PowerShell.statements(&setting(&hostile::values()));
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
fn powershell_statements_are_printable_ascii() {
    check_powershell(&hostile::values()).unwrap_or_else(|error| panic!("{error}"));
    let changes = [EnvChange::set("NAME", "a\u{2019}b'"), EnvChange::unset("OTHER")];
    assert_eq!(
        Dialect::PowerShell.statements(&changes).as_str(),
        "echo \"\\\" |Out-Null; echo \" >/dev/null; false #\" |Out-Null; \
         $env:NAME = (-join('a',[char]0x2019,'b''')); $env:OTHER = $null\n"
    );
}

// faults 1, 5
fn powershell_statements_hold_every_generated_string() {
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let many = prop::collection::vec(hostile::strings(), 1..40);
    let run = TestRunner::new(config).run(&many, |values| check_powershell(&values).map_err(TestCaseError::fail));
    run.unwrap_or_else(|error| panic!("{error}"));
}

fn statements_are_lines_without_blanks_at_their_ends() {
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
            let printed = dialect.statements(changes);
            let text = printed.strip_suffix('\n').expect("a newline at the end");
            let lines = match dialect {
                Dialect::PowerShell => 1,
                Dialect::Fish => 2,
                _ => 3 + usize::from(changes.iter().any(|change| change.value.is_some())),
            };
            assert_eq!(text.lines().count(), lines, "{text:?}");
            // Only guards have what is a comment elsewhere.
            assert_eq!(text.matches('#').count(), usize::from(dialect != Dialect::Fish), "{text:?}");
            assert!(!text.contains(['\r', '\t', '`']) && !text.ends_with(';'), "{text:?}");
            for line in text.lines() {
                assert!(!line.is_empty() && !line.contains("  ") && line.trim() == line, "blanks in {line:?}");
            }
        }
    }
    let all = cases.last().expect("a case");
    let [set, unset] = ["AWS_SESSION_TOKEN AWS_REGION", "AWS_SESSION_TOKEN AWS_PROFILE AWS_REGION AWS_VAULT"];
    let values = "AWS_SESSION_TOKEN='Fwo/GXIvY+Xd==' AWS_REGION='eu-central-1'";
    for (dialect, tail) in [
        (
            Dialect::Bash,
            format!(
                ") && \\builtin unset {unset} &&\n{values} && \\builtin export {set} && ! [[ -z ${{AWS_SESSION_TOKEN+x}} \
                 || -n ${{AWS_PROFILE+x}} || -z ${{AWS_REGION+x}} || -n ${{AWS_VAULT+x}} ]]\n"
            ),
        ),
        (Dialect::Zsh, format!(") && \\builtin \\unset {unset} &&\n\\builtin \\export {values}\n")),
        (Dialect::Sh, format!(") && \\unset {unset} &&\n{values} && \\export {set}\n")),
        (
            Dialect::Fish,
            " && set -gx AWS_SESSION_TOKEN 'Fwo/GXIvY+Xd==' && set -g AWS_PROFILE && set -eg AWS_PROFILE \
             && set -gx AWS_REGION 'eu-central-1' && set -g AWS_VAULT && set -eg AWS_VAULT\n"
                .to_owned(),
        ),
    ] {
        let printed = dialect.statements(all);
        assert!(printed.ends_with(&tail), "{}", printed.as_str());
        assert_eq!(printed.matches("Fwo/GXIvY").count(), 1, "{}", printed.as_str());
    }
}

/// Unsetting a variable that is not set succeeds too, even with `set -eu`.
fn unset_removes_variables() {
    for &shell in shells::installed() {
        for before in shell.parsing_options() {
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

fn zsh_does_not_warn_about_variables_set_in_a_function() {
    for &shell in shells::installed().iter().filter(|shell| **shell == Shell::Zsh) {
        let cwd = tempfile::tempdir().expect("a directory");
        write_line(cwd.path(), shell, &[EnvChange::set("NEW", "x"), EnvChange::unset("AWS_PROFILE")]);
        let env = [("PATH", std::env::var_os("PATH").expect("PATH"))];
        let evaluation = shell.eval("cat line");
        let script = format!("setopt warn_create_global\nf() {{ {evaluation} }}\nf && sh -c 'printf %s \"$NEW\"'");
        let outcome = shell.run(&script, env, cwd.path());
        assert!(outcome.stdout == b"x" && outcome.stderr.is_empty(), "{outcome}");
    }
}

/// Aliases with the names of the commands that the statements consist of.
fn aliases_of_the_user_change_nothing() {
    for &shell in shells::installed().iter().filter(|shell| shell.is_posix()) {
        let cwd = tempfile::tempdir().expect("a directory");
        write_line(cwd.path(), shell, &[EnvChange::set("NEW", "x"), EnvChange::unset("AWS_PROFILE")]);
        let env = [("PATH", std::env::var_os("PATH").expect("PATH")), ("AWS_PROFILE", "old".into())];
        let expand = match shell {
            Shell::Bash => "shopt -s expand_aliases",
            _ => "",
        };
        let evaluation = shell.eval("cat line");
        let script = format!("{expand}\nalias export=true unset=true builtin=true\n{evaluation}\n");
        let script = format!("{script}{}", env_dump::dump("exported"));
        let outcome = shell.run(&script, env, cwd.path());
        assert!(outcome.status.success() && outcome.stderr.is_empty(), "{shell}: {outcome}");
        let seen = env_dump::read(&cwd.path().join("exported"));
        assert_eq!(seen.get("NEW").map(Vec::as_slice), Some(&b"x"[..]), "{shell}");
        assert!(!seen.contains_key("AWS_PROFILE"), "{shell}");
    }
}

fn write_line(cwd: &Path, shell: Shell, changes: &[EnvChange]) {
    std::fs::write(cwd.join("line"), dialect(shell).statements(changes).as_bytes()).expect("a file");
}
