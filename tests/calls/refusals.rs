//! Every STS error with AWS's exact wording, and the whole resulting message: what happened, what to do, what AWS
//! said.

use crate::support::failure_statement;
use crate::support::home::{Home, credentials_section};
use crate::support::program::Program;
use crate::support::sts::{Action, Fault, RoleSpec, Sts, User};
use mfa_env::clock::SET_CLOCK;

trials![
    reports_a_rejected_code,
    reports_a_wrong_clock_with_a_rejected_code,
    reports_a_code_without_a_device,
    reports_a_role_that_does_not_allow_the_user,
    says_that_no_code_was_sent_to_a_role,
    says_what_may_be_wrong_with_temporary_keys,
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
    reports_a_missing_signature,
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

/// Asserts that, if STS responds to `action` with this error, `mfa-env ARGUMENTS CODE` fails with status 4 and exactly
/// these lines, in which HOST stands for the endpoint and KEYID for the id of Alice's access key.
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
    let expected = format!("mfa-env: {}\n", lines.join("\n  "))
        .replace("HOST", &setup.sts.url().replace("http://", ""))
        .replace("KEYID", &setup.alice.access_key_id);
    Program::new(&setup.home, arguments).fails(4).stdout(failure_statement::of("sh", 4)).stderr(expected).run();
}

const SESSION: Action = Action::GetSessionToken;

/// The seconds of a duration as it is shown: `1 h 59 min 58 s`.
fn seconds_of(duration: &str) -> Option<i64> {
    let words: Vec<&str> = duration.split(' ').collect();
    let parts = words.chunks(2).map(|part| {
        let [number, unit] = part else { return None };
        let number: i64 = number.parse().ok()?;
        match *unit {
            "h" => Some(number * 3600),
            "min" => Some(number * 60),
            "s" => Some(number),
            _ => None,
        }
    });
    parts.sum()
}

// fault 103
fn reports_a_rejected_code() {
    for end in [" ", "", "."] {
        let message = format!("MultiFactorAuthentication failed with invalid MFA one time pass code.{end}");
        assert_message(
            &["main"],
            SESSION,
            (403, "AccessDenied", &message),
            &[
                "AWS rejected the MFA code",
                "it was mistyped, has expired, or was already used; enter the next one",
                "MFA device: arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2)",
                &format!("AWS said: AccessDenied: {}", message.trim()),
            ],
        );
    }
}

