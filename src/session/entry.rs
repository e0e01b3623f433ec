//! A cached session as a JSON file. The file contains the session's key, so that an entry that was renamed is not used.

use super::reuse_criteria::ReuseCriteria;
use crate::credentials::{Expiration, Secret, SessionCredentials, is_in_sts_alphabet};
use crate::plan::{SOURCE_FIELD, SessionKey};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use zeroize::Zeroizing;

/// Increased when the meaning of a field changes. Entries of other versions are cache misses.
const VERSION: u64 = 1;

/// In seconds. STS issues sessions for up to 36 h (STS API reference, GetSessionToken: `DurationSeconds`); an entry
/// that expires later was made while the clock was wrong.
const MAX_DURATION: i64 = 36 * 3600;
/// How far the clock may have been set back since an entry was made, in seconds.
const CLOCK_TOLERANCE: i64 = 300;

/// A session, what it was made for, and when.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The text of its [`SessionKey`].
    pub key: String,
    /// The session itself.
    pub credentials: SessionCredentials,
    /// For a role session that has the name of the user: that name.
    pub user_name: Option<String>,
    /// When it was made, in milliseconds since 1970.
    pub made: i64,
    /// When the MFA session that it is derived from was made, in milliseconds since 1970. The same as `made` if this
    /// session took a code itself.
    pub mfa_made: i64,
}

/// The file's fields.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Stored<'a> {
    version: u64,
    key: String,
    made: i64,
    mfa_made: i64,
    expires: i64,
    identity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    access_key_id: Cow<'a, str>,
    #[serde(borrow)]
    secret_access_key: Cow<'a, str>,
    #[serde(borrow)]
    session_token: Cow<'a, str>,
}

impl Entry {
    /// Parses the file's content; `None` if it is damaged or of another version.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let stored: Stored<'_> = serde_json::from_slice(bytes).ok()?;
        // The file may have been changed.
        let clean = |part: Cow<'_, str>| is_in_sts_alphabet(&part).then(|| part.into_owned());
        if stored.version != VERSION {
            return None;
        }
        Some(Entry {
            key: stored.key,
            credentials: SessionCredentials {
                access_key_id: clean(stored.access_key_id)?,
                secret_access_key: Secret::new(clean(stored.secret_access_key)?),
                session_token: Secret::new(clean(stored.session_token)?),
                expiration: Expiration::from_unix(stored.expires)?,
                identity: stored.identity,
            },
            user_name: stored.user_name,
            made: stored.made,
            mfa_made: stored.mfa_made,
        })
    }

    /// The file's content.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let credentials = &self.credentials;
        let stored = Stored {
            version: VERSION,
            key: self.key.clone(),
            made: self.made,
            mfa_made: self.mfa_made,
            expires: credentials.expiration.unix(),
            identity: credentials.identity.clone(),
            user_name: self.user_name.clone(),
            access_key_id: credentials.access_key_id.as_str().into(),
            secret_access_key: credentials.secret_access_key.expose().into(),
            session_token: credentials.session_token.expose().into(),
        };
        // Large enough for everything, because growing would leave copies that are not wiped.
        let capacity = 1024 + self.key.len() + credentials.session_token.expose().len() * 6;
        let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
        serde_json::to_writer(&mut *bytes, &stored).expect("text and numbers can be written as JSON");
        bytes
    }

    /// Whether it was made for this key, and its identity is that of the key. False for another entry that was copied
    /// to its name.
    pub fn is_of(&self, key: &SessionKey) -> bool {
        self.key == key.text() && key.identity.matches(self.credentials.identity.as_deref(), self.user_name.as_deref())
    }

    /// Seconds until it expires, at `now` in seconds since 1970; negative after that.
    pub fn seconds_left(&self, now: i64) -> i64 {
        self.credentials.expiration.unix() - now
    }

    /// Seconds since the MFA code was accepted from which it was made, at `now` in seconds since 1970; `None` if it was made
    /// without one.
    pub fn mfa_age(&self, now: i64) -> Option<i64> {
        let has_device = self.field("device").is_some_and(|device| !device.is_empty());
        has_device.then(|| (now - self.mfa_made / 1000).max(0))
    }

    /// Whether it can be used at `now`, in seconds since 1970.
    pub fn meets(&self, criteria: &ReuseCriteria, now: i64) -> bool {
        let left = self.seconds_left(now);
        left >= criteria.min_ttl.max(1)
            && left <= criteria.duration.min(MAX_DURATION) + CLOCK_TOLERANCE
            && self.made <= (now + CLOCK_TOLERANCE) * 1000
            && criteria.mfa_made_since.is_none_or(|since| self.mfa_made >= since)
    }

    /// Whether it has not expired, and its expiration is plausible.
    pub(super) fn is_valid(&self, now: i64) -> bool {
        (1..=MAX_DURATION).contains(&self.seconds_left(now))
    }

    /// Whether it has expired.
    pub(super) fn is_expired(&self, now: i64) -> bool {
        self.seconds_left(now) <= 0
    }

    /// The names and values of the key's fields.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.key.split(' ').filter_map(|field| field.split_once('='))
    }

    /// The name and value of the field that identifies the source of the keys.
    pub fn source(&self) -> Option<(&str, &str)> {
        self.fields().nth(SOURCE_FIELD)
    }

    /// The value of a field of the key. Chained roles have fields of the same names; the last one is the target's.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields().filter(|(n, _)| *n == name).last().map(|(_, value)| value)
    }

    /// The account: that of the identity, or for a session of a user, that of the MFA device. `None` if it is not known.
    pub fn account(&self) -> Option<&str> {
        let arn = self.credentials.identity.as_deref().or_else(|| self.field("device"))?;
        arn.split(':').nth(4).filter(|account| account.len() == 12)
    }
}
