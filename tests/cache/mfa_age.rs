//! The age of the MFA session: limits that are set, and those of roles (`aws:MultiFactorAuthAge`), which are learned.

use crate::support::cached;
use crate::support::fixture::{Fixture, MFA, ROLE};
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::prompted_run::PromptedRun;
use crate::support::sts::{Action, Fault, RoleSpec, Sts, User};
use crate::support::terminal::Terminal;

trials![
    an_option_rejects_sessions_of_an_older_code,
    a_setting_limits_the_session_that_signs,
    the_first_setting_on_the_way_is_used,
    refuses_what_is_not_an_age,
    learns_the_limit_of_a_role,
    a_role_that_refuses_a_new_session_too_asks_once,
    a_role_that_refuses_a_session_of_this_run_asks_nothing,
    a_known_limit_stays_after_a_refusal,
    a_session_of_this_minute_is_not_the_reason,
    says_how_old_the_session_is_if_nobody_can_be_asked,
    an_mfa_process_renews_without_anybody,
    shows_the_age,
];

const HOUR: i64 = 3600;

/// As if everything had happened `seconds` earlier, for AWS and in the cache.
fn pass(sts: &Sts, home: &Home, seconds: i64) {
    sts.age_mfa(seconds);
    for kind in ["mfa", "role"] {
        for mut session in cached::of_kind(&home.cache(), kind) {
            session.backdate(seconds);
        }
    }
}

/// The role sessions are about to expire, so they are not used.
fn expire_roles(home: &Home) {
    for mut session in cached::of_kind(&home.cache(), "role") {
        session.expires_in(10);
    }
}

fn limited(limit: i64) -> RoleSpec {
    RoleSpec { requires_mfa: true, max_mfa_age: Some(limit), ..RoleSpec::default() }
}

fn an_option_rejects_sessions_of_an_older_code() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    pass(&fixture.sts, &fixture.home, 1800);
    for age in ["31m", "1801", "1h", "36h"] {
        fixture.sign_in(&["r1", "--mfa-max-age", age], &[], &[]);
        fixture.sign_in(&["main", "--mfa-max-age", age], &[], &[]);
    }
    for age in ["1s", "29m", "1799"] {
        fixture.needs_code(&["r1", "--mfa-max-age", age]);
        fixture.needs_code(&["main", "--mfa-max-age", age]);
    }
    // A new one serves both.
    fixture.sign_in_with_code(&["r1", "--mfa-max-age", "1m"], &[MFA, ROLE], &[]);
    fixture.sign_in(&["main", "--mfa-max-age", "1m"], &[], &[]);
    fixture.sign_in(&["r1", "--mfa-max-age", "1m"], &[], &[]);
}

