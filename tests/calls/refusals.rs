//! Every STS error with AWS's exact wording, and the whole resulting message: what happened, what to do, what AWS
//! said.

use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::{Action, Fault, RoleSpec, Sts, User};
use mfa_env::clock::SET_CLOCK;

trials![
    reports_a_rejected_code,
    reports_a_wrong_clock_with_a_rejected_code,
    reports_a_code_without_a_device,
    reports_a_role_that_does_not_allow_the_user,
    reports_a_policy_that_forbids_get_session_token,
    reports_keys_that_are_a_session,
    reports_keys_of_the_root_user,
    reports_a_duration_that_is_too_long,
    reports_an_invalid_parameter,
    reports_an_unknown_key,
    reports_a_malformed_access_key_id,
    reports_an_expired_session,
    reports_a_new_session_that_aws_rejects,
    reports_a_wrong_secret_key,
    reports_a_clock_that_invalidates_the_signature,
    reports_a_lost_signature,
    reports_a_region_without_sts,
    reports_an_endpoint_of_another_region,
    shows_unknown_errors_escaped_and_shortened,
];

struct Setup {
    sts: Sts,
    alice: User,
    home: Home,
}

/// Profile `main` has Alice's keys and device, and `r` a role that requires MFA.
fn set_up() -> Setup {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let home = Home::with_user(&sts, &alice, &[("r", &role, "")]);
    Setup { sts, alice, home }
}

/// Asserts that, if STS answers `action` with this error, `mfa-env ARGUMENTS CODE` fails with status 4 and exactly
/// these lines, in which HOST stands for the endpoint.
#[track_caller]
fn assert_message(arguments: &[&str], action: Action, refusal: (u16, &str, &str), lines: &[&str]) {
    assert_message_in(&set_up(), arguments, action, refusal, lines);
}

#[track_caller]
fn assert_message_in(setup: &Setup, arguments: &[&str], action: Action, refusal: (u16, &str, &str), lines: &[&str]) {
    let (status, code, message) = refusal;
    setup.sts.always(action, Fault::Refuse { status, code: code.into(), message: message.into() });
    let code = setup.sts.code(&setup.alice.mfa_serial);
    let arguments = arguments.iter().copied().chain([code.as_str(), "--shell", "sh"]);
    let expected =
        format!("mfa-env: {}\n", lines.join("\n  ")).replace("HOST", &setup.sts.url().replace("http://", ""));
    Program::new(&setup.home, arguments).fails(4).stdout("(exit 4);\n").stderr(expected).run();
}

const SESSION: Action = Action::GetSessionToken;

// fault 103
pub fn reports_a_rejected_code() {
    for end in [" ", "", "."] {
        let message = format!("MultiFactorAuthentication failed with invalid MFA one time pass code.{end}");
        assert_message(
            &["main"],
            SESSION,
            (403, "AccessDenied", &message),
            &[
                "AWS refused the MFA code",
                "it was wrong, too old, or already used: every code works once. Wait for the next one (arn:aws:iam::123456789012:mfa/alice)",
                &format!("AWS said: AccessDenied: {}", message.trim()),
            ],
        );
    }
}

