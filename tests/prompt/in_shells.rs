//! The documented `eval` line in every interactive shell, with the prompt answered.

#![cfg(unix)]

use crate::support::interactive_shell::{InteractiveShell, in_every_shell};
use crate::support::shells::{self, Shell};
use crate::support::sts::{Action, Fault, Gate};
use std::time::Duration;

trials![
    signs_in_to_the_current_shell,
    ctrl_z_at_the_prompt_does_not_suspend,
    ctrl_z_during_the_call_does_not_suspend,
    works_with_strict_and_unusual_shell_options,
    leaves_pipeline_data_on_stdin,
    two_shells_prompt_independently,
    prompts_once_for_two_shells_of_one_user,
];

const TIMEOUT: Duration = Duration::from_secs(20);
/// Typed input that would run as a command if it reached the shell.
const PARTIAL_INPUT: &str = "echo wron";

fn signs_in_to_the_current_shell() {
    in_every_shell(|shell_session| {
        let code = shell_session.sts.code(&shell_session.alice.mfa_serial);
        shell_session.ask(&shell_session.sign_in_line("mfa-env main"));
        shell_session.terminal.send_line(&code);
        shell_session.assert_signed_in();
        let calls = shell_session.sts.take_calls();
        let [who, session] = calls.as_slice() else { panic!("{}: {calls:?}", shell_session.shell) };
        assert_eq!((who.action.as_str(), who.connection), ("GetCallerIdentity", session.connection));
        assert_eq!(session.param("TokenCode"), Some(code.as_str()));
        // Session keys may contain the code's digits by chance, so look only before the first key.
        let output = shell_session.terminal.output();
        let before = output.split("<ASIA").next().expect("output before the key");
        assert!(!before.contains(&code), "{}: {before}", shell_session.shell);
    });
}

// faults 20, 145
fn ctrl_z_at_the_prompt_does_not_suspend() {
    in_every_shell(|shell_session| {
        shell_session.ask(&shell_session.sign_in_line("mfa-env main"));
        let code = shell_session.sts.code(&shell_session.alice.mfa_serial);
        shell_session.terminal.send(PARTIAL_INPUT);
        shell_session.terminal.send_control('u');
        shell_session.terminal.send(&code[..3]);
        // ksh itself stops for good when it gets Ctrl-Z during a command substitution, whatever the program does.
        if shell_session.shell != Shell::Ksh {
            shell_session.terminal.send_control('z');
            shell_session.terminal.send_control('z');
        }
        shell_session.terminal.send_line(&code[3..]);
        shell_session.assert_signed_in();
    });
}

// fault 20
fn ctrl_z_during_the_call_does_not_suspend() {
    in_every_shell(|shell_session| {
        // ksh itself stops on Ctrl-Z.
        if shell_session.shell == Shell::Ksh {
            return;
        }
        let gate = Gate::new();
        shell_session.sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
        shell_session.ask(&shell_session.sign_in_line("mfa-env main --no-preflight"));
        shell_session.terminal.send_line(&shell_session.sts.code(&shell_session.alice.mfa_serial));
        assert!(shell_session.sts.wait_for_calls(1, TIMEOUT));
        shell_session.terminal.send_control('z');
        gate.open();
        shell_session.assert_signed_in();
    });
}

/// Options that people set in their startup files.
fn works_with_strict_and_unusual_shell_options() {
    in_every_shell(|shell_session| {
        for option in shell_session.shell.interactive_options() {
            shell_session.terminal.run_line(option);
            shell_session.ask(&shell_session.sign_in_line("mfa-env main --renew"));
            shell_session.terminal.send_line(&shell_session.sts.code(&shell_session.alice.mfa_serial));
            shell_session.assert_signed_in();
        }
    });
}

// fault 29
fn leaves_pipeline_data_on_stdin() {
    for shell in shells::installed().iter().filter(|shell| shell.is_posix()) {
        let shell_session = &mut InteractiveShell::start(*shell);
        let last = "{ eval \"$(mfa-env main -q)\"; echo \"status $?\"; : >\"$HOME/over\"; cat; }";
        let status = if *shell == Shell::Ksh {
            // ksh runs the last part of a pipeline in its own process, while the other parts hold the foreground for as
            // long as they live.
            let first = "{ printf 'one\\ntwo\\n'; until test -e \"$HOME/over\"; do sleep 0.05; done; }";
            shell_session.terminal.type_line(&format!("{first} | {last}"));
            shell_session.terminal.expect("this process is in the background");
            5
        } else {
            shell_session.ask(&format!("printf 'one\\ntwo\\n' | {last}"));
            shell_session.terminal.send_line(&shell_session.sts.code(&shell_session.alice.mfa_serial));
            0
        };
        let shown = shell_session.terminal.expect_prompt().replace('\r', "");
        assert!(shown.contains(&format!("status {status}\none\ntwo\n")), "{shell}: {shown:?}");
    }
}

/// Two terminals, two shells, one prompt each; neither reads what is typed at the other.
fn two_shells_prompt_independently() {
    let installed = shells::installed();
    let (mut first, mut second) =
        (InteractiveShell::start(installed[0]), InteractiveShell::start(installed[installed.len() - 1]));
    first.ask(&first.sign_in_line("mfa-env main"));
    second.ask(&second.sign_in_line("mfa-env main"));
    second.terminal.send_line(&second.sts.code(&second.alice.mfa_serial));
    second.assert_signed_in();
    assert_eq!(first.code_calls(), []);
    first.terminal.send_line(&first.sts.code(&first.alice.mfa_serial));
    first.assert_signed_in();
}

// fault 34
fn prompts_once_for_two_shells_of_one_user() {
    for shell in shells::installed() {
        let mut first = InteractiveShell::start(*shell);
        let mut second = first.another(shells::installed()[0]);
        first.ask(&first.sign_in_line("mfa-env main"));
        second.terminal.type_line(&second.sign_in_line("mfa-env main"));
        second.terminal.expect("mfa-env: waiting for process ");
        second.terminal.expect(" is signing in with alice");
        first.terminal.send_line(&first.sts.code(&first.alice.mfa_serial));
        first.assert_signed_in();
        second.assert_signed_in();
        assert!(!second.terminal.output().contains("MFA code"), "{shell}: {}", second.terminal.output());
        assert_eq!(first.code_calls().len(), 1, "{shell}");
    }
}
