//! STS's refusals in AWS's exact words, and the whole of what the person is told: what it means, what to do, what AWS said.

use crate::support::home::{Home, keys_of};
use crate::support::program::Program;
use crate::support::sts::{Action, Fault, RoleSpec, Sts, User};
use mfa_env::clock::SET_CLOCK;

trials![
    a_code_that_is_not_taken,
    a_code_from_a_machine_whose_clock_is_wrong,
    half_an_mfa,
    a_role_that_lets_nobody_in,
    says_that_no_code_was_sent_to_a_role,
    says_what_may_be_wrong_with_temporary_keys,
    a_policy_against_signing_in,
    keys_of_a_session,
    keys_of_the_root_user,
    durations,
    parameters_out_of_range,
    a_key_that_is_unknown,
    a_key_that_cannot_be_read,
    a_session_that_has_expired,
    a_session_of_ours_that_aws_never_takes,
    a_secret_that_is_wrong,
    a_signature_of_another_time,
    a_signature_that_was_lost,
    a_region_without_sts,
    a_region_of_another_endpoint,
    what_is_not_known,
];

struct InteractiveShell {
    sts: Sts,
    alice: User,
    home: Home,
}

/// Alice's keys and device as `main`, and her role as `r`, which she enters by way of an MFA session.
fn shell_session() -> InteractiveShell {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let home = Home::signed_up(&sts, &alice, &[("r", &role, "")]);
    InteractiveShell { sts, alice, home }
}

/// `mfa-env WORDS CODE` meets this refusal of `action`: status 4 with exactly these lines, in which HOST is the
/// endpoint and KEYID is the id of alice's access key.
#[track_caller]
fn meets(words: &[&str], action: Action, refusal: (u16, &str, &str), lines: &[&str]) {
    fails(&shell_session(), words, action, refusal, lines);
}

