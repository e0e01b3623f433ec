//! Codes and kept sessions: a code that is given is spent, one that can be spared is not asked for, and what AWS has ended before its time is
//! made anew.

use crate::support::cached;
use crate::support::fixture::{Fixture, MFA, ROLE};
use crate::support::sts::{Call, RoleSpec};

trials![
    a_code_that_is_given_is_spent,
    a_code_is_not_spent_twice,
    a_code_later_is_another_code,
    a_code_without_a_device_is_not_spent,
    a_role_for_longer_takes_a_code_of_its_own,
    a_role_for_an_hour_never_costs_a_code,
    a_typed_duration_that_the_role_refuses_is_an_error,
    a_duration_of_the_file_falls_back_through_the_session,
    a_duration_of_the_file_falls_back_where_no_code_is_needed,
    a_fallback_that_would_cost_a_code_is_an_error,
    a_code_and_a_fallback,
    a_session_that_aws_has_ended_is_made_anew,
    only_what_has_ended_is_made_anew,
    a_session_that_was_revoked_is_named,
];

const UNSPENT: &str = "the MFA code was not used: another process has just signed in with this device [code-not-used]";

fn actions(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.action.as_str()).collect()
}

pub fn a_code_that_is_given_is_spent() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    let first = fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    // Made nine hours ago, three are left.
    cached::only(&fixture.home.cache(), "mfa").is_older(9 * 3600);
    assert_eq!(fixture.sign_in(&["main"], &[], &[]), first);
    let second = fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    assert_ne!(first, second);
    let left = cached::only(&fixture.home.cache(), "mfa").number("expires") - mfa_env::clock::now();
    assert!((43_000..=43_200).contains(&left), "{left}");
    // It serves the roles as well, and a role that is kept does not keep it from being spent.
    fixture.sign_in(&["r1"], &[ROLE], &[]);
    cached::only(&fixture.home.cache(), "mfa").was_made_earlier(7200);
    cached::only(&fixture.home.cache(), "role").was_made_earlier(600).set("mfa_made", 0);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
}

pub fn a_code_is_not_spent_twice() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    let code = fixture.code();
    let first = fixture.sign_in(&["r1", &code], &[MFA, ROLE], &[]);
    // The same again, as from another process of the same moment.
    assert_eq!(fixture.sign_in(&["r1", &code], &[], &[UNSPENT]), first);
    fixture.sign_in(&["r2", &code], &[ROLE], &[UNSPENT]);
    fixture.sign_in(&["main", &code], &[], &[UNSPENT]);
    // The line can be done without.
    let ran = fixture.program(&["main", &code, "-q"]).run();
    assert_eq!(ran.stderr, "");
    // Of another duration it is another session, for which AWS would not take it again.
    fixture.fails(
        &["main", &code, "-d", "1h"],
        5,
        "this MFA code was already sent to AWS, which accepts each code only once",
        &[],
    );
}

pub fn a_code_later_is_another_code() {
    let fixture = Fixture::with(&[("r1", "")]);
    let first = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    for kind in ["mfa", "role"] {
        cached::only(&fixture.home.cache(), kind).was_made_earlier(60);
    }
    // Within 90 seconds it may be the same one.
    assert_eq!(fixture.sign_in_with_code(&["r1"], &[], &[UNSPENT]), first);
    for kind in ["mfa", "role"] {
        cached::only(&fixture.home.cache(), kind).was_made_earlier(60);
    }
    let second = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    assert_ne!(first, second);
}

pub fn a_code_without_a_device_is_not_spent() {
    let fixture = Fixture::with_specs(&[("r1", RoleSpec::default(), "")]);
    let config = std::fs::read_to_string(fixture.home.path().join(".aws/config")).expect("the config");
    fixture.home.write(".aws/config", config.replace("mfa_serial", "# mfa_serial"));
    let unspent = "the MFA code was not used: this sign-in has no MFA device; omit the code [code-not-needed]";
    let first = fixture.sign_in(&["r1", "123456"], &[ROLE], &[unspent]);
    assert_eq!(fixture.sign_in(&["r1", "123456"], &[], &[unspent]), first);
}

fn long(max_session_duration: u32) -> RoleSpec {
    RoleSpec { requires_mfa: true, max_session_duration, ..RoleSpec::default() }
}

