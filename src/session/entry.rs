//! A kept session, as a file: JSON that repeats the fields of its key, so that an entry under a foreign name is refused.

use super::Terms;
use crate::credentials::{Expiration, Secret, SessionCredentials, has_unfit_characters};
use crate::plan::SessionKey;
use serde_json::{Map, Value, json};
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
    /// The fields of its [`crate::plan::SessionKey`].
    pub key: Vec<(String, String)>,
    pub credentials: SessionCredentials,
    /// When it was made, in ms since 1970.
    pub made: i64,
    /// When the MFA session behind it was made: a code that is given is spent on that one.
    pub mfa_made: i64,
}

impl Entry {
    /// `None` for anything that this version does not write.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let Value::Object(fields) = serde_json::from_slice(bytes).ok()? else { return None };
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let time = |name: &str| fields.get(name).and_then(Value::as_i64);
        if fields.get("version").and_then(Value::as_u64) != Some(VERSION) {
            return None;
        }
        let key = fields.get("key")?.as_array()?.iter().map(pair).collect::<Option<_>>()?;
        // Whoever could write here could have written anything: no control characters may reach a shell.
        let clean = |name: &str| text(name).filter(|t| !t.is_empty() && !has_unfit_characters(t));
        Some(Entry {
            key,
            credentials: SessionCredentials {
                access_key_id: clean("access_key_id")?.to_owned(),
                secret_access_key: Secret::new(clean("secret_access_key")?),
                session_token: Secret::new(clean("session_token")?),
                expiration: Expiration::from_unix(time("expires")?)?,
                identity: text("identity").map(str::to_owned),
            },
            made: time("made")?,
            mfa_made: time("mfa_made")?,
        })
    }

    /// The file's content.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let key: Vec<Value> = self.key.iter().map(|(name, value)| json!([name, value])).collect();
        let mut fields = Map::new();
        fields.insert("version".to_owned(), VERSION.into());
        fields.insert("key".to_owned(), key.into());
        fields.insert("made".to_owned(), self.made.into());
        fields.insert("mfa_made".to_owned(), self.mfa_made.into());
        fields.insert("expires".to_owned(), self.credentials.expiration.unix().into());
        fields.insert("identity".to_owned(), self.credentials.identity.clone().into());
        fields.insert("access_key_id".to_owned(), self.credentials.access_key_id.clone().into());
        fields.insert("secret_access_key".to_owned(), self.credentials.secret_access_key.expose().into());
        fields.insert("session_token".to_owned(), self.credentials.session_token.expose().into());
        Zeroizing::new(Value::Object(fields).to_string().into_bytes())
    }

    /// Whether it is the session of this key, and not one copied under its name.
    pub fn is_of(&self, key: &SessionKey) -> bool {
        let own = self.key.iter().map(|(name, value)| (name.as_str(), value));
        own.eq(key.fields.iter().map(|(name, value)| (*name, value)))
    }

    /// Seconds left at a moment.
    pub fn left(&self, now: i64) -> i64 {
        self.credentials.expiration.unix() - now
    }

    pub(super) fn meets(&self, terms: &Terms, now: i64) -> bool {
        let left = self.left(now);
        left >= terms.min_left.max(1)
            && left <= terms.duration.min(LONGEST) + CLOCK_TOLERANCE
            && self.made <= (now + CLOCK_TOLERANCE) * 1000
            && terms.made_since.is_none_or(|since| self.mfa_made >= since)
    }

    pub(super) fn is_alive(&self, now: i64) -> bool {
        (1..=LONGEST).contains(&self.left(now))
    }

    pub(super) fn is_over(&self, now: i64) -> bool {
        self.left(now) <= 0
    }

    /// A field of the key; the last one of that name, which with roles is the target's.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.key.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

fn pair(value: &Value) -> Option<(String, String)> {
    match value.as_array()?.as_slice() {
        [Value::String(name), Value::String(value)] => Some((name.clone(), value.clone())),
        _ => None,
    }
}
