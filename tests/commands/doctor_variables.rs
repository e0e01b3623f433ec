//! `doctor` about the variables of a shell: each problem that it can show there, and the line that ends it.

#![cfg(unix)]

use crate::support::cached;
use crate::support::doctor::{Machine, line_of};
use crate::support::sts::RoleSpec;
use mfa_env::clock::now;
use mfa_env::credentials::Expiration;
use mfa_env::diagnosis::{ShellProblem, ShellState};
use mfa_env::variables::Variables;
use std::ffi::OsStr;

trials![
    keys_that_are_incomplete_or_damaged,
    a_token_that_does_not_belong_to_the_keys,
    an_expiration_that_is_past_or_unreadable,
    a_clock_that_was_set_back,
    a_profile_beside_keys,
    a_view_that_was_replaced,
    a_saved_profile_that_has_expired,
    regions_that_do_not_fit,
    a_token_for_one_service,
];

/// The test in which the advice about a problem is followed; `None` if `doctor` does not show it here. A new problem needs
/// one.
fn test_of(problem: &ShellProblem) -> Option<fn()> {
    use ShellProblem as P;
    Some(match problem {
        P::Swapped | P::Incomplete { .. } | P::Damaged { .. } => keys_that_are_incomplete_or_damaged,
        P::TokenWithLongTermKey { .. } | P::TwoTokens | P::Mixed { .. } => a_token_that_does_not_belong_to_the_keys,
        P::Expired { .. } | P::OtherExpiration | P::ExpirationUnreadable(_) => an_expiration_that_is_past_or_unreadable,
        P::ClockSetBack(_) => a_clock_that_was_set_back,
        P::EmptyProfile { .. } | P::ProfileWithKeys { .. } => a_profile_beside_keys,
        P::LostView => a_view_that_was_replaced,
        P::ProfileExpired { .. } => a_saved_profile_that_has_expired,
        P::OtherPartition { .. } | P::NotARegion { .. } | P::TwoRegions { .. } => regions_that_do_not_fit,
        P::BearerToken(_) => a_token_for_one_service,
        // Only AWS can say the first three. All of them have lines of their own, or a sign-in ends them.
        P::Rejected { .. }
        | P::WithoutMfa { .. }
        | P::ClockDiffers(_)
        | P::FileMissing(_)
        | P::ProfileUnusable { .. }
        | P::ProfileNeedsCode { .. }
        | P::NoCredentials => return None,
    })
}

/// Asserts that a problem, which this test is about, is shown with this mark and text, and types the line that it advises.
#[track_caller]
fn solve(m: &mut Machine, test: fn(), mark: char, says: &str, line: &str) {
    let variables: Variables = m.home.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let state = ShellState::read(&variables).expect("UTF-8");
    let problem = state.problems.iter().find(|problem| problem.what().contains(says));
    let problem = problem.unwrap_or_else(|| panic!("{says}: {:#?}", state.problems));
    let expected = test_of(problem).unwrap_or_else(|| panic!("{problem:?}"));
    assert!(std::ptr::fn_addr_eq(expected, test), "another test is about {problem:?}");
    let advice = m.finds((mark, "environment", says));
    assert_eq!(advice.rsplit_once(": ").map(|(_, line)| line), Some(line), "{advice}");
    m.follow(line);
}

fn past(seconds: i64) -> String {
    Expiration::from_unix(now() - seconds).expect("a time").rfc3339()
}

/// A shell that is signed in.
fn signed_in() -> Machine {
    let mut m = Machine::start();
    m.follow("aws-mfa main");
    m.is_good("environment");
    m
}

