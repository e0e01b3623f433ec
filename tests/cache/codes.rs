//! Codes and cached sessions: a code that was passed is used, an unnecessary one is not asked for, and a session that
//! AWS ended early is replaced.

use crate::support::cached;
use crate::support::fixture::{Fixture, MFA, ROLE};
use crate::support::sts::{Call, RoleSpec};

trials![
    always_uses_a_code_that_was_passed,
    does_not_send_a_used_code_again,
    treats_a_code_after_90_seconds_as_a_new_one,
    does_not_use_a_code_if_no_device_is_involved,
    a_role_for_longer_than_an_hour_needs_its_own_code,
    roles_for_an_hour_need_no_further_code_all_day,
    fails_if_the_role_refuses_a_duration_flag,
    a_profile_duration_falls_back_to_the_mfa_session,
    a_profile_duration_falls_back_if_no_code_is_needed,
    fails_if_the_fallback_would_need_another_code,
    remembers_a_code_used_before_a_fallback,
    replaces_a_session_that_aws_has_ended,
    replaces_every_ended_session_in_a_chain,
    reports_a_revoked_session,
];

const CODE_NOT_USED: &str =
    "the MFA code was not used: another process has just signed in with this device [code-not-used]";

fn actions(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.action.as_str()).collect()
}

fn always_uses_a_code_that_was_passed() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    let first = fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    // Issued nine hours ago, with three hours left.
    cached::only(&fixture.home.cache(), "mfa").backdate(9 * 3600);
    assert_eq!(fixture.sign_in(&["main"], &[], &[]), first);
    let second = fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    assert_ne!(first, second);
    let left = cached::only(&fixture.home.cache(), "mfa").number("expires") - mfa_env::clock::now();
    assert!((43_000..=43_200).contains(&left), "{left}");
    // The new session also serves roles, and a cached role session does not prevent the use of a code.
    fixture.sign_in(&["r1"], &[ROLE], &[]);
    cached::only(&fixture.home.cache(), "mfa").backdate_issue(7200);
    cached::only(&fixture.home.cache(), "role").backdate_issue(600).set("mfa_made", 0);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
}

fn does_not_send_a_used_code_again() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    let code = fixture.code();
    let first = fixture.sign_in(&["r1", &code], &[MFA, ROLE], &[]);
    // The same code again, as from another process at the same moment.
    assert_eq!(fixture.sign_in(&["r1", &code], &[], &[CODE_NOT_USED]), first);
    fixture.sign_in(&["r2", &code], &[ROLE], &[CODE_NOT_USED]);
    fixture.sign_in(&["main", &code], &[], &[CODE_NOT_USED]);
    // --quiet suppresses the warning.
    let ran = fixture.program(&["main", &code, "-q"]).run();
    assert_eq!(ran.stderr, "");
    // Another duration means another session, for which AWS would not accept the code again.
    fixture.fails(
        &["main", &code, "-d", "1h"],
        5,
        "this MFA code was already sent to AWS, which accepts each code only once",
        &[],
    );
}

fn treats_a_code_after_90_seconds_as_a_new_one() {
    let fixture = Fixture::with(&[("r1", "")]);
    let first = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    for kind in ["mfa", "role"] {
        cached::only(&fixture.home.cache(), kind).backdate_issue(60);
    }
    // Within 90 seconds it may be the same code.
    assert_eq!(fixture.sign_in_with_code(&["r1"], &[], &[CODE_NOT_USED]), first);
    for kind in ["mfa", "role"] {
        cached::only(&fixture.home.cache(), kind).backdate_issue(60);
    }
    let second = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    assert_ne!(first, second);
}

fn does_not_use_a_code_if_no_device_is_involved() {
    let fixture = Fixture::with_specs(&[("r1", RoleSpec::default(), "")]);
    let config = std::fs::read_to_string(fixture.home.path().join(".aws/config")).expect("the config");
    fixture.home.write(".aws/config", config.replace("mfa_serial", "# mfa_serial"));
    let code_not_used = "the MFA code was not used: this sign-in has no MFA device; omit the code [code-not-needed]";
    let first = fixture.sign_in(&["r1", "123456"], &[ROLE], &[code_not_used]);
    assert_eq!(fixture.sign_in(&["r1", "123456"], &[], &[code_not_used]), first);
}

