//! What STS says, and what is made of it: refusals in plain words, nothing handed out that is broken, and a code that is sent once.

use crate::support::flood::Flood;
use crate::support::home::{Home, keys_of};
use crate::support::program::{Program, Ran};
use crate::support::sts::{Action, Fault, Patch, RoleSpec, Sts, Text, User};

trials![
    a_wrong_code,
    a_device_of_somebody_else,
    a_role_that_does_not_let_in,
    a_duration_by_flag_that_the_role_refuses,
    a_duration_by_profile_that_the_role_refuses,
    a_duration_that_falls_back,
    an_unknown_key,
    a_wrong_secret,
    regions_that_are_switched_off_or_wrong,
    other_refusals_are_repeated_and_escaped,
    answers_that_are_none,
    answers_with_something_missing,
    a_redirect_is_not_followed,
    an_endless_answer_is_cut,
];

/// A user with keys and device in `main`, and an endpoint.
fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::signed_up(&sts, &alice, &[]);
    (sts, alice, home)
}

/// `mfa-env ARGUMENTS --shell sh`, which fails with `status` and says all of `says`.
fn refused(home: &Home, arguments: &[&str], status: i32, says: &[&str]) -> Ran {
    let words = arguments.iter().copied().chain(["--shell", "sh"]);
    let program = Program::new(home, words).fails(status).stdout(format!("(exit {status});\n"));
    says.iter().fold(program, |program, part| program.says(*part)).run()
}

fn actions(sts: &Sts) -> Vec<String> {
    sts.take_calls().into_iter().map(|call| call.action).collect()
}

// fault 103
pub fn a_wrong_code() {
    let (sts, alice, home) = alice();
    let wrong = sts.wrong_code(&alice.mfa_serial);
    let ran = refused(
        &home,
        &["main", &wrong],
        4,
        &[
            "mfa-env: AWS refused the MFA code\n  it was wrong, too old, or already used: every code works once. Wait for the next one (arn:aws:iam::123456789012:mfa/alice)\n",
            "  AWS said: AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.\n",
        ],
    );
    assert!(!ran.stderr.contains(&wrong));
    assert_eq!(actions(&sts), ["GetSessionToken"]);
    // One that was used already is a wrong one.
    let code = sts.code(&alice.mfa_serial);
    let elsewhere = Home::signed_up(&sts, &alice, &[]);
    Program::new(&elsewhere, ["main", &code, "--shell", "sh", "-q"]).run();
    refused(&home, &["main", &code], 4, &["AWS refused the MFA code\n"]);
}

// fault 105
pub fn a_device_of_somebody_else() {
    let (sts, _, home) = alice();
    let bob = sts.add_user("bob");
    refused(
        &home,
        &["main", &sts.code(&bob.mfa_serial), "--mfa-serial", &bob.mfa_serial],
        4,
        &[
            "mfa-env: AWS cannot check codes of arn:aws:iam::123456789012:mfa/bob for the user of profile main\n",
            "the device must be this user's own, and its ARN must say :mfa/. Compare with: aws iam list-mfa-devices\n",
            "(Resync)\n",
            "AWS said: AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.",
        ],
    );
    assert_eq!(actions(&sts), ["GetSessionToken"]);
}

// fault 106
pub fn a_role_that_does_not_let_in() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { external_id: Some("secret-id".into()), ..RoleSpec::default() });
    let home = Home::signed_up(&sts, &alice, &[("r", &role, "")]);
    let ran = refused(
        &home,
        &["r", &sts.code(&alice.mfa_serial)],
        4,
        &[
            "mfa-env: AWS does not let main call AssumeRole for arn:aws:iam::123456789012:role/admin\n  one of these is missing, and AWS does not say which:\n",
            "  - the user's permission sts:AssumeRole on the role\n",
            "  - the role's trust policy naming the user or the account\n",
            "  - MFA, if the trust policy asks for it (mfa_serial; it is lost from role to role)\n",
            "  - the external id that the trust policy asks for (external_id)\n",
            "  AWS said: AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/admin\n",
        ],
    );
    assert!(!ran.stderr.contains("wrong"), "{}", ran.stderr);
    assert_eq!(actions(&sts), ["GetSessionToken", "AssumeRole"]);
}

