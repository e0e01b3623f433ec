//! Every way a prompt can end without an answer: keys, signals, a panic, a timeout, a closed terminal.
//! The terminal is restored each time, and the evaluating shell sees a failure.

#![cfg(unix)]

use crate::support::child_programs;
use crate::support::failure_statement;
use crate::support::home::Home;
use crate::support::program::{Program, path_with_program};
use crate::support::prompted_run::PromptedRun;
use crate::support::sts::{Action, Fault, Gate, Sts, User};
use crate::support::summary::is_summary;
use crate::support::terminal::{Streams, Stty, Terminal};
use nix::sys::signal::Signal;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

trials![
    ctrl_c_ends_the_prompt,
    ctrl_backslash_ends_the_prompt,
    signals_from_other_processes_end_the_prompt,
    sigkill_leaves_the_terminal_as_it_was,
    sigkill_while_typing_is_discarded_leaves_the_terminal_as_it_was,
    another_prompt_keeps_its_settings_after_sigkill,
    ctrl_z_does_not_suspend_the_prompt,
    restores_unusual_terminal_settings,
    fails_when_the_terminal_closes_under_nohup,
    dies_of_sighup_when_the_terminal_closes,
    a_panic_prints_one_line,
    times_out_without_an_answer,
    discards_typed_input_on_timeout,
    does_not_prompt_in_the_background,
    a_second_signal_changes_nothing,
];

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    (sts, alice, home)
}

fn start(home: &Home) -> PromptedRun<'_> {
    PromptedRun::start(home, ["main", "--shell", "sh", "--no-preflight"])
}

// fault 18
fn ctrl_c_ends_the_prompt() {
    let (sts, _alice, home) = alice();
    let mut prompted = start(&home);
    prompted.terminal.send("123");
    prompted.terminal.send_control('c');
    prompted.end().dies(Signal::SIGINT);
    assert_eq!(sts.take_calls(), []);
}

// fault 19
fn ctrl_backslash_ends_the_prompt() {
    let (sts, _alice, home) = alice();
    let mut prompted = start(&home);
    prompted.terminal.send("123");
    prompted.terminal.send_control('\\');
    prompted.end().dies(Signal::SIGQUIT);
    assert_eq!(sts.take_calls(), []);
}

// fault 19
fn signals_from_other_processes_end_the_prompt() {
    let (sts, _alice, home) = alice();
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGINT, Signal::SIGSEGV] {
        let mut prompted = start(&home);
        prompted.terminal.send("123");
        prompted.terminal.signal(signal);
        prompted.end().dies(signal);
    }
    assert_eq!(sts.take_calls(), []);
}

/// Kills the program. stdout and stderr close at once, so nothing waits for the keeper, and the terminal gets the
/// settings of `expected`.
fn kill_and_expect(mut prompted: PromptedRun<'_>, expected: &Stty) {
    prompted.terminal.signal(Signal::SIGKILL);
    assert_eq!(prompted.terminal.wait().signal(), Some(Signal::SIGKILL as i32));
    let mut text = String::new();
    prompted.terminal.stdout.take().expect("piped").read_to_string(&mut text).expect("UTF-8");
    prompted.terminal.stderr.take().expect("piped").read_to_string(&mut text).expect("UTF-8");
    assert_eq!(text, "");
    prompted.terminal.wait_until("the settings from before", |now| expected.difference(now).is_none());
    assert!(!prompted.terminal.output().contains("314"), "{}", prompted.terminal.output());
}

// fault 221
fn sigkill_leaves_the_terminal_as_it_was() {
    let (_sts, _alice, home) = alice();
    for (settings, typed) in [("echo", ""), ("echo", "314"), ("intr ^X -ixon", "314"), ("-echo", ""), ("raw", "314")] {
        let on_a_terminal_with = |command: &Command| {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", &format!("stty {settings} </dev/tty; exec \"$0\" \"$@\"")]).arg(command.get_program());
            shell.args(command.get_args()).env_clear().envs(&home.variables);
            shell
        };
        let reference = Terminal::spawn(on_a_terminal_with(&Command::new("true")));
        assert!(reference.wait().success());
        let program = Program::new(&home, ["main", "--shell", "sh", "--no-preflight"]).command();
        let mut prompted = PromptedRun::start_with(&home, on_a_terminal_with(&program), Stdio::null());
        prompted.terminal.send(typed);
        kill_and_expect(prompted, &reference.stty());
    }
}

