//! `status`: the session in the shell's variables, compared with the cache, and an exit status for shell prompts.

use crate::support::cached;
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::{RoleSpec, Sts, User};
#[cfg(unix)]
use crate::support::terminal::{Streams, Terminal};

trials![
    shows_the_session_of_this_shell,
    says_that_the_shell_is_not_signed_in,
    shows_an_expired_session,
    reports_keys_that_are_not_a_session,
    reports_an_incomplete_session,
    warns_about_mixed_sessions,
    warns_that_another_session_is_cached,
    warns_about_a_profile_variable_next_to_keys,
    says_when_it_expires_in_local_time,
    fits_the_terminal,
    names_the_user_if_it_is_known,
    works_without_a_cache,
    does_not_read_the_cache_with_quiet,
    escapes_untrusted_values,
    ignores_a_region_that_is_not_utf8,
    reads_every_form_of_the_expiration_that_botocore_reads,
    reports_an_expiration_that_botocore_cannot_read,
    goes_by_the_access_key_if_the_expiration_is_of_another_session,
    names_a_role_that_an_option_gave,
    does_not_count_keys_from_elsewhere,
];

const VALID_UNTIL: &str = "2099-01-01T00:00:00Z";
const EXPIRED_AT: &str = "2001-01-01T00:00:00Z";

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let home = Home::with_user(&sts, &alice, &[("prod", &role, "region = eu-west-1")]);
    (sts, alice, home)
}

fn sign_in(home: &mut Home, arguments: &[&str]) {
    let ran = Program::new(home, arguments.iter().chain(&["--format", "json"]).copied()).signs_in().run();
    ran.apply_to(home);
}

/// A shell with a session that is not in the cache.
fn shell(expiry: &str) -> Home {
    let mut home = Home::empty();
    home.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE").set("AWS_SECRET_ACCESS_KEY", "hidden");
    home.set("AWS_SESSION_TOKEN", "hidden").set("AWS_CREDENTIAL_EXPIRATION", expiry);
    home.set("MFA_ENV_PROFILE", "prod").set("AWSUME_PROFILE", "prod");
    home.set("MFA_ENV_BEFORE", "2:AWS_ACCESS_KEY_ID=->ASIAIOSFODNN7EXAMPLE");
    home
}

/// stdout, which must not contain a secret, with `HH:MM` for the time of day.
fn text(program: Program<'_>) -> String {
    let found = program.run().stdout;
    assert!(!found.contains("hidden"), "{found}");
    match found.split_once(", until ") {
        Some((before, after)) => format!("{before}, until HH:MM{}", &after[5..]),
        None => found,
    }
}

fn shows_the_session_of_this_shell() {
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["main", &sts.code(&alice.mfa_serial)]);
    assert_eq!(text(Program::new(&home, ["status"])), "main, 123456789012, until HH:MM (12 h left), MFA just now\n");
    sign_in(&mut home, &["prod"]);
    let found = text(Program::new(&home, ["status"]));
    assert_eq!(found, "prod, admin@123456789012, eu-west-1, until HH:MM (1 h left), MFA just now\n");
    Program::new(&home, ["status", "-q"]).stdout("").run();
    Program::new(&home, ["status", "--quiet", "--json"]).stdout("").run();
    sign_in(&mut home, &["prod", "-r", "eu-west-3"]);
    assert_eq!(text(Program::new(&home, ["status"])), found.replace("eu-west-1", "eu-west-3"));
    assert_eq!(sts.take_session_calls().len(), 2);
}

fn says_that_the_shell_is_not_signed_in() {
    for home in [Home::empty(), Home::with("[profile p]\n", "")] {
        Program::new(&home, ["status"]).fails(1).stdout("not signed in\n").run();
        Program::new(&home, ["status", "-q"]).fails(1).stdout("").run();
    }
    // A profile name alone is not a session.
    let mut home = Home::empty();
    home.set("MFA_ENV_PROFILE", "prod").set("AWS_PROFILE", "prod").set("AWS_CREDENTIAL_EXPIRATION", VALID_UNTIL);
    Program::new(&home, ["status"]).fails(1).stdout("not signed in\n").run();
    Program::new(&home, ["status", "prod"]).fails(2).stdout("").says("unexpected argument").run();
}

