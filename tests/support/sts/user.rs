//! A user as a test asks for it and as it gets it.

use std::fmt;

/// Where a user lives and which devices are associated with it.
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

/// The MFA devices of a user.
#[derive(Clone, Debug)]
pub enum Devices {
    /// One virtual device, named as the user is: `arn:aws:iam::123456789012:mfa/alice`.
    Virtual,
    None,
    /// These serial numbers: ARNs of virtual devices, or hardware serials such as `GAHT12345678`.
    Serials(Vec<String>),
}

/// A user as a test needs it: what belongs into the AWS files, and what an answer will say.
#[derive(Clone)]
pub struct User {
    pub name: String,
    pub account: String,
    pub arn: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// The first device; empty where the user has none.
    pub mfa_serial: String,
    pub mfa_serials: Vec<String>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let User { arn, access_key_id, mfa_serials, .. } = self;
        write!(f, "User({arn}, {access_key_id}, {mfa_serials:?})")
    }
}
