//! After a rejected code the prompt returns, up to three times in all, and no code is sent twice.

#![cfg(unix)]

use crate::support::cached;
use crate::support::failure_statement;
use crate::support::fixture::{Fixture, MFA};
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::prompted_run::PromptedRun;
use crate::support::sts::{Action, Call, Fault, NO_LISTENER, Sts, User};
use std::fs;

trials![
    prompts_again_on_the_same_connection_after_a_rejected_code,
    gives_up_after_three_codes,
    fails_with_the_rejected_code_rather_than_the_malformed_one,
    never_sends_a_code_twice,
    recognizes_a_used_code_in_later_runs,
    caches_used_codes_as_hashes_for_90_s,
    no_cache_neither_reads_nor_writes_used_codes,
    a_code_argument_is_tried_once,
    does_not_retry_a_device_that_aws_cannot_check,
    explains_a_rejected_code,
    explains_that_the_device_belongs_to_another_user,
    never_resends_a_code_lost_in_transit,
    a_code_argument_lost_in_transit_is_not_retried,
    does_not_retry_when_no_connection_was_made,
];

const NOT_A_CODE: &str = "that is not an MFA code: a code has six digits, 0 to 9";
const ALREADY_SENT: &str = "this MFA code was already sent to AWS, which accepts each code only once";

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    (sts, alice, home)
}

