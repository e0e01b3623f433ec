//! Users: what a test specifies, and what it gets.

use std::fmt;

/// A user's account and MFA devices.
#[derive(Clone, Debug)]
pub struct UserSpec {
    pub partition: String,
    pub account: String,
    pub devices: Devices,
}

impl Default for UserSpec {
    fn default() -> UserSpec {
        UserSpec { partition: "aws".into(), account: super::ACCOUNT.into(), devices: Devices::Virtual }
    }
}

/// A user's MFA devices.
#[derive(Clone, Debug)]
pub enum Devices {
    /// One virtual device with the user's name: `arn:aws:iam::123456789012:mfa/alice`.
    Virtual,
    None,
    /// Devices with these serial numbers: ARNs of virtual devices, or hardware serials such as `GAHT12345678`.
    Serials(Vec<String>),
}

/// What a test needs to know of a user: the contents of the AWS files, and what responses will contain.
#[derive(Clone)]
pub struct User {
    pub name: String,
    pub account: String,
    pub arn: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// The first device; empty if the user has none.
    pub mfa_serial: String,
    pub mfa_serials: Vec<String>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let User { arn, access_key_id, mfa_serials, .. } = self;
        write!(f, "User({arn}, {access_key_id}, {mfa_serials:?})")
    }
}
