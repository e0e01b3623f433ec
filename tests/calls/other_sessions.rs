//! A session that is not the one that was requested: nothing of it is exported or cached.

use crate::support::cached;
use crate::support::fixture::{Fixture, MFA, ROLE};
use crate::support::program::Program;
use crate::support::sts::{ACCOUNT, Action, Fault, Patch, RoleSpec, Text};

trials![
    refuses_a_session_of_another_identity,
    a_cached_session_of_another_identity_is_a_miss,
    accepts_a_role_with_a_path,
    a_code_whose_response_was_discarded_is_used_up,
    refuses_keys_of_another_account_than_the_profile_names,
];

/// ARNs that differ from `arn:aws:sts::ACCOUNT:assumed-role/r1/alice` in one part.
const OTHERS: [&str; 10] = [
    "arn:aws-cn:sts::ACCOUNT:assumed-role/r1/alice",
    "arn:aws:sts::999999999999:assumed-role/r1/alice",
    "arn:aws:sts::ACCOUNT:assumed-role/admin/alice",
    "arn:aws:sts::ACCOUNT:assumed-role/R1/alice",
    "arn:aws:sts::ACCOUNT:assumed-role/r1/mallory",
    "arn:aws:sts::ACCOUNT:assumed-role/r1/alice/x",
    "arn:aws:sts::ACCOUNT:federated-user/alice",
    "arn:aws:iam::ACCOUNT:role/r1",
    "arn:aws:sts::ACCOUNT:assumed-role/r1/alice ",
    "\u{202e}",
];

// fault 147
fn refuses_a_session_of_another_identity() {
    let fixture = Fixture::with_specs(&[("r1", RoleSpec::default(), "")]);
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    let fails = |arn: Text, message: &str| {
        fixture.sts.on(Action::AssumeRole, Fault::Credentials(Patch { arn: Some(arn), ..Patch::default() }));
        let ran = fixture.fails(&["r1"], 4, message, &[ROLE]);
        assert!(ran.stderr.contains("the response was discarded\n") && !ran.stderr.contains("code"), "{}", ran.stderr);
        assert!(cached::of_kind(&fixture.home.cache(), "role").is_empty(), "{arn:?} was cached", arn = ran.stderr);
    };
    let expected = format!("arn:aws:iam::{ACCOUNT}:role/r1");
    for other in OTHERS {
        let arn = other.replace("ACCOUNT", ACCOUNT);
        let shown = arn.replace('\u{202e}', "\\u{202e}");
        fails(Text::Escaped(arn), &format!("STS returned a session for {shown}, not for {expected}\n"));
    }
    fails(Text::Escaped(String::new()), "STS returned a session for ");
    fails(Text::Absent, "STS returned a session for ");
    fixture.sign_in(&["r1"], &[ROLE], &[]);
}

// fault 147
fn a_cached_session_of_another_identity_is_a_miss() {
    let fixture = Fixture::with_specs(&[("r1", RoleSpec::default(), "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    for other in OTHERS.map(|arn| arn.replace("ACCOUNT", ACCOUNT)) {
        cached::only(&fixture.home.cache(), "role").set("identity", other);
        fixture.sign_in(&["r1"], &[ROLE], &["a cached session is ignored"]);
        fixture.sign_in(&["r1"], &[], &[]);
    }
    cached::only(&fixture.home.cache(), "role").set("identity", serde_json::Value::Null);
    fixture.sign_in(&["r1"], &[ROLE], &["a cached session is ignored"]);
    // An MFA session has no identity.
    cached::only(&fixture.home.cache(), "mfa").set("identity", "arn:aws:sts::123456789012:assumed-role/r1/alice");
    let ran = fixture.fails(&["main"], 5, "warning: a cached session is ignored", &[]);
    assert!(ran.stderr.contains("an MFA code is needed"), "{}", ran.stderr);
}

// fault 147: STS's ARN does not contain the path
fn accepts_a_role_with_a_path() {
    let fixture = Fixture::with_specs(&[("team/ops/r1", RoleSpec::default(), "")]);
    fixture.sign_in_with_code(&["team/ops/r1"], &[MFA, ROLE], &[]);
    fixture.sign_in(&["team/ops/r1"], &[], &[]);
}

// fault 148
fn a_code_whose_response_was_discarded_is_used_up() {
    let fixture = Fixture::with(&[]);
    let codes = [fixture.code(), fixture.code()];
    for (code, expiration) in codes.iter().zip(["2001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]) {
        let patch = Patch { expiration: Some(expiration.into()), ..Patch::default() };
        fixture.sts.on(Action::GetSessionToken, Fault::Credentials(patch));
        let ran = fixture.fails(&["main", "--code", code], 4, "unexpected response from ", &[MFA]);
        assert!(ran.stderr.ends_with("\n  the code is used up; wait for the next one\n"), "{}", ran.stderr);
    }
    // Sent again, AWS would only reject it.
    for code in &codes {
        fixture.fails(&["main", "--code", code], 5, "this MFA code was already sent to AWS", &[]);
    }
}

// fault 147: while the code is typed, if `aws_account_id` says which account it must be
#[cfg(unix)]
fn refuses_keys_of_another_account_than_the_profile_names() {
    use crate::support::prompted_run::PromptedRun;
    let fixture = Fixture::with(&[]);
    for (account, is_right) in [(ACCOUNT, true), ("999999999999", false)] {
        let config = format!("[profile main]\nmfa_serial = {}\naws_account_id = {account}\n", fixture.alice.mfa_serial);
        fixture.home.write(".aws/config", config);
        let arguments = ["main", "--shell", "sh", "--no-cache"];
        if is_right {
            PromptedRun::start(&fixture.home, arguments).answer_with_any_screen(&fixture.code()).signs_in();
        } else {
            // The answer may end the prompt as soon as it is there.
            let command = Program::new(&fixture.home, arguments).command();
            let run = PromptedRun::before_prompt(&fixture.home, command, std::process::Stdio::null());
            let message = format!("the keys of profile main belong to account {ACCOUNT}, not to {account}\n");
            let outcome = run.end_with_any_screen();
            assert_eq!(outcome.status.code(), Some(4), "{outcome:?}");
            assert!(outcome.stderr.contains(&message), "{outcome:?}");
        }
    }
}
