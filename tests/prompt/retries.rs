//! A code that is not taken is asked for again, three answers in all, and one that was sent is never sent again.

#![cfg(unix)]

use crate::support::cached;
use crate::support::fixture::{Fixture, MFA};
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::prompted_run::PromptedRun;
use crate::support::sts::{Action, Call, Fault, Sts, User};
use std::fs;

trials![
    a_rejected_code_is_asked_for_again_on_the_same_connection,
    three_answers_are_the_last,
    what_was_sent_in_vain_is_said_and_not_what_was_typed_wrongly,
    a_code_that_was_sent_is_not_sent_again,
    a_code_that_was_taken_is_recognised,
    a_code_that_was_taken_is_kept_as_a_hash_and_for_a_moment,
    without_cache_nobody_knows_what_was_taken,
    a_given_code_has_no_second_try,
    a_device_that_aws_cannot_check_is_not_asked_again,
    a_code_that_was_lost_on_the_way_is_not_sent_again,
    a_given_code_that_was_lost_on_the_way_is_the_end,
    nobody_asks_again_where_nothing_was_sent,
];

const NO_CODE: &str = "that is not an MFA code: a code has six digits, 0 to 9";
const SENT: &str = "this MFA code was already sent to AWS, which accepts each code only once";

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::signed_up(&sts, &alice, &[]);
    (sts, alice, home)
}