fn shows_an_expired_session() {
    let home = shell(EXPIRED_AT);
    let shown = Program::new(&home, ["status"]).fails(1).run().stdout;
    assert!(shown.starts_with("prod, expired ") && shown.ends_with(" days ago; renew with: aws-mfa\n"), "{shown}");
    // Within a day, the time of day is shown.
    let ago = mfa_env::credentials::Expiration::from_unix(mfa_env::clock::now() - 300).expect("a time");
    let shown = Program::new(&home, ["status"]).env("AWS_CREDENTIAL_EXPIRATION", ago.rfc3339()).fails(1).run().stdout;
    assert_eq!(shown, format!("prod, expired at {} (5 min ago); renew with: aws-mfa\n", ago.local_time()));
    Program::new(&home, ["status", "-q"]).fails(1).stdout("").run();
    let ran = Program::new(&home, ["status", "--json"]).fails(1).run();
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((json["signed_in"].as_bool(), json["seconds_left"].as_i64()), (Some(false), Some(0)));
    assert_eq!(json["expires"], EXPIRED_AT);
    assert!(!ran.stdout.contains("hidden"), "{}", ran.stdout);
}

fn reports_keys_that_are_not_a_session() {
    let mut home = shell("");
    let says = "not signed in: this shell's credentials are not a session\n";
    let unknown = "not signed in: it is not known when this shell's session expires\n";
    Program::new(&home, ["status"]).fails(1).stdout(unknown).run();
    home.variables.remove("AWS_CREDENTIAL_EXPIRATION".as_ref() as &std::ffi::OsStr);
    Program::new(&home, ["status"]).fails(1).stdout(unknown).run();
    home.variables.remove("AWS_SESSION_TOKEN".as_ref() as &std::ffi::OsStr);
    Program::new(&home, ["status"]).fails(1).stdout(says).run();
    Program::new(&home, ["status", "-q"]).fails(1).stdout("").run();
}

/// `consumers::expiration` compares more of them with botocore itself.
// fault 182
fn reads_every_form_of_the_expiration_that_botocore_reads() {
    let forms = [
        ("2099-01-01T02:00:00+02:00", VALID_UNTIL),
        ("2099-01-01T02:00:00+0200", VALID_UNTIL),
        ("2098-12-31T18:30:00-05:30", VALID_UNTIL),
        ("20990101T000000Z", VALID_UNTIL),
        ("20990101T020000+0200", VALID_UNTIL),
        ("2099-01-01T00:00:00.999999Z", VALID_UNTIL),
        ("2099-01-01T00:00:00.123456789012+00:00", VALID_UNTIL),
        ("2099-01-01 00:00:00+00:00", VALID_UNTIL),
        ("2099-01-01 00:00:00 UTC", VALID_UNTIL),
        ("2099-01-01T00:00Z", VALID_UNTIL),
        (" 2099-01-01T00:00:00z\r\n", VALID_UNTIL),
        ("2001-01-01T01:00:00+01:00", EXPIRED_AT),
        ("20010101T000000,5Z", EXPIRED_AT),
    ];
    for (text, expected) in forms {
        let home = shell(text);
        let is_valid = expected == VALID_UNTIL;
        let run = |argument: &str| {
            let program = Program::new(&home, ["status", argument]);
            if is_valid { program.run() } else { program.fails(1).run() }
        };
        run("--quiet");
        let json: serde_json::Value = serde_json::from_str(&run("--json").stdout).expect("JSON");
        assert_eq!((&json["expires"], &json["signed_in"]), (&expected.into(), &is_valid.into()), "{text}: {json}");
        assert_eq!(json["warnings"], serde_json::json!([]), "{text}");
    }
}

