//! The documented line, typed in every interactive shell: answered, given up, stopped and killed.
//! The shell lives on, has its terminal and its old keys, and gets nothing of what was typed for the prompt.

use crate::support::desk::Desk;
use crate::support::shells::{self, Shell};
use crate::support::sts::{Action, Fault, Gate};
use nix::sys::signal::{Signal, kill};
use std::time::{Duration, Instant};

trials![
    signs_in_the_shell,
    gives_up_in_the_shell,
    is_not_stopped_in_the_shell,
    is_not_stopped_during_the_call,
    hands_nothing_on_when_the_keys_are_refused,
    signs_in_whatever_the_options,
    is_killed_in_the_shell,
    is_killed_during_the_call,
    ends_at_once_by_ctrl_c_during_the_call,
    fails_in_the_shell,
    asks_nothing_in_the_background_of_a_shell,
    reads_no_data_of_a_pipeline,
    signs_in_two_shells_side_by_side,
];

const SOON: Duration = Duration::from_secs(20);
const HALF: &str = "echo wron";

fn at_every_shell(test: impl Fn(&mut Desk)) {
    for shell in shells::installed() {
        test(&mut Desk::at(*shell));
    }
}

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

// fault 18, 23
pub fn gives_up_in_the_shell() {
    at_every_shell(|desk| {
        for (typed, key) in [(HALF, Some('c')), ("", Some('c')), ("", Some('d')), ("", None), (HALF, None)] {
            desk.ask(&desk.line_and("mfa-env main"));
            desk.terminal.send(typed);
            match key {
                Some(key) => desk.terminal.send_control(key),
                None => desk.terminal.send("\r"),
            }
            let shown = desk.failed();
            assert_eq!(shown.contains("no code entered"), key == Some('d') || typed.is_empty() && key.is_none());
            assert!(!shown.contains(HALF), "{}: {shown:?}", desk.shell);
        }
        assert_eq!(desk.code_calls(), []);
    });
}

// fault 20
pub fn is_not_stopped_in_the_shell() {
    at_every_shell(|desk| {
        desk.ask(&desk.line("mfa-env main"));
        desk.terminal.send(HALF);
        // A ksh that is sent its own Ctrl-Z while it substitutes stops for good, whatever the program does.
        if desk.shell != Shell::Ksh {
            desk.terminal.send_control('z');
            desk.terminal.send_control('z');
        } else {
            desk.terminal.send_control('u');
        }
        desk.terminal.send_line(&desk.sts.code(&desk.alice.mfa_serial));
        desk.signed_in();
    });
}

// fault 20
pub fn is_not_stopped_during_the_call() {
    at_every_shell(|desk| {
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

// fault 22
pub fn hands_nothing_on_when_the_keys_are_refused() {
    at_every_shell(|desk| {
        let gate = Gate::new();
        desk.sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
        desk.sts.remove_key(&desk.alice.access_key_id);
        desk.ask(&desk.line_and("mfa-env main"));
        desk.terminal.send(HALF);
        gate.open();
        let shown = desk.failed();
        assert!(shown.contains("AWS does not know the access key of profile main"), "{}: {shown:?}", desk.shell);
        assert_eq!(desk.code_calls(), []);
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
            desk.ask(&desk.line("mfa-env main"));
            desk.terminal.send_line(&desk.sts.code(&desk.alice.mfa_serial));
            desk.signed_in();
        }
    });
}

// fault 19, 22
pub fn is_killed_in_the_shell() {
    at_every_shell(|desk| {
        for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
            desk.ask(&desk.line_and("mfa-env main"));
            desk.terminal.send(HALF);
            kill(desk.terminal.process("mfa-env"), signal).expect("the program is there");
            desk.failed();
        }
        assert_eq!(desk.code_calls(), []);
    });
}

// fault 19
pub fn is_killed_during_the_call() {
    at_every_shell(|desk| {
        let gate = Gate::new();
        desk.sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
        desk.ask(&desk.line_and("mfa-env main --no-preflight"));
        desk.terminal.send_line(&desk.sts.code(&desk.alice.mfa_serial));
        assert!(desk.sts.wait_for_calls(1, SOON));
        kill(desk.terminal.process("mfa-env"), Signal::SIGTERM).expect("the program is there");
        desk.failed();
        gate.open();
    });
}

// fault 122
pub fn ends_at_once_by_ctrl_c_during_the_call() {
    at_every_shell(|desk| {
        let gate = Gate::new();
        desk.sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
        desk.ask(&desk.line_and("mfa-env main --no-preflight"));
        desk.terminal.send_line(&desk.sts.code(&desk.alice.mfa_serial));
        assert!(desk.sts.wait_for_calls(1, SOON));
        let start = Instant::now();
        desk.terminal.send_control('c');
        let shown = desk.terminal.expect_prompt();
        assert!(start.elapsed() < Duration::from_secs(1), "{}: {:?}", desk.shell, start.elapsed());
        assert!(!shown.contains("mfa-env"), "{}: {shown:?}", desk.shell);
        desk.unchanged(&shown);
        gate.open();
    });
}

// fault 8
pub fn fails_in_the_shell() {
    at_every_shell(|desk| {
        let mut lines = vec![desk.line_and("mfa-env nosuch"), desk.line_and("mfa-env --nosuch")];
        if desk.shell == Shell::Fish {
            lines.push("mfa-env nosuch | source; and echo went on".to_owned());
            lines.push("eval (mfa-env nosuch); and echo went on".to_owned());
        }
        for line in lines {
            desk.terminal.type_line(&line);
            let shown = desk.failed();
            assert!(shown.contains("nosuch"), "{}: {shown:?}", desk.shell);
        }
        assert_eq!(desk.sts.take_calls(), []);
    });
}

// fault 28
pub fn asks_nothing_in_the_background_of_a_shell() {
    for shell in shells::installed().iter().filter(|shell| shell.is_posix()) {
        let desk = &mut Desk::at(*shell);
        // Waiting comes behind the end: a ksh lends its terminal to the job that it waits for.
        desk.terminal.type_line("mfa-env main >statements &");
        desk.terminal.expect("mfa-env: an MFA code is needed, but this job is in the background of its terminal");
        desk.terminal.expect("--code 123456");
        desk.terminal.type_line("wait $!; echo \"status $?\"");
        desk.terminal.expect("status 5");
        desk.terminal.expect_prompt();
        assert_eq!(desk.answer("cat statements; rm statements"), "(exit 5);", "{shell}");
        desk.unchanged("");
        assert_eq!(desk.sts.take_calls(), [], "{shell}");
    }
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
