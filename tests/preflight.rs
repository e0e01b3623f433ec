//! What is found out about the keys while the code is typed.

use crate::support::asking::Asking;
use crate::support::home::Home;
use crate::support::sts::{Action, Fault, Gate, Sts, User};
use std::time::{Duration, Instant};

trials![
    objects_to_unknown_keys_before_enter,
    waits_for_no_verdict,
    gives_a_silent_preflight_up_before_the_code_ages,
    asks_nobody_about_the_keys_when_told_so,
];

const SOON: Duration = Duration::from_secs(20);

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
    let mut asking = Asking::start(&home, ["main", "--shell", "sh"]);
    asking.terminal.send("123");
    gate.open();
    let asked = asking.end();
    asked.fails(4, "AWS does not know the access key of profile main\n");
    assert!(asked.stderr.contains("aws iam list-access-keys"), "{asked:?}");
    let calls = sts.take_calls();
    let [call] = calls.as_slice() else { panic!("one call: {calls:?}") };
    assert_eq!((call.action.as_str(), call.error.as_deref()), ("GetCallerIdentity", Some("InvalidClientTokenId")));
}

/// A preflight that fails for another reason than the keys is nothing that the person needs to know.
pub fn waits_for_no_verdict() {
    let (sts, alice, home) = alice();
    sts.on(Action::GetCallerIdentity, Fault::CloseUnprocessed);
    let asking = Asking::start(&home, ["main", "--shell", "sh"]);
    assert!(sts.wait_for_calls(1, SOON));
    asking.answer(&sts.code(&alice.mfa_serial)).signs_in();
    let actions: Vec<String> = sts.take_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["GetCallerIdentity", "GetSessionToken"]);
}

pub fn gives_a_silent_preflight_up_before_the_code_ages() {
    let (sts, alice, home) = alice();
    sts.on(Action::GetCallerIdentity, Fault::Hold(Gate::new()));
    let asking = Asking::start(&home, ["main", "--shell", "sh", "--quiet"]);
    let start = Instant::now();
    let asked = asking.answer(&sts.code(&alice.mfa_serial));
    assert!(asked.status.success(), "{asked:?}");
    // Without an end of its own it would last until no answer is expected any more, for 10 s.
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    let actions: Vec<String> = sts.take_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["GetCallerIdentity", "GetSessionToken"]);
}

pub fn asks_nobody_about_the_keys_when_told_so() {
    let (sts, alice, home) = alice();
    let asking = Asking::start(&home, ["main", "--shell", "sh", "--no-preflight"]);
    asking.answer(&sts.code(&alice.mfa_serial)).signs_in();
    let actions: Vec<String> = sts.take_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["GetSessionToken"]);
}
