//! `mfa-env` without arguments renews the shell's session, and the prompt says what the code is for.

#![cfg(unix)]

use crate::support::failure_statement;
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::prompted_run::PromptedRun;
use crate::support::sts::{RoleSpec, Sts, User};

trials![
    renews_the_session_of_this_shell,
    aws_profile_takes_precedence,
    uses_a_lone_code_for_the_profile_of_this_shell,
    does_not_renew_a_session_shaped_by_flags,
    the_prompt_says_what_the_code_is_for,
];

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let spec = || RoleSpec { max_session_duration: 43_200, ..RoleSpec::default() };
    let (admin, audit) = (sts.add_role("admin", spec()), sts.add_role("audit", spec()));
    let home = Home::with_user(&sts, &alice, &[("admin", &admin, ""), ("audit", &audit, "")]);
    (sts, alice, home)
}

const SH: [&str; 2] = ["--shell", "sh"];

fn renews_the_session_of_this_shell() {
    let (sts, alice, mut home) = alice();
    let first = Program::new(&home, ["audit", &sts.code(&alice.mfa_serial), SH[0], SH[1]]).signs_in_to("audit").run();
    home.set("MFA_ENV_PROFILE", "audit").set("AWS_DEFAULT_PROFILE", "admin").set("MFA_ENV_BEFORE", "1:");
    sts.take_calls();
    // While enough time is left, the same session is exported and no code is asked for.
    let again = Program::new(&home, SH).signs_in_to("audit").run();
    let key_id = |ran: &crate::support::program::Ran| ran.variable("AWS_ACCESS_KEY_ID").flatten().map(str::to_owned);
    assert_eq!(key_id(&again), key_id(&first));
    assert_eq!(sts.take_calls(), []);
    crate::support::cached::age(&home, 3400);
    let renewed = Program::new(&home, SH).signs_in_to("audit").run();
    assert_ne!(key_id(&renewed), key_id(&first));
    assert_eq!(renewed.variable("MFA_ENV_PROFILE"), Some(Some("audit")));
    let calls = sts.take_calls();
    assert_eq!(calls.iter().map(|call| call.action.as_str()).collect::<Vec<_>>(), ["AssumeRole"]);
    Program::new(&home, ["export", SH[0], SH[1]]).signs_in_to("audit").run();
}

fn aws_profile_takes_precedence() {
    let (sts, alice, mut home) = alice();
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), SH[0], SH[1]]).signs_in().run();
    home.set("MFA_ENV_PROFILE", "audit").set("AWS_PROFILE", "admin");
    let ran = Program::new(&home, SH).signs_in_to("admin").run();
    assert_eq!(ran.variable("MFA_ENV_PROFILE"), Some(Some("admin")));
    // An argument takes precedence over both, and a blank variable is ignored.
    Program::new(&home, ["main", SH[0], SH[1]]).signs_in_to("main").run();
    Program::new(&home, SH).env("AWS_PROFILE", "").signs_in_to("audit").run();
}

fn uses_a_lone_code_for_the_profile_of_this_shell() {
    let (sts, alice, mut home) = alice();
    home.set("MFA_ENV_PROFILE", "audit");
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, [&code, SH[0], SH[1]]).signs_in_to("audit").run();
    let calls = sts.take_calls();
    assert_eq!(calls[0].param("TokenCode"), Some(code.as_str()));
    assert_eq!(calls[1].param("RoleArn"), Some("arn:aws:iam::123456789012:role/audit"));
}

fn does_not_renew_a_session_shaped_by_flags() {
    let (sts, alice, mut home) = alice();
    let with_flag = ["audit", &sts.code(&alice.mfa_serial), "--role-session-name", "me", SH[0], SH[1]];
    let ran = Program::new(&home, with_flag).signs_in().run();
    assert_eq!(ran.variable("MFA_ENV_PROFILE"), Some(None));
    home.set("AWSUME_PROFILE", "audit");
    Program::new(&home, SH)
        .fails(3)
        .stdout(failure_statement::of("sh", 3))
        .says("mfa-env: profile `default` not found")
        .run();
}

fn the_prompt_says_what_the_code_is_for() {
    let (sts, alice, home) = alice();
    let to = format!("sent to {} (AWS_ENDPOINT_URL_STS)", sts.url().trim_start_matches("http://"));
    for (arguments, what) in [
        (&["main"][..], "12 h session for all roles"),
        (&["main", "-d", "90m"], "1 h 30 min session for all roles"),
        // A role for an hour uses the MFA session for all roles.
        (&["admin"], "12 h session for all roles"),
        (&["admin", "-d", "1h"], "12 h session for all roles"),
        // For longer, the code is for this role alone.
        (&["admin", "-d", "4h"], "4 h session as admin"),
        (&["admin", "-d", "3601"], "3601 s session as admin"),
    ] {
        let run = PromptedRun::start(&home, arguments.iter().chain(&["--no-preflight"]).chain(&SH).copied());
        assert_eq!(run.prompt, format!("MFA code for alice ({}), {what}, {to}: ", alice.account));
        run.rejects_three_times("", "no MFA code entered");
    }
    assert_eq!(sts.take_calls(), []);
}