// fault 182
fn reports_an_expiration_that_botocore_cannot_read() {
    let no_zone = "mfa-env: warning: AWS_CREDENTIAL_EXPIRATION has no time zone, and boto3 and the AWS CLI fail on such a \
                   time; sign in again, or unset it [unreadable-expiration]\n";
    let unknown = "mfa-env: warning: AWS_CREDENTIAL_EXPIRATION cannot be read as a time such as 2026-11-27T10:15:00Z; sign \
                   in again, or unset it [unreadable-expiration]\n";
    let long = "hidden/".repeat(10_000);
    let forms: [(&[u8], &str); 14] = [
        (b"2099-01-01T00:00:00", no_zone),
        (b"20990101T000000", no_zone),
        (b"2099-01-01 00:00:00.5 ", no_zone),
        (b"2099-01-01", no_zone),
        (b"tomorrow", unknown),
        (b"4070908800", unknown),
        (b"2099-02-30T00:00:00Z", unknown),
        (b"2099-01-01T24:00:00Z", unknown),
        (b"2099-01-01T00:00:00+25:00", unknown),
        (b"2099-01-01T00:00:00.Z", unknown),
        ("２０９９-01-01T00:00:00Z".as_bytes(), unknown),
        (b"\x1b[2J", unknown),
        (b"2099-01-01T00:00:00Z\xff", unknown),
        (long.as_bytes(), unknown),
    ];
    for (value, says) in forms {
        let mut home = shell("");
        home.variables
            .insert("AWS_CREDENTIAL_EXPIRATION".into(), std::os::unix::ffi::OsStringExt::from_vec(value.to_vec()));
        let shown = String::from_utf8_lossy(&value[..value.len().min(40)]).into_owned();
        let stdout = "not signed in: it is not known when this shell's session expires\n";
        let ran = Program::new(&home, ["status"]).fails(1).stdout(stdout).says(says).run();
        assert_eq!(ran.stderr.lines().count(), 1, "{shown}: {}", ran.stderr);
        Program::new(&home, ["status", "-q"]).fails(1).stdout("").run();
        let json: serde_json::Value =
            serde_json::from_str(&text(Program::new(&home, ["status", "--json"]).fails(1))).expect("JSON");
        assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1), "{shown}: {json}");
        assert_eq!(json["expires"], serde_json::Value::Null, "{shown}");
    }
    // Without credentials, it does not matter.
    let mut home = Home::empty();
    home.set("AWS_CREDENTIAL_EXPIRATION", "tomorrow");
    Program::new(&home, ["status"]).fails(1).stdout("not signed in\n").run();
    // The cached session says when it expires.
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["main", &sts.code(&alice.mfa_serial)]);
    home.set("AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00");
    let ran = Program::new(&home, ["status"]).says(no_zone);
    assert_eq!(text(ran), "main, 123456789012, until HH:MM (12 h left), MFA just now\n");
    Program::new(&home, ["status", "-q"]).run();
}

// fault 182
fn goes_by_the_access_key_if_the_expiration_is_of_another_session() {
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["main", &sts.code(&alice.mfa_serial)]);
    // The variable of an older session, and of one that is not known.
    for other in [EXPIRED_AT, VALID_UNTIL] {
        home.set("AWS_CREDENTIAL_EXPIRATION", other);
        assert_eq!(
            text(Program::new(&home, ["status"])),
            "main, 123456789012, until HH:MM (12 h left), MFA just now\n"
        );
        Program::new(&home, ["status", "--quiet"]).run();
    }
    // Keys that another tool has put there, with or without a token, next to what is left of our session.
    for token in ["hidden", ""] {
        home.set("AWS_ACCESS_KEY_ID", "ASIALABOTHER00000000").set("AWS_SECRET_ACCESS_KEY", "hidden");
        home.set("AWS_SESSION_TOKEN", token).set("AWS_CREDENTIAL_EXPIRATION", VALID_UNTIL);
        let stdout = "not signed in: this shell's credentials are not from mfa-env\n";
        Program::new(&home, ["status"]).fails(1).stdout(stdout).run();
        Program::new(&home, ["status", "--quiet"]).fails(1).run();
        let json: serde_json::Value =
            serde_json::from_str(&Program::new(&home, ["status", "--json"]).fails(1).run().stdout).expect("JSON");
        assert_eq!(
            (&json["expires"], &json["profile"]),
            (&serde_json::Value::Null, &serde_json::Value::Null),
            "{json}"
        );
    }
}

fn reports_an_incomplete_session() {
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        let home = shell(VALID_UNTIL);
        let status = || Program::new(&home, ["status"]).env(name, "").fails(1);
        status().stdout(format!("not signed in: {name} is not set\n")).run();
    }
}