fn start<'a>(home: &'a Home, more: &[&'a str]) -> PromptedRun<'a> {
    PromptedRun::start(home, ["main", "--shell", "sh"].into_iter().chain(more.iter().copied()))
}

const REJECTED: &str =
    "AWS rejected the MFA code: it was mistyped, has expired, or was already used; enter the next one";

/// The calls that carried a code, each with its code.
fn sent(sts: &Sts) -> Vec<(String, Call)> {
    let calls = sts.take_calls().into_iter();
    calls.filter_map(|call| Some((call.param("TokenCode")?.to_owned(), call))).collect()
}

// fault 103
fn prompts_again_on_the_same_connection_after_a_rejected_code() {
    let (sts, alice, home) = alice();
    let (wrong, right) = (sts.wrong_code(&alice.mfa_serial), sts.code(&alice.mfa_serial));
    let mut prompted = start(&home, &[]);
    prompted.rejects(&wrong, &format!("{REJECTED} (2 tries left)"));
    prompted.answer(&right).signs_in();
    let calls = sts.take_calls();
    let seen: Vec<_> = calls.iter().map(|call| (call.action.as_str(), call.param("TokenCode"))).collect();
    let (wrong, right) = (Some(wrong.as_str()), Some(right.as_str()));
    assert_eq!(seen, [("GetCallerIdentity", None), ("GetSessionToken", wrong), ("GetSessionToken", right)]);
    assert!(calls.iter().all(|call| call.connection == calls[0].connection), "one connection: {calls:?}");
}

// fault 103
fn gives_up_after_three_codes() {
    let (sts, alice, home) = alice();
    let wrong: Vec<String> = sts.wrong_codes(&alice.mfa_serial).take(3).collect();
    let mut prompted = start(&home, &["--no-preflight"]);
    prompted.rejects(&wrong[0], &format!("{REJECTED} (2 tries left)"));
    prompted.rejects(&wrong[1], &format!("{REJECTED} (1 try left)"));
    let outcome = prompted.answer(&wrong[2]);
    outcome.fails(4, "AWS rejected the MFA code\n");
    assert!(
        outcome.stderr.contains("MultiFactorAuthentication failed with invalid MFA one time pass code."),
        "{outcome:?}"
    );
    assert!(!wrong.iter().any(|code| outcome.stderr.contains(code)), "{outcome:?}");
    assert_eq!(sent(&sts).into_iter().map(|(code, _)| code).collect::<Vec<_>>(), wrong);
}

// faults 24, 103
fn fails_with_the_rejected_code_rather_than_the_malformed_one() {
    let (sts, alice, home) = alice();
    let wrong = sts.wrong_code(&alice.mfa_serial);
    let mut prompted = start(&home, &["--no-preflight"]);
    prompted.rejects("12345", &format!("{NOT_A_CODE} (2 tries left)"));
    prompted.rejects(&wrong, &format!("{REJECTED} (1 try left)"));
    prompted.answer("").fails(4, "AWS rejected the MFA code\n");
    assert_eq!(sent(&sts).len(), 1);
}

// fault 104
fn never_sends_a_code_twice() {
    let (sts, alice, home) = alice();
    let wrong = sts.wrong_code(&alice.mfa_serial);
    let mut prompted = start(&home, &["--no-preflight"]);
    prompted.rejects(&wrong, &format!("{REJECTED} (2 tries left)"));
    let message = prompted.rejects_ending_in(&wrong, " (1 try left)");
    assert!(message.starts_with(&format!("{ALREADY_SENT}: enter the next one, in ")), "{message}");
    prompted.answer(&sts.code(&alice.mfa_serial)).signs_in();
    assert_eq!(sent(&sts).len(), 2);
}

// fault 104
fn recognizes_a_used_code_in_later_runs() {
    let (sts, alice, home) = alice();
    let code = sts.code(&alice.mfa_serial);
    start(&home, &["--no-preflight"]).answer(&code).signs_in();
    assert_eq!(sent(&sts).len(), 1);
    let mut prompted = start(&home, &["--no-preflight", "--renew"]);
    let message = prompted.rejects_ending_in(&format!(" {} {} ", &code[..3], &code[3..]), " (2 tries left)");
    assert!(message.starts_with(&format!("{ALREADY_SENT}: enter the next one, in ")), "{message}");
    let seconds = message.rsplit_once(" in ").and_then(|(_, s)| s.strip_suffix(" s")?.parse().ok());
    assert!((1..=30).contains(&seconds.expect("seconds")), "{message}");
    prompted.answer(&sts.code(&alice.mfa_serial)).signs_in();
    assert_eq!(sent(&sts).len(), 1);

    // As an argument it is recognized as well, and nothing is sent.
    let ran = Program::new(&home, ["main", &code, "--renew", "--shell", "sh"])
        .fails(5)
        .stdout(failure_statement::of("sh", 5))
        .says(format!("mfa-env: {ALREADY_SENT}\n  enter the next one, in "))
        .run();
    assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
    assert_eq!(sts.take_calls(), []);
}

fn caches_used_codes_as_hashes_for_90_s() {
    let fixture = Fixture::with(&[("r1", "")]);
    let code = fixture.code();
    fixture.sign_in(&["main", &code], &[MFA], &[]);
    let used = || {
        let names = cached::names(&fixture.home.cache()).into_iter().filter(|name| cached::is_used_codes(name));
        names.map(|name| fixture.home.cache().join(name)).collect::<Vec<_>>()
    };
    let [path] = used().try_into().expect("one file");
    let text = fs::read_to_string(&path).expect("a file");
    assert!(!text.contains(&code), "{text}");
    // A damaged file is ignored: the code is sent, and AWS rejects it.
    for broken in ["", "{}", "[1]", &text[..text.len() - 1], &text.replace("\"version\":2", "\"version\":3")] {
        fs::write(&path, broken).expect("our own file");
        fixture.fails(&["main", &code, "--renew"], 4, "AWS rejected the MFA code", &[MFA]);
    }
    // An entry older than 90 s, or from the future because the clock was set back, is ignored as well.
    // The file is removed when the next session is cached.
    let fields: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let at = fields["codes"][0]["at"].as_i64().expect("a time");
    for moved in [at - 90_000, at + 60_000] {
        fs::write(&path, text.replace(&at.to_string(), &moved.to_string())).expect("our own file");
        fixture.fails(&["main", &code, "--renew"], 4, "AWS rejected the MFA code", &[MFA]);
    }
    fs::write(&path, text.replace(&at.to_string(), &(at - 90_000).to_string())).expect("our own file");
    fixture.sign_in(&["r1"], &["AssumeRole"], &[]);
    assert_eq!(used(), Vec::<std::path::PathBuf>::new());
}

fn no_cache_neither_reads_nor_writes_used_codes() {
    let fixture = Fixture::with(&[]);
    let code = fixture.code();
    fixture.sign_in(&["main", &code, "--no-cache"], &[MFA], &[]);
    assert!(!fixture.home.cache().exists(), "nothing is cached");
    fixture.fails(&["main", &code, "--no-cache"], 4, "AWS rejected the MFA code", &[MFA]);
    let code = fixture.code();
    fixture.sign_in(&["main", &code], &[MFA], &[]);
    fixture.fails(&["main", &code, "--no-cache"], 4, "AWS rejected the MFA code", &[MFA]);
}

// fault 103
fn a_code_argument_is_tried_once() {
    let (sts, alice, home) = alice();
    let wrong = sts.wrong_code(&alice.mfa_serial);
    // Although there is a terminal to prompt on.
    let command = Program::new(&home, ["main", "--code", &wrong, "--shell", "sh"]).command();
    let outcome = PromptedRun::before_prompt(&home, command, std::process::Stdio::null()).end_with_any_screen();
    outcome.fails(4, "AWS rejected the MFA code\n");
    assert_eq!(outcome.screen, "");
    assert_eq!(sent(&sts).len(), 1);
}

// fault 105
fn does_not_retry_a_device_that_aws_cannot_check() {
    let (sts, _alice, home) = alice();
    let bob = sts.add_user("bob");
    let prompted = start(&home, &["--no-preflight", "--mfa-serial", &bob.mfa_serial]);
    let outcome = prompted.answer(&sts.code(&bob.mfa_serial));
    outcome.fails(4, "AWS cannot verify codes from ");
    assert_eq!(sent(&sts).len(), 1);
}

// fault 103
fn explains_a_rejected_code() {
    let (sts, alice, home) = alice();
    let wrong = sts.wrong_code(&alice.mfa_serial);
    let mut prompted = PromptedRun::start(&home, ["main", "--shell", "sh"]);
    for left in ["2 tries left", "1 try left"] {
        prompted.rejects("1", &format!("that is not an MFA code: a code has six digits, 0 to 9 ({left})"));
    }
    let outcome = prompted.answer(&wrong);
    outcome.fails(4, "AWS rejected the MFA code\n");
    assert!(outcome.stderr.contains("or was already used; enter the next one"), "{outcome:?}");
    assert!(
        outcome.stderr.contains("MultiFactorAuthentication failed with invalid MFA one time pass code."),
        "{outcome:?}"
    );
    assert!(!outcome.stderr.contains(&wrong), "{outcome:?}");
    let actions: Vec<String> = sts.take_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["GetCallerIdentity", "GetSessionToken"]);
}

