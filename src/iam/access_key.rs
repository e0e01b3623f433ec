//! The access keys of a user.

use super::answer::{Answer, Fields, text};
use crate::credentials::{Keys, Secret, is_in_sts_alphabet};
use crate::timestamp;

/// In characters (IAM API reference, AccessKey: `AccessKeyId`).
const ID_LENGTHS: std::ops::RangeInclusive<usize> = 16..=128;

/// Whether AWS accepts a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKeyStatus {
    /// It does.
    Active,
    /// It does not, until the key is made active again.
    Inactive,
}

/// One of a user's access keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAccessKey {
    /// `AKIA…`. Untrusted text.
    pub id: String,
    /// Whether AWS accepts it.
    pub status: AccessKeyStatus,
    /// When it was created, in seconds since 1970.
    pub created: Option<i64>,
}

/// An access key that was just created.
#[derive(Debug)]
pub struct NewAccessKey {
    /// The key. AWS never shows its secret again.
    pub keys: Keys,
    /// The name of its user.
    pub user: String,
    /// When it was created, in seconds since 1970.
    pub created: Option<i64>,
}

/// The last use of an access key. The texts are untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// In seconds since 1970; `None` if it was never used.
    pub at: Option<i64>,
    /// Such as `sts`; `N/A` if it was never used.
    pub service: String,
    /// Such as `eu-central-1`.
    pub region: String,
}

/// A key of a response; `None` if it has no ID.
pub(super) fn user_key(fields: &Fields) -> Option<UserAccessKey> {
    let status = match text(fields, "Status")? {
        "Active" => AccessKeyStatus::Active,
        _ => AccessKeyStatus::Inactive,
    };
    let created = text(fields, "CreateDate").and_then(|time| timestamp::parse(time).ok());
    Some(UserAccessKey { id: text(fields, "AccessKeyId")?.to_owned(), status, created })
}

/// The key of a response; `None` if it is incomplete, or if it could not be read from an AWS file as a long-term key.
pub(super) fn new_key(answer: &Answer) -> Option<NewAccessKey> {
    let (id, secret) = (answer.text("AccessKeyId")?, answer.text("SecretAccessKey")?);
    let is_id = ID_LENGTHS.contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_id || id.starts_with("ASIA") || !is_in_sts_alphabet(secret) {
        return None;
    }
    let secret_access_key = Secret::new(secret);
    let keys = Keys { access_key_id: id.to_owned(), secret_access_key, session_token: None };
    let created = answer.text("CreateDate").and_then(|time| timestamp::parse(time).ok());
    Some(NewAccessKey { keys, user: answer.text("UserName").unwrap_or_default().to_owned(), created })
}

/// The last use in a response.
pub(super) fn last_use(answer: &Answer) -> LastUse {
    let text = |name: &str| answer.text(name).unwrap_or("N/A").to_owned();
    LastUse {
        at: answer.text("LastUsedDate").and_then(|time| timestamp::parse(time).ok()),
        service: text("ServiceName"),
        region: text("Region"),
    }
}