fn warns_about_mixed_sessions() {
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["main", &sts.code(&alice.mfa_serial)]);
    let id = sts.sessions()[0].access_key_id.clone();
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        let ran = Program::new(&home, ["status"]).env(name, "hidden-and-other").fails(1);
        let says = format!(
            "mfa-env: warning: {name} does not belong to access key {id}, so AWS will reject the credentials: sign \
             in again [mixed-credentials]\n"
        );
        ran.says(says).stdout("not signed in: this shell's credentials are of two sessions\n").run();
        let json = Program::new(&home, ["status", "--json"]).env(name, "hidden-and-other").fails(1);
        let json: serde_json::Value = serde_json::from_str(&text(json)).expect("JSON");
        assert_eq!(json["signed_in"], false);
    }
}

fn warns_that_another_session_is_cached() {
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    let before = home.variables.clone();
    // Another terminal renews the session.
    sts.advance(120);
    sign_in(&mut home, &["prod", "--renew", "-c", &sts.code(&alice.mfa_serial)]);
    home.variables = before;
    // The account is not in the shell's variables.
    let says = |home: &Home| {
        let expiry = cached::only(&home.cache(), "role").number("expires");
        let expiry = mfa_env::credentials::Expiration::from_unix(expiry).expect("a time").local_time();
        format!(
            "mfa-env: warning: another session of profile prod is cached until {expiry}; sign in again to use it (no \
             code is needed) [other-session-cached]\n"
        )
    };
    assert_eq!(text(Program::new(&home, ["status"]).says(says(&home))), "prod, eu-west-1, until HH:MM (1 h left)\n");
    let expired = Program::new(&home, ["status"]).env("AWS_CREDENTIAL_EXPIRATION", EXPIRED_AT).fails(1);
    let shown = expired.says(says(&home)).run().stdout;
    assert!(
        shown.starts_with("prod, eu-west-1, expired ") && shown.ends_with(" ago; renew with: aws-mfa\n"),
        "{shown}"
    );
    // A profile that was removed is not looked up, and malformed files do not matter to `status`.
    for config in ["[profile other]\n", "[profile broken\n"] {
        home.write(".aws/config", config);
        assert_eq!(text(Program::new(&home, ["status"])), "prod, eu-west-1, until HH:MM (1 h left)\n");
    }
    // An expired session is not mentioned.
    cached::age(&home, 86_400);
    assert_eq!(text(Program::new(&home, ["status"])), "prod, eu-west-1, until HH:MM (1 h left)\n");
}

fn warns_about_a_profile_variable_next_to_keys() {
    for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        let home = shell(VALID_UNTIL);
        let says = format!(
            "mfa-env: warning: {name} is set to `dev\\x1b[m` together with a session, and tools disagree on which \
             to use: unset {name} [profile-and-session]\n"
        );
        let ran = Program::new(&home, ["status"]).env(name, "dev\x1b[m").says(says).run();
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        Program::new(&home, ["status", "-q"]).env(name, "dev").stdout("").run();
        Program::new(&home, ["status"]).env(name, " ").run();
    }
}

fn says_when_it_expires_in_local_time() {
    let (summer, winter) = ("2099-07-01T12:00:00Z", "2099-01-01T12:00:00Z");
    let berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
    let cases = [
        (summer, "UTC0", "12:00"),
        (summer, berlin, "14:00"),
        (winter, berlin, "13:00"),
        (winter, "IST-5:30", "17:30"),
        (winter, "<-0330>3:30", "08:30"),
        // What is not a time zone is UTC.
        (winter, "", "12:00"),
        (winter, "/dev/zero", "12:00"),
        (winter, "../../../etc/passwd", "12:00"),
        (winter, "\x1b[2J", "12:00"),
    ];
    for (expiry, zone, expected) in cases {
        let home = shell(expiry);
        let shown = Program::new(&home, ["status"]).env("TZ", zone).run().stdout;
        assert!(shown.starts_with(&format!("prod, until {expected} (")), "{expiry} {zone:?}: {shown}");
    }
}

