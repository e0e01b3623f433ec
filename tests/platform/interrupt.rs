//! Ctrl-C while STS is being asked: nobody waits for the answer.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::prompted_run::{PromptedOutcome, PromptedRun};
use crate::support::sts::{Action, Fault, Gate, Sts, User};
use nix::sys::signal::Signal;
use std::process::Stdio;
use std::time::{Duration, Instant};

trials![
    by_the_key_after_the_code_was_typed,
    by_a_signal_while_a_given_code_is_under_way,
    while_a_connection_is_being_made,
];

/// For a call to arrive at STS.
const SOON: Duration = Duration::from_secs(20);
/// From the signal to the end of the program.
const AT_ONCE: Duration = Duration::from_secs(1);

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    sts.always(Action::GetSessionToken, Fault::Hold(Gate::new()));
    (sts, alice, home)
}

/// Ends `asking` by `interrupt`, at once.
fn interrupted(mut asking: PromptedRun<'_>, interrupt: impl FnOnce(&mut PromptedRun<'_>)) -> PromptedOutcome {
    let start = Instant::now();
    interrupt(&mut asking);
    let asked = asking.end_with_any_screen();
    assert!(start.elapsed() < AT_ONCE, "{:?}: {asked:?}", start.elapsed());
    asked
}

// fault 122
pub fn by_the_key_after_the_code_was_typed() {
    let (sts, alice, home) = alice();
    let mut asking = PromptedRun::start(&home, ["main", "--shell", "sh", "--no-preflight"]);
    asking.terminal.send_line(&sts.code(&alice.mfa_serial));
    assert!(sts.wait_for_calls(1, SOON));
    let prompt = asking.prompt.clone();
    let asked = interrupted(asking, |asking| asking.terminal.send("\x03"));
    asked.dies(Signal::SIGINT);
    assert_eq!(asked.screen, format!("{prompt}\r\n^C"));
    assert_eq!(sts.calls().len(), 1);
}

// fault 122
pub fn by_a_signal_while_a_given_code_is_under_way() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let (sts, alice, home) = alice();
        let words = ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"];
        let asking = PromptedRun::before_prompt(&home, Program::new(&home, words).command(), Stdio::null());
        assert!(sts.wait_for_calls(1, SOON));
        let asked = interrupted(asking, |asking| asking.terminal.signal(signal));
        asked.dies(signal);
        assert_eq!(asked.screen, "");
        assert_eq!(sts.calls().len(), 1);
    }
}

// fault 122
pub fn while_a_connection_is_being_made() {
    let (sts, alice, mut home) = alice();
    // It takes the connection and says nothing, so that the client waits for TLS.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port on the loopback");
    home.set("AWS_ENDPOINT_URL_STS", format!("https://{}", listener.local_addr().expect("its address")));
    let words = ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"];
    let asking = PromptedRun::before_prompt(&home, Program::new(&home, words).command(), Stdio::null());
    let (_held, _) = listener.accept().expect("a client");
    let asked = interrupted(asking, |asking| asking.terminal.signal(Signal::SIGINT));
    asked.dies(Signal::SIGINT);
    assert_eq!(asked.screen, "");
}
