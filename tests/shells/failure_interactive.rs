//! The documented line, failing in every interactive shell: given up, killed, refused.
//! The shell lives on, has its terminal and its old keys, and gets nothing of what was typed for the prompt.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::interactive_shell::{InteractiveShell, in_every_shell};
use crate::support::program::path_with_program;
use crate::support::shells::{self, Shell};
use crate::support::sts::{Action, Fault, Gate, Sts};
use crate::support::terminal::Terminal;
use nix::sys::signal::{Signal, kill};
use std::process::Command;
use std::time::{Duration, Instant};

trials![
    gives_up_in_the_shell,
    hands_nothing_on_when_the_keys_are_refused,
    is_killed_in_the_shell,
    is_killed_during_the_call,
    ends_at_once_by_ctrl_c_during_the_call,
    fails_in_the_shell,
    asks_nothing_in_the_background_of_a_shell,
    ends_a_script_by_ctrl_c,
];

const SOON: Duration = Duration::from_secs(20);
/// Something typed that a shell would run, were it to get it.
const HALF: &str = "echo wron";

// faults 18, 23
pub fn gives_up_in_the_shell() {
    in_every_shell(|shell_session| {
        for (typed, key) in [(HALF, Some('c')), ("", Some('c')), ("", Some('d')), ("", None), (HALF, None)] {
            shell_session.ask(&shell_session.line_and("mfa-env main"));
            shell_session.terminal.send(typed);
            match key {
                Some(key) => shell_session.terminal.send_control(key),
                None => {
                    // PromptedOutcome again, twice.
                    for left in ["2 tries left", "1 try left"] {
                        shell_session.terminal.send("\r");
                        shell_session.terminal.expect(left);
                        shell_session.terminal.expect("(AWS_ENDPOINT_URL_STS): ");
                        shell_session.terminal.send(typed);
                    }
                    shell_session.terminal.send("\r");
                }
            }
            let shown = shell_session.failed();
            let is_empty = typed.is_empty() && key != Some('c');
            assert_eq!(shown.contains("no MFA code entered"), is_empty, "{}: {shown:?}", shell_session.shell);
            assert!(!shown.contains(HALF), "{}: {shown:?}", shell_session.shell);
        }
        assert_eq!(shell_session.code_calls(), []);
    });
}

// fault 22
pub fn hands_nothing_on_when_the_keys_are_refused() {
    in_every_shell(|shell_session| {
        let gate = Gate::new();
        shell_session.sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
        shell_session.sts.remove_key(&shell_session.alice.access_key_id);
        shell_session.ask(&shell_session.line_and("mfa-env main"));
        shell_session.terminal.send(HALF);
        gate.open();
        let shown = shell_session.failed();
        assert!(
            shown.contains(&format!(
                "AWS does not recognize access key {} of profile main",
                shell_session.alice.access_key_id
            )),
            "{}: {shown:?}",
            shell_session.shell
        );
        assert_eq!(shell_session.code_calls(), []);
    });
}

// faults 19, 22
pub fn is_killed_in_the_shell() {
    in_every_shell(|shell_session| {
        for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
            shell_session.ask(&shell_session.line_and("mfa-env main"));
            shell_session.terminal.send(HALF);
            kill(shell_session.terminal.process("mfa-env"), signal).expect("the program is there");
            shell_session.failed();
        }
        // As Ctrl-C does, to the whole group.
        shell_session.ask(&shell_session.line_and("mfa-env main"));
        shell_session.terminal.send(HALF);
        shell_session.terminal.signal_foreground(Signal::SIGINT);
        shell_session.failed();
        assert_eq!(shell_session.code_calls(), []);
    });
}

// fault 19
pub fn is_killed_during_the_call() {
    in_every_shell(|shell_session| {
        let gate = Gate::new();
        shell_session.sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
        shell_session.ask(&shell_session.line_and("mfa-env main --no-preflight"));
        shell_session.terminal.send_line(&shell_session.sts.code(&shell_session.alice.mfa_serial));
        assert!(shell_session.sts.wait_for_calls(1, SOON));
        kill(shell_session.terminal.process("mfa-env"), Signal::SIGTERM).expect("the program is there");
        shell_session.failed();
        gate.open();
    });
}

