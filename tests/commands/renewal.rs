//! `mfa-env` without arguments renews the session of this shell; and the prompt says what a code opens.

#![cfg(unix)]

use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::prompted_run::PromptedRun;
use crate::support::sts::{RoleSpec, Sts, User};

trials![
    renews_the_profile_of_this_shell,
    another_profile_in_the_environment_counts_more,
    a_code_alone_is_for_the_profile_of_this_shell,
    a_session_made_by_flags_is_not_renewed_by_name,
    the_prompt_says_what_is_opened,
];

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let spec = || RoleSpec { max_session_duration: 43_200, ..RoleSpec::default() };
    let (admin, audit) = (sts.add_role("admin", spec()), sts.add_role("audit", spec()));
    let home = Home::signed_up(&sts, &alice, &[("admin", &admin, ""), ("audit", &audit, "")]);
    (sts, alice, home)
}

const SH: [&str; 2] = ["--shell", "sh"];

fn renews_the_profile_of_this_shell() {
    let (sts, alice, mut home) = alice();
    let first =
        Program::new(&home, ["audit", &sts.code(&alice.mfa_serial), SH[0], SH[1]]).says("signed in to audit, ").run();
    home.set("MFA_ENV_PROFILE", "audit").set("AWS_DEFAULT_PROFILE", "admin").set("MFA_ENV_BEFORE", "1:");
    sts.take_calls();
    // While enough of it is left it is the same one, and the code is not asked for.
    let again = Program::new(&home, SH).says("mfa-env: signed in to audit, ").run();
    let key_id = |ran: &crate::support::program::Ran| ran.variable("AWS_ACCESS_KEY_ID").flatten().map(str::to_owned);
    assert_eq!(key_id(&again), key_id(&first));
    assert_eq!(sts.take_calls(), []);
    crate::support::cached::age(&home, 3400);
    let renewed = Program::new(&home, SH).says("mfa-env: signed in to audit, ").run();
    assert_ne!(key_id(&renewed), key_id(&first));
    assert_eq!(renewed.variable("MFA_ENV_PROFILE"), Some(Some("audit")));
    let calls = sts.take_calls();
    assert_eq!(calls.iter().map(|call| call.action.as_str()).collect::<Vec<_>>(), ["AssumeRole"]);
    Program::new(&home, ["export", SH[0], SH[1]]).says("mfa-env: signed in to audit, ").run();
}

fn another_profile_in_the_environment_counts_more() {
    let (sts, alice, mut home) = alice();
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), SH[0], SH[1]]).says("signed in").run();
    home.set("MFA_ENV_PROFILE", "audit").set("AWS_PROFILE", "admin");
    let ran = Program::new(&home, SH).says("mfa-env: signed in to admin, ").run();
    assert_eq!(ran.variable("MFA_ENV_PROFILE"), Some(Some("admin")));
    // A word counts more than both, and a blank variable not at all.
    Program::new(&home, ["main", SH[0], SH[1]]).says("mfa-env: signed in to main, ").run();
    Program::new(&home, SH).env("AWS_PROFILE", "").says("mfa-env: signed in to audit, ").run();
}

fn a_code_alone_is_for_the_profile_of_this_shell() {
    let (sts, alice, mut home) = alice();
    home.set("MFA_ENV_PROFILE", "audit");
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, [&code, SH[0], SH[1]]).says("mfa-env: signed in to audit, ").run();
    let calls = sts.take_calls();
    assert_eq!(calls[0].param("TokenCode"), Some(code.as_str()));
    assert_eq!(calls[1].param("RoleArn"), Some("arn:aws:iam::123456789012:role/audit"));
}

fn a_session_made_by_flags_is_not_renewed_by_name() {
    let (sts, alice, mut home) = alice();
    let by_flag = ["audit", &sts.code(&alice.mfa_serial), "--role-session-name", "me", SH[0], SH[1]];
    let ran = Program::new(&home, by_flag).says("signed in").run();
    assert_eq!(ran.variable("MFA_ENV_PROFILE"), Some(None));
    home.set("AWSUME_PROFILE", "audit");
    Program::new(&home, SH).fails(3).stdout("(exit 3);\n").says("mfa-env: profile `default` not found").run();
}

fn the_prompt_says_what_is_opened() {
    let (sts, alice, home) = alice();
    let to = format!("sent to {} (AWS_ENDPOINT_URL_STS)", sts.url().trim_start_matches("http://"));
    for (arguments, what) in [
        (&["main"][..], "12 h session for all roles"),
        (&["main", "-d", "90m"], "1 h 30 min session for all roles"),
        // A role for an hour is opened by the session that opens all of them.
        (&["admin"], "12 h session for all roles"),
        (&["admin", "-d", "1h"], "12 h session for all roles"),
        // For longer the code opens this role alone, in its account.
        (&["admin", "-d", "4h"], "4 h session as admin"),
        (&["admin", "-d", "3601"], "3601 s session as admin"),
    ] {
        let asking = PromptedRun::start(&home, arguments.iter().chain(&["--no-preflight"]).chain(&SH).copied());
        assert_eq!(asking.prompt, format!("MFA code for alice ({}), {what}, {to}: ", alice.account));
        asking.refused_thrice("", "no MFA code entered");
    }
    assert_eq!(sts.take_calls(), []);
}
