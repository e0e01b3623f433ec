//! The preflight call, which checks the keys while the code is typed.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::prompted_run::PromptedRun;
use crate::support::slow_link::SlowLink;
use crate::support::sts::{Action, Fault, Gate, RoleSpec, Sts, User};
use crate::support::terminal::Stty;
use crate::support::tls::Tls;
use std::time::{Duration, Instant};

trials![
    reports_unknown_keys_before_a_code_is_entered,
    sends_no_code_with_deleted_keys,
    warns_about_connection_problems_and_keeps_prompting,
    warns_about_a_wrong_clock,
    opens_the_connection_while_the_code_is_typed,
    each_call_after_enter_takes_one_round_trip,
    prompts_and_accepts_ctrl_c_while_the_endpoint_is_silent,
    does_not_wait_long_for_an_unanswered_preflight,
    no_preflight_skips_the_check_of_the_keys,
];

const TIMEOUT: Duration = Duration::from_secs(20);

fn actions(sts: &Sts) -> Vec<String> {
    sts.take_calls().into_iter().map(|call| call.action).collect()
}

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    (sts, alice, home)
}

fn reports_unknown_keys_before_a_code_is_entered() {
    let (sts, alice, home) = alice();
    let gate = Gate::new();
    sts.remove_key(&alice.access_key_id);
    sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
    let mut prompted = PromptedRun::start(&home, ["main", "--shell", "sh"]);
    prompted.terminal.send("123");
    gate.open();
    let outcome = prompted.end();
    outcome.fails(4, &format!("AWS does not recognize access key {} of profile main\n", alice.access_key_id));
    assert!(outcome.stderr.contains("aws iam list-access-keys"), "{outcome:?}");
    let calls = sts.take_calls();
    let [call] = calls.as_slice() else { panic!("one call: {calls:?}") };
    assert_eq!((call.action.as_str(), call.error.as_deref()), ("GetCallerIdentity", Some("InvalidClientTokenId")));
}

/// A problem that may have passed by the time the code is sent is a warning, and the prompt stays open.
// fault 117
fn warns_about_connection_problems_and_keeps_prompting() {
    let (sts, alice, home) = alice();
    let host = sts.url().replace("http://", "");
    let busy = Fault::Refuse { status: 503, code: "ServiceUnavailable".into(), message: "busy".into() };
    let portal = Fault::Raw {
        status: 200,
        content_type: "text/html".into(),
        body: b"<html>Welcome to \x1b[2J!</html>".to_vec(),
    };
    for (fault, what) in [
        (Fault::CloseUnprocessed, "cannot be reached: "),
        (busy, "is busy (ServiceUnavailable)"),
        (portal, "is not from STS"),
    ] {
        sts.on(Action::GetCallerIdentity, fault);
        let mut prompted = PromptedRun::start(&home, ["main", "--shell", "sh", "--renew"]);
        let warning = prompted.notice();
        assert!(warning.starts_with("warning: ") && warning.contains(&host) && warning.contains(what), "{warning}");
        assert_eq!(warning.lines().count(), 1, "{warning}");
        assert_eq!(actions(&sts), ["GetCallerIdentity"]);
        prompted.answer(&sts.code(&alice.mfa_serial)).signs_in();
        assert_eq!(actions(&sts), ["GetSessionToken"]);
    }
}

// fault 111
fn warns_about_a_wrong_clock() {
    for offset in [600, -600] {
        let (sts, alice, home) = alice();
        sts.set_clock(offset);
        let outcome = PromptedRun::start(&home, ["main", "--shell", "sh"]).answer(&sts.code(&alice.mfa_serial));
        assert!(outcome.status.success(), "{outcome:?}");
        assert_eq!(outcome.stderr.matches("warning: ").count(), 1, "{outcome:?}");
        assert!(outcome.stderr.contains("this machine's clock ("), "{outcome:?}");
        // The code was sent once, signed with AWS's time.
        let calls = sts.take_calls();
        assert_eq!(calls.iter().filter(|call| call.param("TokenCode").is_some()).count(), 1, "{calls:?}");
    }
}