fn mfa_role_lasting(max_session_duration: u32) -> RoleSpec {
    RoleSpec { requires_mfa: true, max_session_duration, ..RoleSpec::default() }
}

fn a_role_for_longer_than_an_hour_needs_its_own_code() {
    let fixture = Fixture::with_specs(&[("r1", mfa_role_lasting(14_400), "duration_seconds = 14400")]);
    let role = fixture.sign_in_with_code(&["r1"], &[ROLE], &[]);
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), role);
    assert_eq!(fixture.sign_in(&["r1", "-d", "4h"], &[], &[]), role);
    // It does not serve other profiles or other durations.
    fixture.needs_code(&["main"]);
    fixture.needs_code(&["r1", "-d", "3h"]);
    fixture.needs_code(&["r1", "-d", "1h"]);
    // A new code for the same device still gets an MFA session.
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    for mut session in cached::of_kind(&fixture.home.cache(), "role") {
        session.expires_in(200);
    }
    fixture.needs_code(&["r1"]);
    fixture.sign_in(&["r1", "-d", "1h"], &[ROLE], &[]);
}

fn roles_for_an_hour_need_no_further_code_all_day() {
    let fixture = Fixture::with_specs(&[
        ("r1", mfa_role_lasting(14_400), ""),
        ("r2", mfa_role_lasting(14_400), "duration_seconds = 900"),
    ]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    // The whole day, hour by hour.
    for hour in 1..12 {
        cached::only(&fixture.home.cache(), "mfa").backdate(3600);
        for mut session in cached::of_kind(&fixture.home.cache(), "role") {
            session.backdate(3600);
        }
        let more = if hour == 11 { "1m" } else { "45m" };
        fixture.sign_in(&["r1", "--min-ttl", more], &[ROLE], &[]);
        fixture.sign_in(&["r2"], &[ROLE], &[]);
        assert_eq!(cached::of_kind(&fixture.home.cache(), "role").len(), 2, "expired sessions are removed");
    }
    cached::only(&fixture.home.cache(), "mfa").backdate(3600);
    fixture.needs_code(&["r1", "-d", "15m"]);
}

// fault 107
fn fails_if_the_role_refuses_a_duration_flag() {
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
        assert!(!ran.stderr.contains("duration_seconds"), "the duration came from the command line: {}", ran.stderr);
    }
    assert!(cached::of_kind(&fixture.home.cache(), "role").is_empty());
    fixture.sign_in(&["r1", "-d", "1h"], &[ROLE], &[]);
}

const FALLS_BACK: &str = "the role of profile r1 does not allow its duration_seconds of 7200";

// fault 107
fn a_profile_duration_falls_back_to_the_mfa_session() {
    let fixture = Fixture::with_specs(&[("r1", mfa_role_lasting(3600), "duration_seconds = 7200")]);
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    let session = cached::only(&fixture.home.cache(), "mfa");
    let sessions = fixture.sts.sessions();
    // The call with the profile's duration needs a code and is refused; then the MFA session is used for 1 h.
    let role = fixture.sign_in_with_code(&["r1"], &[ROLE, ROLE], &[FALLS_BACK]);
    assert_eq!(fixture.sts.sessions().len(), 2);
    assert_eq!(session.fields["access_key_id"], sessions[0].access_key_id.as_str());
    // It is cached for its hour like any other.
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), role);
    let session = cached::only(&fixture.home.cache(), "role");
    let left = session.number("expires") - mfa_env::clock::now();
    assert!((3400..=3600).contains(&left), "{left}");
}

// fault 107
fn a_profile_duration_falls_back_if_no_code_is_needed() {
    let fixture = Fixture::with_specs(&[("r1", RoleSpec::default(), "duration_seconds = 7200")]);
    let config = std::fs::read_to_string(fixture.home.path().join(".aws/config")).expect("the config");
    fixture.home.write(".aws/config", config.replace("mfa_serial", "# mfa_serial"));
    let role = fixture.sign_in(&["r1"], &[ROLE, ROLE], &[FALLS_BACK]);
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), role);
}

