//! The documented `eval` line failing in every interactive shell: cancelled, killed, rejected.
//! The shell survives with its terminal and its old keys, and receives nothing that was typed at the prompt.

#![cfg(unix)]

use crate::support::failure_statement;
use crate::support::home::Home;
use crate::support::interactive_shell::{InteractiveShell, in_every_shell};
use crate::support::program::path_with_program;
use crate::support::shells::{self, Shell};
use crate::support::sts::{Action, Fault, Gate, Sts};
use crate::support::terminal::{PROMPT, Terminal};
use nix::sys::signal::{Signal, kill};
use std::process::Command;
use std::time::{Duration, Instant};

trials![
    cancelling_the_prompt_leaves_the_shell_unchanged,
    discards_typed_input_when_the_keys_are_rejected,
    digits_typed_around_an_error_do_not_reach_the_shell,
    digits_typed_at_any_moment_do_not_reach_the_shell,
    killing_the_program_at_the_prompt_leaves_the_shell_unchanged,
    sigkill_leaves_no_shell_without_echo,
    killing_the_program_during_the_call_leaves_the_shell_unchanged,
    ctrl_c_during_the_call_returns_to_the_shell,
    errors_leave_the_shell_unchanged,
    does_not_prompt_in_a_background_job,
    ctrl_c_at_the_prompt_ends_a_script,
];

const TIMEOUT: Duration = Duration::from_secs(20);
/// Typed input that would run as a command if it reached the shell.
const PARTIAL_INPUT: &str = "echo wron";

// faults 18, 23
fn cancelling_the_prompt_leaves_the_shell_unchanged() {
    in_every_shell(|shell_session| {
        for (typed, key) in
            [(PARTIAL_INPUT, Some('c')), ("", Some('c')), ("", Some('d')), ("", None), (PARTIAL_INPUT, None)]
        {
            shell_session.ask(&shell_session.sign_in_line_and("mfa-env main"));
            shell_session.terminal.send(typed);
            match key {
                Some(key) => shell_session.terminal.send_control(key),
                None => {
                    // The prompt returns twice.
                    for left in ["2 tries left", "1 try left"] {
                        shell_session.terminal.send("\r");
                        shell_session.terminal.expect(left);
                        shell_session.terminal.expect("(AWS_ENDPOINT_URL_STS): ");
                        shell_session.terminal.send(typed);
                    }
                    shell_session.terminal.send("\r");
                }
            }
            let shown = shell_session.assert_failed();
            let is_empty = typed.is_empty() && key != Some('c');
            assert_eq!(shown.contains("no MFA code entered"), is_empty, "{}: {shown:?}", shell_session.shell);
            assert!(!shown.contains(PARTIAL_INPUT), "{}: {shown:?}", shell_session.shell);
        }
        assert_eq!(shell_session.code_calls(), []);
    });
}