// fault 122
pub fn ends_at_once_by_ctrl_c_during_the_call() {
    in_every_shell(|shell_session| {
        let gate = Gate::new();
        shell_session.sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
        shell_session.ask(&shell_session.line_and("mfa-env main --no-preflight"));
        shell_session.terminal.send_line(&shell_session.sts.code(&shell_session.alice.mfa_serial));
        assert!(shell_session.sts.wait_for_calls(1, SOON));
        let start = Instant::now();
        shell_session.terminal.send_control('c');
        let shown = shell_session.terminal.expect_prompt();
        assert!(start.elapsed() < Duration::from_secs(1), "{}: {:?}", shell_session.shell, start.elapsed());
        assert!(!shown.contains("mfa-env"), "{}: {shown:?}", shell_session.shell);
        shell_session.unchanged(&shown);
        gate.open();
    });
}

// fault 8
pub fn fails_in_the_shell() {
    in_every_shell(|shell_session| {
        let mut lines = vec![shell_session.line_and("mfa-env nosuch"), shell_session.line_and("mfa-env --nosuch")];
        if shell_session.shell == Shell::Fish {
            lines.push("mfa-env nosuch | source; and echo went on".to_owned());
            lines.push("eval (mfa-env nosuch); and echo went on".to_owned());
        }
        for line in lines {
            shell_session.terminal.type_line(&line);
            let shown = shell_session.failed();
            assert!(shown.contains("nosuch"), "{}: {shown:?}", shell_session.shell);
        }
        assert_eq!(shell_session.sts.take_calls(), []);
    });
}

// fault 28
pub fn asks_nothing_in_the_background_of_a_shell() {
    for shell in shells::installed().iter().filter(|shell| shell.is_posix()) {
        let shell_session = &mut InteractiveShell::at(*shell);
        // Waiting comes behind the end: a ksh lends its terminal to the job that it waits for.
        shell_session.terminal.type_line("mfa-env main >statements &");
        shell_session.terminal.expect("mfa-env: an MFA code is needed, but this process is in the background");
        shell_session.terminal.expect("--code CODE");
        shell_session.terminal.type_line("wait $!; echo \"status $?\"");
        shell_session.terminal.expect("status 5");
        shell_session.terminal.expect_prompt();
        assert_eq!(shell_session.answer("cat statements; rm statements"), "(exit 5);", "{shell}");
        shell_session.unchanged("");
        assert_eq!(shell_session.sts.take_calls(), [], "{shell}");
    }
}

// fault 18
pub fn ends_a_script_by_ctrl_c() {
    for shell in shells::installed() {
        let sts = Sts::start();
        let mut home = Home::signed_up(&sts, &sts.add_user("alice"), &[]);
        home.set("PATH", path_with_program());
        let script =
            shell.command(&shell.eval_and("mfa-env main --no-preflight", "echo went on"), &home.variables, home.path());
        // The session's leader stays, as a shell on a terminal does: with it the terminal would go.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "trap : INT; \"$@\"; echo \"status $?\"; read end", "sh"]);
        command.arg(script.get_program()).args(script.get_args()).current_dir(home.path()).env_clear();
        command.envs(script.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut terminal = Terminal::spawn(command);
        terminal.expect("MFA code");
        terminal.expect(": ");
        terminal.send_control('c');
        let shown = terminal.expect("status ");
        assert!(!shown.contains("went on"), "{shell}: {shown:?}");
        assert_ne!(terminal.expect("\n").trim(), "0", "{shell}");
        // A shell that dies by Ctrl-C itself may be over before the program is.
        let initial = terminal.initial.clone();
        terminal.wait_until("the settings of before", |stty| stty.difference(&initial).is_none());
        assert_eq!(sts.take_calls(), [], "{shell}");
    }
}
