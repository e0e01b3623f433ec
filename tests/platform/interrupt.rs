//! Ctrl-C during a call to STS ends the program at once, without waiting for the response.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::prompted_run::{PromptedOutcome, PromptedRun};
use crate::support::sts::{Action, Fault, Gate, Sts, User};
use nix::sys::signal::Signal;
use std::process::Stdio;
use std::time::{Duration, Instant};

trials![
    ctrl_c_ends_the_prompt_of_a_process_that_ignores_it,
    ctrl_c_after_a_typed_code_ends_the_call,
    signals_end_the_call_made_with_a_code_argument,
    ctrl_c_ends_a_connection_attempt,
];

const TIMEOUT: Duration = Duration::from_secs(20);
/// 1 s from the signal to the end of the program, and 5 s for a busy machine.
const INTERRUPT_LIMIT: Duration = Duration::from_secs(1 + 5);

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    sts.always(Action::GetSessionToken, Fault::Hold(Gate::new()));
    (sts, alice, home)
}

/// The outcome after `interrupt`, which must end the program in time.
fn outcome_after(mut prompted: PromptedRun<'_>, interrupt: impl FnOnce(&mut PromptedRun<'_>)) -> PromptedOutcome {
    let start = Instant::now();
    interrupt(&mut prompted);
    let outcome = prompted.end_with_any_screen();
    assert!(start.elapsed() < INTERRUPT_LIMIT, "{:?}: {outcome:?}", start.elapsed());
    outcome
}

// fault 171
fn ctrl_c_ends_the_prompt_of_a_process_that_ignores_it() {
    let (sts, _, home) = alice();
    for arguments in [&["main", "--shell", "sh"][..], &["exec", "main", "true"]] {
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", "trap '' INT; exec \"$0\" \"$@\""]).arg(crate::support::program::binary()).args(arguments);
        shell.env_clear().envs(&home.variables).current_dir(home.path());
        let prompted = PromptedRun::start_with(&home, shell, Stdio::null());
        let outcome = outcome_after(prompted, |prompted| prompted.terminal.send("\x03"));
        assert_eq!(outcome.status.code(), Some(130), "{outcome:?}");
        assert_eq!(outcome.stdout.is_empty(), arguments[0] == "exec", "{outcome:?}");
    }
    assert!(sts.calls().iter().all(|call| call.action == "GetCallerIdentity"));
}

// fault 122
fn ctrl_c_after_a_typed_code_ends_the_call() {
    let (sts, alice, home) = alice();
    let mut prompted = PromptedRun::start(&home, ["main", "--shell", "sh", "--no-preflight"]);
    prompted.terminal.send_line(&sts.code(&alice.mfa_serial));
    assert!(sts.wait_for_calls(1, TIMEOUT));
    let prompt = prompted.prompt.clone();
    let outcome = outcome_after(prompted, |prompted| prompted.terminal.send("\x03"));
    outcome.dies(Signal::SIGINT);
    assert_eq!(outcome.screen, format!("{prompt}\r\n^C"));
    assert_eq!(sts.calls().len(), 1);
}

// fault 122
fn signals_end_the_call_made_with_a_code_argument() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let (sts, alice, home) = alice();
        let arguments = ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"];
        let prompted = PromptedRun::before_prompt(&home, Program::new(&home, arguments).command(), Stdio::null());
        assert!(sts.wait_for_calls(1, TIMEOUT));
        let outcome = outcome_after(prompted, |prompted| prompted.terminal.signal(signal));
        outcome.dies(signal);
        assert_eq!(outcome.screen, "");
        assert_eq!(sts.calls().len(), 1);
    }
}

// fault 122
fn ctrl_c_ends_a_connection_attempt() {
    let (sts, alice, mut home) = alice();
    // The listener never answers, so the client waits for the TLS handshake.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
    home.set("AWS_ENDPOINT_URL_STS", format!("https://{}", listener.local_addr().expect("its address")));
    let arguments = ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"];
    let prompted = PromptedRun::before_prompt(&home, Program::new(&home, arguments).command(), Stdio::null());
    let (_held, _) = listener.accept().expect("a client");
    let outcome = outcome_after(prompted, |prompted| prompted.terminal.signal(Signal::SIGINT));
    outcome.dies(Signal::SIGINT);
    assert_eq!(outcome.screen, "");
}
