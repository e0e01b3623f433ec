//! The documented line, typed and answered in every interactive shell.

#![cfg(unix)]

use crate::support::interactive_shell::{InteractiveShell, in_every_shell};
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
    in_every_shell(|shell_session| {
        let code = shell_session.sts.code(&shell_session.alice.mfa_serial);
        shell_session.ask(&shell_session.line("mfa-env main"));
        shell_session.terminal.send_line(&code);
        shell_session.signed_in();
        let calls = shell_session.sts.take_calls();
        let [who, session] = calls.as_slice() else { panic!("{}: {calls:?}", shell_session.shell) };
        assert_eq!((who.action.as_str(), who.connection), ("GetCallerIdentity", session.connection));
        assert_eq!(session.param("TokenCode"), Some(code.as_str()));
        // The keys contain digits; the code is nowhere before they are shown.
        let output = shell_session.terminal.output();
        let before = output.split("<ASIA").next().expect("a part");
        assert!(!before.contains(&code), "{}: {before}", shell_session.shell);
    });
}

// fault 20
pub fn is_not_stopped_in_the_shell() {
    in_every_shell(|shell_session| {
        shell_session.ask(&shell_session.line("mfa-env main"));
        shell_session.terminal.send(HALF);
        // A ksh that is sent its own Ctrl-Z while it substitutes stops for good, whatever the program does.
        if shell_session.shell == Shell::Ksh {
            shell_session.terminal.send_control('u');
        } else {
            shell_session.terminal.send_control('z');
            shell_session.terminal.send_control('z');
        }
        shell_session.terminal.send_line(&shell_session.sts.code(&shell_session.alice.mfa_serial));
        shell_session.signed_in();
    });
}

// fault 20
pub fn is_not_stopped_during_the_call() {
    in_every_shell(|shell_session| {
        // As above.
        if shell_session.shell == Shell::Ksh {
            return;
        }
        let gate = Gate::new();
        shell_session.sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
        shell_session.ask(&shell_session.line("mfa-env main --no-preflight"));
        shell_session.terminal.send_line(&shell_session.sts.code(&shell_session.alice.mfa_serial));
        assert!(shell_session.sts.wait_for_calls(1, SOON));
        shell_session.terminal.send_control('z');
        gate.open();
        shell_session.signed_in();
    });
}

/// Strict and odd settings that people have in their startup files.
pub fn signs_in_whatever_the_options() {
    in_every_shell(|shell_session| {
        let options: &[&str] = match shell_session.shell {
            Shell::Bash => &["set -o posix", "set -eu; shopt -u interactive_comments", "set -o noglob; set -o vi"],
            Shell::Zsh => {
                &["setopt no_unset", "setopt sh_word_split extended_glob rc_quotes; bindkey -v", "emulate sh"]
            }
            Shell::Dash | Shell::Ksh | Shell::Mksh | Shell::Busybox => &["set -u", "set -f", "IFS=:"],
            Shell::Fish => &["set -g fish_key_bindings fish_vi_key_bindings"],
            Shell::Pwsh => &["Set-StrictMode -Version Latest"],
        };
        for option in options {
            shell_session.terminal.run_line(option);
            shell_session.ask(&shell_session.line("mfa-env main --renew"));
            shell_session.terminal.send_line(&shell_session.sts.code(&shell_session.alice.mfa_serial));
            shell_session.signed_in();
        }
    });
}

// fault 29
pub fn reads_no_data_of_a_pipeline() {
    for shell in shells::installed().iter().filter(|shell| shell.is_posix()) {
        let shell_session = &mut InteractiveShell::at(*shell);
        let line = "printf 'one\\ntwo\\n' | { eval \"$(mfa-env main -q)\"; echo \"status $?\"; cat; }";
        let status = if *shell == Shell::Ksh {
            // It runs the last part of a pipeline itself, and the terminal belongs to the other parts, even when they are over.
            shell_session.terminal.type_line(line);
            shell_session.terminal.expect("this process is in the background");
            5
        } else {
            shell_session.ask(line);
            shell_session.terminal.send_line(&shell_session.sts.code(&shell_session.alice.mfa_serial));
            0
        };
        let shown = shell_session.terminal.expect_prompt().replace('\r', "");
        assert!(shown.contains(&format!("status {status}\none\ntwo\n")), "{shell}: {shown:?}");
    }
}

/// Two terminals, two shells, one prompt each; neither takes what is typed at the other.
pub fn signs_in_two_shells_side_by_side() {
    let installed = shells::installed();
    let (mut one, mut other) =
        (InteractiveShell::at(installed[0]), InteractiveShell::at(installed[installed.len() - 1]));
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
        let mut one = InteractiveShell::at(*shell);
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
