//! The demo on a terminal: the code in the app's line signs in, and the terminal is left as it was.

#![cfg(unix)]

use crate::support::terminal::{Streams, Terminal, assert_same};
use std::process::Command;

trials![
    the_code_that_the_app_shows_signs_in,
    a_terminal_without_a_line_to_spare_says_the_code,
    ctrl_c_gives_the_whole_terminal_back
];

/// The demo next to the tests' program, which cargo has built: `true` in place of cargo has nothing left to build.
fn demo(size: (u16, u16)) -> Terminal {
    let tests = std::env::current_exe().expect("the path of this program");
    let target = tests.ancestors().nth(2).expect("the target directory");
    let mut command = Command::new(target.join("examples/demo"));
    command.env("CARGO", "true").env("TERM", "xterm").env("SHELL", "/bin/sh");
    Terminal::spawn_with(command, Streams { size: Some(size), ..Streams::default() })
}

fn after_last<'a>(shown: &'a str, what: &str) -> &'a str {
    let from = shown.rfind(what).unwrap_or_else(|| panic!("{what:?} in {shown:?}")) + what.len();
    &shown[from..]
}

fn the_code_that_the_app_shows_signs_in() {
    let mut terminal = demo((100, 30));
    terminal.expect("MFA code for alice");
    // The code and the time left are drawn again and again while the prompt is open.
    terminal.expect("authenticator app:  ");
    let shown = terminal.expect("the next code in ");
    let code: String = shown.chars().filter(char::is_ascii_digit).take(6).collect();
    terminal.send_line(&code);
    let after = terminal.expect("prod · admin@123456789012");
    assert!(!after.contains(&code), "the code is shown: {after}");
    for line in [
        "role/audit/alice",
        "PROFILE",
        "explain audit",
        "exec prod",
        "unset",
        "not signed in",
        "Calls that STS received",
    ] {
        terminal.expect(line);
    }
    assert!(terminal.wait().success());
    // Lines 2 to 30 scroll while the app is shown, all of them afterwards.
    let output = terminal.output();
    assert!(after_last(&output, "\x1b[2;30r").contains("\x1b7\x1b[r"), "{output}");
    assert_same(&terminal.initial, &terminal.stty());
}

fn a_terminal_without_a_line_to_spare_says_the_code() {
    let mut terminal = demo((100, 8));
    let shown = terminal.expect("MFA code for alice");
    assert!(!shown.contains("\x1b["), "{shown:?}");
    let code = after_last(&shown, "authenticator app shows ")[..6].to_owned();
    terminal.send_line(&code);
    terminal.expect("Calls that STS received");
    assert!(terminal.wait().success());
}

fn ctrl_c_gives_the_whole_terminal_back() {
    let mut terminal = demo((100, 30));
    terminal.expect("MFA code for alice");
    terminal.send_control('c');
    terminal.expect("the shell ended with");
    assert_eq!(terminal.wait().code(), Some(1));
    let output = terminal.output();
    assert!(after_last(&output, "\x1b[2;30r").contains("\x1b7\x1b[r"), "{output}");
    assert_same(&terminal.initial, &terminal.stty());
}
