//! What is found out about the keys while the code is typed.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::prompted_run::PromptedRun;
use crate::support::slow_link::SlowLink;
use crate::support::sts::{Action, Fault, Gate, RoleSpec, Sts, User};
use crate::support::terminal::Stty;
use crate::support::tls::Tls;
use std::time::{Duration, Instant};

trials![
    objects_to_unknown_keys_before_enter,
    spends_no_code_on_keys_that_are_dead,
    shows_trouble_beside_the_question,
    a_clock_that_is_off_is_a_warning,
    makes_the_connection_ready,
    takes_a_round_trip_for_each_call_after_enter,
    asks_at_once_and_hears_ctrl_c_where_nobody_answers,
    gives_a_silent_preflight_up_before_the_code_ages,
    asks_nobody_about_the_keys_when_told_so,
];

const SOON: Duration = Duration::from_secs(20);

fn actions(sts: &Sts) -> Vec<String> {
    sts.take_calls().into_iter().map(|call| call.action).collect()
}

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::signed_up(&sts, &alice, &[]);
    (sts, alice, home)
}

pub fn objects_to_unknown_keys_before_enter() {
    let (sts, alice, home) = alice();
    let gate = Gate::new();
    sts.remove_key(&alice.access_key_id);
    sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
    let mut asking = PromptedRun::start(&home, ["main", "--shell", "sh"]);
    asking.terminal.send("123");
    gate.open();
    let asked = asking.end();
    asked.fails(4, &format!("AWS does not recognize access key {} of profile main\n", alice.access_key_id));
    assert!(asked.stderr.contains("aws iam list-access-keys"), "{asked:?}");
    let calls = sts.take_calls();
    let [call] = calls.as_slice() else { panic!("one call: {calls:?}") };
    assert_eq!((call.action.as_str(), call.error.as_deref()), ("GetCallerIdentity", Some("InvalidClientTokenId")));
}

/// What can be otherwise when the code goes out is shown, and the question stays open.
// fault 117
pub fn shows_trouble_beside_the_question() {
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
        let mut asking = PromptedRun::start(&home, ["main", "--shell", "sh", "--renew"]);
        let said = asking.told();
        assert!(said.starts_with("warning: ") && said.contains(&host) && said.contains(what), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        // Not a digit of it was spent on that.
        assert_eq!(actions(&sts), ["GetCallerIdentity"]);
        asking.answer(&sts.code(&alice.mfa_serial)).signs_in();
        assert_eq!(actions(&sts), ["GetSessionToken"]);
    }
}

// fault 111
pub fn a_clock_that_is_off_is_a_warning() {
    for offset in [600, -600] {
        let (sts, alice, home) = alice();
        sts.set_clock(offset);
        let asked = PromptedRun::start(&home, ["main", "--shell", "sh"]).answer(&sts.code(&alice.mfa_serial));
        assert!(asked.status.success(), "{asked:?}");
        assert_eq!(asked.stderr.matches("warning: ").count(), 1, "{asked:?}");
        assert!(asked.stderr.contains("this machine's clock ("), "{asked:?}");
        // The code went out once, under a signature of AWS's time.
        let calls = sts.take_calls();
        assert_eq!(calls.iter().filter(|call| call.param("TokenCode").is_some()).count(), 1, "{calls:?}");
    }
}

/// One connection, made while the code is typed; after Enter one round trip on it for each call.
pub fn makes_the_connection_ready() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let admin = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let mut home = Home::signed_up(&sts, &alice, &[("prod", &admin, "")]);
    let tls = Tls::before(&sts, &["localhost"]);
    let bundle = home.path().join(".aws/ca.pem");
    home.write(".aws/ca.pem", &tls.pem);
    home.set("AWS_CA_BUNDLE", bundle);
    home.set("AWS_ENDPOINT_URL_STS", format!("https://localhost:{}", tls.address.port()));
    let asking = PromptedRun::start(&home, ["prod", "--shell", "sh"]);
    // Before a digit is typed the connection is there and the keys are checked.
    assert!(sts.wait_for_calls(1, SOON));
    assert_eq!((sts.connections(), actions(&sts)), (1, vec!["GetCallerIdentity".to_owned()]));
    asking.answer(&sts.code(&alice.mfa_serial)).signs_in();
    assert_eq!((sts.connections(), actions(&sts)), (1, vec!["GetSessionToken".to_owned(), "AssumeRole".to_owned()]));
}