// faults 103, 111
pub fn reports_a_wrong_clock_with_a_rejected_code() {
    for (seconds, direction) in [(95, "behind"), (-95, "ahead of")] {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let home = Home::with_user(&sts, &alice, &[]);
        sts.set_clock(seconds);
        let wrong = sts.wrong_code(&alice.mfa_serial);
        let ran = Program::new(&home, ["main", &wrong, "--shell", "sh"])
            .fails(4)
            .stdout("(exit 4);\n")
            .says("mfa-env: AWS refused the MFA code\n  codes computed on this machine are wrong, because its clock is ")
            .says(format!(" s {direction} AWS's; set it: {SET_CLOCK}\n  a code from elsewhere: it was wrong, too old, or already used: every code works once. Wait for the next one (arn:aws:iam::123456789012:mfa/alice)\n  AWS said: AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.\n"))
            .run();
        let shown = ran.stderr.split("its clock is ").nth(1).and_then(|rest| rest.split(' ').next());
        let shown: i64 = shown.and_then(|shown| shown.parse().ok()).expect("seconds");
        assert!((shown - 95).abs() < 20, "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 4, "{}", ran.stderr);
    }
}

pub fn reports_a_code_without_a_device() {
    let message = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
    assert_message(
        &["main"],
        SESSION,
        (403, "AccessDenied", message),
        &[
            "AWS asks for both the MFA device and its code",
            "the device is named by mfa_serial in the profile, or by --mfa-serial",
            &format!("AWS said: AccessDenied: {message}"),
        ],
    );
}

// fault 106
pub fn reports_a_role_that_does_not_allow_the_user() {
    for message in [
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/admin",
        "Not authorized to perform sts:AssumeRole",
    ] {
        assert_message(
            &["r"],
            Action::AssumeRole,
            (403, "AccessDenied", message),
            &[
                "AWS does not let main call AssumeRole for arn:aws:iam::123456789012:role/admin",
                "one of these is missing, and AWS does not say which:",
                "- the user's permission sts:AssumeRole on the role",
                "- the role's trust policy naming the user or the account",
                "- MFA, if the trust policy asks for it (mfa_serial; it is lost from role to role)",
                "- the external id that the trust policy asks for (external_id)",
                "who may read the trust policy sees it with: aws iam get-role --role-name admin",
                &format!("AWS said: AccessDenied: {message}"),
            ],
        );
    }
}

pub fn reports_a_policy_that_forbids_get_session_token() {
    let message = "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:GetSessionToken with an explicit deny";
    assert_message(
        &["main"],
        SESSION,
        (403, "AccessDenied", message),
        &[
            "AWS does not let main call GetSessionToken",
            "the call needs no permission, so a policy of the user or of the organisation forbids it:",
            "ask who administers the account",
            &format!("AWS said: AccessDenied: {message}"),
        ],
    );
}

pub fn reports_keys_that_are_a_session() {
    let message = "Cannot call GetSessionToken with session credentials";
    assert_message(
        &["main"],
        SESSION,
        (403, "AccessDenied", message),
        &[
            "the keys of profile main are themselves a session, which cannot start another",
            "use the long-term key of an IAM user (AKIA…): aws configure --profile main",
            &format!("AWS said: AccessDenied: {message}"),
        ],
    );
}

pub fn reports_keys_of_the_root_user() {
    let message = "Roles may not be assumed by root accounts.";
    assert_message(
        &["r"],
        Action::AssumeRole,
        (403, "AccessDenied", message),
        &[
            "the account's root user cannot assume roles",
            "use the key of an IAM user: aws configure --profile main",
            &format!("AWS said: AccessDenied: {message}"),
        ],
    );
}

// fault 107
pub fn reports_a_duration_that_is_too_long() {
    for end in [".", "", " "] {
        let message = format!("The requested DurationSeconds exceeds the MaxSessionDuration set for this role{end}");
        assert_message(
            &["r", "-d", "2h"],
            Action::AssumeRole,
            (400, "ValidationError", &message),
            &[
                "this role allows less than 7200 s: arn:aws:iam::123456789012:role/admin",
                "`-d 1h` always works; the role's own setting is MaxSessionDuration",
                "(aws iam update-role --role-name admin --max-session-duration 7200)",
                &format!("AWS said: ValidationError: {}", message.trim()),
            ],
        );
    }
    let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    assert_message(
        &["r", "-d", "2h"],
        Action::AssumeRole,
        (400, "ValidationError", message),
        &[
            "a role assumed from a session lasts 3600 s at most, not 7200 s: arn:aws:iam::123456789012:role/admin",
            "`-d 1h` always works",
            &format!("AWS said: ValidationError: {message}"),
        ],
    );
}

pub fn reports_an_invalid_parameter() {
    for message in [
        "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
        "1 validation error detected: Value '12345' at 'tokenCode' failed to satisfy constraint: Member must have length greater than or equal to 6",
    ] {
        assert_message(
            &["main"],
            SESSION,
            (400, "ValidationError", message),
            &[
                "AWS does not accept a parameter of GetSessionToken",
                "what is sent, and where it comes from: mfa-env explain PROFILE",
                &format!("AWS said: ValidationError: {message}"),
            ],
        );
    }
}

// fault 108
pub fn reports_an_unknown_key() {
    for end in [".", ""] {
        let message = format!("The security token included in the request is invalid{end}");
        assert_message(
            &["main"],
            SESSION,
            (403, "InvalidClientTokenId", &message),
            &[
                "AWS does not know the access key of profile main",
                "it was deleted or deactivated, belongs to another partition, carries a session token that is not its own,",
                "or is a session of the global endpoint, which this region may not take",
                "(region us-east-1 at HOST); an administrator looks with: aws iam list-access-keys --user-name NAME",
                "write another key with: aws configure --profile main",
                &format!("AWS said: InvalidClientTokenId: {message}"),
            ],
        );
    }
    // For a cached session, the message differs.
    assert_message(
        &["r"],
        Action::AssumeRole,
        (403, "InvalidClientTokenId", "The security token included in the request is invalid."),
        &[
            "AWS does not know the kept session of profile main",
            "it was revoked, or its key was deleted; --renew makes new ones",
            "(region us-east-1 at HOST)",
            "AWS said: InvalidClientTokenId: The security token included in the request is invalid.",
        ],
    );
}

pub fn reports_a_malformed_access_key_id() {
    let message = "'x' not a valid key=value pair (missing equal-sign) in Authorization header";
    assert_message(
        &["main"],
        SESSION,
        (400, "IncompleteSignature", message),
        &[
            "AWS cannot read the access key ID of profile main",
            "it may have stray characters; write the pair again with: aws configure --profile main",
            &format!("AWS said: IncompleteSignature: {message}"),
        ],
    );
}

// fault 109
pub fn reports_an_expired_session() {
    for code in ["ExpiredToken", "ExpiredTokenException"] {
        let message = "The security token included in the request is expired";
        assert_message(
            &["main"],
            SESSION,
            (403, code, message),
            &[
                "the session that profile main signs with has expired",
                "renew the source of its keys, or write the long-term key of an IAM user: aws configure --profile main",
                &format!("AWS said: {code}: {message}"),
            ],
        );
    }
}

// fault 110
pub fn reports_a_wrong_secret_key() {
    let message = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
    assert_message(
        &["main"],
        SESSION,
        (403, "SignatureDoesNotMatch", message),
        &[
            "the secret access key of profile main is wrong or has stray characters",
            "write the pair again with: aws configure --profile main",
            "AWS said: SignatureDoesNotMatch",
        ],
    );
    // The same error code for another reason does not blame the secret.
    let message = "'host' must be a 'SignedHeader' in the AWS Authorization header and must be sent.";
    assert_message(
        &["main"],
        SESSION,
        (403, "SignatureDoesNotMatch", message),
        &["AWS refused GetSessionToken", &format!("AWS said: SignatureDoesNotMatch: {message}")],
    );
}

// fault 111
pub fn reports_a_clock_that_invalidates_the_signature() {
    for message in [
        "Signature expired: 20210502T144040Z is now earlier than 20210502T173143Z (20210502T174643Z - 15 min.)",
        "Signature expired: 20210502T144040Z is now earlier than 20210502T173143Z (20210502T173643Z - 5 min.)",
        "Signature not yet current: 20210502T183640Z is still later than 20210502T175140Z (20210502T173640Z + 15 min.)",
    ] {
        // The endpoint's `Date` agrees with this machine, so there is no difference to report.
        let setup = set_up();
        assert_message_in(
            &setup,
            &["main"],
            SESSION,
            (403, "SignatureDoesNotMatch", message),
            &[
                "this machine's clock differs too much from AWS's",
                &format!("set the clock: {SET_CLOCK}"),
                &format!("AWS said: SignatureDoesNotMatch: {message}"),
            ],
        );
        // One retry, with the time from the answer.
        assert_eq!(setup.sts.take_calls().len(), 2);
        // The endpoint's `Date` differs.
        setup.sts.set_clock(-7200);
        let ran = Program::new(&setup.home, ["main", "123456", "--shell", "sh"])
            .fails(4)
            .stdout("(exit 4);\n")
            .says("mfa-env: this machine's clock (")
            .says(format!(")\n  set the clock: {SET_CLOCK}\n  AWS said: SignatureDoesNotMatch: {message}\n"))
            .run();
        assert_eq!(ran.stderr.lines().count(), 3, "{}", ran.stderr);
        let shown: Vec<&str> = ran.stderr.lines().next().expect("a line").split(['(', ')']).collect();
        let [_, ours, middle, theirs, ""] = shown[..] else { panic!("{}", ran.stderr) };
        let by: i64 = middle
            .strip_prefix(" is ")
            .and_then(|rest| rest.strip_suffix(" s ahead of AWS's "))
            .and_then(|by| by.parse().ok())
            .unwrap_or_else(|| panic!("{}", ran.stderr));
        let time =
            |text| time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).expect("a time");
        assert_eq!((time(ours) - time(theirs)).whole_seconds(), by);
        assert!((by - 7200).abs() < 20, "{by}");
    }
}

