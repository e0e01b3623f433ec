//! After a used code, the prompt counts down to the next one if the terminal can redraw a line in place.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::{Program, path_with_program};
use crate::support::prompted_run::{PromptedOutcome, PromptedRun};
use crate::support::sts::{Action, Fault, Sts, User};
use nix::sys::signal::Signal;
use std::process::{Command, Stdio};

trials![
    counts_down_in_place,
    ctrl_c_works_during_the_countdown,
    shows_no_countdown_where_the_line_cannot_be_redrawn,
    accepts_the_next_code_during_the_countdown,
];

const ALREADY_SENT: &str =
    "mfa-env: this MFA code was already sent to AWS, which accepts each code only once: enter the next one, in ";

/// alice, who has just signed in with the code returned here, on a terminal that can redraw a line.
fn alice() -> (Sts, User, Home, String) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::with_user(&sts, &alice, &[]);
    home.set("TERM", "xterm");
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["main", &code, "--shell", "sh"]).signs_in_to("main").run();
    sts.take_calls();
    (sts, alice, home, code)
}

fn command(home: &Home) -> Command {
    Program::new(home, ["main", "--renew", "--shell", "sh", "--no-preflight"]).command()
}

/// Types the used code and waits for the message that rejects it.
fn reject_used_code<'a>(home: &'a Home, code: &str) -> PromptedRun<'a> {
    let mut prompted = PromptedRun::start_with(home, command(home), Stdio::null());
    prompted.terminal.send_line(code);
    let message = prompted.terminal.expect(" tries left)\r\n");
    assert!(message.starts_with(&format!("\r\n{ALREADY_SENT}")), "{message:?}");
    prompted
}

/// The seconds that the next countdown on the terminal shows.
fn countdown_seconds(prompted: &mut PromptedRun<'_>) -> u64 {
    prompted.terminal.expect(", next code in ");
    let shown = prompted.terminal.expect(" s: ");
    shown.strip_suffix(" s: ").and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{shown:?}"))
}

// fault 104
fn counts_down_in_place() {
    let (sts, _alice, home, code) = alice();
    let mut prompted = reject_used_code(&home, &code);
    let first = countdown_seconds(&mut prompted);
    assert!((1..=30).contains(&first), "{first}");
    // A colon and a space occur only at the end of the prompt.
    let redrawn = prompted.terminal.expect(": ");
    assert!(redrawn.starts_with("\rMFA code for alice ("), "not in place: {redrawn:?}");
    assert!(!redrawn.contains(['\n', '\x1b']), "{redrawn:?}");
    // A busy machine may skip a few redraws, and the last one drops the countdown.
    match redrawn.strip_suffix(" s: ").and_then(|text| text.split_once(", next code in ")) {
        Some((_, seconds)) => {
            let next = seconds.parse().expect("seconds");
            assert!((first.saturating_sub(6)..first).contains(&next), "{next} after {first}");
        }
        None => assert!(first <= 6 && redrawn.ends_with("): "), "no countdown after {first} s: {redrawn:?}"),
    }
    prompted.terminal.send_control('d');
    assert_eq!(prompted.end_with_any_screen().status.code(), Some(5));
    assert_eq!(sts.take_calls(), []);
}

fn ctrl_c_works_during_the_countdown() {
    let (sts, _alice, home, code) = alice();
    let mut prompted = reject_used_code(&home, &code);
    countdown_seconds(&mut prompted);
    prompted.terminal.send("123");
    prompted.terminal.send_control('c');
    let outcome: PromptedOutcome = prompted.end_with_any_screen();
    outcome.dies(Signal::SIGINT);
    assert_eq!(sts.take_calls(), []);
}

fn accepts_the_next_code_during_the_countdown() {
    let (sts, alice, home, code) = alice();
    let mut prompted = reject_used_code(&home, &code);
    countdown_seconds(&mut prompted);
    prompted.terminal.send_line(&sts.code(&alice.mfa_serial));
    prompted.end_with_any_screen().signs_in();

    // A code lost in transit starts the countdown too. A rejected one does not: the current code may still be valid.
    let busy = Fault::Refuse { status: 503, code: "ServiceUnavailable".into(), message: "busy".into() };
    sts.on(Action::GetSessionToken, busy);
    let mut prompted = PromptedRun::start_with(&home, command(&home), Stdio::null());
    prompted.terminal.send_line(&sts.wrong_code(&alice.mfa_serial));
    prompted.terminal.expect("may have been used; enter the next one (2 tries left)\r\n");
    countdown_seconds(&mut prompted);
    prompted.terminal.send_line(&sts.wrong_codes(&alice.mfa_serial).nth(1).expect("a code"));
    prompted.terminal.expect(" (1 try left)\r\n");
    let question = prompted.terminal.expect("): ");
    assert!(!question.contains("next code"), "{question:?}");
    prompted.terminal.send_line("");
    assert_eq!(prompted.end_with_any_screen().status.code(), Some(4));
}

fn shows_no_countdown_where_the_line_cannot_be_redrawn() {
    let (sts, _alice, home, code) = alice();
    let command_with = |name, value| {
        let mut command = command(&home);
        command.env(name, value);
        command
    };
    // In 40 columns the prompt wraps.
    let mut narrow = Command::new("/bin/sh");
    narrow.args(["-c", "stty cols 40 </dev/tty; exec mfa-env main --renew --shell sh --no-preflight"]);
    narrow.env_clear().envs(&home.variables).env("PATH", path_with_program());
    // With MFA_ENV_ECHO a redraw would erase what was typed.
    for command in [command_with("TERM", "dumb"), command_with("TERM", ""), command_with("MFA_ENV_ECHO", "1"), narrow] {
        let mut prompted = PromptedRun::before_prompt(&home, command, Stdio::null());
        prompted.prompt();
        prompted.terminal.send_line(&code);
        prompted.terminal.expect(" tries left)\r\n");
        assert_eq!(prompted.terminal.expect("): "), prompted.prompt);
        prompted.terminal.send_control('d');
        let outcome = prompted.end_with_any_screen();
        assert_eq!(outcome.screen.matches("next code").count(), 0, "{outcome:?}");
        assert!(!outcome.screen.contains('\x1b'), "{outcome:?}");
    }
    assert_eq!(sts.take_calls(), []);
}