/// The same, measured where a round trip takes 400 ms. What counts is in the test above; here the machine may be busy, so it may try again.
pub fn takes_a_round_trip_for_each_call_after_enter() {
    const ROUND_TRIP: Duration = Duration::from_millis(400);
    let measured: Vec<f64> = (0..3)
        .map(|_| {
            let sts = Sts::start();
            let alice = sts.add_user("alice");
            let admin = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
            let mut home = Home::signed_up(&sts, &alice, &[("prod", &admin, "")]);
            let way = SlowLink::to(sts.url().replace("http://", "").parse().expect("an address"), ROUND_TRIP);
            home.set("AWS_ENDPOINT_URL_STS", format!("http://{}", way.address));
            let asking = PromptedRun::start(&home, ["prod", "--shell", "sh"]);
            assert!(way.wait_for_answers(1, SOON));
            let code = sts.code(&alice.mfa_serial);
            let enter = Instant::now();
            asking.answer(&code).signs_in();
            enter.elapsed().as_secs_f64() / (2.0 * ROUND_TRIP.as_secs_f64())
        })
        .take_while(|ratio| *ratio > 1.2)
        .collect();
    assert!(measured.len() < 3, "round trips for each call: {measured:?}");
}

/// The first call waits for the check of the keys, but not for ever, and then has a connection of its own.
pub fn gives_a_silent_preflight_up_before_the_code_ages() {
    let (sts, alice, home) = alice();
    sts.on(Action::GetCallerIdentity, Fault::Hold(Gate::new()));
    let asking = PromptedRun::start(&home, ["main", "--shell", "sh", "--quiet"]);
    assert!(sts.wait_for_calls(1, SOON));
    let start = Instant::now();
    let asked = asking.answer(&sts.code(&alice.mfa_serial));
    assert!(asked.status.success(), "{asked:?}");
    // Without an end of its own it would last until no answer is expected any more, for 10 s.
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    let calls = sts.take_calls();
    assert_eq!(
        calls.iter().map(|call| call.action.as_str()).collect::<Vec<_>>(),
        ["GetCallerIdentity", "GetSessionToken"]
    );
    assert_ne!(calls[0].connection, calls[1].connection);
}

/// Enter came first; the verdict that comes then still spares the code.
pub fn spends_no_code_on_keys_that_are_dead() {
    let (sts, alice, home) = alice();
    let gate = Gate::new();
    let code = sts.code(&alice.mfa_serial);
    sts.remove_key(&alice.access_key_id);
    sts.on(Action::GetCallerIdentity, Fault::Hold(gate.clone()));
    let mut asking = PromptedRun::start(&home, ["main", "--shell", "sh"]);
    assert!(sts.wait_for_calls(1, SOON));
    asking.terminal.send_line(&code);
    // The question is over once the terminal has its settings back.
    asking.terminal.wait_until("the end of the question", Stty::echo);
    gate.open();
    asking.end().fails(4, &format!("AWS does not recognize access key {} of profile main\n", alice.access_key_id));
    assert_eq!(actions(&sts), ["GetCallerIdentity"]);
}

/// An endpoint that takes connections and never says a word.
// fault 122
pub fn asks_at_once_and_hears_ctrl_c_where_nobody_answers() {
    let (_sts, _alice, mut home) = alice();
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    home.set("AWS_ENDPOINT_URL_STS", format!("http://{}", silent.local_addr().expect("an address")));
    let mut asking = PromptedRun::start(&home, ["main", "--shell", "sh"]);
    let _connection = silent.accept().expect("the preflight's connection");
    asking.terminal.send("123");
    asking.terminal.send_control('c');
    asking.end().dies(nix::sys::signal::Signal::SIGINT);
}

pub fn asks_nobody_about_the_keys_when_told_so() {
    let (sts, alice, home) = alice();
    let asking = PromptedRun::start(&home, ["main", "--shell", "sh", "--no-preflight"]);
    asking.answer(&sts.code(&alice.mfa_serial)).signs_in();
    assert_eq!(actions(&sts), ["GetSessionToken"]);
}