// fault 221
fn sigkill_while_typing_is_discarded_leaves_the_terminal_as_it_was() {
    let (sts, alice, home) = alice();
    sts.remove_key(&alice.access_key_id);
    let gate = Gate::new();
    sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
    let mut prompted = PromptedRun::start(&home, ["main", "--shell", "sh"]);
    prompted.terminal.send("314");
    gate.open();
    prompted.terminal.wait_until("the end of line editing", |stty| !stty.canonical() && !stty.echo());
    let initial = prompted.terminal.initial.clone();
    kill_and_expect(prompted, &initial);
}

// fault 221: the next prompt has almost the same settings, but not those that were left behind
fn another_prompt_keeps_its_settings_after_sigkill() {
    let (sts, alice, home) = alice();
    let program = Program::new(&home, ["main", "--shell", "sh", "--no-preflight"]).command();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "stty -echo -icanon; \"$0\" \"$@\" | cat; \"$0\" \"$@\" | cat"]).arg(program.get_program());
    shell.args(program.get_args()).env_clear().envs(&home.variables);
    let mut terminal = Terminal::spawn(shell);
    terminal.expect("MFA code");
    terminal.expect(": ");
    nix::sys::signal::kill(terminal.process("mfa-env"), Signal::SIGKILL).expect("the program is running");
    terminal.expect("MFA code");
    terminal.expect(": ");
    // The keeper of the first one looks every 50 ms.
    for _ in 0..20 {
        std::thread::sleep(std::time::Duration::from_millis(10));
        assert!(terminal.stty().is_hidden(), "the code would be shown");
    }
    terminal.send_line(&sts.code(&alice.mfa_serial));
    assert!(terminal.wait().success(), "{}", terminal.output());
    terminal.wait_until("the settings from before", |now| !now.echo() && !now.canonical());
}

// faults 20, 145
fn ctrl_z_does_not_suspend_the_prompt() {
    for digits_before in [0, 1, 3, 6] {
        let (sts, alice, home) = alice();
        let code = sts.code(&alice.mfa_serial);
        let mut prompted = start(&home);
        prompted.terminal.send(&code[..digits_before]);
        prompted.terminal.send_control('z');
        prompted.answer(&code[digits_before..]).signs_in();
    }
}

/// Echo that was off stays off, raw mode stays raw, and Enter works in both.
fn restores_unusual_terminal_settings() {
    for settings in ["-echo", "raw", "-isig -icrnl", "intr ^X"] {
        let (sts, alice, home) = alice();
        let mut command = Command::new("/bin/sh");
        let script =
            "stty $SETTINGS; stty -g >&2; mfa-env main --shell sh --no-preflight >/dev/null; echo $? >&2; stty -g >&2";
        command.args(["-c", script]).env_clear().envs(&home.variables);
        command.env("PATH", path_with_program()).env("SETTINGS", settings);
        let streams = Streams { stderr: Some(Stdio::piped()), ..Streams::default() };
        let mut terminal = Terminal::spawn_with(command, streams);
        terminal.expect("MFA code");
        let stty = terminal.stty();
        assert!(stty.is_hidden(), "{settings}");
        let code = sts.code(&alice.mfa_serial);
        terminal.send_line(&code);
        assert!(terminal.wait().success());
        let mut stderr = String::new();
        std::io::Read::read_to_string(&mut terminal.stderr.take().expect("piped"), &mut stderr).expect("UTF-8");
        let lines: Vec<&str> = stderr.lines().collect();
        let [before, summary, status, after] = lines.as_slice() else { panic!("{settings}: {stderr}") };
        assert!(is_summary(summary, Some("main")), "{settings}: {stderr}");
        assert_eq!((*status, before), ("0", after), "{settings}");
    }
}

/// Under `nohup` SIGHUP is ignored, so the program survives and finds the terminal gone.
fn fails_when_the_terminal_closes_under_nohup() {
    let (sts, _alice, home) = alice();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "trap '' HUP; exec mfa-env main --shell sh --no-preflight"]);
    command.env_clear().envs(&home.variables).env("PATH", path_with_program());
    let mut prompted = PromptedRun::start_with(&home, command, Stdio::null());
    prompted.terminal.close();
    let (status, stdout, stderr) = prompted.end_after_hangup();
    assert_eq!((status.code(), stdout.as_str()), (Some(5), failure_statement::of("sh", 5).as_str()), "{stderr}");
    assert!(stderr.starts_with("mfa-env: the terminal cannot be used: "), "{stderr}");
    assert_eq!(sts.take_calls(), []);
}