fn a_setting_limits_the_session_that_signs() {
    let fixture = Fixture::with(&[("r1", "mfa_max_age = 20m"), ("r2", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    pass(&fixture.sts, &fixture.home, 1300);
    // The role session was made while it was younger, and the other role has no limit.
    fixture.sign_in(&["r1"], &[], &[]);
    fixture.sign_in(&["r2"], &[ROLE], &[]);
    fixture.sign_in(&["main"], &[], &[]);
    fixture.needs_code(&["r1", "--min-ttl", "1h"]);
    // An option overrides it.
    fixture.sign_in(&["r1", "--mfa-max-age", "1h", "--min-ttl", "50m"], &[ROLE], &[]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let explained = Program::new(&fixture.home, ["explain", "--verbose", "r1", "--renew"]).run().stdout;
    assert!(explained.contains("mfa_max_age 20m (~/.aws/config:6)\n"), "{explained}");
    assert!(explained.contains("   a cached session is at most 20 min old (~/.aws/config:6)\n"), "{explained}");
}

fn the_first_setting_on_the_way_is_used() {
    let fixture = Fixture::with(&[("r1", "mfa_max_age = 1h"), ("r2", "")]);
    let config = fixture.home.path().join(".aws/config");
    let text = std::fs::read_to_string(&config).expect("text");
    fixture.home.write(".aws/config", text.replace("[profile main]\n", "[profile main]\nmfa_max_age = 10m\n"));
    fixture.sign_in_with_code(&["main"], &[MFA], &[]);
    pass(&fixture.sts, &fixture.home, 1200);
    fixture.needs_code(&["main"]);
    fixture.needs_code(&["r2"]);
    fixture.sign_in(&["r1"], &[ROLE], &[]);
}

fn refuses_what_is_not_an_age() {
    let fixture = Fixture::with(&[("r1", "mfa_max_age = soon"), ("r2", "mfa_max_age = 0"), ("r3", "mfa_max_age =")]);
    for (arguments, status, says) in [
        (["main", "--mfa-max-age", "0"], 2, "--mfa-max-age"),
        (["main", "--mfa-max-age", "2days"], 2, "--mfa-max-age"),
        (["main", "--mfa-max-age", "37h"], 2, "--mfa-max-age"),
        (["r1", "--min-ttl", "5m"], 3, "~/.aws/config:6: mfa_max_age is `soon`"),
        (["r2", "--min-ttl", "5m"], 3, "~/.aws/config:10: mfa_max_age is `0`"),
    ] {
        fixture.fails(&arguments, status, says, &[]);
    }
    // An empty setting is none.
    fixture.needs_code(&["r3"]);
}

/// Alice, with a role that accepts only MFA sessions of less than an hour.
fn strict() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let (strict, other) = (sts.add_role("strict", limited(HOUR)), sts.add_role("other", RoleSpec::default()));
    let home = Home::with_user(&sts, &alice, &[("strict", &strict, ""), ("other", &other, "")]);
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "-s", "sh"]).signs_in_to("main").run();
    sts.take_calls();
    (sts, alice, home)
}

// fault 222
fn learns_the_limit_of_a_role() {
    let (sts, alice, home) = strict();
    pass(&sts, &home, 2 * HOUR);
    let run = PromptedRun::start(&home, ["strict", "-s", "sh", "--no-preflight"]);
    let outcome = run.answer(&sts.code(&alice.mfa_serial));
    assert_eq!(outcome.status.code(), Some(0), "{outcome:?}");
    assert!(outcome.stderr.starts_with("mfa-env: role `strict` refused the MFA session, which is 2 h "), "{outcome:?}");
    assert!(outcome.stdout.contains("\nAWS_ACCESS_KEY_ID='ASIA"), "{outcome:?}");
    let actions: Vec<String> = sts.take_session_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, [ROLE, MFA, ROLE]);
    // A session that is younger than the refused one may be young enough. If it is not, the limit is lowered.
    pass(&sts, &home, HOUR / 2);
    expire_roles(&home);
    Program::new(&home, ["strict", "-s", "sh"]).signs_in_to("strict").run();
    pass(&sts, &home, HOUR * 3 / 4);
    expire_roles(&home);
    sts.take_calls();
    let run = PromptedRun::start(&home, ["strict", "-s", "sh", "--no-preflight"]);
    assert_eq!(run.answer(&sts.code(&alice.mfa_serial)).status.code(), Some(0));
    assert_eq!(sts.take_session_calls().len(), 3);
    // One that is as old is not tried, and the other role still uses it.
    pass(&sts, &home, HOUR * 5 / 4 + 60);
    let explained = Program::new(&home, ["explain", "--verbose", "strict"]).run().stdout;
    assert!(explained.contains("   a cached session is less than 1 h 15 min"), "{explained}");
    assert!(explained.contains(" old, because the role refused an older one\n"), "{explained}");
    let why = "mfa-env: the role refused a code that was 1 h 15 min";
    for arguments in [&["strict", "-s", "sh"][..], &["exec", "strict", "--no-input", "--", "true"]] {
        Program::new(&home, arguments).fails(5).says(why).says("an MFA code is needed").run();
    }
    assert!(sts.take_calls().is_empty());
    Program::new(&home, ["other", "-s", "sh"]).signs_in_to("other").run();
}

fn a_role_that_refuses_a_new_session_too_asks_once() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let closed = sts.add_role(
        "closed",
        RoleSpec { trusts: vec!["arn:aws:iam::123456789012:user/bob".into()], ..RoleSpec::default() },
    );
    let home = Home::with_user(&sts, &alice, &[("closed", &closed, "")]);
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "-s", "sh"]).signs_in_to("main").run();
    pass(&sts, &home, 2 * HOUR);
    sts.take_calls();
    let outcome =
        PromptedRun::start(&home, ["closed", "-s", "sh", "--no-preflight"]).answer(&sts.code(&alice.mfa_serial));
    assert_eq!(outcome.status.code(), Some(4), "{outcome:?}");
    assert!(outcome.stderr.contains("AWS does not allow profile main to assume role `closed`"), "{outcome:?}");
    assert_eq!(sts.take_session_calls().len(), 3);
    // The age is not the reason, so nothing is asked for an hour.
    pass(&sts, &home, 600);
    let ran = Program::new(&home, ["closed", "-s", "sh"]).fails(4).says("to assume role `closed`").run();
    assert!(ran.stderr.contains("- the role accepts an MFA session that is 10 min"), "{}", ran.stderr);
    assert_eq!(sts.take_session_calls().len(), 1);
}

