//! `status`: what the variables of a shell say, held against what is kept, and an exit status for prompts.

use crate::support::cached;
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts, User};

trials![
    a_session_of_this_shell,
    nobody,
    a_session_that_is_over,
    keys_that_are_no_session,
    half_a_session,
    two_sessions_mixed,
    another_session_is_kept_now,
    a_profile_beside_the_keys,
    needs_no_cache,
    a_quiet_one_reads_no_cache,
    shows_hostile_values_harmless,
];

const LIVES: &str = "2099-01-01T00:00:00Z";
const OVER: &str = "2001-01-01T00:00:00Z";

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let home = Home::signed_up(&sts, &alice, &[("prod", &role, "region = eu-west-1")]);
    (sts, alice, home)
}

/// Signs in and makes the session part of the home's environment, as `eval` would.
fn sign_in(home: &mut Home, arguments: &[&str]) {
    let ran = Program::new(home, arguments.iter().chain(&["--format", "json"]).copied()).says("signed in").run();
    let changes: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    for (name, value) in changes.as_object().expect("an object") {
        match value.as_str() {
            Some(value) => drop(home.variables.insert(name.into(), value.into())),
            None => drop(home.variables.remove(name.as_ref() as &std::ffi::OsStr)),
        }
    }
}

/// A shell with a session that nobody keeps.
fn shell(end: &str) -> Home {
    let mut home = Home::empty();
    home.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE").set("AWS_SECRET_ACCESS_KEY", "hidden");
    home.set("AWS_SESSION_TOKEN", "hidden").set("AWS_CREDENTIAL_EXPIRATION", end);
    home.set("MFA_ENV_PROFILE", "prod").set("AWSUME_PROFILE", "prod");
    home
}

/// stdout with the time of day as `HH:MM`.
fn text(program: Program<'_>) -> String {
    let found = program.run().stdout;
    assert!(!found.contains("hidden"), "{found}");
    let Some((before, after)) = found.split_once("until ") else { return found };
    assert!(after.as_bytes()[..5].iter().enumerate().all(|(i, b)| if i == 2 {
        *b == b':'
    } else {
        b.is_ascii_digit()
    }));
    format!("{before}until HH:MM{}", &after[5..])
}

fn a_session_of_this_shell() {
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["main", &sts.code(&alice.mfa_serial)]);
    assert_eq!(text(Program::new(&home, ["status"])), "main, account 123456789012, until HH:MM (12 h)\n");
    sign_in(&mut home, &["prod"]);
    let found = text(Program::new(&home, ["status"]));
    assert_eq!(found, "prod, account 123456789012, as admin/alice, until HH:MM (1 h)\n");
    Program::new(&home, ["status", "-q"]).stdout("").run();
    Program::new(&home, ["status", "--quiet", "--json"]).stdout("").run();
    // A session made by flags has no name to renew it by, but one to be called by.
    sign_in(&mut home, &["prod", "-r", "eu-west-3"]);
    assert!(!home.variables.contains_key("MFA_ENV_PROFILE".as_ref() as &std::ffi::OsStr));
    assert_eq!(text(Program::new(&home, ["status"])), found);
    assert_eq!(sts.take_calls().len(), 2);
}

fn nobody() {
    for home in [Home::empty(), Home::with("[profile p]\n", "")] {
        Program::new(&home, ["status"]).fails(1).stdout("not signed in\n").run();
        Program::new(&home, ["status", "-q"]).fails(1).stdout("").run();
    }
    // A name alone is nobody.
    let mut home = Home::empty();
    home.set("MFA_ENV_PROFILE", "prod").set("AWS_PROFILE", "prod").set("AWS_CREDENTIAL_EXPIRATION", LIVES);
    Program::new(&home, ["status"]).fails(1).stdout("not signed in\n").run();
    Program::new(&home, ["status", "prod"]).fails(2).stdout("").says("unexpected argument").run();
}

fn a_session_that_is_over() {
    let home = shell(OVER);
    Program::new(&home, ["status"]).fails(1).stdout(format!("prod, over since {OVER}\n")).run();
    Program::new(&home, ["status", "-q"]).fails(1).stdout("").run();
    let ran = Program::new(&home, ["status", "--json"]).fails(1).run();
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((json["signed_in"].as_bool(), json["seconds_left"].as_i64()), (Some(false), Some(0)));
    assert_eq!(json["expires"], OVER);
    assert!(!ran.stdout.contains("hidden"), "{}", ran.stdout);
}

fn keys_that_are_no_session() {
    let mut home = shell("");
    let says = "not signed in: the keys of this shell are no session\n";
    Program::new(&home, ["status"]).fails(1).stdout(says).run();
    for end in ["tomorrow", "2099-01-01", "4070908800"] {
        Program::new(&home, ["status"]).env("AWS_CREDENTIAL_EXPIRATION", end).fails(1).stdout(says).run();
    }
    home.variables.remove("AWS_CREDENTIAL_EXPIRATION".as_ref() as &std::ffi::OsStr);
    home.variables.remove("AWS_SESSION_TOKEN".as_ref() as &std::ffi::OsStr);
    Program::new(&home, ["status"]).fails(1).stdout(says).run();
    Program::new(&home, ["status", "-q"]).fails(1).stdout("").run();
}