pub fn a_role_for_longer_takes_a_code_of_its_own() {
    let fixture = Fixture::with_specs(&[("r1", long(14_400), "duration_seconds = 14400")]);
    let role = fixture.sign_in_with_code(&["r1"], &[ROLE], &[]);
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), role);
    assert_eq!(fixture.sign_in(&["r1", "-d", "4h"], &[], &[]), role);
    // It is no session for other roles, nor for other durations.
    fixture.needs_code(&["main"]);
    fixture.needs_code(&["r1", "-d", "3h"]);
    fixture.needs_code(&["r1", "-d", "1h"]);
    // It is this device's code all the same.
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    for mut kept in cached::of_kind(&fixture.home.cache(), "role") {
        kept.ends_in(200);
    }
    fixture.needs_code(&["r1"]);
    fixture.sign_in(&["r1", "-d", "1h"], &[ROLE], &[]);
}

pub fn a_role_for_an_hour_never_costs_a_code() {
    let fixture = Fixture::with_specs(&[("r1", long(14_400), ""), ("r2", long(14_400), "duration_seconds = 900")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    // The whole fixture, hour by hour.
    for hour in 1..12 {
        cached::only(&fixture.home.cache(), "mfa").is_older(3600);
        for mut kept in cached::of_kind(&fixture.home.cache(), "role") {
            kept.is_older(3600);
        }
        let more = if hour == 11 { "1m" } else { "45m" };
        fixture.sign_in(&["r1", "--min-ttl", more], &[ROLE], &[]);
        fixture.sign_in(&["r2"], &[ROLE], &[]);
        assert_eq!(cached::of_kind(&fixture.home.cache(), "role").len(), 2, "what is over is swept away");
    }
    cached::only(&fixture.home.cache(), "mfa").is_older(3600);
    fixture.needs_code(&["r1", "-d", "15m"]);
}

// fault 107
pub fn a_typed_duration_that_the_role_refuses_is_an_error() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    let code = fixture.code();
    for code in [&code, &fixture.code()] {
        let ran = fixture.fails(
            &["r1", "-d", "43200", "--code", code],
            4,
            "role `r1` does not allow sessions of 12 h",
            &[ROLE],
        );
        assert!(ran.stderr.contains("use -d 1h, which always works"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("duration_seconds"), "it was typed: {}", ran.stderr);
    }
    assert!(cached::of_kind(&fixture.home.cache(), "role").is_empty());
    fixture.sign_in(&["r1", "-d", "1h"], &[ROLE], &[]);
}

const FALLS_BACK: &str = "the role of profile r1 does not allow its duration_seconds of 7200";

// fault 107
pub fn a_duration_of_the_file_falls_back_through_the_session() {
    let fixture = Fixture::with_specs(&[("r1", long(3600), "duration_seconds = 7200")]);
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    let session = cached::only(&fixture.home.cache(), "mfa");
    let sessions = fixture.sts.sessions();
    // It is asked for as the profile says, which takes a code; that is refused, and then the session of this morning does it.
    let role = fixture.sign_in_with_code(&["r1"], &[ROLE, ROLE], &[FALLS_BACK]);
    assert_eq!(fixture.sts.sessions().len(), 2);
    assert_eq!(session.fields["access_key_id"], sessions[0].access_key_id.as_str());
    // For its hour it is kept like any other.
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), role);
    let kept = cached::only(&fixture.home.cache(), "role");
    let left = kept.number("expires") - mfa_env::clock::now();
    assert!((3400..=3600).contains(&left), "{left}");
}

// fault 107
pub fn a_duration_of_the_file_falls_back_where_no_code_is_needed() {
    let fixture = Fixture::with_specs(&[("r1", RoleSpec::default(), "duration_seconds = 7200")]);
    let config = std::fs::read_to_string(fixture.home.path().join(".aws/config")).expect("the config");
    fixture.home.write(".aws/config", config.replace("mfa_serial", "# mfa_serial"));
    let role = fixture.sign_in(&["r1"], &[ROLE, ROLE], &[FALLS_BACK]);
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), role);
}