fn keys_that_are_incomplete_or_damaged() {
    let test = keys_that_are_incomplete_or_damaged;
    for (name, says) in [
        ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"),
        ("AWS_SESSION_TOKEN", "is that of a session, but AWS_SESSION_TOKEN is not set"),
    ] {
        let mut m = signed_in();
        m.unset(name);
        solve(&mut m, test, '✗', says, "aws-mfa");
        m.is_good("environment");
    }
    for (before, after, says) in [
        ("", "\r", "AWS_SECRET_ACCESS_KEY ends in a line end"),
        (" ", "", "AWS_SECRET_ACCESS_KEY has a blank at its beginning or end"),
        ("\"", "\"", "AWS_SECRET_ACCESS_KEY is in quotes, which are part of the value"),
        ("\u{fc}", "", "AWS_SECRET_ACCESS_KEY has characters that no key has"),
    ] {
        let mut m = signed_in();
        let value = m.home.variables[OsStr::new("AWS_SECRET_ACCESS_KEY")].to_str().expect("text").to_owned();
        m.set("AWS_SECRET_ACCESS_KEY", format!("{before}{value}{after}"));
        solve(&mut m, test, '✗', says, "aws-mfa");
        m.is_good("environment");
    }
    // The values are exchanged by hand.
    let mut m = signed_in();
    let [id, secret] =
        ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| m.home.variables[OsStr::new(name)].clone());
    m.set("AWS_ACCESS_KEY_ID", &secret).set("AWS_SECRET_ACCESS_KEY", &id);
    let advice =
        m.finds(('✗', "environment", "AWS_ACCESS_KEY_ID has a secret access key, and AWS_SECRET_ACCESS_KEY the ID"));
    assert_eq!(advice, "exchange the values of the two variables");
    m.set("AWS_ACCESS_KEY_ID", &id).set("AWS_SECRET_ACCESS_KEY", &secret);
    m.is_good("environment");
}

fn a_token_that_does_not_belong_to_the_keys() {
    let test = a_token_that_does_not_belong_to_the_keys;
    let mut m = signed_in();
    let (id, secret) = (m.alice.access_key_id.clone(), m.alice.secret_access_key.clone());
    m.set("AWS_ACCESS_KEY_ID", &id).set("AWS_SECRET_ACCESS_KEY", secret).unset("AWS_CREDENTIAL_EXPIRATION");
    let says = format!("AWS_SESSION_TOKEN is set together with the long-term access key {id}");
    solve(&mut m, test, '✗', &says, "unset AWS_SESSION_TOKEN");
    let left: Vec<String> = m.findings().into_iter().filter(|f| f.check == "environment").map(|f| f.message).collect();
    assert_eq!(left, ["AWS_ACCESS_KEY_ID has keys that are not from mfa-env; programs use them"]);
    let mut m = signed_in();
    m.set("AWS_SECURITY_TOKEN", "another");
    let says = "AWS_SECURITY_TOKEN has another token than AWS_SESSION_TOKEN";
    solve(&mut m, test, '!', says, "unset AWS_SECURITY_TOKEN");
    m.is_good("environment");
    let mut m = signed_in();
    m.set("AWS_SESSION_TOKEN", "another");
    solve(&mut m, test, '✗', "AWS_SESSION_TOKEN does not belong to access key ASIA", "aws-mfa");
    m.is_good("environment");
}

fn an_expiration_that_is_past_or_unreadable() {
    let test = an_expiration_that_is_past_or_unreadable;
    let mut m = signed_in();
    m.set("AWS_CREDENTIAL_EXPIRATION", past(600));
    for mut session in cached::of_kind(&m.home.cache(), "mfa") {
        session.expires_in(-600);
    }
    m.sts.expire_sessions();
    let says = "this shell's session of main expired at ";
    let advice = m.finds(('!', "environment", says));
    assert_eq!(line_of(&advice), "aws-mfa");
    // A new code is needed now.
    let code = m.sts.code(&m.alice.mfa_serial);
    m.follow(&format!("aws-mfa {code}"));
    m.is_good("environment");
    // The expiration of another session.
    m.set("AWS_CREDENTIAL_EXPIRATION", past(600));
    let says = "AWS_CREDENTIAL_EXPIRATION is past, but not that of this shell's keys";
    solve(&mut m, test, '!', says, "unset AWS_CREDENTIAL_EXPIRATION");
    m.is_good("environment");
    for (value, says) in [("2030-01-01T00:00:00", "has no time zone"), ("tomorrow", "is not a time")] {
        m.set("AWS_CREDENTIAL_EXPIRATION", value);
        solve(&mut m, test, '!', says, "unset AWS_CREDENTIAL_EXPIRATION");
        m.is_good("environment");
    }
}

