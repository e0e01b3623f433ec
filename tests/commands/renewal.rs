//! `mfa-env` without arguments renews the shell's session, and the prompt says what the code is for.

#![cfg(unix)]

use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::prompted_run::PromptedRun;
use crate::support::sts::{RoleSpec, Sts, User, UserSpec};
use std::ffi::OsStr;

trials![
    renews_the_session_of_this_shell,
    aws_profile_takes_precedence,
    uses_a_lone_code_for_the_profile_of_this_shell,
    renews_the_same_session_with_its_options,
    options_typed_now_take_precedence,
    refuses_to_renew_without_the_options,
    logs_out_of_the_session_with_its_options,
    names_both_accounts_of_a_profile_that_moved,
    the_prompt_names_the_role_that_is_renewed,
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
    home.set("MFA_ENV_PROFILE", "audit").set("AWS_DEFAULT_PROFILE", "admin");
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
    let calls = sts.take_session_calls();
    assert_eq!(calls[0].param("TokenCode"), Some(code.as_str()));
    assert_eq!(calls[1].param("RoleArn"), Some("arn:aws:iam::123456789012:role/audit"));
}

fn role_of_another_account() -> RoleSpec {
    RoleSpec {
        account: "210987654321".into(),
        path: "/team/".into(),
        trusts: vec!["arn:aws:iam::123456789012:root".into()],
        ..RoleSpec::default()
    }
}

/// Signs in, and adds the session to the home's environment.
fn sign_in(home: &mut Home, arguments: &[&str]) {
    Program::new(home, arguments.iter().chain(&["--format", "json"]).copied()).signs_in().run().apply_to(home);
}

// fault 163
fn renews_the_same_session_with_its_options() {
    let (sts, alice, mut home) = alice();
    let other = sts.add_role("other", role_of_another_account());
    home.set("AWS_DEFAULT_PROFILE", "admin");
    let device = alice.mfa_serial.clone();
    let cases: [&[&str]; 6] = [
        &["audit", "-r", "us-west-2"],
        &["main", "--role-arn", &other, "--external-id", "a:b/c", "--role-session-name", "m=e,x"],
        &["audit", "--mfa-serial", &device],
        &["main", "-d", "1h"],
        &["admin", "-d", "2h", "-r", "eu-north-1"],
        &["main"],
    ];
    for arguments in cases {
        sts.advance(60);
        let code = sts.code(&device);
        sign_in(&mut home, &[arguments, &["--renew", "-c", &code]].concat());
        let first = sts.take_calls().pop().expect("a call");
        let variables = ["MFA_ENV_PROFILE", "MFA_ENV_OPTIONS", "AWSUME_PROFILE", "AWS_REGION", "AWS_ACCESS_KEY_ID"];
        let values = |home: &Home| variables.map(|name| home.variables.get(OsStr::new(name)).cloned());
        let before = values(&home);
        // While it is valid, the same session is found; nobody could be asked for a code.
        sign_in(&mut home, &[]);
        assert_eq!(sts.take_calls(), [], "{arguments:?}");
        assert_eq!(values(&home), before, "{arguments:?}");
        // A new one is requested with the same parameters.
        sts.advance(60);
        let code = sts.code(&device);
        sign_in(&mut home, &["--renew", "-c", &code]);
        let again = sts.take_calls().pop().expect("a call");
        let ignored = |name: &str| name == "TokenCode";
        let parameters = |call: &crate::support::sts::Call| -> Vec<(String, String)> {
            call.params.iter().filter(|(name, _)| !ignored(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
        };
        assert_eq!(parameters(&again), parameters(&first), "{arguments:?}");
        assert_eq!(values(&home)[..4], before[..4], "{arguments:?}");
    }
}

// fault 181
fn names_both_accounts_of_a_profile_that_moved() {
    let (sts, alice, mut home) = alice();
    let other = sts.add_role("other", role_of_another_account());
    let account = "333344445555";
    let bob = sts.add_user_with("bob", UserSpec { account: account.into(), ..UserSpec::default() });
    sign_in(&mut home, &["audit", &sts.code(&alice.mfa_serial)]);
    let config = home.path().join(".aws/config");
    let text = std::fs::read_to_string(&config).expect("a file");
    let is_said = |home: &mut Home, arguments: &[&str]| {
        let ran = Program::new(home, arguments.iter().chain(&["--format", "json"]).copied());
        let ran = ran.signs_in_to("audit").run();
        ran.apply_to(home);
        let said: Vec<_> = ran.stderr.lines().filter(|line| line.contains("account") && line.contains("now")).collect();
        said.join("\n")
    };
    assert_eq!(is_said(&mut home, &[]), "");
    // The role of the profile is another one.
    home.write(".aws/config", text.replace("arn:aws:iam::123456789012:role/audit", &other));
    let moved =
        |from, to| format!("mfa-env: audit is now in account {to}; this replaces its session in account {from}");
    assert_eq!(is_said(&mut home, &["-r", "us-east-1"]), moved("123456789012", "210987654321"));
    assert_eq!(is_said(&mut home, &[]), "");
    // The session has expired, and the profile is named.
    home.write(".aws/config", &text);
    crate::support::cached::age(&home, 3600);
    assert_eq!(is_said(&mut home, &["audit"]), moved("210987654321", "123456789012"));
    // Other files, where the profile has keys of its own.
    let files = [
        ("config", format!("[profile audit]\nmfa_serial = {}\n", bob.mfa_serial)),
        ("keys", credentials_section("audit", &bob)),
    ];
    for (variable, (name, text)) in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"].into_iter().zip(files) {
        let path = home.write(name, text);
        home.set(variable, path);
    }
    assert_eq!(is_said(&mut home, &["-c", &sts.code(&bob.mfa_serial)]), moved("123456789012", account));
    // A role that is typed is where it says.
    sts.add_role(
        "typed",
        RoleSpec { account: "123456789012".into(), trusts: vec![bob.arn.clone()], ..RoleSpec::default() },
    );
    let ran = Program::new(&home, ["audit", "--role-arn", "arn:aws:iam::123456789012:role/typed", SH[0], SH[1]])
        .signs_in()
        .run();
    assert!(!ran.stderr.contains("is now in"), "{}", ran.stderr);
}

// fault 163
fn options_typed_now_take_precedence() {
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["audit", "-r", "us-west-2", "--role-session-name", "me", "-c", &sts.code(&alice.mfa_serial)]);
    sign_in(&mut home, &["-r", "eu-north-1"]);
    let text = |home: &Home, name: &str| home.variables[OsStr::new(name)].to_str().expect("UTF-8").to_owned();
    assert_eq!(text(&home, "MFA_ENV_OPTIONS"), "1:region=eu-north-1,role-session-name=me");
    assert_eq!(text(&home, "AWS_REGION"), "eu-north-1");
    // A profile that is named starts afresh, and so does AWS_PROFILE.
    let mut named = home.variables.clone();
    Program::new(&home, ["audit", "--format", "json"]).signs_in().run().apply_to(&mut home);
    assert_eq!(home.variables.get(OsStr::new("MFA_ENV_OPTIONS")), None);
    named.insert("AWS_PROFILE".into(), "audit".into());
    home.variables = named;
    Program::new(&home, ["--format", "json"]).signs_in_to("audit").run().apply_to(&mut home);
    assert_eq!(home.variables.get(OsStr::new("MFA_ENV_OPTIONS")), None);
}

