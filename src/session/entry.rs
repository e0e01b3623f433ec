//! A kept session, as a file: JSON that repeats the fields of its key, so that an entry under a foreign name is
//! refused.

use super::cache::ReuseCriteria;
use crate::credentials::{Expiration, Secret, SessionCredentials, has_unfit_characters};
use crate::plan::{SOURCE_FIELD, SessionKey};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use zeroize::Zeroizing;

/// Raised when the meaning of a field changes; other versions are a miss.
const VERSION: u64 = 1;

/// STS gives 36 h at most; more than that left means that the clock was elsewhere when the entry was made.
const LONGEST: i64 = 36 * 3600;
/// How far the clock may be set back and the entry still be believed.
const CLOCK_TOLERANCE: i64 = 300;

/// A session with what it was made from.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The text of its [`SessionKey`].
    pub key: String,
    pub credentials: SessionCredentials,
    /// When it was made, in ms since 1970.
    pub made: i64,
    /// When the MFA session behind it was made: a code that is given is spent on that one.
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
    access_key_id: Cow<'a, str>,
    #[serde(borrow)]
    secret_access_key: Cow<'a, str>,
    #[serde(borrow)]
    session_token: Cow<'a, str>,
}

impl Entry {
    /// `None` for anything that this version does not write.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let stored: Stored<'_> = serde_json::from_slice(bytes).ok()?;
        // Whoever could write here could have written anything: no control characters may reach a shell.
        let is_clean = |part: &str| !part.is_empty() && !has_unfit_characters(part);
        let clean = |part: Cow<'_, str>| is_clean(&part).then(|| part.into_owned());
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
            access_key_id: credentials.access_key_id.as_str().into(),
            secret_access_key: credentials.secret_access_key.expose().into(),
            session_token: credentials.session_token.expose().into(),
        };
        // With room for all of it: growing would leave copies that are not wiped.
        let longest = 1024 + self.key.len() + credentials.session_token.expose().len() * 6;
        let mut bytes = Zeroizing::new(Vec::with_capacity(longest));
        serde_json::to_writer(&mut *bytes, &stored).expect("text and numbers are JSON");
        bytes
    }

    /// Whether it is the session of this key, and not one copied under its name.
    pub fn is_of(&self, key: &SessionKey) -> bool {
        self.key == key.text()
    }

    /// Seconds left at a moment.
    pub fn left(&self, now: i64) -> i64 {
        self.credentials.expiration.unix() - now
    }

    /// Whether it may be used at a moment, in seconds since 1970.
    pub fn meets(&self, terms: &ReuseCriteria, now: i64) -> bool {
        let left = self.left(now);
        left >= terms.min_left.max(1)
            && left <= terms.duration.min(LONGEST) + CLOCK_TOLERANCE
            && self.made <= (now + CLOCK_TOLERANCE) * 1000
            && terms.made_since.is_none_or(|since| self.mfa_made >= since)
    }

    pub(super) fn is_alive(&self, now: i64) -> bool {
        (1..=LONGEST).contains(&self.left(now))
    }

    pub(super) fn is_expired(&self, now: i64) -> bool {
        self.left(now) <= 0
    }

    /// The fields of the key.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.key.split(' ').filter_map(|field| field.split_once('='))
    }

    /// The identity of the source that the session was made from: its name and value.
    pub fn source(&self) -> Option<(&str, &str)> {
        self.fields().nth(SOURCE_FIELD)
    }

    /// A field of the key; the last one of that name, which with roles is the target's.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields().filter(|(n, _)| *n == name).last().map(|(_, value)| value)
    }
}
