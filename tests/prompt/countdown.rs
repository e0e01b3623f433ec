//! After a code that is used up the question counts down to the next one, where the terminal can go back in its row.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::{Program, path_with_program};
use crate::support::prompted_run::{PromptedOutcome, PromptedRun};
use crate::support::sts::{Action, Fault, Sts, User};
use nix::sys::signal::Signal;
use std::process::{Command, Stdio};

trials![
    counts_down_in_its_row,
    hears_ctrl_c_while_it_counts,
    says_it_once_where_nothing_can_be_painted_over,
    takes_the_next_code_while_it_counts,
];

const SENT: &str =
    "mfa-env: this MFA code was already sent to AWS, which accepts each code only once: enter the next one, in ";

/// alice has signed in with this code a moment ago; her terminal is one that can be painted on.
fn alice() -> (Sts, User, Home, String) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let mut home = Home::signed_up(&sts, &alice, &[]);
    home.set("TERM", "xterm");
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["main", &code, "--shell", "sh"]).says("signed in to main").run();
    sts.take_calls();
    (sts, alice, home, code)
}

fn command(home: &Home) -> Command {
    Program::new(home, ["main", "--renew", "--shell", "sh", "--no-preflight"]).command()
}

/// Types the code that is used up; the question stands there again.
fn asking_again<'a>(home: &'a Home, code: &str) -> PromptedRun<'a> {
    let mut asking = PromptedRun::start_with(home, command(home), Stdio::null());
    asking.terminal.send_line(code);
    let said = asking.terminal.expect(" tries left)\r\n");
    assert!(said.starts_with(&format!("\r\n{SENT}")), "{said:?}");
    asking
}

/// The number behind the text that the terminal shows next.
fn seconds(asking: &mut PromptedRun<'_>) -> u64 {
    asking.terminal.expect(", next code in ");
    let shown = asking.terminal.expect(" s: ");
    shown.strip_suffix(" s: ").and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{shown:?}"))
}

// fault 104
pub fn counts_down_in_its_row() {
    let (sts, _alice, home, code) = alice();
    // Near the end of a period the countdown is short: then there is another one, for the next code that is used up.
    let mut asking = asking_again(&home, &code);
    let first = seconds(&mut asking);
    assert!((1..=30).contains(&first), "{first}");
    if first > 1 {
        let painted = asking.terminal.expect(&format!(", next code in {} s: ", first - 1));
        assert!(painted.starts_with("\rMFA code for alice ("), "in the same row: {painted:?}");
        assert!(!painted.contains(['\n', '\x1b']), "{painted:?}");
    } else {
        let painted = asking.terminal.expect("): ");
        assert!(painted.starts_with("\rMFA code for alice (") && !painted.contains("next code"), "{painted:?}");
    }
    asking.terminal.send_control('d');
    assert_eq!(asking.end_showing().status.code(), Some(5));
    assert_eq!(sts.take_calls(), []);
}

pub fn hears_ctrl_c_while_it_counts() {
    let (sts, _alice, home, code) = alice();
    let mut asking = asking_again(&home, &code);
    seconds(&mut asking);
    asking.terminal.send("123");
    asking.terminal.send_control('c');
    let asked: PromptedOutcome = asking.end_showing();
    asked.dies(Signal::SIGINT);
    assert_eq!(sts.take_calls(), []);
}

pub fn takes_the_next_code_while_it_counts() {
    let (sts, alice, home, code) = alice();
    let mut asking = asking_again(&home, &code);
    seconds(&mut asking);
    asking.terminal.send_line(&sts.code(&alice.mfa_serial));
    asking.end_showing().signs_in();

    // After a code that was lost on the way as well; after one that AWS refused the one that is shown may still be good.
    let busy = Fault::Refuse { status: 503, code: "ServiceUnavailable".into(), message: "busy".into() };
    sts.on(Action::GetSessionToken, busy);
    let mut asking = PromptedRun::start_with(&home, command(&home), Stdio::null());
    asking.terminal.send_line(&sts.wrong_code(&alice.mfa_serial));
    asking.terminal.expect("may have been used; enter the next one (2 tries left)\r\n");
    seconds(&mut asking);
    asking.terminal.send_line(&sts.wrong_codes(&alice.mfa_serial).nth(1).expect("a code"));
    asking.terminal.expect(" (1 try left)\r\n");
    let question = asking.terminal.expect("): ");
    assert!(!question.contains("next code"), "{question:?}");
    asking.terminal.send_line("");
    assert_eq!(asking.end_showing().status.code(), Some(4));
}

pub fn says_it_once_where_nothing_can_be_painted_over() {
    let (sts, _alice, home, code) = alice();
    let with = |name, value| {
        let mut command = command(&home);
        command.env(name, value);
        command
    };
    // In forty columns the question takes more than one row.
    let mut narrow = Command::new("/bin/sh");
    narrow.args(["-c", "stty cols 40 </dev/tty; exec mfa-env main --renew --shell sh --no-preflight"]);
    narrow.env_clear().envs(&home.variables).env("PATH", path_with_program());
    // What is typed would be painted over where it is shown.
    for command in [with("TERM", "dumb"), with("TERM", ""), with("MFA_ENV_ECHO", "1"), narrow] {
        let mut asking = PromptedRun::before_prompt(&home, command, Stdio::null());
        asking.prompt();
        asking.terminal.send_line(&code);
        asking.terminal.expect(" tries left)\r\n");
        assert_eq!(asking.terminal.expect("): "), asking.prompt);
        asking.terminal.send_control('d');
        let asked = asking.end_showing();
        assert_eq!(asked.screen.matches("next code").count(), 0, "{asked:?}");
        assert!(!asked.screen.contains('\x1b'), "{asked:?}");
    }
    assert_eq!(sts.take_calls(), []);
}