// fault 107
pub fn a_duration_by_flag_that_the_role_refuses() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let home = Home::signed_up(&sts, &alice, &[("r", &role, "")]);
    let ran = refused(
        &home,
        &["r", &sts.code(&alice.mfa_serial), "-d", "12h"],
        4,
        &[
            "mfa-env: this role allows less than 43200 s: arn:aws:iam::123456789012:role/admin\n  `-d 1h` always works; the role's own setting is MaxSessionDuration\n",
            "AWS said: ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.\n",
        ],
    );
    assert!(!ran.stderr.contains("duration_seconds"), "{}", ran.stderr);
    assert_eq!(actions(&sts), ["AssumeRole"]);
    // Without a device too: what was typed is not changed behind the person's back.
    let home =
        Home::with(&format!("[profile r]\nrole_arn = {role}\nsource_profile = main\n"), &keys_of("main", &alice));
    let ran = Program::new(&home, ["r", "-d", "2h", "--shell", "sh"]).env("AWS_ENDPOINT_URL_STS", sts.url());
    ran.fails(4).stdout("(exit 4);\n").says("this role allows less than 7200 s").says("`-d 1h` always works").run();
    assert_eq!(actions(&sts), ["AssumeRole"]);
}

// fault 107
pub fn a_duration_by_profile_that_the_role_refuses() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let home = Home::signed_up(&sts, &alice, &[("r", &role, "duration_seconds = 43200")]);
    refused(
        &home,
        &["r", &sts.code(&alice.mfa_serial)],
        4,
        &[
            "mfa-env: this role allows less than 43200 s: arn:aws:iam::123456789012:role/admin\n",
            "  `-d 1h` always works; change duration_seconds of the profile, or the role's MaxSessionDuration\n",
        ],
    );
    assert_eq!(actions(&sts), ["AssumeRole"], "a second one would need a second code");
    // The other text of the same kind, where STS disagrees with us about what is a chain.
    let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    sts.on(Action::AssumeRole, Fault::Refuse { status: 400, code: "ValidationError".into(), message: message.into() });
    let home = Home::signed_up(&sts, &alice, &[("r", &role, "duration_seconds = 7200")]);
    refused(
        &home,
        &["r", "123456"],
        4,
        &["a role assumed from a session lasts 3600 s at most, not 7200 s", "`-d 1h` always works\n"],
    );
}