#[cfg(unix)]
fn fits_the_terminal() {
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    home.set("LANG", "C.UTF-8").set("TERM", "xterm").set("TZ", "UTC0");
    let shown = |home: &Home, columns| {
        let size = Some((columns, 24));
        let terminal =
            Terminal::spawn_with(Program::new(home, ["status"]).command(), Streams { size, ..Streams::default() });
        terminal.wait();
        let output = terminal.output().replace("\r\n", "\n");
        match output.split_once("until ") {
            Some((before, after)) => format!("{before}until HH:MM{}", &after[5..]),
            None => output,
        }
    };
    let name = "\x1b[1mprod\x1b[0m · admin@123456789012 · eu-west-1";
    assert_eq!(shown(&home, 80), format!("{name} · until HH:MM (1 h left) · MFA just now\n"));
    assert_eq!(shown(&home, 77), format!("{name} · until HH:MM (1 h left) · MFA just now\n"));
    assert_eq!(shown(&home, 76), format!("{name} · until HH:MM (1 h left)\nMFA just now\n"));
    assert_eq!(shown(&home, 40), format!("{name}\nuntil HH:MM (1 h left) · MFA just now\n"));
    assert_eq!(
        shown(&home, 10),
        "\x1b[1mprod\x1b[0m\nadmin@123456789012\neu-west-1\nuntil HH:MM (1 h left)\nMFA just now\n"
    );
    // Under 10 minutes it is yellow, and what stops the user is red.
    let in_seconds = |seconds| mfa_env::credentials::Expiration::from_unix(mfa_env::clock::now() + seconds);
    let mut other = shell(&in_seconds(300).expect("a time").rfc3339());
    other.set("TERM", "xterm");
    assert_eq!(shown(&other, 80), "\x1b[1mprod\x1b[0m, \x1b[33muntil HH:MM (5 min left)\x1b[0m\n");
    other.set("AWS_CREDENTIAL_EXPIRATION", EXPIRED_AT);
    let expired = shown(&other, 80);
    assert!(expired.starts_with("\x1b[1mprod\x1b[0m, \x1b[31mexpired "), "{expired:?}");
    assert!(expired.ends_with(" ago; renew with: aws-mfa\x1b[0m\n"), "{expired:?}");
    other.variables.remove("AWS_SESSION_TOKEN".as_ref() as &std::ffi::OsStr);
    assert_eq!(shown(&other, 80), "\x1b[31mnot signed in\x1b[0m: AWS_SESSION_TOKEN is not set\n");
}

#[cfg(not(unix))]
fn fits_the_terminal() {
    // There, only a pseudo-terminal has a width that a test can set.
    let home = shell(VALID_UNTIL);
    assert!(Program::new(&home, ["status"]).run().stdout.starts_with("prod, until "));
}

fn names_the_user_if_it_is_known() {
    let (sts, alice, mut home) = alice();
    // A role session has the name of the user, so it was learned.
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    sign_in(&mut home, &["main"]);
    let expected = "main, alice@123456789012, until HH:MM (12 h left), MFA just now\n";
    assert_eq!(text(Program::new(&home, ["status"])), expected);
    let json: serde_json::Value = serde_json::from_str(&text(Program::new(&home, ["status", "--json"]))).expect("JSON");
    assert_eq!((&json["user"], &json["identity"]), (&"alice".into(), &serde_json::Value::Null));
}

// fault 98
fn works_without_a_cache() {
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    Program::new(&home, ["logout", "--all"]).says("mfa-env: removed 2 cached sessions; ").run();
    assert_eq!(text(Program::new(&home, ["status"])), "prod, eu-west-1, until HH:MM (1 h left)\n");
    // A cache path that is not a directory only causes a warning.
    let file = home.write("file", "");
    let unusable = Program::new(&home, ["status"]).env("MFA_ENV_CACHE_DIR", &file);
    assert_eq!(
        text(unusable.says("mfa-env: warning: sessions are not cached: ")),
        "prod, eu-west-1, until HH:MM (1 h left)\n"
    );
    home.variables.remove("HOME".as_ref() as &std::ffi::OsStr);
    let ran = Program::new(&home, ["status"]).env("MFA_ENV_CACHE_DIR", home.path().join("nowhere"));
    assert_eq!(text(ran), "prod, eu-west-1, until HH:MM (1 h left)\n");
}

fn does_not_read_the_cache_with_quiet() {
    let home = shell(VALID_UNTIL);
    let file = home.write("file", "");
    Program::new(&home, ["status", "-q"]).env("MFA_ENV_CACHE_DIR", &file).stdout("").run();
    // Without --quiet, unreadable AWS files do not matter either.
    let without_quiet = || Program::new(&home, ["status"]).env("AWS_CONFIG_FILE", home.path());
    assert_eq!(text(without_quiet()), text(Program::new(&home, ["status"])));
}

