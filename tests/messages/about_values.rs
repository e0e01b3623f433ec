//! A value breaks a rule of STS or of the AWS files.

use crate::support::messages::{Case, DEVICE, ROLE, SECURITY_KEY, USER, case, config};
use mfa_env::error::{InvalidValue, ValueError as E};
use mfa_env::origin::Origin;

pub fn cases() -> Vec<Case> {
    let in_file =
        |setting, value: &str, problem| InvalidValue { setting, value: value.to_owned(), problem, origin: config(4) };
    let typed = |flag, setting, value: &str, problem| InvalidValue {
        origin: Origin::Flag(flag),
        ..in_file(setting, value, problem)
    };
    let region = |value| in_file("region", value, E::NotARegion);
    let name = E::Characters { allowed: "letters, digits and =,.@-_" };
    let seconds = E::Range { min: 900, max: 43200 };
    vec![
        case("nothing after `=`", in_file("region", "", E::Empty)),
        case("an empty option", typed("--region", "region", "", E::Empty)),
        case("too short", in_file("role_session_name", "a", E::Length { min: 2, max: 64 })),
        case("too long", in_file("external_id", &"x".repeat(1300), E::Length { min: 2, max: 1224 })),
        case("a character that AWS refuses", in_file("role_session_name", "alice cooper", name)),
        case("a control character", in_file("external_id", "a\u{1b}b", E::Control)),
        case("seconds in a file", in_file("duration_seconds", "1h", E::NotSeconds)),
        case("a duration that was typed", typed("--duration", "duration_seconds", "long", E::NotADuration)),
        case("a duration that is too long", typed("--duration", "duration_seconds", "13h", seconds)),
        case("a role's name instead of its ARN", in_file("role_arn", "admin", E::NotARoleArn)),
        case("the ARN of a user", in_file("role_arn", USER, E::UserArn)),
        case(
            "an account ID without its zero",
            in_file("role_arn", "arn:aws:iam::12345678901:role/a", E::AccountDigits),
        ),
        case("a value in quotes", in_file("role_arn", &format!("\"{ROLE}\""), E::Quoted)),
        case(
            "a value in quotes that was typed",
            typed("--mfa-serial", "mfa_serial", &format!("'{DEVICE}'"), E::Quoted),
        ),
        case("a user's name as the device", in_file("mfa_serial", "alice", E::NotADevice)),
        case("a short name as the device", in_file("mfa_serial", "al", E::Length { min: 9, max: 256 })),
        case("a role as the device", in_file("mfa_serial", ROLE, E::NotADevice)),
        case("a security key", in_file("mfa_serial", SECURITY_KEY, E::U2fDevice)),
        case("the user as the device", in_file("mfa_serial", USER, E::UserAsDevice)),
        case("a city as the region", region("Frankfurt")),
        case("an availability zone", region("eu-central-1a")),
        case("a region in capitals", region("EU-CENTRAL-1")),
        case("no region", region("none")),
        case("something else as the region", region("my region")),
        case("a value that continues", in_file("region", "eu-central-1\noutput = json", E::NotARegion)),
        case("a value that continues with a header", in_file("region", "eu-central-1\n[profile b]", E::NotARegion)),
        case("a secret in its place", region("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")),
    ]
}
