//! The access keys of a user.

use crate::credentials::{Keys, Secret, is_in_sts_alphabet};
use aws_sdk_iam::types::{AccessKey, AccessKeyLastUsed, AccessKeyMetadata, StatusType};

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
pub(super) fn user_key(key: &AccessKeyMetadata) -> Option<UserAccessKey> {
    let status = match key.status()? {
        StatusType::Active => AccessKeyStatus::Active,
        _ => AccessKeyStatus::Inactive,
    };
    let created = key.create_date().map(|date| date.secs());
    Some(UserAccessKey { id: key.access_key_id()?.to_owned(), status, created })
}

/// The key of a response; `None` if it is incomplete, or has characters that no access key has.
pub(super) fn new_key(key: Option<&AccessKey>) -> Option<NewAccessKey> {
    let key = key?;
    if ![key.access_key_id(), key.secret_access_key()].into_iter().all(is_in_sts_alphabet) {
        return None;
    }
    let secret_access_key = Secret::new(key.secret_access_key());
    let keys = Keys { access_key_id: key.access_key_id().to_owned(), secret_access_key, session_token: None };
    Some(NewAccessKey { keys, user: key.user_name().to_owned() })
}

/// The last use in a response.
pub(super) fn last_use(used: Option<&AccessKeyLastUsed>) -> LastUse {
    let text = |text: Option<&str>| text.unwrap_or("N/A").to_owned();
    LastUse {
        at: used.and_then(|used| used.last_used_date()).map(|date| date.secs()),
        service: text(used.map(|used| used.service_name())),
        region: text(used.map(|used| used.region())),
    }
}
