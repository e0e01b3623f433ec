//! Calls that AWS rejects: what the response means for this call, what to do, and what AWS said.

use crate::support::messages::{
    Case, DEVICE, HOST, NEW_KEY, OLD_KEY, ROLE, SECOND_DEVICE, SECURITY_KEY, USER, assume_role, case, config,
    get_session_token, iam_call,
};
use mfa_env::clock::ClockOffset;
use mfa_env::error::{AwsRefusal, CallDescription, Error, IamRefusal, KeyOwner, Refusal};
use mfa_env::origin::{Origin, Sourced};

pub fn cases() -> Vec<Case> {
    [codes(), devices(), roles(), keys(), calls(), identities(), iam()].into_iter().flatten().collect()
}

/// What AWS says in each case.
const WRONG_CODE: (&str, &str) =
    ("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ");
const WRONG_DEVICE: (&str, &str) = (
    "AccessDenied",
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid \
     and associated with this user.",
);
const ROLE_DENIED: (&str, &str) = (
    "AccessDenied",
    "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: \
     arn:aws:iam::123456789012:role/admin",
);
const UNKNOWN_KEY: (&str, &str) = ("InvalidClientTokenId", "The security token included in the request is invalid.");

fn refusal(call: CallDescription, reason: Refusal, (code, message): (&str, &str)) -> Error {
    AwsRefusal { reason, call, code: code.to_owned(), message: message.to_owned() }.into()
}

fn codes() -> Vec<Case> {
    let with = get_session_token;
    let without_mfa = || CallDescription { device: None, ..get_session_token() };
    vec![
        case("a wrong code", refusal(with(), Refusal::WrongCode(None), WRONG_CODE)),
        case("a wrong code, and this clock is slow", refusal(with(), Refusal::WrongCode(Some(120)), WRONG_CODE)),
        case("a wrong code, and this clock is fast", refusal(with(), Refusal::WrongCode(Some(-120)), WRONG_CODE)),
        case("the same wrong code again", refusal(with(), Refusal::WrongCodeBefore, WRONG_CODE)),
        case(
            "a device without a code",
            refusal(
                without_mfa(),
                Refusal::MfaIncomplete,
                ("ValidationError", "Both MfaSerial and TokenCode must be provided"),
            ),
        ),
    ]
}

fn devices() -> Vec<Case> {
    let owner = |devices: Option<&[&str]>| {
        let devices = devices.map(|devices| devices.iter().map(|serial| (*serial).to_owned()).collect());
        Refusal::WrongDevice(KeyOwner { arn: Some(USER.to_owned()), devices })
    };
    let with = |serial: &str, origin| CallDescription {
        device: Some(Sourced::new(serial.to_owned(), origin)),
        ..get_session_token()
    };
    let in_file = || with(SECOND_DEVICE, config(2));
    vec![
        case("a device of somebody else", refusal(in_file(), Refusal::WrongDevice(KeyOwner::default()), WRONG_DEVICE)),
        case("a device that the user does not have", refusal(in_file(), owner(Some(&[DEVICE])), WRONG_DEVICE)),
        case(
            "the same, in an option",
            refusal(with(SECOND_DEVICE, Origin::Flag("--mfa-serial")), owner(Some(&[DEVICE])), WRONG_DEVICE),
        ),
        case(
            "the same, in a variable",
            refusal(with(SECOND_DEVICE, Origin::Variable("MFA_ENV_MFA_SERIAL")), owner(Some(&[DEVICE])), WRONG_DEVICE),
        ),
        case(
            "the user has two others",
            refusal(in_file(), owner(Some(&[DEVICE, "arn:aws:iam::123456789012:mfa/tablet"])), WRONG_DEVICE),
        ),
        case("the user has a security key only", refusal(in_file(), owner(Some(&[SECURITY_KEY])), WRONG_DEVICE)),
        case("the device has drifted", refusal(in_file(), owner(Some(&[SECOND_DEVICE])), WRONG_DEVICE)),
    ]
}

