//! The name of a role session if none is set: that of the IAM user whose keys are used. Trust policies may require it.

use crate::support::cached;
use crate::support::fixture::{Fixture, MFA, ROLE};
use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{Action, Devices, Fault, RoleSpec, Sts, UserSpec};

trials![
    a_role_may_require_the_name_of_the_user,
    asks_for_the_user_once_per_access_key,
    keeps_a_name_that_is_set,
    finds_the_session_again_without_the_name,
    does_without_the_user_if_aws_does_not_say_it,
    takes_only_the_names_of_users,
    a_damaged_or_copied_name_is_not_used,
    temporary_keys_are_not_remembered,
    logout_all_removes_the_name,
];

const WHO: &str = "GetCallerIdentity";

/// The trust policy requires MFA, and the name of the user.
fn named() -> RoleSpec {
    RoleSpec { requires_mfa: true, requires_user_name: true, ..RoleSpec::default() }
}

/// A user whose device has another name, with a role in profile `r` that requires the user's name.
fn alice_with_phone(more: &str) -> (Sts, String, Home) {
    let sts = Sts::start();
    let phone = "arn:aws:iam::123456789012:mfa/phone".to_owned();
    let spec = UserSpec { devices: Devices::Serials(vec![phone.clone()]), ..UserSpec::default() };
    let alice = sts.add_user_with("alice", spec);
    let role = sts.add_role("admin", named());
    let home = Home::with_user(&sts, &alice, &[("r", &role, more), ("long", &role, "duration_seconds = 3601")]);
    (sts, phone, home)
}

fn actions(sts: &Sts) -> Vec<String> {
    sts.take_calls().into_iter().map(|call| call.action).collect()
}

fn session_name(sts: &Sts) -> String {
    let calls = sts.take_session_calls();
    calls.last().and_then(|call| call.param("RoleSessionName")).expect("a role session").to_owned()
}

fn a_role_may_require_the_name_of_the_user() {
    for (arguments, more) in
        [(&["r"][..], ""), (&["r", "--no-preflight"], ""), (&["r", "-d", "1h"], ""), (&["r"], "region = eu-west-1")]
    {
        let (sts, phone, home) = alice_with_phone(more);
        let code = sts.code(&phone);
        let ran =
            Program::new(&home, arguments.iter().copied().chain(["--code", &code, "-s", "sh"])).signs_in_to("r").run();
        assert!(ran.stdout.contains("ASIA"));
        assert_eq!(session_name(&sts), "alice", "{arguments:?}");
    }
    // The device's name is not that of the user, and the role refuses it.
    let (sts, phone, home) = alice_with_phone("role_session_name = phone");
    let code = sts.code(&phone);
    Program::new(&home, ["r", &code, "-s", "sh"]).fails(4).says("AWS does not allow profile main to assume").run();
    // Users with a path, and roles that are assumed with the code itself or without any.
    let sts = Sts::start();
    let bob = sts.add_user("ops/team/bob");
    let max = RoleSpec { max_session_duration: 7200, ..named() };
    let (long, open) = (sts.add_role("long", max), sts.add_role("open", RoleSpec { requires_mfa: false, ..named() }));
    let roles = [("long", long.as_str(), "duration_seconds = 7200"), ("open", &open, "mfa_serial =")];
    let home = Home::with_user(&sts, &bob, &roles);
    Program::new(&home, ["open", "-s", "sh"]).signs_in_to("open").run();
    assert_eq!(session_name(&sts), "bob");
    Program::new(&home, ["long", &sts.code(&bob.mfa_serial), "-s", "sh"]).signs_in_to("long").run();
    assert_eq!(session_name(&sts), "bob");
}

fn asks_for_the_user_once_per_access_key() {
    let fixture = Fixture::with(&[("r1", ""), ("r2", "")]);
    let sts = &fixture.sts;
    let sign_in = |arguments: &[&str]| {
        fixture.program(arguments).signs_in().run();
        actions(sts)
    };
    // Without a role, nobody needs the name.
    assert_eq!(sign_in(&["main", &fixture.code()]), [MFA]);
    assert_eq!(sign_in(&["r1"]), [WHO, ROLE]);
    assert_eq!(sign_in(&["r2"]), [ROLE]);
    assert_eq!(sign_in(&["r1"]), [""; 0]);
    assert_eq!(sign_in(&["r1", "--renew", &fixture.code()]), [MFA, ROLE]);
    // Without the cache, it is learned while the code is sent.
    let mut calls = sign_in(&["r1", "--no-cache", &fixture.code()]);
    calls.sort();
    assert_eq!(calls, [ROLE, WHO, MFA]);
    // Another key of the same user.
    let fixture = Fixture::with(&[("r1", "")]);
    let explained = || Program::new(&fixture.home, ["explain", "--verbose", "r1"]).run().stdout;
    assert!(explained().contains("RoleSessionName is the name of the IAM user, which is not known yet (default)"));
    fixture.program(&["r1", &fixture.code()]).signs_in().run();
    assert!(explained().contains("RoleSessionName alice (default)"), "{}", explained());
    let known = |home: &Home| Program::new(home, ["explain", "--verbose", "r1", "--renew"]).run().stdout;
    assert!(known(&fixture.home).contains("RoleSessionName alice (default)"));
    let other = fixture.sts.add_user("bob");
    fixture.home.write(".aws/credentials", credentials_section("main", &other));
    assert!(known(&fixture.home).contains("RoleSessionName is the name"), "{}", known(&fixture.home));
}