// fault 107
pub fn a_duration_that_falls_back() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec::default());
    let config = format!("[profile r]\nrole_arn = {role}\nsource_profile = main\nduration_seconds = 43200\n");
    let mut home = Home::with(&config, &keys_of("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let place = format!("{}:4", home.path().join(".aws/config").display());
    Program::new(&home, ["r", "--shell", "sh"])
        .says(format!("mfa-env: warning: the role of r allows less than its duration_seconds 43200 ({place}); it is assumed for 1 h\n"))
        .says("signed in to r, account 123456789012, as admin/mfa-env, until ")
        .says("(1 h)")
        .run();
    let asked: Vec<Option<String>> =
        sts.take_calls().iter().map(|call| call.param("DurationSeconds").map(str::to_owned)).collect();
    assert_eq!(asked, [Some("43200".to_owned()), Some("3600".to_owned())]);
}

// fault 108
pub fn an_unknown_key() {
    let (sts, alice, home) = alice();
    sts.remove_key(&alice.access_key_id);
    let host = sts.url().replace("http://", "");
    refused(
        &home,
        &["main", "123456"],
        4,
        &[
            "mfa-env: AWS does not know the access key of profile main\n  it was deleted or deactivated, belongs to another partition, or carries a session token that is not its own\n",
            &format!("  (region us-east-1 at {host}); see: aws iam list-access-keys\n"),
            "AWS said: InvalidClientTokenId: The security token included in the request is invalid.\n",
        ],
    );
    assert_eq!(actions(&sts), ["GetSessionToken"]);
}

// fault 110
pub fn a_wrong_secret() {
    let (sts, alice, home) = alice();
    let keys = keys_of("main", &alice).replace("aws_secret_access_key = ", "aws_secret_access_key = TOPSECRET");
    home.write(".aws/credentials", keys);
    let ran = refused(
        &home,
        &["main", &sts.code(&alice.mfa_serial)],
        4,
        &[
            "mfa-env: the secret access key of profile main is wrong or has stray characters\n  write the pair again with: aws configure\n  AWS said: SignatureDoesNotMatch\n",
        ],
    );
    assert!(!ran.stderr.contains("TOPSECRET"));
    assert_eq!(actions(&sts), ["GetSessionToken"]);
}

// fault 112
pub fn regions_that_are_switched_off_or_wrong() {
    let (sts, _, home) = alice();
    let host = sts.url().replace("http://", "");
    let refuse = |code: &str, message: &str| {
        sts.on(Action::Any, Fault::Refuse { status: 403, code: code.into(), message: message.into() });
    };
    refuse(
        "RegionDisabledException",
        "STS is not activated in this region for account:123456789012. Your account administrator can activate STS in this region using the IAM Console.",
    );
    refused(
        &home,
        &["main", "123456", "-r", "af-south-1"],
        4,
        &[
            &format!(
                "mfa-env: STS is not active in region af-south-1 ({host})\n  use another region (-r), or activate it in the IAM console, Account settings\n"
            ),
            "AWS said: RegionDisabledException: STS is not activated",
        ],
    );
    refuse("SignatureDoesNotMatch", "Credential should be scoped to a valid region. ");
    refused(
        &home,
        &["main", "123456", "-r", "xx-foo-1"],
        4,
        &[&format!(
            "mfa-env: {host} does not answer for region xx-foo-1\n  correct the region (-r, or region in the profile) or the endpoint\n"
        )],
    );
}

// faults 31, 114
pub fn other_refusals_are_repeated_and_escaped() {
    let (sts, _, home) = alice();
    for (code, message, said) in [
        (
            "ExpiredToken",
            "The security token included in the request is expired",
            "the session that profile main signs with has expired\n",
        ),
        ("AccessDenied", "Roles may not be assumed by root accounts.", "the account's root user cannot assume roles\n"),
        (
            "AccessDenied",
            "Cannot call GetSessionToken with session credentials",
            "the keys of profile main are themselves a session, which cannot start another\n",
        ),
        (
            "AccessDenied",
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
            "AWS asks for both the MFA device and its code\n",
        ),
        (
            "ValidationError",
            "1 validation error detected: Value '12345' at 'tokenCode' failed",
            "AWS does not accept a parameter of GetSessionToken\n",
        ),
        (
            "SomethingNew",
            "that nobody knows",
            "AWS refused GetSessionToken\n  AWS said: SomethingNew: that nobody knows\n",
        ),
        ("Odd\u{1b}[31m", "a\u{202e}b\nc\u{7}", "AWS said: Odd\\x1b[31m: a\\u{202e}b\\x0ac\\x07\n"),
    ] {
        sts.on(Action::Any, Fault::Refuse { status: 403, code: code.into(), message: message.into() });
        refused(&home, &["main", "123456"], 4, &[said]);
        assert_eq!(actions(&sts).len(), 1, "{code}");
    }
}

// fault 114
pub fn answers_that_are_none() {
    let (sts, alice, home) = alice();
    let host = sts.url().replace("http://", "");
    let raw = |status: u16, content_type: &str, body: &[u8]| Fault::Raw {
        status,
        content_type: content_type.into(),
        body: body.to_vec(),
    };
    let begun = b"<GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>ASIA";
    let doctype = b"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>&x;</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></GetSessionTokenResult></GetSessionTokenResponse>";
    let laughs = b"<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>&b;</AccessKeyId></Credentials></GetSessionTokenResult></GetSessionTokenResponse>";
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x04\x00\x43\xbe\xb7\xe8\x01\x00\x00\x00";
    for fault in [
        raw(200, "text/xml", b""),
        raw(200, "text/html", b"<!doctype html><html><body>Sign in to this hotel's Wi-Fi</body></html>"),
        raw(200, "application/json", b"{\"Credentials\":{\"AccessKeyId\":\"ASIA\"}}"),
        raw(200, "text/xml", begun),
        raw(200, "text/xml", doctype),
        raw(200, "text/xml", laughs),
        raw(200, "text/xml", gzip),
        raw(200, "text/xml", b"\xff\xfe\x00\x00"),
        raw(404, "text/html", b"<html>not found</html>"),
        raw(403, "text/html", b"<html>forbidden by the company</html>"),
        Fault::Wire(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08".to_vec()),
        Fault::Wire(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()),
        Fault::Wire(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef".to_vec()),
        Fault::HalfAnswer,
    ] {
        sts.on(Action::Any, fault);
        // 6 where nothing could be read, 4 where it reads as an answer that lacks a part.
        let outcome =
            crate::support::shells::finish(Program::new(&home, ["main", "123456", "--shell", "sh"]).command());
        let (status, stderr) =
            (outcome.status.code().unwrap_or(-1), String::from_utf8_lossy(&outcome.stderr).into_owned());
        assert_eq!(outcome.stdout, format!("(exit {status});\n").as_bytes(), "{outcome}");
        let said = match status {
            4 => format!("mfa-env: unexpected answer from {host}: a part of the credentials is missing\n"),
            6 => "  the code may be used up: take the next one\n".to_owned(),
            _ => panic!("{outcome}"),
        };
        assert!(stderr.contains(&said) && stderr.contains(&host), "{outcome}");
        assert!(!stderr.contains("root:"), "{stderr}");
        assert_eq!(actions(&sts).len(), 1, "sent once: {stderr}");
    }
    // A portal's page is told from a network that is down.
    sts.on(Action::Any, raw(200, "text/html", b"<html>"));
    refused(
        &home,
        &["main", "123456"],
        6,
        &[&format!(
            "mfa-env: unexpected answer from {host}: not STS's\n  a captive portal or a proxy may stand between"
        )],
    );
    drop(alice);
}

// fault 114
pub fn answers_with_something_missing() {
    let absent = |part: fn(&mut Patch, Text), text: Text| {
        let mut patch = Patch::default();
        part(&mut patch, text);
        Fault::Credentials(patch)
    };
    let cases = [
        ("no key id", absent(|p, t| p.access_key_id = Some(t), Text::Absent)),
        ("no secret", absent(|p, t| p.secret_access_key = Some(t), Text::Absent)),
        ("no token", absent(|p, t| p.session_token = Some(t), Text::Absent)),
        ("no expiration", absent(|p, t| p.expiration = Some(t), Text::Absent)),
        ("an empty token", absent(|p, t| p.session_token = Some(t), "".into())),
        ("a past end", absent(|p, t| p.expiration = Some(t), "2001-01-01T00:00:00Z".into())),
        ("no time", absent(|p, t| p.expiration = Some(t), "tomorrow".into())),
        ("a year too far", absent(|p, t| p.expiration = Some(t), "+99999-01-01T00:00:00Z".into())),
        ("a line feed", absent(|p, t| p.session_token = Some(t), "to\nken".into())),
        ("an escape", absent(|p, t| p.secret_access_key = Some(t), "se\u{1b}cret".into())),
        ("an open tag", absent(|p, t| p.session_token = Some(t), Text::Raw("<x>".into()))),
    ];
    for (what, fault) in cases {
        let (sts, alice, home) = alice();
        let host = sts.url().replace("http://", "");
        sts.on(Action::Any, fault);
        let words = ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"];
        let outcome = crate::support::shells::finish(Program::new(&home, words).command());
        let (status, stderr) =
            (outcome.status.code().unwrap_or(-1), String::from_utf8_lossy(&outcome.stderr).into_owned());
        assert!([4, 6].contains(&status), "{what}: {outcome}");
        assert_eq!(outcome.stdout, format!("(exit {status});\n").as_bytes(), "{what}: {outcome}");
        let said =
            [format!("unexpected answer from {host}"), "STS returned a value with control characters".to_owned()];
        assert!(said.iter().any(|said| stderr.contains(said)), "{what}: {stderr}");
        assert_eq!(actions(&sts).len(), 1, "{what}");
    }
}

// faults 114, 117
pub fn a_redirect_is_not_followed() {
    let (sts, _, home) = alice();
    let elsewhere = Sts::start();
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let answer = format!("HTTP/1.1 {status}\r\nLocation: {}/\r\nContent-Length: 0\r\n\r\n", elsewhere.url());
        sts.on(Action::Any, Fault::Wire(answer.into_bytes()));
        refused(&home, &["main", "123456"], 6, &["unexpected answer from ", "not STS's\n"]);
    }
    assert_eq!(actions(&sts).len(), 4);
    assert!(elsewhere.calls().is_empty(), "the signature went elsewhere: {:?}", elsewhere.calls());
}

// fault 114
pub fn an_endless_answer_is_cut() {
    let flood = Flood::start();
    let (_sts, _, mut home) = alice();
    home.set("AWS_ENDPOINT_URL_STS", &flood.url);
    refused(&home, &["main", "123456"], 6, &["unexpected answer from 127.0.0.1:", "not STS's\n"]);
    let taken = flood.written();
    // A megabyte, and what lay in the buffers of both sides.
    assert!(taken < 64_000_000, "{taken} bytes were taken");
}