fn roles() -> Vec<Case> {
    let with = assume_role;
    let by_keys =
        || CallDescription { by_session: false, used_mfa: false, lacks_device: true, mfa_age: None, ..assume_role() };
    let limit = ("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    let chain = (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
    );
    vec![
        case("a role that may not be assumed", refusal(with(), Refusal::RoleNotAssumable, ROLE_DENIED)),
        case(
            "with an old MFA session",
            refusal(CallDescription { mfa_age: Some(7200), ..with() }, Refusal::RoleNotAssumable, ROLE_DENIED),
        ),
        case(
            "with a session name that was guessed",
            refusal(
                CallDescription { guessed_name: Some("mfa-env".to_owned()), ..with() },
                Refusal::RoleNotAssumable,
                ROLE_DENIED,
            ),
        ),
        case("without a device", refusal(by_keys(), Refusal::RoleNotAssumable, ROLE_DENIED)),
        case(
            "of a user who has no device",
            refusal(CallDescription { has_no_device: true, ..by_keys() }, Refusal::RoleNotAssumable, ROLE_DENIED),
        ),
        case(
            "without a device, from the profile with the keys",
            refusal(
                CallDescription { role_profile: Some("main".to_owned()), ..by_keys() },
                Refusal::RoleNotAssumable,
                ROLE_DENIED,
            ),
        ),
        case(
            "with `--mfa-serial none`",
            refusal(
                CallDescription { no_mfa: Some(Origin::Flag("--mfa-serial")), ..by_keys() },
                Refusal::RoleNotAssumable,
                ROLE_DENIED,
            ),
        ),
        case(
            "with an empty `mfa_serial`",
            refusal(
                CallDescription { no_mfa: Some(Origin::Default), ..by_keys() },
                Refusal::RoleNotAssumable,
                ROLE_DENIED,
            ),
        ),
        case(
            "a role from a role, after a code",
            refusal(
                CallDescription { signed_by_role: Some(("base".to_owned(), "hub".to_owned())), ..with() },
                Refusal::RoleNotAssumable,
                ROLE_DENIED,
            ),
        ),
        case(
            "a role from a role, without a code",
            refusal(
                CallDescription {
                    signed_by_role: Some(("base".to_owned(), "hub".to_owned())),
                    used_mfa: false,
                    ..with()
                },
                Refusal::RoleNotAssumable,
                ROLE_DENIED,
            ),
        ),
        case(
            "the root user's keys",
            refusal(with(), Refusal::RootCannotAssume, ("AccessDenied", "Roles may not be assumed by root accounts.")),
        ),
        case(
            "longer than the role allows",
            refusal(CallDescription { duration: 7200, ..with() }, Refusal::DurationOverRole, limit),
        ),
        case(
            "longer than the role allows, as typed",
            refusal(
                CallDescription { duration: 7200, duration_by_flag: true, ..with() },
                Refusal::DurationOverRole,
                limit,
            ),
        ),
        case(
            "longer than a chained role allows",
            refusal(CallDescription { duration: 7200, ..with() }, Refusal::DurationOverChain, chain),
        ),
    ]
}

fn keys() -> Vec<Case> {
    let with = get_session_token;
    let temporary = || CallDescription { access_key_id: OLD_KEY.replace("AKIA", "ASIA"), ..with() };
    let expired = ("ExpiredToken", "The security token included in the request is expired");
    vec![
        case("a deleted key", refusal(with(), Refusal::UnknownKey, UNKNOWN_KEY)),
        case("a deleted key's session", refusal(assume_role(), Refusal::UnknownKey, UNKNOWN_KEY)),
        case("a temporary key", refusal(temporary(), Refusal::UnknownKey, UNKNOWN_KEY)),
        case(
            "a damaged key ID",
            refusal(
                with(),
                Refusal::UnreadableKeyId,
                ("IncompleteSignature", "Credential must have exactly 5 slash-delimited elements"),
            ),
        ),
        case(
            "a wrong secret",
            refusal(
                with(),
                Refusal::WrongSecret,
                ("SignatureDoesNotMatch", "The request signature we calculated does not match the one you provided."),
            ),
        ),
        case(
            "no signature",
            refusal(
                with(),
                Refusal::Unsigned,
                ("MissingAuthenticationToken", "Request is missing Authentication Token"),
            ),
        ),
        case("an expired session of ours", refusal(assume_role(), Refusal::Expired, expired)),
        case("an expired session in the files", refusal(temporary(), Refusal::Expired, expired)),
        case(
            "temporary keys for an MFA session",
            refusal(
                temporary(),
                Refusal::SessionCannotStartSession,
                ("AccessDenied", "Cannot call GetSessionToken with session credentials"),
            ),
        ),
    ]
}

