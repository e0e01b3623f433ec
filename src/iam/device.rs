//! The MFA devices of a user.

use super::answer::{Answer, text};
use crate::credentials::Secret;
use crate::timestamp;
use aws_smithy_types::base64;
use std::str::from_utf8;
use zeroize::Zeroizing;

/// IAM allows a user eight devices (IAM user guide, "IAM and AWS STS quotas"); a custom endpoint may list more.
const MAX_DEVICES: usize = 20;
/// In characters (IAM API reference, MFADevice: `SerialNumber`).
const MAX_SERIAL_LENGTH: usize = 256;
/// In characters. AWS's seeds have 64 (AWS does not document a number).
const SEED_LENGTHS: std::ops::RangeInclusive<usize> = 16..=256;

/// A device of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MfaDevice {
    /// The ARN, or the serial number of a hardware device. Untrusted text.
    pub serial: String,
    /// Since when the user has it, in seconds since 1970.
    pub enabled: Option<i64>,
}

/// What a device is, as its serial number shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// An authenticator app.
    Virtual,
    /// A security key or a passkey, which generates no codes.
    SecurityKey,
    /// A hardware token.
    Hardware,
}

impl MfaDevice {
    /// What the device is.
    pub fn kind(&self) -> DeviceKind {
        match self.serial.splitn(6, ':').nth(5) {
            Some(resource) if resource.starts_with("u2f/") => DeviceKind::SecurityKey,
            Some(resource) if resource.starts_with("mfa/") => DeviceKind::Virtual,
            _ => DeviceKind::Hardware,
        }
    }

    /// Whether it generates codes.
    pub fn has_codes(&self) -> bool {
        self.kind() != DeviceKind::SecurityKey
    }
}

/// The devices of a response.
pub(super) fn listed(answer: &Answer) -> Vec<MfaDevice> {
    let devices = answer.members.iter().filter_map(|fields| {
        let enabled = text(fields, "EnableDate").and_then(|time| timestamp::parse(time).ok());
        Some(MfaDevice { serial: text(fields, "SerialNumber")?.to_owned(), enabled })
    });
    devices.filter(|device| device.serial.chars().count() <= MAX_SERIAL_LENGTH).take(MAX_DEVICES).collect()
}

/// A virtual device that was created, and that nobody has yet.
pub struct NewDevice {
    /// Its ARN.
    pub serial: String,
    /// The secret from which an authenticator app computes the codes, in base32.
    pub seed: Secret,
}

impl NewDevice {
    /// The device of a response; `None` if it is incomplete, or if the seed is not base32.
    pub(super) fn from_answer(answer: &Answer) -> Option<Self> {
        // The seed is text, but of a type that is base64 in XML.
        let bytes = Zeroizing::new(base64::decode(answer.text("Base32StringSeed")?).ok()?);
        let seed = from_utf8(&bytes).ok()?.trim_end_matches('=');
        let serial = answer.text("SerialNumber")?.to_owned();
        is_base32(seed).then(|| NewDevice { serial, seed: Secret::new(seed) })
    }
}

fn is_base32(text: &str) -> bool {
    SEED_LENGTHS.contains(&text.len()) && text.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'))
}