/// The connection is opened while the code is typed, so that each call after Enter takes one round trip.
fn opens_the_connection_while_the_code_is_typed() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let admin = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let mut home = Home::with_user(&sts, &alice, &[("prod", &admin, "")]);
    let tls = Tls::in_front_of(&sts, &["localhost"]);
    let bundle = home.path().join(".aws/ca.pem");
    home.write(".aws/ca.pem", &tls.pem);
    home.set("AWS_CA_BUNDLE", bundle);
    home.set("AWS_ENDPOINT_URL_STS", format!("https://localhost:{}", tls.address.port()));
    let prompted = PromptedRun::start(&home, ["prod", "--shell", "sh"]);
    assert!(sts.wait_for_calls(1, TIMEOUT));
    assert_eq!((sts.connections(), actions(&sts)), (1, vec!["GetCallerIdentity".to_owned()]));
    prompted.answer(&sts.code(&alice.mfa_serial)).signs_in();
    assert_eq!((sts.connections(), actions(&sts)), (1, vec!["GetSessionToken".to_owned(), "AssumeRole".to_owned()]));
}

/// Measured over a link with a round trip of 400 ms. Three attempts, because the machine may be busy.
fn each_call_after_enter_takes_one_round_trip() {
    const ROUND_TRIP: Duration = Duration::from_millis(400);
    let measured: Vec<f64> = (0..3)
        .map(|_| {
            let sts = Sts::start();
            let alice = sts.add_user("alice");
            let admin = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
            let mut home = Home::with_user(&sts, &alice, &[("prod", &admin, "")]);
            let link = SlowLink::to(sts.url().replace("http://", "").parse().expect("an address"), ROUND_TRIP);
            home.set("AWS_ENDPOINT_URL_STS", format!("http://{}", link.address));
            let prompted = PromptedRun::start(&home, ["prod", "--shell", "sh"]);
            assert!(link.wait_for_responses(1, TIMEOUT));
            let code = sts.code(&alice.mfa_serial);
            let enter = Instant::now();
            prompted.answer(&code).signs_in();
            enter.elapsed().as_secs_f64() / (2.0 * ROUND_TRIP.as_secs_f64())
        })
        .take_while(|ratio| *ratio > 1.2)
        .collect();
    assert!(measured.len() < 3, "round trips for each call: {measured:?}");
}

/// The first call waits for the preflight only for a limited time, then opens a connection of its own.
fn does_not_wait_long_for_an_unanswered_preflight() {
    let (sts, alice, home) = alice();
    sts.on(Action::GetCallerIdentity, Fault::Hold(Gate::new()));
    let prompted = PromptedRun::start(&home, ["main", "--shell", "sh", "--quiet"]);
    assert!(sts.wait_for_calls(1, TIMEOUT));
    let start = Instant::now();
    let outcome = prompted.answer(&sts.code(&alice.mfa_serial));
    assert!(outcome.status.success(), "{outcome:?}");
    // Without a limit of its own the wait would last for the request timeout of 10 s.
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    let calls = sts.take_calls();
    assert_eq!(
        calls.iter().map(|call| call.action.as_str()).collect::<Vec<_>>(),
        ["GetCallerIdentity", "GetSessionToken"]
    );
    assert_ne!(calls[0].connection, calls[1].connection);
}

/// The preflight fails after Enter, but still before the code is sent.
fn sends_no_code_with_deleted_keys() {
    let (sts, alice, home) = alice();
    let gate = Gate::new();
    let code = sts.code(&alice.mfa_serial);
    sts.remove_key(&alice.access_key_id);
    sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
    let mut prompted = PromptedRun::start(&home, ["main", "--shell", "sh"]);
    assert!(sts.wait_for_calls(1, TIMEOUT));
    prompted.terminal.send_line(&code);
    // Restored terminal settings mean that the prompt has ended.
    prompted.terminal.wait_until("the end of the prompt", Stty::echo);
    gate.open();
    prompted.end().fails(4, &format!("AWS does not recognize access key {} of profile main\n", alice.access_key_id));
    assert_eq!(actions(&sts), ["GetCallerIdentity"]);
}

/// The endpoint accepts connections and never answers.
// fault 122
fn prompts_and_accepts_ctrl_c_while_the_endpoint_is_silent() {
    let (_sts, _alice, mut home) = alice();
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    home.set("AWS_ENDPOINT_URL_STS", format!("http://{}", silent.local_addr().expect("an address")));
    let mut prompted = PromptedRun::start(&home, ["main", "--shell", "sh"]);
    let _connection = silent.accept().expect("the preflight's connection");
    prompted.terminal.send("123");
    prompted.terminal.send_control('c');
    prompted.end().dies(nix::sys::signal::Signal::SIGINT);
}

fn no_preflight_skips_the_check_of_the_keys() {
    let (sts, alice, home) = alice();
    let prompted = PromptedRun::start(&home, ["main", "--shell", "sh", "--no-preflight"]);
    prompted.answer(&sts.code(&alice.mfa_serial)).signs_in();
    assert_eq!(actions(&sts), ["GetSessionToken"]);
}
