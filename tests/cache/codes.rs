//! Codes and kept sessions: a code that is given is spent, one that can be spared is not asked for, and what AWS has ended before its time is
//! made anew.

use crate::support::day::{Day, MFA, ROLE};
use crate::support::kept;
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

const UNSPENT: &str = "the code is not spent: this device was just signed in by another process";

fn actions(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.action.as_str()).collect()
}

pub fn a_code_that_is_given_is_spent() {
    let day = Day::with(&[("r1", ""), ("r2", "")]);
    let first = day.sign_in_with_code(&["main"], &[MFA], &[]);
    // Made nine hours ago, three are left.
    kept::only(&day.home.cache(), "mfa").is_older(9 * 3600);
    assert_eq!(day.sign_in(&["main"], &[], &[]), first);
    let second = day.sign_in_with_code(&["main"], &[MFA], &[]);
    assert_ne!(first, second);
    let left = kept::only(&day.home.cache(), "mfa").number("expires") - mfa_env::clock::now();
    assert!((43_000..=43_200).contains(&left), "{left}");
    // It serves the roles as well, and a role that is kept does not keep it from being spent.
    day.sign_in(&["r1"], &[ROLE], &[]);
    kept::only(&day.home.cache(), "mfa").was_made_earlier(7200);
    kept::only(&day.home.cache(), "role").was_made_earlier(600).set("mfa_made", 0);
    day.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
}

pub fn a_code_is_not_spent_twice() {
    let day = Day::with(&[("r1", ""), ("r2", "")]);
    let code = day.code();
    let first = day.sign_in(&["r1", &code], &[MFA, ROLE], &[]);
    // The same again, as from another process of the same moment.
    assert_eq!(day.sign_in(&["r1", &code], &[], &[UNSPENT]), first);
    day.sign_in(&["r2", &code], &[ROLE], &[UNSPENT]);
    day.sign_in(&["main", &code], &[], &[UNSPENT]);
    // The line can be done without.
    let ran = day.program(&["main", &code, "-q"]).run();
    assert_eq!(ran.stderr, "");
    // Of another duration it is another session, for which AWS would not take it again.
    day.fails(&["main", &code, "-d", "1h"], 5, "that code was sent to AWS already, and every code works once", &[]);
}

pub fn a_code_later_is_another_code() {
    let day = Day::with(&[("r1", "")]);
    let first = day.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    for kind in ["mfa", "role"] {
        kept::only(&day.home.cache(), kind).was_made_earlier(60);
    }
    // Within 90 seconds it may be the same one.
    assert_eq!(day.sign_in_with_code(&["r1"], &[], &[UNSPENT]), first);
    for kind in ["mfa", "role"] {
        kept::only(&day.home.cache(), kind).was_made_earlier(60);
    }
    let second = day.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    assert_ne!(first, second);
}

pub fn a_code_without_a_device_is_not_spent() {
    let day = Day::with_specs(&[("r1", RoleSpec::default(), "")]);
    let config = std::fs::read_to_string(day.home.path().join(".aws/config")).expect("the config");
    day.home.write(".aws/config", config.replace("mfa_serial", "# mfa_serial"));
    let unspent = "the code is not spent: no MFA device is part of this sign-in";
    let first = day.sign_in(&["r1", "123456"], &[ROLE], &[unspent]);
    assert_eq!(day.sign_in(&["r1", "123456"], &[], &[unspent]), first);
}

fn long(max_session_duration: u32) -> RoleSpec {
    RoleSpec { requires_mfa: true, max_session_duration, ..RoleSpec::default() }
}

pub fn a_role_for_longer_takes_a_code_of_its_own() {
    let day = Day::with_specs(&[("r1", long(14_400), "duration_seconds = 14400")]);
    let role = day.sign_in_with_code(&["r1"], &[ROLE], &[]);
    assert_eq!(day.sign_in(&["r1"], &[], &[]), role);
    assert_eq!(day.sign_in(&["r1", "-d", "4h"], &[], &[]), role);
    // It is no session for other roles, nor for other durations.
    day.needs_code(&["main"]);
    day.needs_code(&["r1", "-d", "3h"]);
    day.needs_code(&["r1", "-d", "1h"]);
    // It is this device's code all the same.
    day.sign_in_with_code(&["main"], &[MFA], &[]);
    for mut kept in kept::of_kind(&day.home.cache(), "role") {
        kept.ends_in(200);
    }
    day.needs_code(&["r1"]);
    day.sign_in(&["r1", "-d", "1h"], &[ROLE], &[]);
}