// faults 103, 111
fn reports_a_wrong_clock_with_a_rejected_code() {
    for (seconds, direction) in [(95, "behind"), (-95, "ahead of")] {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let home = Home::with_user(&sts, &alice, &[]);
        sts.set_clock(seconds);
        let wrong = sts.wrong_code(&alice.mfa_serial);
        let ran = Program::new(&home, ["main", &wrong, "--shell", "sh"])
            .fails(4)
            .stdout(failure_statement::of("sh", 4))
            .says("mfa-env: AWS rejected the MFA code\n  this machine's clock is ")
            .says(format!(
                " {direction} AWS's, so codes computed on it are wrong; set it with: {SET_CLOCK}\n  \
                if the code is from another device, it was mistyped, has expired, or was already used; enter the \
                next one\n  MFA device: arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2)\n  \
                AWS said: AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.\n"
            ))
            .run();
        let shown = ran.stderr.split(" clock is ").nth(1).and_then(|rest| rest.split(&format!(" {direction}")).next());
        let shown = shown.and_then(seconds_of).expect("a duration");
        assert!((shown - 95).abs() < 20, "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 5, "{}", ran.stderr);
    }
}

fn reports_a_code_without_a_device() {
    let message = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
    assert_message(
        &["main"],
        SESSION,
        (403, "AccessDenied", message),
        &[
            "AWS requires both an MFA device and its code",
            "set mfa_serial in the profile, or pass --mfa-serial",
            &format!("AWS said: AccessDenied: {message}"),
        ],
    );
}

// fault 106
fn reports_a_role_that_does_not_allow_the_user() {
    for message in [
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: \
         arn:aws:iam::123456789012:role/admin",
        "Not authorized to perform sts:AssumeRole",
    ] {
        assert_message(
            &["r"],
            Action::AssumeRole,
            (403, "AccessDenied", message),
            &[
                "AWS does not allow profile main to assume role `admin`",
                "AWS does not say why; check that",
                "- the user's policies allow sts:AssumeRole on arn:aws:iam::123456789012:role/admin",
                "- the role's trust policy names the user or its account",
                "- external_id is the one that the trust policy requires, if any",
                "show its trust policy with: aws iam get-role --role-name admin",
                &format!("AWS said: AccessDenied: {message}"),
            ],
        );
    }
}

/// That no profile sets mfa_serial comes first in the message, because it is the only certain cause.
fn says_that_no_code_was_sent_to_a_role() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("deploy", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let config = format!("[profile prod]\nrole_arn = {role}\nsource_profile = main\n");
    let mut home = Home::with(&config, &credentials_section("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let advice = format!(
        "\n  add to [profile main]: mfa_serial = arn:aws:iam::ACCOUNT:mfa/DEVICE\n  \
         find the ARN with: mfa-env device main\n  \
         if the role does not require MFA, check that\n  \
         - the user's policies allow sts:AssumeRole on {role}\n  \
         - the role's trust policy names the user or its account, and external_id if it requires one\n  \
         show its trust policy with: aws iam get-role --role-name deploy\n  \
         AWS said: AccessDenied: User: {} is not authorized to perform: sts:AssumeRole on resource: {role}\n",
        alice.arn
    );
    for (arguments, who) in [
        (&["prod"][..], "no profile between prod and its access keys sets mfa_serial, so no code was sent"),
        (&["main", "--role-arn", &role], "profile main does not set mfa_serial, so no code was sent"),
    ] {
        let arguments = arguments.iter().copied().chain(["--shell", "sh"]);
        let message = format!("mfa-env: role `deploy` cannot be assumed without MFA\n  {who}{advice}");
        Program::new(&home, arguments).fails(4).stdout(failure_statement::of("sh", 4)).stderr(message).run();
    }
    // If the user has turned MFA off, a line for the config file would not help.
    let refused =
        |by: &str, advice: &str| format!("cannot be assumed without MFA\n  {by}, so no code was sent\n  {advice}\n");
    let turned_off = "--mfa-serial none turned MFA off";
    Program::new(&home, ["prod", "--shell", "sh", "--mfa-serial", "none"])
        .fails(4)
        .says(refused(turned_off, "sign in without --mfa-serial none"))
        .run();
    Program::new(&home, ["prod", "--shell", "sh"])
        .env("MFA_ENV_MFA_SERIAL", "none")
        .fails(4)
        .says(refused("MFA_ENV_MFA_SERIAL is `none`, which turned MFA off", "unset MFA_ENV_MFA_SERIAL"))
        .run();
    let config = format!("[profile prod]\nrole_arn = {role}\nsource_profile = main\nmfa_serial =\n");
    home.write(".aws/config", config);
    Program::new(&home, ["prod", "--shell", "sh"])
        .fails(4)
        .says(refused("an empty mfa_serial turned MFA off", "give it the ARN of your device"))
        .run();
}

/// AWS's error is the same as for long-term keys, but the possible causes differ.
fn says_what_may_be_wrong_with_temporary_keys() {
    let sts = Sts::start();
    let role = sts.add_role("admin", RoleSpec::default());
    let config = format!("[profile prod]\nrole_arn = {role}\nsource_profile = main\n");
    let keys = "[main]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\naws_session_token = y\n";
    let mut home = Home::with(&config, keys);
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let message = format!(
        "mfa-env: AWS does not recognize access key ASIAIOSFODNN7EXAMPLE of profile main\n  \
         it was revoked, its session token does not match, it belongs to another partition,\n  \
         or it is from the global endpoint and this region does not accept it (region us-east-1 at {})\n  \
         renew it at its source\n  \
         AWS said: InvalidClientTokenId: The security token included in the request is invalid.\n",
        sts.url().replace("http://", "")
    );
    Program::new(&home, ["prod", "--shell", "sh"])
        .fails(4)
        .stdout(failure_statement::of("sh", 4))
        .stderr(message)
        .run();
}

fn reports_a_policy_that_forbids_get_session_token() {
    let message = "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:GetSessionToken with \
                   an explicit deny";
    assert_message(
        &["main"],
        SESSION,
        (403, "AccessDenied", message),
        &[
            "AWS denied GetSessionToken for profile main",
            "a policy of the user or the organization denies this call, which needs no permission;",
            "ask your AWS administrator",
            &format!("AWS said: AccessDenied: {message}"),
        ],
    );
}

fn reports_keys_that_are_a_session() {
    let message = "Cannot call GetSessionToken with session credentials";
    assert_message(
        &["main"],
        SESSION,
        (403, "AccessDenied", message),
        &[
            "profile main has temporary credentials, for which AWS does not issue an MFA session",
            "configure the access key of an IAM user (AKIA…): aws configure --profile main",
            &format!("AWS said: AccessDenied: {message}"),
        ],
    );
}

fn reports_keys_of_the_root_user() {
    let message = "Roles may not be assumed by root accounts.";
    assert_message(
        &["r"],
        Action::AssumeRole,
        (403, "AccessDenied", message),
        &[
            "the account's root user cannot assume roles",
            "configure the access key of an IAM user: aws configure --profile main",
            &format!("AWS said: AccessDenied: {message}"),
        ],
    );
}

// fault 107
fn reports_a_duration_that_is_too_long() {
    for end in [".", "", " "] {
        let message = format!("The requested DurationSeconds exceeds the MaxSessionDuration set for this role{end}");
        assert_message(
            &["r", "-d", "2h"],
            Action::AssumeRole,
            (400, "ValidationError", &message),
            &[
                "role `admin` does not allow sessions of 2 h",
                "use -d 1h, which always works, or raise the role's maximum:",
                "aws iam update-role --role-name admin --max-session-duration 7200",
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
            "role `admin` is assumed from a session, so it lasts 1 h at most, not 2 h",
            "use -d 1h, which always works",
            &format!("AWS said: ValidationError: {message}"),
        ],
    );
}

fn reports_an_invalid_parameter() {
    for message in [
        "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: \
         Member must have value less than or equal to 43200",
        "1 validation error detected: Value '12345' at 'tokenCode' failed to satisfy constraint: \
         Member must have length greater than or equal to 6",
    ] {
        assert_message(
            &["main"],
            SESSION,
            (400, "ValidationError", message),
            &[
                "AWS rejected a parameter of GetSessionToken",
                "see what is sent, and where it comes from: mfa-env explain main",
                &format!("AWS said: ValidationError: {message}"),
            ],
        );
    }
}

// fault 108
fn reports_an_unknown_key() {
    for end in [".", ""] {
        let message = format!("The security token included in the request is invalid{end}");
        assert_message(
            &["main"],
            SESSION,
            (403, "InvalidClientTokenId", &message),
            &[
                "AWS does not recognize access key KEYID of profile main",
                "it was deleted or deactivated, or belongs to another partition (region us-east-1 at HOST)",
                "ask an administrator to check it with: aws iam list-access-keys --user-name NAME",
                "configure another access key with: aws configure --profile main",
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
            "AWS does not accept the session of profile main",
            "it was revoked, or its access key was deleted; get a new one with --renew",
            "(region us-east-1 at HOST)",
            "AWS said: InvalidClientTokenId: The security token included in the request is invalid.",
        ],
    );
}

fn reports_a_malformed_access_key_id() {
    let message = "'x' not a valid key=value pair (missing equal-sign) in Authorization header";
    assert_message(
        &["main"],
        SESSION,
        (400, "IncompleteSignature", message),
        &[
            "AWS cannot read the access key ID of profile main",
            "it may contain stray characters; configure the access key again: aws configure --profile main",
            &format!("AWS said: IncompleteSignature: {message}"),
        ],
    );
}

// fault 109
fn reports_an_expired_session() {
    for code in ["ExpiredToken", "ExpiredTokenException"] {
        let message = "The security token included in the request is expired";
        assert_message(
            &["main"],
            SESSION,
            (403, code, message),
            &[
                "the temporary credentials of profile main have expired",
                "renew them at their source, or configure the access key of an IAM user: aws configure --profile main",
                &format!("AWS said: {code}: {message}"),
            ],
        );
    }
}

// fault 110
fn reports_a_wrong_secret_key() {
    let message = "The request signature we calculated does not match the signature you provided. Check your AWS \
                   Secret Access Key and signing method. Consult the service documentation for details.";
    assert_message(
        &["main"],
        SESSION,
        (403, "SignatureDoesNotMatch", message),
        &[
            "the secret access key of profile main does not match access key KEYID",
            "it is wrong or contains stray characters; configure the access key again: aws configure --profile main",
            "AWS said: SignatureDoesNotMatch",
        ],
    );
    // The same error code for another reason does not blame the secret.
    let message = "'host' must be a 'SignedHeader' in the AWS Authorization header and must be sent.";
    assert_message(
        &["main"],
        SESSION,
        (403, "SignatureDoesNotMatch", message),
        &["AWS rejected GetSessionToken", &format!("AWS said: SignatureDoesNotMatch: {message}")],
    );
}

// fault 111
fn reports_a_clock_that_invalidates_the_signature() {
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
                &format!("set the clock with: {SET_CLOCK}"),
                &format!("AWS said: SignatureDoesNotMatch: {message}"),
            ],
        );
        // One retry, with the time from the response.
        assert_eq!(setup.sts.take_calls().len(), 2);
        // The endpoint's `Date` differs.
        setup.sts.set_clock(-7200);
        let ran = Program::new(&setup.home, ["main", "123456", "--shell", "sh"])
            .fails(4)
            .stdout(failure_statement::of("sh", 4))
            .says("mfa-env: this machine's clock (")
            .says(format!(")\n  set the clock with: {SET_CLOCK}\n  AWS said: SignatureDoesNotMatch: {message}\n"))
            .run();
        assert_eq!(ran.stderr.lines().count(), 3, "{}", ran.stderr);
        let shown: Vec<&str> = ran.stderr.lines().next().expect("a line").split(['(', ')']).collect();
        let [_, ours, middle, theirs, ""] = shown[..] else { panic!("{}", ran.stderr) };
        let by: i64 = middle
            .strip_prefix(" is ")
            .and_then(|rest| rest.strip_suffix(" ahead of AWS's "))
            .and_then(seconds_of)
            .unwrap_or_else(|| panic!("{}", ran.stderr));
        let time =
            |text| time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).expect("a time");
        assert_eq!((time(ours) - time(theirs)).whole_seconds(), by);
        assert!((by - 7200).abs() < 20, "{by}");
    }
}