pub fn reports_a_lost_signature() {
    let message = "Request is missing Authentication Token";
    assert_message(
        &["main"],
        SESSION,
        (403, "MissingAuthenticationToken", message),
        &[
            "HOST got the call without its signature",
            "a proxy may have taken the Authorization header away; to go past it: NO_PROXY=HOST",
            &format!("AWS said: MissingAuthenticationToken: {message}"),
        ],
    );
}

// fault 112
pub fn reports_a_region_without_sts() {
    let message = "STS is not activated in this region for account:123456789012. Your account administrator can activate STS in this region using the IAM Console.";
    assert_message(
        &["main", "-r", "af-south-1"],
        SESSION,
        (403, "RegionDisabledException", message),
        &[
            "STS is not active in region af-south-1 (HOST)",
            "use another region (-r), or activate it in the IAM console, Account settings",
            &format!("AWS said: RegionDisabledException: {message}"),
        ],
    );
}

// fault 112
pub fn reports_an_endpoint_of_another_region() {
    for (message, expected) in [
        ("Credential should be scoped to a valid region. ", "Credential should be scoped to a valid region."),
        (
            "Credential should be scoped to a valid region, not 'xx-foo-1'.",
            "Credential should be scoped to a valid region, not 'xx-foo-1'.",
        ),
    ] {
        assert_message(
            &["main", "-r", "xx-foo-1"],
            SESSION,
            (403, "SignatureDoesNotMatch", message),
            &[
                "HOST does not answer for region xx-foo-1",
                "correct the region (-r, or region in the profile) or the endpoint",
                &format!("AWS said: SignatureDoesNotMatch: {expected}"),
            ],
        );
    }
}

