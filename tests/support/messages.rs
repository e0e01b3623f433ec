//! Errors as the program makes them, for the tests of their texts.

use mfa_env::error::{CallDescription, Error};
use mfa_env::origin::{Origin, Sourced};
use std::path::Path;
use std::sync::Arc;

/// An error, and when it occurs.
pub struct Case {
    pub when: &'static str,
    pub error: Error,
}

pub fn case(when: &'static str, error: impl Into<Error>) -> Case {
    Case { when, error: error.into() }
}

pub const USER: &str = "arn:aws:iam::123456789012:user/alice";
pub const DEVICE: &str = "arn:aws:iam::123456789012:mfa/alice";
pub const SECOND_DEVICE: &str = "arn:aws:iam::123456789012:mfa/alice-phone";
pub const SECURITY_KEY: &str = "arn:aws:iam::123456789012:u2f/user/alice/key-ABCDEFGHIJKLMNOPQRSTUVWXYZ";
pub const ROLE: &str = "arn:aws:iam::123456789012:role/admin";
pub const OLD_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub const NEW_KEY: &str = "AKIAI44QH8DHBEXAMPLE";
pub const HOST: &str = "sts.eu-central-1.amazonaws.com";

pub fn path(name: &str) -> Arc<Path> {
    Path::new("/home/alice/.aws").join(name).into()
}

/// A line of the config file.
pub fn config(line: usize) -> Origin {
    Origin::File { path: path("config"), line }
}

/// A line of the credentials file.
pub fn credentials(line: usize) -> Origin {
    Origin::File { path: path("credentials"), line }
}

/// GetSessionToken, signed with the keys of profile `main`, with a code.
pub fn get_session_token() -> CallDescription {
    CallDescription {
        operation: "GetSessionToken",
        host: HOST.to_owned(),
        region: "eu-central-1".to_owned(),
        signer: "main".to_owned(),
        signer_header: "[profile main]".to_owned(),
        access_key_id: OLD_KEY.to_owned(),
        account: None,
        by_session: false,
        signed_by_role: None,
        mfa_age: None,
        guessed_name: None,
        used_mfa: false,
        role: None,
        role_profile: None,
        device: Some(Sourced::new(DEVICE.to_owned(), config(2))),
        lacks_device: false,
        has_no_device: false,
        no_mfa: None,
        duration: 43200,
        duration_by_flag: false,
    }
}

/// AssumeRole of profile `prod`, signed with an MFA session of profile `main`.
pub fn assume_role() -> CallDescription {
    CallDescription {
        operation: "AssumeRole",
        by_session: true,
        used_mfa: true,
        mfa_age: Some(30),
        role: Some(ROLE.to_owned()),
        role_profile: Some("prod".to_owned()),
        device: None,
        duration: 3600,
        ..get_session_token()
    }
}

/// A call of IAM, signed with an MFA session of profile `main`.
pub fn iam_call(operation: &'static str) -> CallDescription {
    CallDescription {
        operation,
        host: "iam.amazonaws.com".to_owned(),
        region: "us-east-1".to_owned(),
        by_session: true,
        used_mfa: true,
        mfa_age: Some(30),
        device: None,
        ..get_session_token()
    }
}
