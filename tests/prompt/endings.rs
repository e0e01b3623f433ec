//! Every way in which a prompt can end but an answer: by keys, by signals, by a defect, with the terminal itself.
//! The terminal is given back as it was, and the death is the evaluating shell's failure.

#![cfg(unix)]

use crate::support::child_programs;
use crate::support::home::Home;
use crate::support::program::path_with_program;
use crate::support::prompted_run::PromptedRun;
use crate::support::sts::{Sts, User};
use crate::support::terminal::{Streams, Terminal};
use nix::sys::signal::Signal;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

trials![
    ends_by_ctrl_c,
    ends_by_the_quit_key,
    ends_by_signals_from_outside,
    does_not_stop_at_ctrl_z,
    gives_back_settings_that_are_not_the_usual_ones,
    survives_its_terminal_only_to_fail,
    ends_with_its_terminal,
    ends_a_panic_in_one_line,
    ends_when_nobody_answers,
    hands_nothing_on_when_nobody_answers,
    asks_nothing_in_the_background,
    hears_two_signals_as_one,
];

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::signed_up(&sts, &alice, &[]);
    (sts, alice, home)
}

fn start(home: &Home) -> PromptedRun<'_> {
    PromptedRun::start(home, ["main", "--shell", "sh", "--no-preflight"])
}

// fault 18
pub fn ends_by_ctrl_c() {
    let (sts, _alice, home) = alice();
    let mut asking = start(&home);
    asking.terminal.send("123");
    asking.terminal.send_control('c');
    asking.end().dies(Signal::SIGINT);
    assert_eq!(sts.take_calls(), []);
}

// fault 19
pub fn ends_by_the_quit_key() {
    let (sts, _alice, home) = alice();
    let mut asking = start(&home);
    asking.terminal.send("123");
    asking.terminal.send_control('\\');
    asking.end().dies(Signal::SIGQUIT);
    assert_eq!(sts.take_calls(), []);
}

// fault 19
pub fn ends_by_signals_from_outside() {
    let (sts, _alice, home) = alice();
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGINT, Signal::SIGSEGV] {
        let mut asking = start(&home);
        asking.terminal.send("123");
        asking.terminal.signal(signal);
        asking.end().dies(signal);
    }
    assert_eq!(sts.take_calls(), []);
}

// fault 20
pub fn does_not_stop_at_ctrl_z() {
    let (sts, alice, home) = alice();
    let mut asking = start(&home);
    asking.terminal.send_control('z');
    asking.answer(&sts.code(&alice.mfa_serial)).signs_in();
}

/// A terminal that was hidden before stays hidden, one in raw mode stays raw, and Enter works in both.
pub fn gives_back_settings_that_are_not_the_usual_ones() {
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
        let mut said = String::new();
        std::io::Read::read_to_string(&mut terminal.stderr.take().expect("piped"), &mut said).expect("UTF-8");
        let lines: Vec<&str> = said.lines().collect();
        let [before, summary, status, after] = lines.as_slice() else { panic!("{settings}: {said}") };
        assert!(summary.starts_with("mfa-env: signed in"), "{settings}: {said}");
        assert_eq!((*status, before), ("0", after), "{settings}");
    }
}

/// Started by `nohup`, it does not die of the hangup, but finds the terminal gone.
pub fn survives_its_terminal_only_to_fail() {
    let (sts, _alice, home) = alice();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "trap '' HUP; exec mfa-env main --shell sh --no-preflight"]);
    command.env_clear().envs(&home.variables).env("PATH", path_with_program());
    let mut asking = PromptedRun::start_with(&home, command, Stdio::null());
    asking.terminal.close();
    let (status, stdout, stderr) = asking.end_in_the_dark();
    assert_eq!((status.code(), stdout.as_str()), (Some(5), "(exit 5);\n"), "{stderr}");
    assert!(stderr.starts_with("mfa-env: the terminal cannot be used: "), "{stderr}");
    assert_eq!(sts.take_calls(), []);
}

// fault 19
pub fn ends_with_its_terminal() {
    let (sts, _alice, home) = alice();
    let mut asking = start(&home);
    asking.terminal.send("123");
    asking.terminal.close();
    let (status, stdout, stderr) = asking.end_in_the_dark();
    assert_eq!(status.signal(), Some(Signal::SIGHUP as i32), "{status:?} {stderr}");
    assert_eq!((stdout.as_str(), stderr.as_str()), ("(exit 129);\n", ""));
    assert_eq!(sts.take_calls(), []);
}

// fault 21
pub fn ends_a_panic_in_one_line() {
    let (_sts, _alice, home) = alice();
    let mut command = child_programs::panicking();
    command.env_clear().env("RUST_BACKTRACE", "full");
    let mut asking = PromptedRun::before_prompt(&home, command, Stdio::null());
    asking.prompt();
    let asked = asking.end();
    asked.fails(1, "something went wrong at tests/support/child_programs.rs:");
    assert_eq!(asked.stderr.lines().count(), 1, "{asked:?}");
    assert!(!asked.stderr.contains("secret-of-the-panic"), "{asked:?}");
}

/// The program waits for minutes; the library's prompt is told to wait for a moment.
// fault 22
pub fn ends_when_nobody_answers() {
    let home = Home::empty();
    let mut asking = PromptedRun::before_prompt(&home, child_programs::impatient(), Stdio::null());
    asking.prompt();
    let asked = asking.end();
    assert_eq!((asked.status.code(), asked.stdout.as_str(), asked.stderr.as_str()), (Some(5), "", ""), "{asked:?}");
}

/// What was typed by then is not for whoever reads the terminal next.
// fault 22
pub fn hands_nothing_on_when_nobody_answers() {
    let program = child_programs::impatient();
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
pub fn asks_nothing_in_the_background() {
    let (sts, _alice, home) = alice();
    // Job control makes the job a group of its own, which does not have the terminal.
    let script = "set -m; mfa-env main --shell sh & wait $!; echo \"status $?\" >&2";
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", script]).env_clear().envs(&home.variables).env("PATH", path_with_program());
    let asked = PromptedRun::before_prompt(&home, command, Stdio::null()).end_showing();
    assert_eq!((asked.stdout.as_str(), asked.screen.as_str()), ("(exit 5);\n", ""), "{asked:?}");
    let says = "mfa-env: an MFA code is needed, but this process is in the background\n";
    assert!(asked.stderr.starts_with(says) && asked.stderr.contains("--code CODE\n"), "{asked:?}");
    assert!(asked.stderr.ends_with("\nstatus 5\n"), "{asked:?}");
    assert_eq!(sts.take_calls(), []);
}

/// The second one comes while the first is at work, or after it; either way there is one statement and one death.
// fault 19
pub fn hears_two_signals_as_one() {
    let (_sts, _alice, home) = alice();
    for _ in 0..20 {
        let asking = start(&home);
        asking.terminal.signal(Signal::SIGTERM);
        // The first may have ended it by now.
        let _ = nix::sys::signal::kill(asking.terminal.leader(), Signal::SIGTERM);
        asking.end().dies(Signal::SIGTERM);
    }
}