// fault 22
fn discards_typed_input_when_the_keys_are_rejected() {
    in_every_shell(|shell_session| {
        let gate = Gate::new();
        shell_session.sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
        shell_session.sts.remove_key(&shell_session.alice.access_key_id);
        shell_session.ask(&shell_session.sign_in_line_and("mfa-env main"));
        shell_session.terminal.send(PARTIAL_INPUT);
        gate.open();
        let shown = shell_session.assert_failed();
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

// fault 144
fn digits_typed_around_an_error_do_not_reach_the_shell() {
    in_every_shell(|shell_session| {
        let gate = Gate::new();
        shell_session.sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
        shell_session.sts.remove_key(&shell_session.alice.access_key_id);
        shell_session.ask(&shell_session.sign_in_line_and("mfa-env main"));
        shell_session.terminal.send("123");
        gate.open();
        shell_session.terminal.wait_until("the end of line editing", |stty| !stty.canonical() && !stty.echo());
        shell_session.terminal.send("4");
        shell_session.terminal.send("56xyzzy\r");
        shell_session.assert_failed();
        let output = shell_session.terminal.output();
        assert!(!output.contains("xyzzy"), "{}: {output:?}", shell_session.shell);
        assert_eq!(shell_session.code_calls(), []);
    });
}

// fault 144: at the speed at which people type
fn digits_typed_at_any_moment_do_not_reach_the_shell() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish].into_iter().filter(|shell| shell.path().is_some()) {
        for (delay, line) in [(300, "aws-mfa main"), (500, ""), (900, "aws-mfa main"), (300, ""), (900, "")] {
            let mut shell_session = InteractiveShell::start(shell);
            if !line.is_empty() {
                let init = shell.eval(&format!("mfa-env init {}", shell.dialect()));
                shell_session.terminal.run_line(&init);
            }
            shell_session.sts.on(Action::GetCallerIdentity, Fault::Delay(Duration::from_millis(delay)));
            shell_session.sts.remove_key(&shell_session.alice.access_key_id);
            let plain = shell_session.sign_in_line("mfa-env main");
            shell_session.ask(if line.is_empty() { &plain } else { line });
            for digit in ["1", "2", "3", "4", "5", "6", "\r"] {
                shell_session.terminal.send(digit);
                std::thread::sleep(Duration::from_millis(120));
            }
            let shown = shell_session.assert_failed();
            assert!(shown.contains("AWS does not recognize access key"), "{shell}, {delay}: {shown:?}");
            let output = shell_session.terminal.output();
            let is_run = ["ommand not found", "Unknown command"].iter().any(|message| output.contains(message));
            assert!(!is_run, "{shell}, {delay}: {output:?}");
        }
    }
}

// faults 19, 22
fn killing_the_program_at_the_prompt_leaves_the_shell_unchanged() {
    in_every_shell(|shell_session| {
        for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
            shell_session.ask(&shell_session.sign_in_line_and("mfa-env main"));
            shell_session.terminal.send(PARTIAL_INPUT);
            kill(shell_session.terminal.process("mfa-env"), signal).expect("the program is running");
            shell_session.assert_failed();
        }
        // To the whole foreground group, as Ctrl-C does.
        shell_session.ask(&shell_session.sign_in_line_and("mfa-env main"));
        shell_session.terminal.send(PARTIAL_INPUT);
        shell_session.terminal.signal_foreground(Signal::SIGINT);
        shell_session.assert_failed();
        assert_eq!(shell_session.code_calls(), []);
    });
}

// fault 221: a line editor takes over the settings of the prompt, and brings them back for every command
fn sigkill_leaves_no_shell_without_echo() {
    in_every_shell(|shell_session| {
        shell_session.ask(&shell_session.sign_in_line("mfa-env main"));
        shell_session.terminal.send("123");
        kill(shell_session.terminal.process("mfa-env"), Signal::SIGKILL).expect("the program is running");
        shell_session.terminal.expect(PROMPT);
        // The keeper discards what was typed before, and may do so only now, so Enter is pressed until the shell sees it.
        let prompts = |terminal: &Terminal| terminal.output().matches(PROMPT).count();
        let (before, deadline) = (prompts(&shell_session.terminal), Instant::now() + TIMEOUT);
        while prompts(&shell_session.terminal) < before + 5 {
            assert!(Instant::now() < deadline, "{}: {}", shell_session.shell, shell_session.terminal.output());
            shell_session.terminal.send("\r");
            std::thread::sleep(Duration::from_millis(20));
        }
        shell_session.terminal.send_line("sleep 1; echo drained | tr d D");
        shell_session.terminal.expect("DraineD");
        shell_session.terminal.expect_prompt();
        assert_eq!(shell_session.first_output_line("stty -g"), shell_session.settings, "{}", shell_session.shell);
    });
}

