//! Codes that AWS has accepted or rejected. It accepts each code only once, so a repeated one is rejected without a call.
//!
//! Only salted hashes are stored, and only for as long as AWS might still accept the code. The file is written under
//! the device's lock.

use crate::credentials::TokenCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// In milliseconds. A code is shown for 30 s, and AWS also accepts the one before and the one after.
const VALIDITY_MS: i64 = 90_000;
/// Increased when the meaning of a field changes. Files of other versions are ignored.
const VERSION: u64 = 2;

/// The codes of one device that AWS accepted or rejected within the last 90 s.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UsedCodes {
    version: u64,
    salt: String,
    codes: Vec<UsedCode>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct UsedCode {
    /// SHA-256 of salt and code, in hexadecimal.
    hash: String,
    /// When AWS responded, in milliseconds since 1970.
    at: i64,
    /// Whether AWS rejected it.
    rejected: bool,
}

impl UsedCodes {
    /// No codes yet; `salt` is for their hashes.
    pub fn empty(salt: u64) -> Self {
        UsedCodes { version: VERSION, salt: format!("{salt:016x}"), codes: Vec::new() }
    }

    /// Parses the file's content; `None` if it is damaged or of another version.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|used: &UsedCodes| used.version == VERSION)
    }

    /// The file's content.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text and numbers can be written as JSON")
    }

    /// Whether AWS accepted this code recently, at `now` in milliseconds since 1970. Later, the same six digits are a
    /// new code.
    pub fn contains(&self, code: &TokenCode, now: i64) -> bool {
        self.contains_with(code, false, now)
    }

    /// Whether AWS rejected this code recently.
    pub fn contains_rejected(&self, code: &TokenCode, now: i64) -> bool {
        self.contains_with(code, true, now)
    }

    fn contains_with(&self, code: &TokenCode, rejected: bool, now: i64) -> bool {
        let hash = self.hash(code);
        self.codes.iter().any(|used| used.rejected == rejected && used.is_recent(now) && used.hash == hash)
    }

    /// Adds a code to which AWS responded at `now`, and removes expired ones.
    pub fn add(&mut self, code: &TokenCode, rejected: bool, now: i64) {
        self.codes.retain(|used| used.is_recent(now));
        self.codes.push(UsedCode { hash: self.hash(code), at: now, rejected });
    }

    /// Whether no code needs to be stored any longer.
    pub fn all_expired(&self, now: i64) -> bool {
        !self.codes.iter().any(|used| used.is_recent(now))
    }

    fn hash(&self, code: &TokenCode) -> String {
        hex::encode(Sha256::new().chain_update(&self.salt).chain_update(code.expose()).finalize())
    }
}

impl UsedCode {
    /// False for a time in the future: the clock has been set back since, so the code's age is unknown.
    fn is_recent(&self, now: i64) -> bool {
        (0..VALIDITY_MS).contains(&(now - self.at))
    }
}