fn calls() -> Vec<Case> {
    let with = get_session_token;
    let skew = ("SignatureDoesNotMatch", "Signature expired: 20260722T080000Z is now earlier than 20260722T081500Z");
    let offset = |seconds| Refusal::ClockSkew(Some(ClockOffset { seconds, now: 1_784_707_200 }));
    let denied = (
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:GetSessionToken with an explicit deny",
    );
    vec![
        case("a denied GetSessionToken", refusal(with(), Refusal::Denied, denied)),
        case("this clock is slow", refusal(with(), offset(1200), skew)),
        case("this clock is fast", refusal(with(), offset(-1200), skew)),
        case("the clock, without an offset", refusal(with(), Refusal::ClockSkew(None), skew)),
        case(
            "a parameter",
            refusal(
                assume_role(),
                Refusal::InvalidParameter,
                ("ValidationError", "1 validation error detected: Value at 'externalId' failed to satisfy constraint"),
            ),
        ),
        case(
            "a region without STS",
            refusal(
                with(),
                Refusal::RegionDisabled,
                ("RegionDisabledException", "STS is not activated in this region for account:123456789012."),
            ),
        ),
        case(
            "an endpoint of another region",
            refusal(
                with(),
                Refusal::BadScope,
                ("SignatureDoesNotMatch", "Credential should be scoped to a valid region."),
            ),
        ),
        case("anything else", refusal(with(), Refusal::Other, ("NewError", "Something that is new."))),
        case("anything else, without a text", refusal(with(), Refusal::Other, ("NewError", ""))),
        case(
            "a hostile text",
            refusal(with(), Refusal::Other, ("Error\u{1b}[31m", &format!("red\u{1b}[0m\nline {}", "x".repeat(2000)))),
        ),
    ]
}

fn identities() -> Vec<Case> {
    let other = || Refusal::OtherIdentity("arn:aws:sts::210987654321:assumed-role/admin/alice".to_owned());
    let chained_with_code =
        CallDescription { device: Some(Sourced::new(DEVICE.to_owned(), config(2))), ..assume_role() };
    vec![
        case("another role's session", refusal(assume_role(), other(), ("", ""))),
        case("another role's session, after a code", refusal(chained_with_code, other(), ("", ""))),
        case(
            "another account",
            refusal(
                get_session_token(),
                Refusal::OtherAccount { found: "210987654321".to_owned(), expected: "123456789012".to_owned() },
                ("", ""),
            ),
        ),
        case("no credentials", refusal(get_session_token(), Refusal::Unusable("it contains no credentials"), ("", ""))),
    ]
}

fn of(operation: &'static str, reason: IamRefusal, subject: &str, said: (&str, &str)) -> Error {
    refusal(iam_call(operation), Refusal::Iam { reason, subject: subject.to_owned() }, said)
}

fn iam() -> Vec<Case> {
    let denied = |operation, reason| {
        let user = "User: arn:aws:iam::123456789012:user/alice is not authorized to perform";
        let text = format!("{user}: iam:{operation} on resource: user alice {reason}");
        of(operation, IamRefusal::NotAllowed, "", ("AccessDenied", &text))
    };
    let none_allows = "because no identity-based policy allows the iam action";
    let without_mfa = AwsRefusal {
        reason: Refusal::Iam { reason: IamRefusal::NotAllowed, subject: String::new() },
        call: CallDescription { by_session: false, used_mfa: false, mfa_age: None, ..iam_call("ListMFADevices") },
        code: "AccessDenied".to_owned(),
        message: "with an explicit deny in an identity-based policy".to_owned(),
    };
    let resource = "device alice";
    vec![
        case("IAM: not allowed", denied("ListMFADevices", none_allows)),
        case("IAM: not allowed, keys", denied("CreateAccessKey", none_allows)),
        case("IAM: denied", denied("ListMFADevices", "with an explicit deny in an identity-based policy")),
        case("IAM: denied without MFA", without_mfa),
        case(
            "IAM: exists",
            of("CreateVirtualMFADevice", IamRefusal::Exists, resource, ("EntityAlreadyExists", "It exists.")),
        ),
        case(
            "IAM: a device is gone",
            of("DeactivateMFADevice", IamRefusal::NotFound, resource, ("NoSuchEntity", "It does not exist.")),
        ),
        case(
            "IAM: a key is gone",
            of("UpdateAccessKey", IamRefusal::NotFound, NEW_KEY, ("NoSuchEntity", "It does not exist.")),
        ),
        case(
            "IAM: a limit",
            of("EnableMFADevice", IamRefusal::LimitExceeded, resource, ("LimitExceeded", "Cannot exceed quota: 8")),
        ),
        case(
            "IAM: wrong codes",
            of(
                "EnableMFADevice",
                IamRefusal::InvalidCodes,
                resource,
                ("InvalidAuthenticationCode", "Authentication code for device is not valid."),
            ),
        ),
        case(
            "IAM: not yet",
            of(
                "EnableMFADevice",
                IamRefusal::Unmodifiable,
                resource,
                ("EntityTemporarilyUnmodifiable", "It is being changed."),
            ),
        ),
        case(
            "IAM: in use",
            of("DeleteVirtualMFADevice", IamRefusal::InUse, resource, ("DeleteConflict", "It is in use.")),
        ),
        case("a role in IAM's name", refusal(iam_call("ListMFADevices"), Refusal::Other, ("ServiceFailure", ROLE))),
        case(
            "IAM's host",
            refusal(iam_call("ListMFADevices"), Refusal::Unsigned, ("MissingAuthenticationToken", HOST)),
        ),
    ]
}