fn half_a_session() {
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        let home = shell(LIVES);
        let status = || Program::new(&home, ["status"]).env(name, "").fails(1);
        status().stdout(format!("not signed in: {name} is not set\n")).run();
    }
}

fn two_sessions_mixed() {
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["main", &sts.code(&alice.mfa_serial)]);
    let id = sts.sessions()[0].access_key_id.clone();
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        let ran = Program::new(&home, ["status"]).env(name, "hidden-and-other");
        let says = format!(
            "mfa-env: warning: {name} does not belong to access key {id}, so AWS will reject the credentials: sign \
             in again [mixed-credentials]\n"
        );
        assert_eq!(text(ran.says(says)), "main, until HH:MM (12 h)\n");
    }
}

fn another_session_is_kept_now() {
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    let before = home.variables.clone();
    // Another terminal makes a new one.
    sts.advance(120);
    sign_in(&mut home, &["prod", "--renew", "-c", &sts.code(&alice.mfa_serial)]);
    home.variables = before;
    // By its own variables, which say no account.
    let says = |home: &Home| {
        let end = cached::only(&home.cache(), "role").number("expires");
        let end = mfa_env::credentials::Expiration::from_unix(end).expect("a time").local_time();
        format!(
            "mfa-env: warning: another session of profile prod is cached until {end}; sign in again to use it (no \
             code is needed) [other-session-cached]\n"
        )
    };
    assert_eq!(text(Program::new(&home, ["status"]).says(says(&home))), "prod, until HH:MM (1 h)\n");
    let over = Program::new(&home, ["status"]).env("AWS_CREDENTIAL_EXPIRATION", OVER).fails(1);
    over.stdout(format!("prod, over since {OVER}\n")).says(says(&home)).run();
    // What the files say no more is not looked for, and broken ones are no matter for `status`.
    for config in ["[profile other]\n", "[profile broken\n"] {
        home.write(".aws/config", config);
        assert_eq!(text(Program::new(&home, ["status"])), "prod, until HH:MM (1 h)\n");
    }
    // One that is over is not there to be had.
    cached::age(&home, 86_400);
    assert_eq!(text(Program::new(&home, ["status"])), "prod, until HH:MM (1 h)\n");
}

fn a_profile_beside_the_keys() {
    for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        let home = shell(LIVES);
        let says = format!(
            "mfa-env: warning: {name} is set to `dev\\x1b[m` next to a session, and tools disagree on which to use: \
             unset {name} [profile-and-session]\n"
        );
        let ran = Program::new(&home, ["status"]).env(name, "dev\x1b[m").says(says).run();
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        Program::new(&home, ["status", "-q"]).env(name, "dev").stdout("").run();
        Program::new(&home, ["status"]).env(name, " ").run();
    }
}

// fault 98
fn needs_no_cache() {
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    Program::new(&home, ["logout", "--all"]).says("mfa-env: 2 sessions forgotten; ").run();
    assert_eq!(text(Program::new(&home, ["status"])), "prod, until HH:MM (1 h)\n");
    // Not a directory: said, and no more than that.
    let file = home.write("file", "");
    let unusable = Program::new(&home, ["status"]).env("MFA_ENV_CACHE_DIR", &file);
    assert_eq!(text(unusable.says("mfa-env: warning: sessions are not cached: ")), "prod, until HH:MM (1 h)\n");
    home.variables.remove("HOME".as_ref() as &std::ffi::OsStr);
    let ran = Program::new(&home, ["status"]).env("MFA_ENV_CACHE_DIR", home.path().join("nowhere"));
    assert_eq!(text(ran), "prod, until HH:MM (1 h)\n");
}

fn a_quiet_one_reads_no_cache() {
    let home = shell(LIVES);
    let file = home.write("file", "");
    Program::new(&home, ["status", "-q"]).env("MFA_ENV_CACHE_DIR", &file).stdout("").run();
    // Nor the AWS files.
    let loud = || Program::new(&home, ["status"]).env("AWS_CONFIG_FILE", home.path());
    assert_eq!(text(loud()), text(Program::new(&home, ["status"])));
}

// fault 31
fn shows_hostile_values_harmless() {
    let home = shell(LIVES);
    let found = text(Program::new(&home, ["status"]).env("MFA_ENV_PROFILE", "a\x1b[2J\u{202e}b\nc"));
    assert!(found.starts_with("a\\x1b[2J\\u{202e}b\\x0ac, until HH:MM ("), "{found:?}");
    assert_eq!(found.lines().count(), 1);
}
