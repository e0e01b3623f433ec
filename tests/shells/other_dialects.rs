//! The text for every shell, evaluated by every shell in every documented way: after a sign-in, a failure, and the
//! death of the program. Nothing continues without the new session, and no shell shows a secret.

#![cfg(unix)]

use crate::support::env_dump;
use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::shells::{self, Shell};
use crate::support::sts::{Action, Fault, Gate, RoleSpec, Sts};
use mfa_env::shell::Shell as Dialect;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::time::Duration;

trials![text_for_every_shell_in_every_shell];

const TIMEOUT: Duration = Duration::from_secs(20);

/// A name that breaks out of quotes of other shells, if any can.
const PROFILE: &str = "a\"; touch pwn; \"'; touch pwn; '\\'; touch pwn; #";

/// The number of cells if every shell is installed: six POSIX shells and fish have three forms, PowerShell has six, and
/// there are five dialects with three outcomes, and a fourth one of PowerShell.
const CELLS: usize = (7 * 3 + 6) * (5 * 3 + 1);

/// What the program printed for one dialect.
struct Text {
    dialect: Dialect,
    /// How the run ended, for messages.
    outcome: &'static str,
    printed: Vec<u8>,
    /// The access key that the text sets, if it is one of a session.
    session: Option<String>,
}

/// Every documented way to evaluate `cat text` and go on with `sh next`, and some that people type.
fn forms(shell: Shell) -> &'static [&'static str] {
    match shell {
        Shell::Fish => &[
            "cat text | source && sh next",
            "eval (cat text) && sh next",
            "eval (cat text | string collect) && sh next",
        ],
        Shell::Pwsh => &[
            "cat text | Out-String | Invoke-Expression && sh next",
            "cat text | Invoke-Expression && sh next",
            "Invoke-Expression (cat text) && sh next",
            "Invoke-Expression \"$(cat text)\" && sh next",
            "Invoke-Expression (& cat text) && sh next",
            "Invoke-Expression ((cat text) -join \"`n\") && sh next",
        ],
        // In the second one the quote is closed too late.
        _ => &["eval \"$(cat text)\" && sh next", "eval \"$(cat text) && sh next\"", "eval $(cat text) && sh next"],
    }
}

/// Whether this is the dialect that the program prints for this shell.
fn is_own(dialect: Dialect, shell: Shell) -> bool {
    Dialect::named(shell.dialect()) == Some(dialect)
}

// faults 140, 196, 226
fn text_for_every_shell_in_every_shell() {
    let sts = Sts::start();
    let texts = texts(&sts);
    let sessions = sts.sessions();
    let secrets = || sessions.iter().flat_map(|session| [&session.secret_access_key, &session.session_token]);
    let mut cells = 0;
    for &shell in shells::installed() {
        for text in &texts {
            let cwd = tempfile::tempdir().expect("a directory");
            std::fs::write(cwd.path().join("text"), &text.printed).expect("a file");
            std::fs::write(cwd.path().join("next"), "env -0 >seen\n").expect("a file");
            let seen = cwd.path().join("seen");
            for form in forms(shell) {
                let path = std::env::var_os("PATH").expect("PATH");
                let old =
                    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"].map(|name| (name, "old".into()));
                let env = [("PATH", path), ("LC_ALL", "C.UTF-8".into())].into_iter().chain(old);
                let outcome = match text.outcome {
                    // It ends the engine.
                    "interrupted" => shells::finish(shell.command(form, env, cwd.path())),
                    _ => shell.run(form, env, cwd.path()),
                };
                let cell = format!("{:?}, {}, in {shell}: {form}: {outcome}", text.dialect, text.outcome);
                for shown in [&outcome.stdout, &outcome.stderr] {
                    let shown = String::from_utf8_lossy(shown);
                    assert!(!secrets().any(|secret| shown.contains(secret.as_str())), "a secret is shown: {cell}");
                }
                assert_eq!(outcome.status.success(), seen.exists(), "{cell}");
                if seen.exists() {
                    let variables = env_dump::read(&seen);
                    let key = variables.get("AWS_ACCESS_KEY_ID").map(|key| String::from_utf8_lossy(key).into_owned());
                    assert!(key.is_some() && key == text.session, "continued with {key:?}: {cell}");
                    assert!(!variables.contains_key("AWS_PROFILE"), "continued with the old profile: {cell}");
                    std::fs::remove_file(&seen).expect("a file");
                } else {
                    assert!(text.session.is_none() || !is_own(text.dialect, shell), "{cell}");
                }
                assert!(!cwd.path().join("pwn").exists(), "a value ran: {cell}");
                cells += 1;
            }
        }
    }
    assert!(cells == CELLS || !shells::absent().is_empty(), "{cells} cells");
}

/// What the program prints for each shell: after a sign-in, after an error, and from its signal handler.
fn texts(sts: &Sts) -> Vec<Text> {
    let alice = sts.add_user("alice");
    let role = sts.add_role("reader", RoleSpec::default());
    let name = PROFILE.replace('\\', "\\\\").replace('"', "\\\"");
    let config = format!("[profile \"{name}\"]\nrole_arn = {role}\nsource_profile = main\n");
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url()).set("AWS_PROFILE", "old");
    let mut texts = Vec::new();
    for dialect in Dialect::ALL {
        let options = ["--profile", PROFILE, "-q", "--no-cache", "--shell", dialect.name()];
        let printed = Program::new(&home, options).run().stdout.into_bytes();
        let session = sts.sessions().pop().map(|session| session.access_key_id);
        texts.push(Text { dialect, outcome: "signed in", printed, session });

        let failed = shells::finish(Program::new(&home, ["nosuch", "--shell", dialect.name()]).command());
        texts.push(Text { dialect, outcome: "failed", printed: failed.stdout, session: None });

        let gate = Gate::new();
        sts.take_calls();
        sts.on(Action::AssumeRole, Fault::Hold(gate.clone()));
        let running = shells::start(Program::new(&home, options).command());
        assert!(sts.wait_for_calls(1, TIMEOUT));
        kill(Pid::from_raw(running.pid().cast_signed()), Signal::SIGTERM).expect("the program is running");
        let killed = running.finish();
        gate.open();
        texts.push(Text { dialect, outcome: "killed", printed: killed.stdout, session: None });
    }
    let dialect = Dialect::PowerShell;
    let printed = dialect.failure_statement().of_interruption.expect("a line").into();
    texts.push(Text { dialect, outcome: "interrupted", printed, session: None });
    assert!(texts.iter().all(|text| !text.printed.is_empty()));
    texts
}