// fault 107
fn fails_if_the_fallback_would_need_another_code() {
    let fixture = Fixture::with_specs(&[("r1", mfa_role_lasting(3600), "duration_seconds = 7200")]);
    let code = fixture.code();
    let ran = fixture.fails(&["r1", "--code", &code], 4, "role `r1` does not allow sessions of 2 h", &[ROLE]);
    assert!(ran.stderr.contains("use -d 1h, which always works"), "{}", ran.stderr);
    assert!(ran.stderr.contains("lower duration_seconds in the profile"), "{}", ran.stderr);
    // With --renew, the existing MFA session is not used.
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    let code = fixture.code();
    fixture.fails(&["r1", "--renew", "--code", &code], 4, "role `r1` does not allow sessions of 2 h", &[ROLE]);
    assert!(cached::of_kind(&fixture.home.cache(), "role").is_empty());
}

// fault 107
fn remembers_a_code_used_before_a_fallback() {
    let fixture = Fixture::with_specs(&[("r1", mfa_role_lasting(3600), "duration_seconds = 7200")]);
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    cached::only(&fixture.home.cache(), "mfa").backdate_issue(3600);
    let code = fixture.code();
    let role = fixture.sign_in(&["r1", &code], &[ROLE, ROLE], &[FALLS_BACK]);
    // The code was used for the refused call, so it is not sent again.
    assert_eq!(fixture.sign_in(&["r1", &code], &[], &[CODE_NOT_USED]), role);
}

// faults 100, 109
fn replaces_a_session_that_aws_has_ended() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    fixture.sts.expire_sessions();
    // The ended session is dropped from the cache; replacing it needs a code.
    fixture.fails(&["r2"], 5, "an MFA code is needed", &[ROLE]);
    assert!(cached::of_kind(&fixture.home.cache(), "mfa").is_empty());
    let old = cached::only(&fixture.home.cache(), "role");
    fixture.sign_in_with_code(&["r2"], &[MFA, ROLE], &[]);
    fixture.sign_in(&["r1", "--external-id", "id"], &[ROLE], &[]);
    // A cached role session is exported without asking AWS; --renew replaces it.
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), old.fields["access_key_id"]);
    fixture.sign_in_with_code(&["r1", "--renew"], &[MFA, ROLE], &[]);
}

// fault 109
fn replaces_every_ended_session_in_a_chain() {
    // Role b is assumed from role a; AWS ends the MFA session and the session of a.
    let any = RoleSpec { trusts: vec!["arn:aws:iam::123456789012:root".into()], ..RoleSpec::default() };
    let fixture = Fixture::with_specs(&[("a", any.clone(), ""), ("b", any, "")]);
    let config = std::fs::read_to_string(fixture.home.path().join(".aws/config")).expect("the config");
    let (start, end) = config.rsplit_once("source_profile = main").expect("two roles");
    fixture.home.write(".aws/config", format!("{start}source_profile = a{end}"));
    fixture.sign_in_with_code(&["a"], &[MFA, ROLE], &[]);
    let mfa_session = cached::only(&fixture.home.cache(), "mfa");
    fixture.sts.expire_sessions();
    fixture.fails(&["b"], 5, "an MFA code is needed", &[ROLE, ROLE]);
    // With a code, every session is replaced once.
    let code = fixture.code();
    fixture.sign_in(&["b", "--code", &code], &[MFA, ROLE, ROLE], &[]);
    let sent = fixture.sts.sessions().len();
    assert_eq!(sent, 5);
    assert_ne!(cached::only(&fixture.home.cache(), "mfa").fields["access_key_id"], mfa_session.fields["access_key_id"]);
}

// fault 100
fn reports_a_revoked_session() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    fixture.sts.remove_key(&fixture.sts.sessions()[0].access_key_id);
    let ran = fixture.fails(&["r2"], 4, "AWS does not accept the session of profile main", &[ROLE]);
    assert!(ran.stderr.contains("--renew"), "{}", ran.stderr);
    fixture.sign_in_with_code(&["r2", "--renew"], &[MFA, ROLE], &[]);
    // A revoked access key is reported differently.
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