/// The line sets the clock of the machine; here the session gets the time at which it would have been made by then.
fn a_clock_that_was_set_back() {
    let m = signed_in();
    let made_in = |m: &Machine, seconds: i64| {
        for mut session in cached::of_kind(&m.home.cache(), "mfa") {
            session.backdate_issue(-seconds);
        }
    };
    made_in(&m, 3600);
    let advice = m.finds(('!', "environment", "this machine's clock was set back by 1 h after the sign-in"));
    assert_eq!(line_of(&advice), mfa_env::clock::SET_CLOCK);
    made_in(&m, -3600);
    m.is_good("environment");
}

fn a_profile_beside_keys() {
    let test = a_profile_beside_keys;
    let mut m = signed_in();
    m.set("AWS_PROFILE", "main");
    solve(&mut m, test, '!', "AWS_PROFILE is set to `main` together with keys", "unset AWS_PROFILE");
    m.is_good("environment");
    m.set("AWS_PROFILE", "");
    solve(&mut m, test, '!', "AWS_PROFILE is set, but empty", "unset AWS_PROFILE");
    m.is_good("environment");
}

fn a_view_that_was_replaced() {
    let mut m = Machine::start();
    m.follow("aws-mfa --all");
    m.is_good("environment");
    let config = m.home.path().join(".aws/config");
    m.set("AWS_CONFIG_FILE", config);
    let says = "AWS_CONFIG_FILE was set after the sign-in";
    solve(&mut m, a_view_that_was_replaced, '!', says, "aws-mfa --all");
    m.is_good("environment");
}

fn a_saved_profile_that_has_expired() {
    let mut m = Machine::start();
    m.follow("mfa-env save main");
    let path = m.home.path().join(".aws/credentials");
    let saved = std::fs::read_to_string(&path).expect("a file");
    let end = saved.lines().find_map(|line| line.strip_prefix("x_security_token_expires = ")).expect("an expiration");
    std::fs::write(&path, saved.replace(end, &past(60))).expect("the file");
    m.set("AWS_PROFILE", "main-mfa");
    let says = "the session in profile main-mfa expired at ";
    solve(&mut m, a_saved_profile_that_has_expired, '!', says, "mfa-env save main");
    m.is_good("environment");
}

fn regions_that_do_not_fit() {
    let test = regions_that_do_not_fit;
    let mut m = Machine::start();
    // The ARN of a role session says its partition.
    let role = m.sts.add_role("admin", RoleSpec::default());
    m.config(&format!(
        "[profile main]\nmfa_serial = {}\n[profile prod]\nrole_arn = {role}\nsource_profile = main\n",
        m.alice.mfa_serial
    ));
    m.follow("aws-mfa prod");
    m.set("AWS_REGION", "cn-north-1").set("AWS_DEFAULT_REGION", "us-east-1");
    solve(&mut m, test, '!', "region cn-north-1 (AWS_REGION) is not in the partition", "export AWS_REGION=us-east-1");
    m.is_good("environment");
    m.set("AWS_REGION", "eu-west-1");
    let says = "AWS_REGION is eu-west-1, but AWS_DEFAULT_REGION is us-east-1";
    solve(&mut m, test, '!', says, "export AWS_DEFAULT_REGION=eu-west-1");
    m.is_good("environment");
    m.set("AWS_REGION", "Ireland");
    let advice = m.finds(('!', "environment", "Ireland"));
    assert_eq!(advice, "use eu-west-1");
    m.set("AWS_REGION", "eu-west-1");
    m.is_good("environment");
}

fn a_token_for_one_service() {
    let mut m = signed_in();
    m.set("AWS_BEARER_TOKEN_BEDROCK", "x");
    let line = "unset AWS_BEARER_TOKEN_BEDROCK";
    solve(&mut m, a_token_for_one_service, '!', "AWS_BEARER_TOKEN_BEDROCK is set", line);
    m.is_good("environment");
}