fn reports_a_missing_signature() {
    let message = "Request is missing Authentication Token";
    assert_message(
        &["main"],
        SESSION,
        (403, "MissingAuthenticationToken", message),
        &[
            "HOST received the call without its signature",
            "a proxy may have removed the Authorization header; bypass it with: NO_PROXY=HOST",
            &format!("AWS said: MissingAuthenticationToken: {message}"),
        ],
    );
}

// fault 112
fn reports_a_region_without_sts() {
    let message = "STS is not activated in this region for account:123456789012. Your account administrator can \
                   activate STS in this region using the IAM Console.";
    assert_message(
        &["main", "-r", "af-south-1"],
        SESSION,
        (403, "RegionDisabledException", message),
        &[
            "STS is not activated in region af-south-1 (HOST)",
            "use another region (-r), or activate STS there in the IAM console (Account settings)",
            &format!("AWS said: RegionDisabledException: {message}"),
        ],
    );
}

// fault 112
fn reports_an_endpoint_of_another_region() {
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
                "HOST does not serve region xx-foo-1",
                "correct the region (-r, or region in the profile) or the endpoint URL",
                &format!("AWS said: SignatureDoesNotMatch: {expected}"),
            ],
        );
    }
}

// faults 31, 114
fn shows_unknown_errors_escaped_and_shortened() {
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
            &["AWS rejected GetSessionToken", &format!("AWS said: {expected}")],
        );
    }
    // A known error's wording in the middle of a message is not recognized.
    let message = "User: x/MultiFactorAuthentication failed, unable to validate MFA code is not authorized";
    assert_message(
        &["main"],
        SESSION,
        (403, "AccessDenied", message),
        &[
            "AWS denied GetSessionToken for profile main",
            "a policy of the user or the organization denies this call, which needs no permission;",
            "ask your AWS administrator",
            &format!("AWS said: AccessDenied: {message}"),
        ],
    );
}

// fault 109
fn reports_a_new_session_that_aws_rejects() {
    // It has only just been issued: another one would need another code and fail in the same way.
    let message = "The security token included in the request is expired";
    assert_message(
        &["r"],
        Action::AssumeRole,
        (403, "ExpiredToken", message),
        &[
            "AWS says that the session of profile main has expired",
            "get a new one with --renew",
            &format!("AWS said: ExpiredToken: {message}"),
        ],
    );
}