// fault 19
fn killing_the_program_during_the_call_leaves_the_shell_unchanged() {
    in_every_shell(|shell_session| {
        let gate = Gate::new();
        shell_session.sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
        shell_session.ask(&shell_session.sign_in_line_and("mfa-env main --no-preflight"));
        shell_session.terminal.send_line(&shell_session.sts.code(&shell_session.alice.mfa_serial));
        assert!(shell_session.sts.wait_for_calls(1, TIMEOUT));
        kill(shell_session.terminal.process("mfa-env"), Signal::SIGTERM).expect("the program is running");
        shell_session.assert_failed();
        gate.open();
    });
}

// fault 122
fn ctrl_c_during_the_call_returns_to_the_shell() {
    in_every_shell(|shell_session| {
        let gate = Gate::new();
        shell_session.sts.on(Action::GetSessionToken, Fault::Hold(gate.clone()));
        shell_session.ask(&shell_session.sign_in_line_and("mfa-env main --no-preflight"));
        shell_session.terminal.send_line(&shell_session.sts.code(&shell_session.alice.mfa_serial));
        assert!(shell_session.sts.wait_for_calls(1, TIMEOUT));
        let start = Instant::now();
        shell_session.terminal.send_control('c');
        let shown = shell_session.terminal.expect_prompt();
        // 1 s, and 5 s for a busy machine.
        assert!(start.elapsed() < Duration::from_secs(1 + 5), "{}: {:?}", shell_session.shell, start.elapsed());
        assert!(!shown.contains("mfa-env"), "{}: {shown:?}", shell_session.shell);
        shell_session.assert_unchanged(&shown);
        gate.open();
    });
}

// fault 8
fn errors_leave_the_shell_unchanged() {
    in_every_shell(|shell_session| {
        let mut lines =
            vec![shell_session.sign_in_line_and("mfa-env nosuch"), shell_session.sign_in_line_and("mfa-env --nosuch")];
        if shell_session.shell == Shell::Fish {
            lines.push("mfa-env nosuch | source; and echo went on".to_owned());
            lines.push("eval (mfa-env nosuch); and echo went on".to_owned());
        }
        for line in lines {
            shell_session.terminal.type_line(&line);
            let shown = shell_session.assert_failed();
            assert!(shown.contains("nosuch"), "{}: {shown:?}", shell_session.shell);
        }
        assert_eq!(shell_session.sts.take_calls(), []);
    });
}

// fault 28
fn does_not_prompt_in_a_background_job() {
    for shell in shells::installed().iter().filter(|shell| shell.is_posix()) {
        let shell_session = &mut InteractiveShell::start(*shell);
        // `wait` only once the program has ended: ksh puts the job that it waits for in the foreground.
        shell_session.terminal.type_line("mfa-env main >statements &");
        shell_session.terminal.expect("mfa-env: an MFA code is needed, but this process is in the background");
        shell_session.terminal.expect("--code CODE");
        shell_session.terminal.type_line("wait $!; echo \"status $?\"");
        shell_session.terminal.expect("status 5");
        shell_session.terminal.expect_prompt();
        assert_eq!(
            shell_session.first_output_line("cat statements; rm statements"),
            failure_statement::of("sh", 5).trim_end(),
            "{shell}"
        );
        shell_session.assert_unchanged("");
        assert_eq!(shell_session.sts.take_calls(), [], "{shell}");
    }
}

// fault 18
fn ctrl_c_at_the_prompt_ends_a_script() {
    for shell in shells::installed() {
        let sts = Sts::start();
        let mut home = Home::with_user(&sts, &sts.add_user("alice"), &[]);
        home.set("PATH", path_with_program());
        let script =
            shell.command(&shell.eval_and("mfa-env main --no-preflight", "echo went on"), &home.variables, home.path());
        // The session leader must stay alive, as a login shell does, because the terminal is lost when it exits.
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
        // The shell may die of Ctrl-C before the program does.
        let initial = terminal.initial.clone();
        terminal.wait_until("the initial settings", |stty| stty.difference(&initial).is_none());
        assert_eq!(sts.take_calls(), [], "{shell}");
    }
}