fn a_role_that_refuses_a_session_of_this_run_asks_nothing() {
    let (sts, alice, home) = strict();
    let refuse = RoleSpec { max_mfa_age: Some(0), ..limited(0) };
    let never = sts.add_role("never", refuse);
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("text");
    home.write(".aws/config", config + &format!("[profile never]\nrole_arn = {never}\nsource_profile = main\n"));
    let outcome = PromptedRun::start(&home, ["never", "--renew", "-s", "sh", "--no-preflight"])
        .answer(&sts.code(&alice.mfa_serial));
    assert_eq!(outcome.status.code(), Some(4), "{outcome:?}");
    assert!(!outcome.stderr.contains("sign in with --renew"), "{outcome:?}");
    // It is remembered, so that the next sign-in does not ask either.
    sts.take_calls();
    let ran = Program::new(&home, ["never", "-s", "sh"]).fails(4).says("to assume role `never`").run();
    assert!(!ran.stderr.contains("refused the MFA session"), "{}", ran.stderr);
    assert_eq!(sts.take_session_calls().len(), 1);
}

/// A role that refuses for a while, because somebody edits it, still has its limit.
fn a_known_limit_stays_after_a_refusal() {
    let (sts, alice, home) = strict();
    pass(&sts, &home, 2 * HOUR);
    let run = PromptedRun::start(&home, ["strict", "-s", "sh", "--no-preflight"]);
    assert_eq!(run.answer(&sts.code(&alice.mfa_serial)).status.code(), Some(0));
    let message = "User: x is not authorized to perform: sts:AssumeRole on resource: y".to_owned();
    sts.on(Action::AssumeRole, Fault::Refuse { status: 403, code: "AccessDenied".into(), message });
    let run = PromptedRun::start(&home, ["strict", "--renew", "-s", "sh", "--no-preflight"]);
    assert_eq!(run.answer(&sts.code(&alice.mfa_serial)).status.code(), Some(4));
    pass(&sts, &home, 3 * HOUR);
    let explained = Program::new(&home, ["explain", "--verbose", "strict"]).run().stdout;
    assert!(explained.contains(" old, because the role refused an older one\n"), "{explained}");
    Program::new(&home, ["strict", "-s", "sh"]).fails(5).says("no terminal").run();
}

fn a_session_of_this_minute_is_not_the_reason() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let spec = RoleSpec { trusts: vec!["arn:aws:iam::123456789012:user/bob".into()], ..RoleSpec::default() };
    let closed = sts.add_role("closed", spec);
    let home = Home::with_user(&sts, &alice, &[("closed", &closed, "")]);
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "-s", "sh"]).signs_in_to("main").run();
    let command = Program::new(&home, ["closed", "-s", "sh", "--show"]).command();
    let mut terminal = Terminal::spawn(command);
    terminal.expect("AWS does not allow profile main to assume role `closed`");
    assert_eq!(terminal.wait().code(), Some(4));
    assert!(!terminal.output().contains("MFA code"), "{}", terminal.output());
}

fn says_how_old_the_session_is_if_nobody_can_be_asked() {
    let (sts, _, home) = strict();
    pass(&sts, &home, 2 * HOUR);
    for more in [&[][..], &["--no-input"]] {
        let arguments = ["strict", "-s", "sh"].iter().chain(more);
        let ran = Program::new(&home, arguments).fails(4).says("AWS does not allow profile main to assume").run();
        assert!(ran.stderr.contains("- the role accepts an MFA session that is 2 h"), "{}", ran.stderr);
        assert!(ran.stderr.contains(" old; for a new one, sign in with --renew\n"), "{}", ran.stderr);
    }
}

fn an_mfa_process_renews_without_anybody() {
    let (sts, alice, home) = strict();
    pass(&sts, &home, 2 * HOUR);
    let code = sts.code(&alice.mfa_serial);
    let config = std::fs::read_to_string(home.path().join(".aws/config")).expect("text");
    let process = format!("[profile main]\nmfa_process = echo {code}\n");
    home.write(".aws/config", config.replace("[profile main]\n", &process));
    Program::new(&home, ["strict", "--no-input", "-s", "sh"])
        .signs_in_to("strict")
        .says("mfa-env: role `strict` refused the MFA session, which is 2 h ")
        .says("using the code from main's mfa_process")
        .run();
    let actions: Vec<String> = sts.take_session_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, [ROLE, MFA, ROLE]);
}

fn shows_the_age() {
    let (sts, _, mut home) = strict();
    pass(&sts, &home, 45 * 60);
    let explained = Program::new(&home, ["explain", "--verbose", "strict"]).run().stdout;
    assert!(explained.contains(" left), MFA 45 min ago\n"), "{explained}");
    let json: serde_json::Value =
        serde_json::from_str(&Program::new(&home, ["explain", "strict", "--json"]).run().stdout).expect("JSON");
    let age = json["calls"][0]["mfa_age_seconds"].as_i64().expect("a number");
    assert!((2700..2760).contains(&age), "{age}");
    let exported = Program::new(&home, ["strict", "--format", "json"]).signs_in_to("strict").run();
    exported.apply_to(&mut home);
    let status = Program::new(&home, ["status"]).run().stdout;
    assert!(status.ends_with(" (1 h left), MFA 45 min ago\n"), "{status}");
}