// fault 31
fn escapes_untrusted_values() {
    let home = shell(VALID_UNTIL);
    let found = text(Program::new(&home, ["status"]).env("MFA_ENV_PROFILE", "a\x1b[2J\u{202e}b\nc"));
    assert!(found.starts_with("a\\x1b[2J\\u{202e}b\\x0ac, "), "{found:?}");
    assert_eq!(found.lines().count(), 1);
}

/// The region is only shown; the session is usable without it.
fn ignores_a_region_that_is_not_utf8() {
    use std::os::unix::ffi::OsStringExt;
    let region = || std::ffi::OsString::from_vec(b"eu\xff".to_vec());
    let home = shell(VALID_UNTIL);
    let shown =
        text(Program::new(&home, ["status"]).env("AWS_REGION", region()).env("AWS_DEFAULT_REGION", "eu-west-3"));
    assert!(shown.starts_with("prod, eu-west-3, "), "{shown}");
    for arguments in [&["status", "--quiet"][..], &["status", "--json"]] {
        Program::new(&home, arguments.iter().copied()).env("AWS_REGION", region()).run();
    }
}

// fault 164
fn names_a_role_that_an_option_gave() {
    let (sts, alice, mut home) = alice();
    let spec = || RoleSpec {
        account: "210987654321".into(),
        path: "/team/".into(),
        trusts: vec!["arn:aws:iam::123456789012:root".into()],
        ..RoleSpec::default()
    };
    let (first, second) = (sts.add_role("deploy", spec()), sts.add_role("audit", spec()));
    let code = sts.code(&alice.mfa_serial);
    sign_in(&mut home, &["prod", "--role-arn", &first, "-c", &code]);
    assert_eq!(
        text(Program::new(&home, ["status"])),
        "deploy@210987654321, eu-west-1, until HH:MM (1 h left), MFA just now\n"
    );
    sign_in(&mut home, &["main", "--role-arn", &second]);
    assert_eq!(text(Program::new(&home, ["status"])), "audit@210987654321, until HH:MM (1 h left), MFA just now\n");
    // Without the cache, the name is the one that the sign-in set.
    Program::new(&home, ["logout", "--all", "-q"]).stdout("").run();
    assert_eq!(text(Program::new(&home, ["status"])), "audit@210987654321, until HH:MM (1 h left)\n");
    let with = |options: &'static str| text(Program::new(&home, ["status"]).env("MFA_ENV_OPTIONS", options));
    for unknown in ["1:", "?"] {
        assert_eq!(with(unknown), "audit@210987654321, until HH:MM (1 h left)\n");
    }
}

fn does_not_count_keys_from_elsewhere() {
    let (sts, alice, mut home) = alice();
    sign_in(&mut home, &["prod", &sts.code(&alice.mfa_serial)]);
    // As `aws-vault exec` does in this shell.
    let mut other = shell(VALID_UNTIL).variables;
    other.retain(|name, _| name.to_string_lossy().starts_with("AWS_"));
    let ours = home.variables.clone();
    home.variables.extend(other);
    let says = "not signed in: this shell's credentials are not from mfa-env\n";
    Program::new(&home, ["status"]).fails(1).stdout(says).run();
    Program::new(&home, ["status", "--quiet"]).fails(1).stdout("").run();
    let json: serde_json::Value =
        serde_json::from_str(&Program::new(&home, ["status", "--json"]).fails(1).run().stdout).expect("JSON");
    assert_eq!((&json["profile"], &json["signed_in"]), (&serde_json::Value::Null, &false.into()), "{json}");
    // A session from the cache counts, even if only its keys were copied, for example from an env file.
    home.variables = ours;
    home.variables.retain(|name, _| !name.to_string_lossy().starts_with("MFA_ENV_BEFORE"));
    assert_eq!(
        text(Program::new(&home, ["status"])),
        "admin@123456789012, eu-west-1, until HH:MM (1 h left), MFA just now\n"
    );
    Program::new(&home, ["status", "--quiet"]).stdout("").run();
}