fn keeps_a_name_that_is_set() {
    let (sts, phone, home) = alice_with_phone("");
    let code = sts.code(&phone);
    Program::new(&home, ["r", &code, "--role-session-name", "mine", "-s", "sh"]).fails(4).says("to assume role").run();
    // Nobody needs the name of the user.
    assert_eq!(actions(&sts), [MFA, ROLE]);
}

fn finds_the_session_again_without_the_name() {
    let fixture = Fixture::with(&[("r1", "")]);
    let first = fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let cache = fixture.home.cache();
    for name in cached::names(&cache).into_iter().filter(|name| cached::is_user(name)) {
        std::fs::remove_file(cache.join(name)).expect("a file");
    }
    fixture.sts.take_calls();
    assert_eq!(fixture.sign_in(&["r1"], &[], &[]), first);
    assert_eq!(actions(&fixture.sts), [""; 0]);
    // It is still the session of this role only.
    for other in [
        "arn:aws:sts::123456789012:assumed-role/r1/",
        "arn:aws:sts::123456789012:assumed-role/r1/a b",
        "arn:aws:sts::123456789012:assumed-role/r2/alice",
    ] {
        cached::only(&cache, "role").set("identity", other);
        let ran = fixture.program(&["r1"]).signs_in().run();
        assert!(ran.stderr.contains("a cached session is ignored"), "{other}: {}", ran.stderr);
    }
}

fn does_without_the_user_if_aws_does_not_say_it() {
    let refuse = |status, code: &str| Fault::Refuse { status, code: code.into(), message: "no".into() };
    let junk = Fault::Raw { status: 200, content_type: "text/html".into(), body: b"<html>".to_vec() };
    for fault in [refuse(403, "AccessDenied"), refuse(400, "InvalidAction"), junk] {
        let fixture = Fixture::with(&[("r1", "")]);
        fixture.sts.always(Action::GetCallerIdentity, fault);
        fixture.program(&["r1", &fixture.code()]).signs_in().run();
        // The name of the device.
        assert_eq!(session_name(&fixture.sts), "alice");
        assert!(!cached::names(&fixture.home.cache()).iter().any(|name| cached::is_user(name)));
        // A role that requires the user's name says what is missing.
        let strict = fixture.sts.add_role("strict", RoleSpec { requires_user_name: true, ..named() });
        let other = ["main", "--role-arn", &strict, "--role-session-name", "other"];
        assert!(!fixture.fails(&other, 4, "AWS does not allow", &[ROLE]).stderr.contains("AWS did not say"));
        // The next one asks again.
        fixture.sts.clear_faults();
        fixture.program(&["r1", "--renew", &fixture.code()]).signs_in().run();
        assert!(cached::names(&fixture.home.cache()).iter().any(|name| cached::is_user(name)));
    }
}

fn takes_only_the_names_of_users() {
    // An access key of this account whose owner is no user, and names that no role session can have.
    let names = ["x", "alice smith", "\u{1b}[31mred"];
    for name in names {
        let sts = Sts::start();
        let spec = UserSpec { devices: Devices::Serials(vec!["GAHT12345678".into()]), ..UserSpec::default() };
        let user = sts.add_user_with(name, spec);
        let role = sts.add_role("r1", RoleSpec::default());
        let home = Home::with_user(&sts, &user, &[("r1", &role, "")]);
        let ran = Program::new(&home, ["r1", &sts.code("GAHT12345678"), "-s", "sh"]).signs_in_to("r1").run();
        assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
        assert_eq!(session_name(&sts), "mfa-env", "{name}");
    }
}

fn a_damaged_or_copied_name_is_not_used() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let cache = fixture.home.cache();
    let user = cached::names(&cache).into_iter().find(|name| cached::is_user(name)).expect("the user");
    let path = cache.join(user);
    let good = std::fs::read_to_string(&path).expect("text");
    assert!(good.contains("arn:aws:iam::123456789012:user/alice"), "{good}");
    let changes = [
        String::new(),
        "{".into(),
        good.replace("user/alice", "user/al ice"),
        good.replace("\"version\":1", "\"version\":2"),
        good.replace("kind=user", "kind=other"),
        good.replace("user/alice", &format!("user/{}", "a".repeat(100_000))),
    ];
    for changed in changes {
        assert_ne!(changed, good);
        std::fs::write(&path, &changed).expect("our own file");
        fixture.sts.take_calls();
        cached::only(&cache, "role").expires_in(10);
        fixture.program(&["r1"]).signs_in().run();
        assert_eq!(actions(&fixture.sts), [WHO, ROLE], "{changed:.80}");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), good);
    }
}

fn temporary_keys_are_not_remembered() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", named());
    let home = Home::with_user(&sts, &alice, &[("r", &role, "")]);
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "-s", "sh"]).signs_in_to("main").run();
    let session = sts.sessions().pop().expect("a session");
    let keys = format!(
        "[main]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n",
        session.access_key_id, session.secret_access_key, session.session_token
    );
    let config = format!("[profile r]\nrole_arn = {role}\nsource_profile = main\n");
    let mut other = Home::with(&config, &keys);
    other.set("AWS_ENDPOINT_URL_STS", sts.url());
    for _ in 0..2 {
        Program::new(&other, ["r", "-s", "sh"]).signs_in_to("r").run();
        assert_eq!(session_name(&sts), "alice");
        cached::only(&other.cache(), "role").expires_in(10);
    }
    assert!(!cached::names(&other.cache()).iter().any(|name| cached::is_user(name)));
}

fn logout_all_removes_the_name() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let is_kept = || cached::names(&fixture.home.cache()).iter().any(|name| cached::is_user(name));
    Program::new(&fixture.home, ["logout", "main", "-q"]).run();
    assert!(is_kept());
    Program::new(&fixture.home, ["logout", "--all", "-q"]).run();
    assert!(!is_kept());
}