#[track_caller]
fn fails(shell_session: &InteractiveShell, words: &[&str], action: Action, refusal: (u16, &str, &str), lines: &[&str]) {
    let (status, code, message) = refusal;
    shell_session.sts.always(action, Fault::Refuse { status, code: code.into(), message: message.into() });
    let code = shell_session.sts.code(&shell_session.alice.mfa_serial);
    let words = words.iter().copied().chain([code.as_str(), "--shell", "sh"]);
    let said = format!("mfa-env: {}\n", lines.join("\n  "))
        .replace("HOST", &shell_session.sts.url().replace("http://", ""))
        .replace("KEYID", &shell_session.alice.access_key_id);
    Program::new(&shell_session.home, words).fails(4).stdout("(exit 4);\n").stderr(said).run();
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
pub fn a_code_that_is_not_taken() {
    for end in [" ", "", "."] {
        let message = format!("MultiFactorAuthentication failed with invalid MFA one time pass code.{end}");
        meets(
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
pub fn a_code_from_a_machine_whose_clock_is_wrong() {
    for (seconds, direction) in [(95, "behind"), (-95, "ahead of")] {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let home = Home::signed_up(&sts, &alice, &[]);
        sts.set_clock(seconds);
        let wrong = sts.wrong_code(&alice.mfa_serial);
        let ran = Program::new(&home, ["main", &wrong, "--shell", "sh"])
            .fails(4)
            .stdout("(exit 4);\n")
            .says("mfa-env: AWS rejected the MFA code\n  this machine's clock is ")
            .says(format!(
                " {direction} AWS's, so codes computed on it are wrong; set it with: {SET_CLOCK}\n  \
                if the code is from another device, it was mistyped, has expired, or was already used; enter the \
                next one\n  MFA device: arn:aws:iam::123456789012:mfa/alice (~/.aws/config:2)\n  \
                AWS said: AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.\n"
            ))
            .run();
        let told = ran.stderr.split(" clock is ").nth(1).and_then(|rest| rest.split(&format!(" {direction}")).next());
        let told = told.and_then(seconds_of).expect("a duration");
        assert!((told - 95).abs() < 20, "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 5, "{}", ran.stderr);
    }
}

pub fn half_an_mfa() {
    let message = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
    meets(
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
pub fn a_role_that_lets_nobody_in() {
    for message in [
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/admin",
        "Not authorized to perform sts:AssumeRole",
    ] {
        meets(
            &["r"],
            Action::AssumeRole,
            (403, "AccessDenied", message),
            &[
                "AWS does not allow profile main to assume role `admin`",
                "AWS does not say why; check that",
                "- the user's policies allow sts:AssumeRole on arn:aws:iam::123456789012:role/admin",
                "- the role's trust policy names the user or its account",
                "- no other role is in between if the trust policy requires MFA, which is not passed on from role to \
                 role",
                "- external_id is the one that the trust policy requires, if any",
                "show its trust policy with: aws iam get-role --role-name admin",
                &format!("AWS said: AccessDenied: {message}"),
            ],
        );
    }
}

/// No profile names a device: that is said first, because it is known.
pub fn says_that_no_code_was_sent_to_a_role() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let role = sts.add_role("deploy", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
    let config = format!("[profile prod]\nrole_arn = {role}\nsource_profile = main\n");
    let mut home = Home::with(&config, &keys_of("main", &alice));
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let advice = format!(
        "\n  add to [profile main]: mfa_serial = arn:aws:iam::ACCOUNT:mfa/DEVICE\n  \
         find the ARN with: aws iam list-mfa-devices --profile main\n  \
         if the role does not require MFA, check that\n  \
         - the user's policies allow sts:AssumeRole on {role}\n  \
         - the role's trust policy names the user or its account, and external_id if it requires one\n  \
         show its trust policy with: aws iam get-role --role-name deploy\n  \
         AWS said: AccessDenied: User: {} is not authorized to perform: sts:AssumeRole on resource: {role}\n",
        alice.arn
    );
    for (words, who) in [
        (&["prod"][..], "no profile between prod and its access keys sets mfa_serial, so no code was sent"),
        (&["main", "--role-arn", &role], "profile main does not set mfa_serial, so no code was sent"),
    ] {
        let words = words.iter().copied().chain(["--shell", "sh"]);
        let said = format!("mfa-env: role `deploy` cannot be assumed without MFA\n  {who}{advice}");
        Program::new(&home, words).fails(4).stdout("(exit 4);\n").stderr(said).run();
    }
}

/// AWS's word for both is the same, but what can be wrong is not.
pub fn says_what_may_be_wrong_with_temporary_keys() {
    let sts = Sts::start();
    let role = sts.add_role("admin", RoleSpec::default());
    let config = format!("[profile prod]\nrole_arn = {role}\nsource_profile = main\n");
    let keys = "[main]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\naws_session_token = y\n";
    let mut home = Home::with(&config, keys);
    home.set("AWS_ENDPOINT_URL_STS", sts.url());
    let said = format!(
        "mfa-env: AWS does not recognize access key ASIAIOSFODNN7EXAMPLE of profile main\n  \
         it was revoked, its session token does not match, it belongs to another partition,\n  \
         or it is from the global endpoint and this region does not accept it (region us-east-1 at {})\n  \
         renew it at its source\n  \
         AWS said: InvalidClientTokenId: The security token included in the request is invalid.\n",
        sts.url().replace("http://", "")
    );
    Program::new(&home, ["prod", "--shell", "sh"]).fails(4).stdout("(exit 4);\n").stderr(said).run();
}

pub fn a_policy_against_signing_in() {
    let message = "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:GetSessionToken with an explicit deny";
    meets(
        &["main"],
        SESSION,
        (403, "AccessDenied", message),
        &[
            "AWS denied GetSessionToken to profile main",
            "a policy of the user or the organization denies this call, which needs no permission;",
            "ask your AWS administrator",
            &format!("AWS said: AccessDenied: {message}"),
        ],
    );
}

pub fn keys_of_a_session() {
    let message = "Cannot call GetSessionToken with session credentials";
    meets(
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

pub fn keys_of_the_root_user() {
    let message = "Roles may not be assumed by root accounts.";
    meets(
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
pub fn durations() {
    for end in [".", "", " "] {
        let message = format!("The requested DurationSeconds exceeds the MaxSessionDuration set for this role{end}");
        meets(
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
    meets(
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

pub fn parameters_out_of_range() {
    for message in [
        "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
        "1 validation error detected: Value '12345' at 'tokenCode' failed to satisfy constraint: Member must have length greater than or equal to 6",
    ] {
        meets(
            &["main"],
            SESSION,
            (400, "ValidationError", message),
            &[
                "AWS rejected a parameter of GetSessionToken",
                "see what is sent, and where it comes from: mfa-env explain PROFILE",
                &format!("AWS said: ValidationError: {message}"),
            ],
        );
    }
}

// fault 108
pub fn a_key_that_is_unknown() {
    for end in [".", ""] {
        let message = format!("The security token included in the request is invalid{end}");
        meets(
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
    // Of a session that we keep, it is another thing.
    meets(
        &["r"],
        Action::AssumeRole,
        (403, "InvalidClientTokenId", "The security token included in the request is invalid."),
        &[
            "AWS does not accept the cached session of profile main",
            "it was revoked, or its access key was deleted; get a new one with --renew",
            "(region us-east-1 at HOST)",
            "AWS said: InvalidClientTokenId: The security token included in the request is invalid.",
        ],
    );
}

pub fn a_key_that_cannot_be_read() {
    let message = "'x' not a valid key=value pair (missing equal-sign) in Authorization header";
    meets(
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
pub fn a_session_that_has_expired() {
    for code in ["ExpiredToken", "ExpiredTokenException"] {
        let message = "The security token included in the request is expired";
        meets(
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
pub fn a_secret_that_is_wrong() {
    let message = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
    meets(
        &["main"],
        SESSION,
        (403, "SignatureDoesNotMatch", message),
        &[
            "the secret access key of profile main does not match access key KEYID",
            "it is wrong or contains stray characters; configure the access key again: aws configure --profile main",
            "AWS said: SignatureDoesNotMatch",
        ],
    );
    // Another reason for the same code is not laid at the secret's door.
    let message = "'host' must be a 'SignedHeader' in the AWS Authorization header and must be sent.";
    meets(
        &["main"],
        SESSION,
        (403, "SignatureDoesNotMatch", message),
        &["AWS rejected GetSessionToken", &format!("AWS said: SignatureDoesNotMatch: {message}")],
    );
}

// fault 111
pub fn a_signature_of_another_time() {
    for message in [
        "Signature expired: 20210502T144040Z is now earlier than 20210502T173143Z (20210502T174643Z - 15 min.)",
        "Signature expired: 20210502T144040Z is now earlier than 20210502T173143Z (20210502T173643Z - 5 min.)",
        "Signature not yet current: 20210502T183640Z is still later than 20210502T175140Z (20210502T173640Z + 15 min.)",
    ] {
        // An endpoint whose own Date agrees with this machine, so that there is no difference to tell.
        let shell_session = shell_session();
        fails(
            &shell_session,
            &["main"],
            SESSION,
            (403, "SignatureDoesNotMatch", message),
            &[
                "this machine's clock differs too much from AWS's",
                &format!("set the clock with: {SET_CLOCK}"),
                &format!("AWS said: SignatureDoesNotMatch: {message}"),
            ],
        );
        // It is tried again with the time of the answer, and then no more.
        assert_eq!(shell_session.sts.take_calls().len(), 2);
        // One whose Date does not.
        shell_session.sts.set_clock(-7200);
        let ran = Program::new(&shell_session.home, ["main", "123456", "--shell", "sh"])
            .fails(4)
            .stdout("(exit 4);\n")
            .says("mfa-env: this machine's clock (")
            .says(format!(")\n  set the clock with: {SET_CLOCK}\n  AWS said: SignatureDoesNotMatch: {message}\n"))
            .run();
        assert_eq!(ran.stderr.lines().count(), 3, "{}", ran.stderr);
        let told: Vec<&str> = ran.stderr.lines().next().expect("a line").split(['(', ')']).collect();
        let [_, ours, middle, theirs, ""] = told[..] else { panic!("{}", ran.stderr) };
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

pub fn a_signature_that_was_lost() {
    let message = "Request is missing Authentication Token";
    meets(
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
pub fn a_region_without_sts() {
    let message = "STS is not activated in this region for account:123456789012. Your account administrator can activate STS in this region using the IAM Console.";
    meets(
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
pub fn a_region_of_another_endpoint() {
    for (message, said) in [
        ("Credential should be scoped to a valid region. ", "Credential should be scoped to a valid region."),
        (
            "Credential should be scoped to a valid region, not 'xx-foo-1'.",
            "Credential should be scoped to a valid region, not 'xx-foo-1'.",
        ),
    ] {
        meets(
            &["main", "-r", "xx-foo-1"],
            SESSION,
            (403, "SignatureDoesNotMatch", message),
            &[
                "HOST does not serve region xx-foo-1",
                "correct the region (-r, or region in the profile) or the endpoint URL",
                &format!("AWS said: SignatureDoesNotMatch: {said}"),
            ],
        );
    }
}

// faults 31, 114
pub fn what_is_not_known() {
    let long = "x".repeat(600_000);
    for (code, message, said) in [
        ("SomethingNew", "that nobody knows", "SomethingNew: that nobody knows".to_owned()),
        ("SomethingNew", " ", "SomethingNew".to_owned()),
        ("Odd\u{1b}[31m", "a\u{202e}b\nc\u{7}", "Odd\\x1b[31m: a\\u{202e}b\\x0ac\\x07".to_owned()),
        ("Long", long.as_str(), format!("Long: {}…", &long[..1000])),
        // The words of a known refusal, but not at its beginning: somebody's own text.
        (
            "Other",
            "MultiFactorAuthentication failed with invalid MFA one time pass code.",
            "Other: MultiFactorAuthentication failed with invalid MFA one time pass code.".to_owned(),
        ),
    ] {
        meets(
            &["main"],
            SESSION,
            (403, code, message),
            &["AWS rejected GetSessionToken", &format!("AWS said: {said}")],
        );
    }
    // Within the message they say nothing either.
    let message = "User: x/MultiFactorAuthentication failed, unable to validate MFA code is not authorized";
    meets(
        &["main"],
        SESSION,
        (403, "AccessDenied", message),
        &[
            "AWS denied GetSessionToken to profile main",
            "a policy of the user or the organization denies this call, which needs no permission;",
            "ask your AWS administrator",
            &format!("AWS said: AccessDenied: {message}"),
        ],
    );
}

// fault 109
pub fn a_session_of_ours_that_aws_never_takes() {
    // It was made just now: another one would cost another code, to fare no better.
    let message = "The security token included in the request is expired";
    meets(
        &["r"],
        Action::AssumeRole,
        (403, "ExpiredToken", message),
        &[
            "the cached session of profile main has expired",
            "get a new one with --renew",
            &format!("AWS said: ExpiredToken: {message}"),
        ],
    );
}
