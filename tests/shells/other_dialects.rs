//! Text for one shell that another shell evaluates: nothing continues with the previous account, and
//! hardly any shell shows a secret.

#![cfg(unix)]

use crate::support::shells::{self, Shell};
use mfa_env::environment::EnvChange;
use mfa_env::shell::Shell as Dialect;

trials![statements_of_every_dialect_in_every_shell, failures_of_every_dialect_in_every_shell];

const DIALECTS: [Dialect; 5] = [Dialect::Bash, Dialect::Zsh, Dialect::Sh, Dialect::Fish, Dialect::PowerShell];
const SECRET: &str = "hidden-secret";

/// Whether this is the dialect that the program prints for this shell.
fn is_own(dialect: Dialect, shell: Shell) -> bool {
    Dialect::named(shell.dialect()) == Some(dialect)
}

/// What a shell prints that evaluates `text`: `went on with KEY` if the commands after it run.
fn evaluate(shell: Shell, text: &str) -> (String, String) {
    let cwd = tempfile::tempdir().expect("a directory");
    std::fs::write(cwd.path().join("text"), text).expect("a file");
    let path = std::env::var_os("PATH").expect("PATH");
    let env = [("PATH", path), ("AWS_ACCESS_KEY_ID", "AKIAOLD".into()), ("AWS_PROFILE", "old".into())];
    let script = match shell {
        Shell::Pwsh => shell.eval_and("cat text", "[Console]::Out.Write(\"went on with $env:AWS_ACCESS_KEY_ID\")"),
        _ => shell.eval_and("cat text", "printf %s \"went on with $AWS_ACCESS_KEY_ID\""),
    };
    let outcome = shell.run(&script, env, cwd.path());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&outcome.stdout), text(&outcome.stderr))
}

fn statements_of_every_dialect_in_every_shell() {
    let changes = [
        EnvChange::set("AWS_ACCESS_KEY_ID", "ASIANEW"),
        EnvChange::set("AWS_SECRET_ACCESS_KEY", SECRET),
        EnvChange::unset("AWS_PROFILE"),
    ];
    for dialect in DIALECTS {
        for &shell in shells::installed() {
            let (stdout, stderr) = evaluate(shell, &dialect.statements(&changes));
            if is_own(dialect, shell) {
                assert_eq!((stdout.as_str(), stderr.as_str()), ("went on with ASIANEW", ""), "{dialect:?} in {shell}");
            } else {
                assert!(["", "went on with ASIANEW"].contains(&stdout.as_str()), "{dialect:?} in {shell}: {stdout}");
                // fish shows a line of PowerShell that it cannot run.
                let is_shown = (dialect, shell) == (Dialect::PowerShell, Shell::Fish);
                assert_eq!(stderr.contains(SECRET), is_shown, "{dialect:?} in {shell}: {stderr}");
            }
        }
    }
}

fn failures_of_every_dialect_in_every_shell() {
    for dialect in DIALECTS {
        for &shell in shells::installed() {
            for (status, text) in [(4, dialect.failure(4)), (143, dialect.failure(143))] {
                let (stdout, stderr) = evaluate(shell, &text);
                assert_eq!(stdout, "", "{dialect:?} in {shell}, {status}: {stderr}");
            }
        }
    }
}
