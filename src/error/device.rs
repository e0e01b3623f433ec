//! The MFA devices of the user that the keys belong to do not allow what was asked for.

use super::config::add_device;
use super::{Message, quoted};
use crate::printable::printable;

/// What is wrong. `profile` is the profile with the keys. Serial numbers are untrusted text.
#[derive(Debug, PartialEq, Eq)]
pub enum DeviceError {
    /// The user has none.
    NoneRegistered { profile: String },
    /// The user has only devices that generate no codes.
    OnlySecurityKeys { profile: String, serials: Vec<String> },
    /// The user has several, and nobody can be asked which one to use.
    Several {
        profile: String,
        /// The header of the profile in the config file.
        header: String,
        serials: Vec<String>,
    },
    /// AWS does not let the user list the devices; with AWS's own words.
    NotListed { profile: String, header: String, said: String },
}

impl DeviceError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            DeviceError::NotListed { .. } => 4,
            DeviceError::NoneRegistered { .. } | DeviceError::OnlySecurityKeys { .. } | DeviceError::Several { .. } => {
                3
            }
        }
    }

    pub(super) fn message(&self) -> Message {
        match self {
            DeviceError::NoneRegistered { profile } => Message::new(format!(
                "the user of profile {profile} has no MFA device, and a session without MFA cannot call IAM"
            ))
            .advise(format!("register an authenticator app with: mfa-env enroll {}", quoted(profile))),
            DeviceError::OnlySecurityKeys { profile, serials } => {
                let devices: Vec<String> = serials.iter().map(|serial| printable(serial).to_string()).collect();
                let name = quoted(profile);
                Message::new(format!(
                    "the user of profile {profile} has only security keys or passkeys, which generate no codes"
                ))
                .advise(format!(
                    "{}\n\
                     AWS accepts them only in a browser; sign in there with: aws login --profile {name}\n\
                     or register an authenticator app as well: mfa-env enroll {name}",
                    devices.join("\n")
                ))
            }
            DeviceError::Several { profile, header, serials } => {
                let lines: Vec<String> =
                    serials.iter().map(|serial| format!("  mfa_serial = {}", printable(serial))).collect();
                Message::new(format!("the user of profile {profile} has {} MFA devices", serials.len()))
                    .advise(format!("add one of them to {header}:\n{}", lines.join("\n")))
            }
            DeviceError::NotListed { profile, header, said } => Message::new(format!(
                "profile {profile} has no MFA device, and AWS does not let its user look it up"
            ))
            .advise(format!(
                "{}\nor ask your AWS administrator for the permission iam:ListMFADevices on the own user\n{said}",
                add_device(profile, header)
            )),
        }
    }
}