// fault 107
pub fn a_fallback_that_would_cost_a_code_is_an_error() {
    let fixture = Fixture::with_specs(&[("r1", long(3600), "duration_seconds = 7200")]);
    let code = fixture.code();
    let ran = fixture.fails(&["r1", "--code", &code], 4, "role `r1` does not allow sessions of 2 h", &[ROLE]);
    assert!(ran.stderr.contains("use -d 1h, which always works"), "{}", ran.stderr);
    assert!(ran.stderr.contains("lower duration_seconds in the profile"), "{}", ran.stderr);
    // So does the session of this morning where all is to be new.
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    let code = fixture.code();
    fixture.fails(&["r1", "--renew", "--code", &code], 4, "role `r1` does not allow sessions of 2 h", &[ROLE]);
    assert!(cached::of_kind(&fixture.home.cache(), "role").is_empty());
}

// fault 107
pub fn a_code_and_a_fallback() {
    let fixture = Fixture::with_specs(&[("r1", long(3600), "duration_seconds = 7200")]);
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    cached::only(&fixture.home.cache(), "mfa").was_made_earlier(3600);
    let code = fixture.code();
    let role = fixture.sign_in(&["r1", &code], &[ROLE, ROLE], &[FALLS_BACK]);
    // The code has been spent on this one, so nobody sends it again.
    assert_eq!(fixture.sign_in(&["r1", &code], &[], &[UNSPENT]), role);
}

// faults 100, 109
pub fn a_session_that_aws_has_ended_is_made_anew() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    fixture.sts.expire_sessions();
    // What is kept is dropped and made again, which takes a code, and then it serves again.
    fixture.fails(&["r2"], 5, "an MFA code is needed", &[ROLE]);
    assert!(cached::of_kind(&fixture.home.cache(), "mfa").is_empty());
    let old = cached::only(&fixture.home.cache(), "role");
    fixture.sign_in_with_code(&["r2"], &[MFA, ROLE], &[]);
    fixture.sign_in(&["r1", "--external-id", "id"], &[ROLE], &[]);
    // A role session that is handed out is not looked at; the person asks for a new one.
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), old.fields["access_key_id"]);
    fixture.sign_in_with_code(&["r1", "--renew"], &[MFA, ROLE], &[]);
}

// fault 109
pub fn only_what_has_ended_is_made_anew() {
    // Two hops: the first role's session is over, the device's is not.
    let any = RoleSpec { trusts: vec!["arn:aws:iam::123456789012:root".into()], ..RoleSpec::default() };
    let fixture = Fixture::with_specs(&[("a", any.clone(), ""), ("b", any, "")]);
    let config = std::fs::read_to_string(fixture.home.path().join(".aws/config")).expect("the config");
    let (start, end) = config.rsplit_once("source_profile = main").expect("two roles");
    fixture.home.write(".aws/config", format!("{start}source_profile = a{end}"));
    fixture.sign_in_with_code(&["a"], &[MFA, ROLE], &[]);
    let of_device = cached::only(&fixture.home.cache(), "mfa");
    fixture.sts.expire_sessions();
    fixture.fails(&["b"], 5, "an MFA code is needed", &[ROLE, ROLE]);
    // A code given goes all the way, once.
    let code = fixture.code();
    fixture.sign_in(&["b", "--code", &code], &[MFA, ROLE, ROLE], &[]);
    let sent = fixture.sts.sessions().len();
    assert_eq!(sent, 5);
    assert_ne!(cached::only(&fixture.home.cache(), "mfa").fields["access_key_id"], of_device.fields["access_key_id"]);
}

// fault 100
pub fn a_session_that_was_revoked_is_named() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    fixture.sts.remove_key(&fixture.sts.sessions()[0].access_key_id);
    let ran = fixture.fails(&["r2"], 4, "AWS does not accept the cached session of profile main", &[ROLE]);
    assert!(ran.stderr.contains("--renew"), "{}", ran.stderr);
    fixture.sign_in_with_code(&["r2", "--renew"], &[MFA, ROLE], &[]);
    // The key itself is another matter.
    fixture.sts.remove_key(&fixture.alice.access_key_id);
    let ran = fixture.fails(
        &["main", "--renew", "123456"],
        4,
        &format!("AWS does not recognize access key {} of profile main", fixture.alice.access_key_id),
        &[MFA],
    );
    assert!(!ran.stderr.contains("--renew"), "{}", ran.stderr);
    assert_eq!(actions(&fixture.sts.calls()), [""; 0]);
}
