//! The documented line, typed and answered in every interactive shell.

#![cfg(unix)]

use crate::support::desk::{Desk, at_every_shell};
use crate::support::shells::{self, Shell};
use crate::support::sts::{Action, Fault, Gate};
use std::time::Duration;

trials![
    signs_in_the_shell,
    is_not_stopped_in_the_shell,
    is_not_stopped_during_the_call,
    signs_in_whatever_the_options,
    reads_no_data_of_a_pipeline,
    signs_in_two_shells_side_by_side,
    asks_once_in_two_shells_of_one_person,
];

const SOON: Duration = Duration::from_secs(20);
/// Something typed that a shell would run, were it to get it.
const HALF: &str = "echo wron";

pub fn signs_in_the_shell() {
    at_every_shell(|desk| {
        let code = desk.sts.code(&desk.alice.mfa_serial);
        desk.ask(&desk.line("mfa-env main"));
        desk.terminal.send_line(&code);
        desk.signed_in();
        let calls = desk.sts.take_calls();
        let [who, session] = calls.as_slice() else { panic!("{}: {calls:?}", desk.shell) };
        assert_eq!((who.action.as_str(), who.connection), ("GetCallerIdentity", session.connection));
        assert_eq!(session.param("TokenCode"), Some(code.as_str()));
        // The keys contain digits; the code is nowhere before they are shown.
        let output = desk.terminal.output();
        let before = output.split("<ASIA").next().expect("a part");
        assert!(!before.contains(&code), "{}: {before}", desk.shell);
    });
}

// fault 20
pub fn is_not_stopped_in_the_shell() {
    at_every_shell(|desk| {
        desk.ask(&desk.line("mfa-env main"));
        desk.terminal.send(HALF);
        // A ksh that is sent its own Ctrl-Z while it substitutes stops for good, whatever the program does.
        if desk.shell == Shell::Ksh {
            desk.terminal.send_control('u');
        } else {
            desk.terminal.send_control('z');
            desk.terminal.send_control('z');
        }
        desk.terminal.send_line(&desk.sts.code(&desk.alice.mfa_serial));
        desk.signed_in();
    });
}

// fault 20
pub fn is_not_stopped_during_the_call() {
    at_every_shell(|desk| {
        // As above.
        if desk.shell == Shell::Ksh {
            return;
        }
        let gate = Gate::new();
        desk.sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
        desk.ask(&desk.line("mfa-env main --no-preflight"));
        desk.terminal.send_line(&desk.sts.code(&desk.alice.mfa_serial));
        assert!(desk.sts.wait_for_calls(1, SOON));
        desk.terminal.send_control('z');
        gate.open();
        desk.signed_in();
    });
}

/// Strict and odd settings that people have in their startup files.
pub fn signs_in_whatever_the_options() {
    at_every_shell(|desk| {
        let options: &[&str] = match desk.shell {
            Shell::Bash => &["set -o posix", "set -eu; shopt -u interactive_comments", "set -o noglob; set -o vi"],
            Shell::Zsh => {
                &["setopt no_unset", "setopt sh_word_split extended_glob rc_quotes; bindkey -v", "emulate sh"]
            }
            Shell::Dash | Shell::Ksh | Shell::Mksh | Shell::Busybox => &["set -u", "set -f", "IFS=:"],
            Shell::Fish => &["set -g fish_key_bindings fish_vi_key_bindings"],
            Shell::Pwsh => &["Set-StrictMode -Version Latest"],
        };
        for option in options {
            desk.terminal.run_line(option);
            desk.ask(&desk.line("mfa-env main --renew"));
            desk.terminal.send_line(&desk.sts.code(&desk.alice.mfa_serial));
            desk.signed_in();
        }
    });
}

// fault 29
pub fn reads_no_data_of_a_pipeline() {
    for shell in shells::installed().iter().filter(|shell| shell.is_posix()) {
        let desk = &mut Desk::at(*shell);
        let line = "printf 'one\\ntwo\\n' | { eval \"$(mfa-env main -q)\"; echo \"status $?\"; cat; }";
        let status = if *shell == Shell::Ksh {
            // It runs the last part of a pipeline itself, and the terminal belongs to the other parts, even when they are over.
            desk.terminal.type_line(line);
            desk.terminal.expect("this job is in the background of its terminal");
            5
        } else {
            desk.ask(line);
            desk.terminal.send_line(&desk.sts.code(&desk.alice.mfa_serial));
            0
        };
        let shown = desk.terminal.expect_prompt().replace('\r', "");
        assert!(shown.contains(&format!("status {status}\none\ntwo\n")), "{shell}: {shown:?}");
    }
}

/// Two terminals, two shells, one prompt each; neither takes what is typed at the other.
pub fn signs_in_two_shells_side_by_side() {
    let installed = shells::installed();
    let (mut one, mut other) = (Desk::at(installed[0]), Desk::at(installed[installed.len() - 1]));
    one.ask(&one.line("mfa-env main"));
    other.ask(&other.line("mfa-env main"));
    other.terminal.send_line(&other.sts.code(&other.alice.mfa_serial));
    other.signed_in();
    assert_eq!(one.code_calls(), []);
    one.terminal.send_line(&one.sts.code(&one.alice.mfa_serial));
    one.signed_in();
}

// fault 34
pub fn asks_once_in_two_shells_of_one_person() {
    for shell in shells::installed() {
        let mut one = Desk::at(*shell);
        let mut other = one.beside(shells::installed()[0]);
        one.ask(&one.line("mfa-env main"));
        other.terminal.type_line(&other.line("mfa-env main"));
        other.terminal.expect("mfa-env: waiting: ");
        other.terminal.expect(" is signing in with alice");
        one.terminal.send_line(&one.sts.code(&one.alice.mfa_serial));
        one.signed_in();
        other.signed_in();
        assert!(!other.terminal.output().contains("MFA code"), "{shell}: {}", other.terminal.output());
        assert_eq!(one.code_calls().len(), 1, "{shell}");
    }
}