// fault 19
fn dies_of_sighup_when_the_terminal_closes() {
    let (sts, _alice, home) = alice();
    let mut prompted = start(&home);
    prompted.terminal.send("123");
    prompted.terminal.close();
    let (status, stdout, stderr) = prompted.end_after_hangup();
    assert_eq!(status.signal(), Some(Signal::SIGHUP as i32), "{status:?} {stderr}");
    assert_eq!((stdout.as_str(), stderr.as_str()), (failure_statement::of("sh", 129).as_str(), ""));
    assert_eq!(sts.take_calls(), []);
}

// fault 21
fn a_panic_prints_one_line() {
    let (_sts, _alice, home) = alice();
    let mut command = child_programs::panicking();
    command.env_clear().env("RUST_BACKTRACE", "full");
    let mut prompted = PromptedRun::before_prompt(&home, command, Stdio::null());
    prompted.prompt();
    let outcome = prompted.end();
    outcome.fails(1, "internal error at tests/support/child_programs.rs:");
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    assert!(!outcome.stderr.contains("secret-of-the-panic"), "{outcome:?}");
}

/// The real timeout takes minutes, so this prompts through the library with a short one.
// fault 22
fn times_out_without_an_answer() {
    let home = Home::empty();
    let mut prompted = PromptedRun::before_prompt(&home, child_programs::prompting_briefly(), Stdio::null());
    prompted.prompt();
    let outcome = prompted.end();
    assert_eq!(
        (outcome.status.code(), outcome.stdout.as_str(), outcome.stderr.as_str()),
        (Some(5), "", ""),
        "{outcome:?}"
    );
}

/// Partial input must not reach whichever program reads the terminal next.
// fault 22
fn discards_typed_input_on_timeout() {
    let program = child_programs::prompting_briefly();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "\"$@\"; echo \"status $?\"; read -r line </dev/tty; echo \"got <$line>\"", "sh"]);
    command.arg(program.get_program()).args(program.get_args()).env_clear();
    let streams = Streams { stdin: Some(Stdio::piped()), ..Streams::default() };
    let mut terminal = Terminal::spawn_with(command, streams);
    terminal.expect("MFA code: ");
    terminal.send("echo wron");
    terminal.stdin.take().expect("piped").write_all(b"typed\n").expect("the program reads");
    terminal.expect("status 5");
    terminal.send_line("next");
    terminal.expect("got <next>");
    assert!(terminal.wait().success());
}

// fault 28
fn does_not_prompt_in_the_background() {
    let (sts, _alice, home) = alice();
    // With job control the job gets its own process group, which is not the terminal's foreground group.
    let script = "set -m; mfa-env main --shell sh & wait $!; echo \"status $?\" >&2";
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", script]).env_clear().envs(&home.variables).env("PATH", path_with_program());
    let outcome = PromptedRun::before_prompt(&home, command, Stdio::null()).end_with_any_screen();
    assert_eq!(
        (outcome.stdout.as_str(), outcome.screen.as_str()),
        (failure_statement::of("sh", 5).as_str(), ""),
        "{outcome:?}"
    );
    let message = "mfa-env: an MFA code is needed, but this process is in the background\n";
    assert!(outcome.stderr.starts_with(message) && outcome.stderr.contains("--code CODE\n"), "{outcome:?}");
    assert!(outcome.stderr.ends_with("\nstatus 5\n"), "{outcome:?}");
    assert_eq!(sts.take_calls(), []);
}

/// Whether the second signal arrives while the first is handled or later, the failure statement is printed once.
// fault 19
fn a_second_signal_changes_nothing() {
    let (_sts, _alice, home) = alice();
    for _ in 0..20 {
        let prompted = start(&home);
        prompted.terminal.signal(Signal::SIGTERM);
        // The process may already be gone.
        let _ = nix::sys::signal::kill(prompted.terminal.leader(), Signal::SIGTERM);
        prompted.end().dies(Signal::SIGTERM);
    }
}
