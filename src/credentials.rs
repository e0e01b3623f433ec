//! Types for credentials and MFA codes, used from where they are read to where they are written.
//!
//! No secret shows its content in `Debug` or `Display`; search for `expose` to find every use.

use crate::clock;
use crate::platform;
use crate::timestamp::{self, NotATime};
use std::fmt::{self, Debug, Formatter};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

/// Overwrites bytes that may contain a secret. `zeroize` writes byte by byte, which takes a fifth of a cached sign-in
/// with large AWS files; this takes a few instructions per block.
pub fn wipe(bytes: &mut [u8]) {
    // Fills of 2 KB and more become `rep stosb`, of which Valgrind counts every byte as an instruction.
    for block in bytes.chunks_mut(2040) {
        block.fill(0);
    }
    zeroize::optimization_barrier(bytes);
}

/// Text that must never be shown: it is overwritten when dropped, and redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the text.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(Zeroizing::new(text.into()))
    }

    /// The content. Pass it on, but never show it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Debug for Secret {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Keys that sign a call: a long-term access key, or the credentials of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// `AKIA…` for long-term keys, `ASIA…` for temporary ones. Not a secret.
    pub access_key_id: String,
    /// The secret that signs requests.
    pub secret_access_key: Secret,
    /// Only temporary keys have one.
    pub session_token: Option<Secret>,
}

impl Keys {
    /// Whether these are the credentials of a session. STS rejects GetSessionToken when they sign it, and limits
    /// AssumeRole to one hour (IAM user guide, "Role chaining").
    pub fn are_temporary(&self) -> bool {
        self.session_token.is_some()
    }
}

/// In seconds.
const ONE_DAY: i64 = 86_400;

/// When a session expires, in whole seconds, by this machine's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiration(OffsetDateTime);

impl Expiration {
    /// 1970-01-01.
    pub const EPOCH: Expiration = Expiration(OffsetDateTime::UNIX_EPOCH);

    /// From seconds since 1970-01-01 UTC; `None` outside the years 0 to 9999, which RFC 3339 cannot express.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        OffsetDateTime::from_unix_timestamp(seconds).ok().filter(|at| (0..=9999).contains(&at.year())).map(Expiration)
    }

    /// From a value of `AWS_CREDENTIAL_EXPIRATION`, in any form that botocore reads; fractions of a second are dropped.
    ///
    /// # Errors
    /// It has no zone, or is not a time.
    pub fn parse(text: &str) -> Result<Self, NotATime> {
        Expiration::from_unix(timestamp::parse(text)?).ok_or(NotATime::Unknown)
    }

    /// Seconds since 1970-01-01 UTC.
    pub fn unix(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// As AWS's tools write `AWS_CREDENTIAL_EXPIRATION`: RFC 3339 in UTC, with whole seconds.
    pub fn rfc3339(self) -> String {
        self.0.format(&Rfc3339).expect("the year was checked on construction")
    }

    /// Whether it is now or earlier.
    pub fn is_past(self) -> bool {
        self.unix() <= clock::now()
    }

    /// `expired at 10:18 (3 min ago)`, for one that is past.
    pub fn expired(self) -> String {
        match clock::now() - self.unix() {
            // For a session that expired before today, a time of day would mislead.
            ago @ ONE_DAY.. => format!("expired {} ago", clock::duration(ago)),
            ago => format!("expired at {} ({} ago)", self.local_time(), clock::duration(ago)),
        }
    }

    /// `21:04`, in local time.
    pub fn local_time(self) -> String {
        let local = self.unix() + i64::from(platform::local_offset(self.unix()));
        format!("{:02}:{:02}", local.rem_euclid(86_400) / 3600, local.rem_euclid(3600) / 60)
    }
}

/// What STS issues: temporary keys, when they expire, and, for a role, the identity.
#[derive(Clone, Debug)]
pub struct SessionCredentials {
    /// `ASIA…`. Not a secret.
    pub access_key_id: String,
    /// The secret that signs requests.
    pub secret_access_key: Secret,
    /// Sent with every request.
    pub session_token: Secret,
    /// When AWS stops accepting them.
    pub expiration: Expiration,
    /// `AssumedRoleUser.Arn` of the response; GetSessionToken returns no identity.
    pub identity: Option<String>,
}

impl SessionCredentials {
    /// The keys that sign the next call.
    pub fn keys(&self) -> Keys {
        Keys {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
            session_token: Some(self.session_token.clone()),
        }
    }
}

/// An MFA code: exactly six ASCII digits (STS API reference, `TokenCode`: length 6, pattern `[\d]*`).
#[derive(Clone, PartialEq, Eq)]
pub struct TokenCode(Zeroizing<String>);

impl TokenCode {
    /// Parses a code as people type it; `None` if it is not one. Spaces and tabs are ignored, because authenticator
    /// apps group the digits, and so is a line end at its end. STS does not accept digits of other scripts.
    pub fn parse(typed: &str) -> Option<Self> {
        let digits: String = typed.trim_ascii_end().chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
        (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| TokenCode(Zeroizing::new(digits)))
    }

    /// The six digits. Pass them on, but never show them.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Debug for TokenCode {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("TokenCode(…)")
    }
}

/// Whether text could be a key ID, secret or token of STS: not empty, and only letters, digits and `/+=_.:~%@,-`. Such
/// text needs no quoting in any shell, so it is harmless even in a shell that the statements were not printed for.
pub fn is_in_sts_alphabet(text: &str) -> bool {
    // A token has a thousand characters, so each is looked up.
    const IS_ALLOWED: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            table[byte as usize] = byte.is_ascii_alphanumeric()
                || matches!(byte, b'/' | b'+' | b'=' | b'_' | b'.' | b':' | b'~' | b'%' | b'@' | b',' | b'-');
            byte += 1;
        }
        table
    };
    !text.is_empty() && text.bytes().all(|byte| IS_ALLOWED[usize::from(byte)])
}
