//! What earlier sign-ins have learned from AWS about a user or a role. A fact is not a secret. Only the device expires: a
//! user may register another one.

use super::names;
use crate::profile::MfaSerial;
use serde::{Deserialize, Serialize};

/// Increased when the meaning of a field changes. Files of other versions are ignored.
const VERSION: u64 = 1;

/// The kinds of facts; each has a suffix of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The ARN of the IAM user that an access key belongs to.
    User,
    /// Which MFA sessions a role accepts, as an [`MfaAge`].
    MfaAge,
    /// The MFA device of that user, as a [`ListedDevice`].
    Device,
    /// What is known about the access key itself, as a [`KeyRecord`].
    AccessKey,
}

/// The content of a fact's file. Like the entry of a session, it contains its key, so that a file that was renamed is
/// not used.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u64,
    key: String,
    value: String,
}

impl Fact {
    /// All kinds.
    pub(super) const ALL: [Fact; 4] = [Fact::User, Fact::MfaAge, Fact::Device, Fact::AccessKey];

    /// The suffix of its files.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Fact::User => names::USER,
            Fact::MfaAge => names::MFA_AGE,
            Fact::Device => names::DEVICE,
            Fact::AccessKey => names::ACCESS_KEY,
        }
    }
}

/// The value in the file of a fact; `None` if it is damaged, of another version or of another key.
pub(super) fn parse(bytes: &[u8], key: &str) -> Option<String> {
    key_and_value(bytes).filter(|(stored, _)| stored == key).map(|(_, value)| value)
}

/// The key and the value in the file of any fact; `None` if it is damaged or of another version.
pub(super) fn key_and_value(bytes: &[u8]) -> Option<(String, String)> {
    let stored: Stored = serde_json::from_slice(bytes).ok()?;
    (stored.version == VERSION).then_some((stored.key, stored.value))
}

/// The file's content.
pub(super) fn to_bytes(key: String, value: String) -> Vec<u8> {
    serde_json::to_vec(&Stored { version: VERSION, key, value }).expect("text and numbers can be written as JSON")
}

/// How long a device is remembered, in milliseconds: a day.
const DEVICE_LIFETIME: i64 = 86_400_000;

/// The MFA device of a user, and when IAM listed it, in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListedDevice {
    pub serial: MfaSerial,
    pub at: i64,
}

impl ListedDevice {
    /// Parses what [`ListedDevice::to_text`] returns; `None` also if it is too old at `now`.
    pub(super) fn parse(text: &str, now: i64) -> Option<Self> {
        let (at, serial) = text.split_once(' ')?;
        let device = ListedDevice { serial: MfaSerial::parse(serial).ok()?, at: at.parse().ok()? };
        (0..DEVICE_LIFETIME).contains(&now.checked_sub(device.at)?).then_some(device)
    }

    pub(super) fn to_text(&self) -> String {
        format!("{} {}", self.at, self.serial.as_str())
    }
}

/// What is known about the MFA sessions that a role accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MfaAge {
    /// It refused a session of this age, in seconds, and accepted a new one.
    Below(i64),
    /// At this time, in milliseconds since 1970, it refused a new one too, so the age was not the reason.
    RefusedNew(i64),
}

impl MfaAge {
    /// Parses what [`MfaAge::to_text`] returns.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, number) = text.split_once(' ')?;
        match (kind, number.parse().ok()?) {
            ("below", seconds @ 0..) => Some(MfaAge::Below(seconds)),
            ("refused-new", time) => Some(MfaAge::RefusedNew(time)),
            _ => None,
        }
    }

    pub(super) fn to_text(self) -> String {
        match self {
            MfaAge::Below(seconds) => format!("below {seconds}"),
            MfaAge::RefusedNew(time) => format!("refused-new {time}"),
        }
    }
}

/// What is known about an access key of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// When it was created, in seconds since 1970.
    pub created: i64,
    /// How far `rotate` has got with it.
    pub stage: KeyStage,
}

/// How far `rotate` has got with a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeyStage {
    /// It did not create the key, or is done with it.
    #[default]
    Done,
    /// It has created the key in place of the one with this ID, and may not have written it into a file. If it has not, nobody
    /// has its secret.
    Created(String),
    /// It has written the key in place of the one with this ID, which may still exist.
    Written(String),
}

impl KeyStage {
    /// The ID of the key in whose place this one was created.
    pub fn in_place_of(&self) -> Option<&str> {
        match self {
            KeyStage::Done => None,
            KeyStage::Created(old) | KeyStage::Written(old) => Some(old),
        }
    }
}

impl KeyRecord {
    /// Parses what [`KeyRecord::to_text`] returns.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (created, stage) = text.split_once(' ')?;
        let stage = match stage.split_once(' ').unwrap_or((stage, "")) {
            ("done", "") => KeyStage::Done,
            ("created", old) => KeyStage::Created(old.to_owned()),
            ("written", old) => KeyStage::Written(old.to_owned()),
            _ => return None,
        };
        Some(KeyRecord { created: created.parse().ok()?, stage })
    }

    pub(super) fn to_text(&self) -> String {
        match &self.stage {
            KeyStage::Done => format!("{} done", self.created),
            KeyStage::Created(old) => format!("{} created {old}", self.created),
            KeyStage::Written(old) => format!("{} written {old}", self.created),
        }
    }
}