pub fn a_role_for_an_hour_never_costs_a_code() {
    let day = Day::with_specs(&[("r1", long(14_400), ""), ("r2", long(14_400), "duration_seconds = 900")]);
    day.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    // The whole day, hour by hour.
    for hour in 1..12 {
        kept::only(&day.home.cache(), "mfa").is_older(3600);
        for mut kept in kept::of_kind(&day.home.cache(), "role") {
            kept.is_older(3600);
        }
        let more = if hour == 11 { "1m" } else { "45m" };
        day.sign_in(&["r1", "--min-ttl", more], &[ROLE], &[]);
        day.sign_in(&["r2"], &[ROLE], &[]);
        assert_eq!(kept::of_kind(&day.home.cache(), "role").len(), 2, "what is over is swept away");
    }
    kept::only(&day.home.cache(), "mfa").is_older(3600);
    day.needs_code(&["r1", "-d", "15m"]);
}

// fault 107
pub fn a_typed_duration_that_the_role_refuses_is_an_error() {
    let day = Day::with(&[("r1", "")]);
    day.sign_in_with_code(&["main"], &[MFA], &[]);
    let code = day.code();
    for code in [&code, &day.code()] {
        let ran = day.fails(&["r1", "-d", "43200", "--code", code], 4, "this role allows less than 43200 s", &[ROLE]);
        assert!(ran.stderr.contains("`-d 1h` always works"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("duration_seconds"), "it was typed: {}", ran.stderr);
    }
    assert!(kept::of_kind(&day.home.cache(), "role").is_empty());
    day.sign_in(&["r1", "-d", "1h"], &[ROLE], &[]);
}

const FALLS_BACK: &str = "the role of r1 allows less than its duration_seconds 7200";

// fault 107
pub fn a_duration_of_the_file_falls_back_through_the_session() {
    let day = Day::with_specs(&[("r1", long(3600), "duration_seconds = 7200")]);
    day.sign_in_with_code(&["main"], &[MFA], &[]);
    let session = kept::only(&day.home.cache(), "mfa");
    let sessions = day.sts.sessions();
    // It is asked for as the profile says, which takes a code; that is refused, and then the session of this morning does it.
    let role = day.sign_in_with_code(&["r1"], &[ROLE, ROLE], &[FALLS_BACK]);
    assert_eq!(day.sts.sessions().len(), 2);
    assert_eq!(session.fields["access_key_id"], sessions[0].access_key_id.as_str());
    // For its hour it is kept like any other.
    assert_eq!(day.sign_in(&["r1"], &[], &[]), role);
    let kept = kept::only(&day.home.cache(), "role");
    let left = kept.number("expires") - mfa_env::clock::now();
    assert!((3400..=3600).contains(&left), "{left}");
}

// fault 107
pub fn a_duration_of_the_file_falls_back_where_no_code_is_needed() {
    let day = Day::with_specs(&[("r1", RoleSpec::default(), "duration_seconds = 7200")]);
    let config = std::fs::read_to_string(day.home.path().join(".aws/config")).expect("the config");
    day.home.write(".aws/config", config.replace("mfa_serial", "# mfa_serial"));
    let role = day.sign_in(&["r1"], &[ROLE, ROLE], &[FALLS_BACK]);
    assert_eq!(day.sign_in(&["r1"], &[], &[]), role);
}

// fault 107
pub fn a_fallback_that_would_cost_a_code_is_an_error() {
    let day = Day::with_specs(&[("r1", long(3600), "duration_seconds = 7200")]);
    let code = day.code();
    let ran = day.fails(&["r1", "--code", &code], 4, "this role allows less than 7200 s", &[ROLE]);
    assert!(ran.stderr.contains("`-d 1h` always works"), "{}", ran.stderr);
    assert!(ran.stderr.contains("duration_seconds of the profile"), "{}", ran.stderr);
    // So does the session of this morning where all is to be new.
    day.sign_in_with_code(&["main"], &[MFA], &[]);
    let code = day.code();
    day.fails(&["r1", "--renew", "--code", &code], 4, "this role allows less than 7200 s", &[ROLE]);
    assert!(kept::of_kind(&day.home.cache(), "role").is_empty());
}

// fault 107
pub fn a_code_and_a_fallback() {
    let day = Day::with_specs(&[("r1", long(3600), "duration_seconds = 7200")]);
    day.sign_in_with_code(&["main"], &[MFA], &[]);
    kept::only(&day.home.cache(), "mfa").was_made_earlier(3600);
    let code = day.code();
    let role = day.sign_in(&["r1", &code], &[ROLE, ROLE], &[FALLS_BACK]);
    // The code has been spent on this one, so nobody sends it again.
    assert_eq!(day.sign_in(&["r1", &code], &[], &[UNSPENT]), role);
}

// faults 100, 109
pub fn a_session_that_aws_has_ended_is_made_anew() {
    let day = Day::with(&[("r1", ""), ("r2", "")]);
    day.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    day.sts.expire_sessions();
    // What is kept is dropped and made again, which takes a code, and then it serves again.
    day.fails(&["r2"], 5, "an MFA code is needed", &[ROLE]);
    assert!(kept::of_kind(&day.home.cache(), "mfa").is_empty());
    let old = kept::only(&day.home.cache(), "role");
    day.sign_in_with_code(&["r2"], &[MFA, ROLE], &[]);
    day.sign_in(&["r1", "--external-id", "id"], &[ROLE], &[]);
    // A role session that is handed out is not looked at; the person asks for a new one.
    assert_eq!(day.sign_in(&["r1"], &[], &[]), old.fields["access_key_id"]);
    day.sign_in_with_code(&["r1", "--renew"], &[MFA, ROLE], &[]);
}

// fault 109
pub fn only_what_has_ended_is_made_anew() {
    // Two hops: the first role's session is over, the device's is not.
    let any = RoleSpec { trusts: vec!["arn:aws:iam::123456789012:root".into()], ..RoleSpec::default() };
    let day = Day::with_specs(&[("a", any.clone(), ""), ("b", any, "")]);
    let config = std::fs::read_to_string(day.home.path().join(".aws/config")).expect("the config");
    let (start, end) = config.rsplit_once("source_profile = main").expect("two roles");
    day.home.write(".aws/config", format!("{start}source_profile = a{end}"));
    day.sign_in_with_code(&["a"], &[MFA, ROLE], &[]);
    let of_device = kept::only(&day.home.cache(), "mfa");
    day.sts.expire_sessions();
    day.fails(&["b"], 5, "an MFA code is needed", &[ROLE, ROLE]);
    // A code given goes all the way, once.
    let code = day.code();
    day.sign_in(&["b", "--code", &code], &[MFA, ROLE, ROLE], &[]);
    let sent = day.sts.sessions().len();
    assert_eq!(sent, 5);
    assert_ne!(kept::only(&day.home.cache(), "mfa").fields["access_key_id"], of_device.fields["access_key_id"]);
}

// fault 100
pub fn a_session_that_was_revoked_is_named() {
    let day = Day::with(&[("r1", ""), ("r2", "")]);
    day.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    day.sts.remove_key(&day.sts.sessions()[0].access_key_id);
    let ran = day.fails(&["r2"], 4, "AWS does not know the kept session of profile main", &[ROLE]);
    assert!(ran.stderr.contains("--renew"), "{}", ran.stderr);
    day.sign_in_with_code(&["r2", "--renew"], &[MFA, ROLE], &[]);
    // The key itself is another matter.
    day.sts.remove_key(&day.alice.access_key_id);
    let ran = day.fails(&["main", "--renew", "123456"], 4, "AWS does not know the access key of profile main", &[MFA]);
    assert!(!ran.stderr.contains("--renew"), "{}", ran.stderr);
    assert_eq!(actions(&day.sts.calls()), [""; 0]);
}