// faults 31, 114
pub fn shows_unknown_errors_escaped_and_shortened() {
    let long = "x".repeat(600_000);
    for (code, message, expected) in [
        ("SomethingNew", "that nobody knows", "SomethingNew: that nobody knows".to_owned()),
        ("SomethingNew", " ", "SomethingNew".to_owned()),
        ("Odd\u{1b}[31m", "a\u{202e}b\nc\u{7}", "Odd\\x1b[31m: a\\u{202e}b\\x0ac\\x07".to_owned()),
        ("Long", long.as_str(), format!("Long: {}…", &long[..1000])),
        // The message of a known error under another error code.
        (
            "Other",
            "MultiFactorAuthentication failed with invalid MFA one time pass code.",
            "Other: MultiFactorAuthentication failed with invalid MFA one time pass code.".to_owned(),
        ),
    ] {
        assert_message(
            &["main"],
            SESSION,
            (403, code, message),
            &["AWS refused GetSessionToken", &format!("AWS said: {expected}")],
        );
    }
    // The words of a known error in the middle of a message mean nothing.
    let message = "User: x/MultiFactorAuthentication failed, unable to validate MFA code is not authorized";
    assert_message(
        &["main"],
        SESSION,
        (403, "AccessDenied", message),
        &[
            "AWS does not let main call GetSessionToken",
            "the call needs no permission, so a policy of the user or of the organisation forbids it:",
            "ask who administers the account",
            &format!("AWS said: AccessDenied: {message}"),
        ],
    );
}

// fault 109
pub fn reports_a_new_session_that_aws_rejects() {
    // It has only just been issued: another one would need another code and fail in the same way.
    let message = "The security token included in the request is expired";
    assert_message(
        &["r"],
        Action::AssumeRole,
        (403, "ExpiredToken", message),
        &[
            "the kept session of profile main has expired",
            "--renew makes new ones",
            &format!("AWS said: ExpiredToken: {message}"),
        ],
    );
}