// fault 163: nothing falls back to another session
fn refuses_to_renew_without_the_options() {
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["audit", "-r", "us-west-2", "-c", &sts.code(&alice.mfa_serial)]);
    home.set("AWS_DEFAULT_PROFILE", "admin");
    sts.take_calls();
    let arn = "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fadmin";
    for options in [
        "1:",
        "2:region=us-west-2",
        "1:region=us west",
        "1:region=us%2Dwest-2",
        "1:region=us-west-2,region=us-west-2",
        "1:region=us-west-2,role-arn=x",
        &format!("1:region=us-west-2,role-arn={arn}"),
        "1:region=us-west-2,unknown=x",
        "1:region=us-west-2,",
        "1:duration=90m",
        "1:duration=90000",
        "1:role-arn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fadmin",
        &format!("1:role-arn={arn},external-id={}", "%3A".repeat(1400)),
        "region=us-west-2",
        "?",
    ] {
        for arguments in [&[][..], &["-r", "us-west-2"], &["123456"]] {
            let ran = Program::new(&home, arguments.iter().chain(&SH).copied()).env("MFA_ENV_OPTIONS", options);
            let ran = ran.fails(2).stdout(failure_statement::of("sh", 2));
            ran.says("mfa-env: the session of audit cannot be renewed: MFA_ENV_OPTIONS is not usable (").run();
        }
        Program::new(&home, ["logout"]).env("MFA_ENV_OPTIONS", options).fails(2).says("cannot be renewed").run();
    }
    // The options belong to a session that is no longer there, or to an unknown profile.
    let other = [("AWS_ACCESS_KEY_ID", "ASIAOTHEROTHEROTHER1"), ("AWS_ACCESS_KEY_ID", ""), ("MFA_ENV_BEFORE", "")];
    for (name, value) in other.into_iter().chain([("MFA_ENV_PROFILE", "")]) {
        let ran = Program::new(&home, SH).env(name, value).fails(2).stdout(failure_statement::of("sh", 2));
        ran.says("cannot be renewed: MFA_ENV_OPTIONS is not usable (").run();
    }
    assert_eq!(sts.take_calls(), []);
}

fn logs_out_of_the_session_with_its_options() {
    let (sts, alice, mut home) = alice();
    let other = sts.add_role("other", RoleSpec::default());
    sign_in(&mut home, &["audit", "-c", &sts.code(&alice.mfa_serial)]);
    sign_in(&mut home, &["audit", "--role-arn", &other]);
    Program::new(&home, ["logout"]).stdout("").says("mfa-env: removed 1 cached session of audit; ").run();
    // That of the profile's own role is still there.
    Program::new(&home, ["logout", "audit"]).stdout("").says("mfa-env: removed 1 cached session of audit; ").run();
}

// faults 163, 164
fn the_prompt_names_the_role_that_is_renewed() {
    let (sts, alice, mut home) = alice();
    let other = sts.add_role("other", role_of_another_account());
    sign_in(&mut home, &["main", "--role-arn", &other, "-c", &sts.code(&alice.mfa_serial)]);
    sts.advance(60);
    let run = PromptedRun::start(&home, ["--renew", "--no-preflight"].iter().chain(&SH).copied());
    let named = ", 12 h session for all roles, to assume other@210987654321 (--role-arn in MFA_ENV_OPTIONS), sent to ";
    assert!(run.prompt.contains(named), "{}", run.prompt);
    let outcome = run.answer(&sts.code(&alice.mfa_serial));
    assert!(outcome.status.success(), "{}", outcome.stderr);
    let summary = outcome.stderr.lines().last().expect("a summary");
    assert!(summary.starts_with("other@210987654321, 1 h left, "), "{summary}");
    assert!(outcome.stdout.contains("AWSUME_PROFILE='other@210987654321'"), "the name for shell prompts");
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
