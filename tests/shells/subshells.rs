//! The function `aws-mfa` where its effect would be lost: it refuses before a code is used. Everywhere else it works.

use crate::support::env_dump;
use crate::support::home::{Home, credentials_section};
use crate::support::program::path_with_program;
use crate::support::shells::{self, Outcome, Shell};
use crate::support::sts::{RoleSpec, Sts};

trials![
    refuses_where_the_session_would_be_lost,
    refuses_a_code_from_a_pipe_in_a_subshell,
    works_in_a_subshell_that_goes_on,
    other_commands_work_everywhere,
    the_snippet_fails_loudly_without_quotes,
    removes_an_alias_and_names_it_once,
];

/// A profile that needs no code, so that a sign-in would succeed.
fn home(sts: &Sts) -> Home {
    let alice = sts.add_user("alice");
    let role = sts.add_role("reader", RoleSpec::default());
    let config = format!("[profile plain]\nrole_arn = {role}\nsource_profile = keys\n[profile keys]\n");
    let mut home = Home::with(&config, &credentials_section("keys", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url()).set("PATH", path_with_program()).set("LC_ALL", "C.UTF-8");
    home.set("AWS_ACCESS_KEY_ID", "AKIAOLDOLDOLDOLDOLD1").set("AWS_SECRET_ACCESS_KEY", "old-secret");
    home
}

fn posix() -> impl Iterator<Item = Shell> {
    shells::installed().iter().copied().filter(|shell| shell.is_posix())
}

fn run(shell: Shell, script: &str, home: &Home) -> Outcome {
    let init = shell.eval(&format!("mfa-env init {}", shell.dialect()));
    shell.run(&format!("{init}\n{script}\n:"), &home.variables, home.path())
}

const LOST: &str = "mfa-env: no sign-in here, because it would be lost: this is a subshell\n";

// fault 168
fn refuses_where_the_session_would_be_lost() {
    let sts = Sts::start();
    let home = home(&sts);
    for shell in posix() {
        let f = shell.function_name();
        for script in [
            format!("eval $({f} plain) && echo WENT ON"),
            format!("eval \"$({f} plain)\" && echo WENT ON"),
            format!("x=$({f} plain) && echo WENT ON"),
            format!("x=`{f} plain` && echo WENT ON"),
            format!("{f} plain | cat >log"),
            format!("{{ {f} plain; echo status $? >&2; }} | cat >log"),
            format!("eval $({f} unset) && echo WENT ON"),
        ] {
            let outcome = run(shell, &script, &home);
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            assert!(stderr.contains(LOST), "{shell}: {script}: {outcome}");
            assert!(!script.contains("status") || stderr.contains("status 2"), "{shell}: {script}: {outcome}");
            let stdout = String::from_utf8_lossy(&outcome.stdout);
            assert!(!stdout.contains("WENT ON"), "{shell}: {script}: {outcome}");
            let log = std::fs::read_to_string(home.path().join("log")).unwrap_or_default();
            assert!(!log.contains("AWS_"), "{shell}: {script}: {log}");
        }
    }
    assert_eq!(sts.take_calls(), []);
}

// fault 168
fn refuses_a_code_from_a_pipe_in_a_subshell() {
    let sts = Sts::start();
    let home = home(&sts);
    // In the others, the last command of a pipeline runs in the shell itself.
    for shell in posix().filter(|shell| !matches!(shell, Shell::Zsh | Shell::Ksh | Shell::Mksh)) {
        let f = shell.function_name();
        for code in ["-c -", "-c-", "--code -", "--code=-"] {
            let outcome = run(shell, &format!("echo 123456 | {f} plain {code} && echo WENT ON"), &home);
            assert!(String::from_utf8_lossy(&outcome.stderr).contains(LOST), "{shell}: {outcome}");
            assert!(!String::from_utf8_lossy(&outcome.stdout).contains("WENT ON"), "{shell}: {outcome}");
        }
    }
    assert_eq!(sts.take_calls(), []);
}

// fault 168
fn works_in_a_subshell_that_goes_on() {
    let sts = Sts::start();
    let home = home(&sts);
    for shell in posix() {
        let f = shell.function_name();
        for script in [
            format!("( {f} plain -q && {} )", env_dump::dump("within")),
            format!(
                "printf 'plain\\nplain\\n' | while read -r p; do {f} \"$p\" -q && {}; done",
                env_dump::dump("within")
            ),
            format!("{f} plain -q </dev/null >log 2>&1 && {}", env_dump::dump("within")),
            format!("for p in plain; do {f} $p -q && {}; done", env_dump::dump("within")),
        ] {
            let outcome = run(shell, &script, &home);
            assert!(outcome.status.success() && outcome.stderr.is_empty(), "{shell}: {script}: {outcome}");
            let within = env_dump::read(&home.path().join("within"));
            assert!(within["AWS_ACCESS_KEY_ID"].starts_with(b"ASIA"), "{shell}: {script}");
            std::fs::remove_file(home.path().join("within")).expect("a file");
        }
        // The list that a loop reads is not read by the program.
        let script = format!("printf 'plain\\nplain\\n' | while read -r p; do {f} \"$p\" -q && echo \"$p\"; done");
        assert_eq!(run(shell, &script, &home).stdout, b"plain\nplain\n", "{shell}");
    }
}

// fault 168
fn other_commands_work_everywhere() {
    let sts = Sts::start();
    let home = home(&sts);
    for shell in posix() {
        let f = shell.function_name();
        let outcome = run(shell, &format!("{f} list | cat; x=$({f} --version) && echo \"$x\""), &home);
        let stdout = String::from_utf8_lossy(&outcome.stdout);
        assert!(stdout.contains("plain") && stdout.contains("mfa-env "), "{shell}: {outcome}");
        assert_eq!(outcome.stderr, b"", "{shell}: {outcome}");
    }
}

/// Without the quotes, all lines of the snippet are one.
// fault 189
fn the_snippet_fails_loudly_without_quotes() {
    let mut home = Home::empty();
    home.set("PATH", path_with_program());
    for &shell in shells::installed() {
        let (line, then) = match shell {
            Shell::Fish => ("eval (mfa-env init fish)".to_owned(), "; and echo LOADED"),
            Shell::Pwsh => ("Invoke-Expression \"$(mfa-env init powershell)\"".to_owned(), "; if ($?) { 'LOADED' }"),
            _ => (format!("eval $(mfa-env init {})", shell.dialect()), " && echo LOADED"),
        };
        let outcome = shell.run(&format!("{line}{then}"), &home.variables, home.path());
        let stdout = String::from_utf8_lossy(&outcome.stdout);
        assert!(!stdout.contains("LOADED"), "{shell}: {outcome}");
        assert!(!outcome.stderr.is_empty(), "{shell}: {outcome}");
    }
}

// fault 169
fn removes_an_alias_and_names_it_once() {
    let sts = Sts::start();
    let home = home(&sts);
    for &shell in shells::installed() {
        let alias = match shell {
            // fish has functions only, of which the last one counts.
            Shell::Fish => continue,
            Shell::Pwsh => "Set-Alias aws-mfa Write-Output".to_owned(),
            _ => "alias aws-mfa='echo OLD TOOL'".to_owned(),
        };
        let f = shell.function_name();
        let load = shell.eval(&format!("mfa-env init {}", shell.dialect()));
        let script = format!("{alias}\n{load}\n{f} plain -q\n{f} plain -q\n{}", env_dump::dump("within"));
        let outcome = shell.run(&script, &home.variables, home.path());
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        assert_eq!(stderr.matches("mfa-env: aws-mfa is a function now").count(), 1, "{shell}: {outcome}");
        assert!(outcome.stdout.is_empty(), "{shell}: {outcome}");
        let within = env_dump::read(&home.path().join("within"));
        assert!(within["AWS_ACCESS_KEY_ID"].starts_with(b"ASIA"), "{shell}: {outcome}");
    }
}
