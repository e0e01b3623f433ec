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
    /// The user has no device of this name.
    NotFound { typed: String, profile: String, serials: Vec<String> },
    /// The device generates no codes.
    NoCodes { serial: String },
    /// The keys are those of the account's root user.
    RootUser { profile: String },
    /// The keys are not those of a user.
    NotAUser { profile: String, arn: String },
    /// AWS has created a device with an ARN that no device has.
    UnusableSerial { serial: String },
    /// A device of this name exists already.
    Exists { serial: String, name: String, said: String },
    /// A device was created, but not enabled, and could not be removed again; with the reason.
    LeftBehind { serial: String, why: String },
    /// There was no response to the call that creates a device.
    PerhapsCreated { serial: String },
    /// AWS does not let the user list the devices; with AWS's own words.
    NotListed { profile: String, header: String, said: String },
}

impl DeviceError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            DeviceError::NotListed { .. }
            | DeviceError::Exists { .. }
            | DeviceError::LeftBehind { .. }
            | DeviceError::PerhapsCreated { .. }
            | DeviceError::RootUser { .. }
            | DeviceError::NotAUser { .. }
            | DeviceError::UnusableSerial { .. } => 4,
            DeviceError::NoneRegistered { .. }
            | DeviceError::OnlySecurityKeys { .. }
            | DeviceError::Several { .. }
            | DeviceError::NotFound { .. }
            | DeviceError::NoCodes { .. } => 3,
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
            DeviceError::NotFound { typed, profile, serials } => {
                let devices: Vec<String> = serials.iter().map(|serial| printable(serial).to_string()).collect();
                let what = format!("the user of profile {profile} has no MFA device `{}`", printable(typed));
                Message::new(what).advise(match devices.as_slice() {
                    [] => "the user has none at all".to_owned(),
                    devices => format!("the user has:\n{}", devices.join("\n")),
                })
            }
            DeviceError::NoCodes { serial } => Message::new(format!(
                "MFA device {} is a security key or a passkey, which has no codes",
                printable(serial)
            ))
            .advise("name another one with --mfa-serial; change this one in the IAM console"),
            DeviceError::RootUser { profile } => {
                Message::new(format!("the access key of profile {profile} is that of the account's root user")).advise(
                    "register the root user's MFA device in the AWS console (Security credentials)\n\
                     use the access key of an IAM user here, and delete this one",
                )
            }
            DeviceError::NotAUser { profile, arn } => Message::new(format!(
                "the access key of profile {profile} belongs to {}, not to an IAM user",
                printable(arn)
            ))
            .advise(format!("configure the access key of an IAM user: aws configure --profile {}", quoted(profile))),
            DeviceError::Exists { serial, name, said } => {
                let serial = printable(serial);
                Message::new(format!("MFA device {serial} exists already")).advise(format!(
                    "choose another name, such as --device-name {}\n\
                     if it is left over from an earlier attempt, so that nobody has it, delete it with:\n\
                     {}\n{said}",
                    quoted(&format!("{name}-2")),
                    deletion(&serial.to_string())
                ))
            }
            DeviceError::LeftBehind { serial, why } => {
                Message::new(format!("MFA device {} was created, but could not be removed: {why}", printable(serial)))
                    .advise(format!("remove it with: {}", deletion(serial)))
            }
            DeviceError::PerhapsCreated { serial } => {
                Message::new(format!("MFA device {} may have been created", printable(serial)))
                    .advise(format!("if it was, remove it with: {}", deletion(serial)))
            }
            DeviceError::UnusableSerial { serial } => {
                Message::new(format!("unexpected response: `{}` is not the ARN of an MFA device", printable(serial)))
                    .advise("check whether the endpoint belongs to AWS")
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

/// The command that deletes a device that nobody has. It is the AWS CLI's, because its user may be another one.
pub(crate) fn deletion(serial: &str) -> String {
    format!("aws iam delete-virtual-mfa-device --serial-number {}", printable(&quoted(serial)))
}