// fault 105
fn explains_that_the_device_belongs_to_another_user() {
    let (sts, alice, home) = alice();
    let bob = sts.add_user("bob");
    let arguments = ["main", "--shell", "sh", "--mfa-serial", bob.mfa_serial.as_str()];
    let outcome = PromptedRun::start(&home, arguments).answer(&sts.code(&bob.mfa_serial));
    let message =
        format!("AWS cannot verify codes from {} for {}, the user of profile main\n", bob.mfa_serial, alice.arn);
    outcome.fails(4, &message);
    for message in ["mfa-env device main", ":mfa/", "resync it"] {
        assert!(outcome.stderr.contains(message), "{message}: {outcome:?}");
    }
    let actions: Vec<String> = sts.take_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["GetCallerIdentity", "GetSessionToken"]);
}

// faults 113, 117
fn never_resends_a_code_lost_in_transit() {
    for (fault, what) in [
        (
            Fault::Refuse { status: 503, code: "ServiceUnavailable".into(), message: "busy".into() },
            "is busy (ServiceUnavailable)",
        ),
        (Fault::Throttle, "is busy (Throttling)"),
        (Fault::CloseUnprocessed, "cannot be reached"),
        (Fault::CloseProcessed, "cannot be reached"),
    ] {
        let (sts, alice, home) = alice();
        let host = sts.url().trim_start_matches("http://").to_owned();
        let code = sts.code(&alice.mfa_serial);
        sts.on(Action::GetSessionToken, fault);
        let mut prompted = start(&home, &["--no-preflight"]);
        let message =
            prompted.rejects_ending_in(&code, ": the code may have been used; enter the next one (2 tries left)");
        assert!(message.starts_with(&format!("{host} {what}")), "{message}");
        // Not even when it is typed again.
        let message = prompted.rejects_ending_in(&code, " (1 try left)");
        assert!(message.starts_with(ALREADY_SENT), "{message}");
        let next = sts.code(&alice.mfa_serial);
        prompted.answer(&next).signs_in();
        let codes: Vec<String> = sent(&sts).into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, [code, next], "each was sent once");
    }
}

// fault 113
fn a_code_argument_lost_in_transit_is_not_retried() {
    let fixture = Fixture::with(&[]);
    fixture.sts.on(Action::GetSessionToken, Fault::Throttle);
    let ran = fixture.fails(&["main", "--code", &fixture.code()], 6, &fixture.sts.url().replace("http://", ""), &[MFA]);
    assert!(
        ran.stderr.contains("is busy (Throttling)\n") && ran.stderr.contains("the code may have been used"),
        "{}",
        ran.stderr
    );
}

// fault 117
fn does_not_retry_when_no_connection_was_made() {
    let (sts, alice, mut home) = alice();
    let code = sts.code(&alice.mfa_serial);
    home.set("AWS_ENDPOINT_URL_STS", format!("http://{NO_LISTENER}"));
    let outcome = start(&home, &["--no-preflight"]).answer(&code);
    outcome.fails(6, &format!("{NO_LISTENER} cannot be reached: "));
    assert!(!outcome.stderr.contains("been used"), "{outcome:?}");
}
