//! Codes that AWS has taken: it takes each once, so one that is typed again need not be sent to learn that.
//!
//! Not the codes are kept but their salted hashes, and these for no longer than a code could still work. The file is
//! written under the lock of the device.

use crate::credentials::TokenCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A code is shown for 30 s, and AWS takes the one before and the one after as well. In milliseconds.
const WINDOW: i64 = 90_000;
/// Raised when the meaning of a field changes; other versions are as good as nothing.
const VERSION: u64 = 1;

/// The codes of one device that were taken within the last 90 s.
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
    /// SHA-256 over salt and code, in hexadecimal.
    hash: String,
    /// When AWS took it, in ms since 1970.
    at: i64,
}

impl UsedCodes {
    /// None at all, to be hashed with `salt`.
    pub fn none(salt: u64) -> Self {
        UsedCodes { version: VERSION, salt: format!("{salt:016x}"), codes: Vec::new() }
    }

    /// `None` for anything that this version does not write.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|used: &UsedCodes| used.version == VERSION)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text and numbers are JSON")
    }

    /// Whether AWS took this code, and no other use of the same six digits can have come around since.
    pub fn contains(&self, code: &TokenCode, now: i64) -> bool {
        let hash = self.hash(code);
        self.codes.iter().any(|used| used.is_recent(now) && used.hash == hash)
    }

    /// Adds a code that AWS took, and forgets those whose time is over.
    pub fn add(&mut self, code: &TokenCode, now: i64) {
        self.codes.retain(|used| used.is_recent(now));
        self.codes.push(UsedCode { hash: self.hash(code), at: now });
    }

    /// Whether nothing in it matters any more.
    pub fn are_over(&self, now: i64) -> bool {
        !self.codes.iter().any(|used| used.is_recent(now))
    }

    fn hash(&self, code: &TokenCode) -> String {
        hex::encode(Sha256::new().chain_update(&self.salt).chain_update(code.expose()).finalize())
    }
}

impl UsedCode {
    /// One from the future was written by a clock that has been set back since.
    fn is_recent(&self, now: i64) -> bool {
        (0..WINDOW).contains(&(now - self.at))
    }
}