fn ask<'a>(home: &'a Home, more: &[&'a str]) -> PromptedRun<'a> {
    PromptedRun::start(home, ["main", "--shell", "sh"].into_iter().chain(more.iter().copied()))
}

const REJECTED: &str =
    "AWS rejected the MFA code: it was mistyped, has expired, or was already used; enter the next one";

/// The calls that carried a code, with the codes.
fn sent(sts: &Sts) -> Vec<(String, Call)> {
    let calls = sts.take_calls().into_iter();
    calls.filter_map(|call| Some((call.param("TokenCode")?.to_owned(), call))).collect()
}

// fault 103
pub fn a_rejected_code_is_asked_for_again_on_the_same_connection() {
    let (sts, alice, home) = alice();
    let (wrong, right) = (sts.wrong_code(&alice.mfa_serial), sts.code(&alice.mfa_serial));
    let mut asking = ask(&home, &[]);
    asking.refused(&wrong, &format!("{REJECTED} (2 tries left)"));
    asking.answer(&right).signs_in();
    let calls = sts.take_calls();
    let told: Vec<_> = calls.iter().map(|call| (call.action.as_str(), call.param("TokenCode"))).collect();
    let (wrong, right) = (Some(wrong.as_str()), Some(right.as_str()));
    assert_eq!(told, [("GetCallerIdentity", None), ("GetSessionToken", wrong), ("GetSessionToken", right)]);
    assert!(calls.iter().all(|call| call.connection == calls[0].connection), "one connection: {calls:?}");
}

// fault 103
pub fn three_answers_are_the_last() {
    let (sts, alice, home) = alice();
    let wrong: Vec<String> = sts.wrong_codes(&alice.mfa_serial).take(3).collect();
    let mut asking = ask(&home, &["--no-preflight"]);
    asking.refused(&wrong[0], &format!("{REJECTED} (2 tries left)"));
    asking.refused(&wrong[1], &format!("{REJECTED} (1 try left)"));
    let asked = asking.answer(&wrong[2]);
    asked.fails(4, "AWS rejected the MFA code\n");
    assert!(
        asked.stderr.contains("MultiFactorAuthentication failed with invalid MFA one time pass code."),
        "{asked:?}"
    );
    assert!(!wrong.iter().any(|code| asked.stderr.contains(code)), "{asked:?}");
    assert_eq!(sent(&sts).into_iter().map(|(code, _)| code).collect::<Vec<_>>(), wrong);
}

// fault 24, 103
pub fn what_was_sent_in_vain_is_said_and_not_what_was_typed_wrongly() {
    let (sts, alice, home) = alice();
    let wrong = sts.wrong_code(&alice.mfa_serial);
    let mut asking = ask(&home, &["--no-preflight"]);
    asking.refused("12345", &format!("{NO_CODE} (2 tries left)"));
    asking.refused(&wrong, &format!("{REJECTED} (1 try left)"));
    asking.answer("").fails(4, "AWS rejected the MFA code\n");
    assert_eq!(sent(&sts).len(), 1);
}

// fault 104
pub fn a_code_that_was_sent_is_not_sent_again() {
    let (sts, alice, home) = alice();
    let wrong = sts.wrong_code(&alice.mfa_serial);
    let mut asking = ask(&home, &["--no-preflight"]);
    asking.refused(&wrong, &format!("{REJECTED} (2 tries left)"));
    let said = asking.refused_by(&wrong, " (1 try left)");
    assert!(said.starts_with(&format!("{SENT}: enter the next one, in ")), "{said}");
    asking.answer(&sts.code(&alice.mfa_serial)).signs_in();
    assert_eq!(sent(&sts).len(), 2);
}

// fault 104
pub fn a_code_that_was_taken_is_recognised() {
    let (sts, alice, home) = alice();
    let code = sts.code(&alice.mfa_serial);
    ask(&home, &["--no-preflight"]).answer(&code).signs_in();
    assert_eq!(sent(&sts).len(), 1);
    let mut asking = ask(&home, &["--no-preflight", "--renew"]);
    let said = asking.refused_by(&format!(" {} {} ", &code[..3], &code[3..]), " (2 tries left)");
    assert!(said.starts_with(&format!("{SENT}: enter the next one, in ")), "{said}");
    let seconds: u64 = said.rsplit_once(" in ").and_then(|(_, s)| s.strip_suffix(" s")?.parse().ok()).expect("seconds");
    assert!((1..=30).contains(&seconds), "{said}");
    asking.answer(&sts.code(&alice.mfa_serial)).signs_in();
    assert_eq!(sent(&sts).len(), 1);

    // As an argument as well, from now on, and then nothing is sent at all.
    let ran = Program::new(&home, ["main", &code, "--renew", "--shell", "sh"])
        .fails(5)
        .stdout("(exit 5);\n")
        .says(format!("mfa-env: {SENT}\n  enter the next one, in "))
        .run();
    assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
    assert_eq!(sts.take_calls(), []);
}

pub fn a_code_that_was_taken_is_kept_as_a_hash_and_for_a_moment() {
    let fixture = Fixture::with(&[("r1", "")]);
    let code = fixture.code();
    fixture.sign_in(&["main", &code], &[MFA], &[]);
    let used = || {
        let names = cached::names(&fixture.home.cache()).into_iter().filter(|name| cached::is_used(name));
        names.map(|name| fixture.home.cache().join(name)).collect::<Vec<_>>()
    };
    let [path] = used().try_into().expect("one file");
    let text = fs::read_to_string(&path).expect("a file");
    assert!(!text.contains(&code), "{text}");
    // Unreadable it is as good as nothing: the code goes to AWS, which knows.
    for broken in ["", "{}", "[1]", &text[..text.len() - 1], &text.replace("\"version\":1", "\"version\":2")] {
        fs::write(&path, broken).expect("our own file");
        fixture.fails(&["main", &code, "--renew"], 4, "AWS rejected the MFA code", &[MFA]);
    }
    // Ninety seconds later, or before a clock that was set back, it says nothing any more, and goes with the next session that is kept.
    let fields: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let at = fields["codes"][0]["at"].as_i64().expect("a time");
    for moved in [at - 90_000, at + 60_000] {
        fs::write(&path, text.replace(&at.to_string(), &moved.to_string())).expect("our own file");
        fixture.fails(&["main", &code, "--renew"], 4, "AWS rejected the MFA code", &[MFA]);
    }
    fixture.sign_in(&["r1"], &["AssumeRole"], &[]);
    assert_eq!(used(), Vec::<std::path::PathBuf>::new());
}

pub fn without_cache_nobody_knows_what_was_taken() {
    let fixture = Fixture::with(&[]);
    let code = fixture.code();
    fixture.sign_in(&["main", &code, "--no-cache"], &[MFA], &[]);
    assert!(!fixture.home.cache().exists(), "nothing is kept");
    fixture.fails(&["main", &code, "--no-cache"], 4, "AWS rejected the MFA code", &[MFA]);
    let code = fixture.code();
    fixture.sign_in(&["main", &code], &[MFA], &[]);
    fixture.fails(&["main", &code, "--no-cache"], 4, "AWS rejected the MFA code", &[MFA]);
}

// fault 103
pub fn a_given_code_has_no_second_try() {
    let (sts, alice, home) = alice();
    let wrong = sts.wrong_code(&alice.mfa_serial);
    // There is a terminal that could be asked on.
    let command = Program::new(&home, ["main", "--code", &wrong, "--shell", "sh"]).command();
    let asked = PromptedRun::before_prompt(&home, command, std::process::Stdio::null()).end_showing();
    asked.fails(4, "AWS rejected the MFA code\n");
    assert_eq!(asked.screen, "");
    assert_eq!(sent(&sts).len(), 1);
}

// fault 105
pub fn a_device_that_aws_cannot_check_is_not_asked_again() {
    let (sts, _alice, home) = alice();
    let bob = sts.add_user("bob");
    let asking = ask(&home, &["--no-preflight", "--mfa-serial", &bob.mfa_serial]);
    let asked = asking.answer(&sts.code(&bob.mfa_serial));
    asked.fails(4, "AWS cannot verify codes of ");
    assert_eq!(sent(&sts).len(), 1);
}

// fault 113, 117
pub fn a_code_that_was_lost_on_the_way_is_not_sent_again() {
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
        let mut asking = ask(&home, &["--no-preflight"]);
        let said = asking.refused_by(&code, ": the code may have been used; enter the next one (2 tries left)");
        assert!(said.starts_with(&format!("{host} {what}")), "{said}");
        // Not even where the person types it again.
        let said = asking.refused_by(&code, " (1 try left)");
        assert!(said.starts_with(SENT), "{said}");
        let next = sts.code(&alice.mfa_serial);
        asking.answer(&next).signs_in();
        let codes: Vec<String> = sent(&sts).into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, [code, next], "each went out once");
    }
}

// fault 113
pub fn a_given_code_that_was_lost_on_the_way_is_the_end() {
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
pub fn nobody_asks_again_where_nothing_was_sent() {
    let (sts, alice, mut home) = alice();
    let code = sts.code(&alice.mfa_serial);
    // Nobody listens there any more.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    home.set("AWS_ENDPOINT_URL_STS", format!("http://127.0.0.1:{port}"));
    let asked = ask(&home, &["--no-preflight"]).answer(&code);
    asked.fails(6, &format!("127.0.0.1:{port} cannot be reached: "));
    assert!(!asked.stderr.contains("been used"), "{asked:?}");
}
