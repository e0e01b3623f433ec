//! Secrets as types, from where they are read to where they are written.
//!
//! None of them shows its content in `Debug` or `Display`; search for `expose` to find every use.

use crate::platform;
use std::fmt::{self, Debug, Formatter};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

/// Overwrites bytes that may hold a secret. Unlike `zeroize`, which writes byte by byte, it takes a few instructions
/// per block: a large file of profiles would cost a cached sign-in a fifth.
pub fn wipe(bytes: &mut [u8]) {
    // In blocks, because a fill of 2 KB and more becomes a `rep stosb`, and Valgrind counts each byte of that as an
    // instruction.
    for block in bytes.chunks_mut(2040) {
        block.fill(0);
    }
    zeroize::optimization_barrier(bytes);
}

/// Text that must never be shown: it is overwritten when dropped, and redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Secret(Zeroizing::new(text.into()))
    }

    /// The content, for code that passes it on.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Debug for Secret {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Keys that sign a call: long-term access keys, or those of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// `AKIA…` for long-term keys, `ASIA…` for temporary ones. Not a secret.
    pub access_key_id: String,
    pub secret_access_key: Secret,
    /// Present with temporary keys only.
    pub session_token: Option<Secret>,
}

impl Keys {
    /// Whether these are the keys of a session: STS then rejects GetSessionToken and limits AssumeRole to one hour.
    pub fn are_temporary(&self) -> bool {
        self.session_token.is_some()
    }
}

/// When a session expires, to the second, by this machine's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiration(OffsetDateTime);

impl Expiration {
    /// 1970-01-01.
    pub const EPOCH: Expiration = Expiration(OffsetDateTime::UNIX_EPOCH);

    /// From seconds since 1970-01-01 UTC; `None` outside the years that RFC 3339 can express.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        OffsetDateTime::from_unix_timestamp(seconds).ok().filter(|at| (0..=9999).contains(&at.year())).map(Expiration)
    }

    /// From the text of `AWS_CREDENTIAL_EXPIRATION`.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339).ok().and_then(|at| Expiration::from_unix(at.unix_timestamp()))
    }

    /// Seconds since 1970-01-01 UTC.
    pub fn unix(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// As AWS's tools write `AWS_CREDENTIAL_EXPIRATION`: RFC 3339 in UTC, whole seconds.
    pub fn rfc3339(self) -> String {
        self.0.format(&Rfc3339).expect("the year was checked when this was made")
    }

    /// `21:04`, in local time.
    pub fn local_time(self) -> String {
        let local = self.unix() + i64::from(platform::local_offset(self.unix()));
        format!("{:02}:{:02}", local.rem_euclid(86_400) / 3600, local.rem_euclid(3600) / 60)
    }
}

/// What STS issues: temporary keys, when they expire, and whose they are if the response says so.
#[derive(Clone, Debug)]
pub struct SessionCredentials {
    pub access_key_id: String,
    pub secret_access_key: Secret,
    pub session_token: Secret,
    pub expiration: Expiration,
    /// `AssumedRoleUser.Arn`; GetSessionToken does not return an identity.
    pub identity: Option<String>,
}

impl SessionCredentials {
    /// These credentials as the keys that sign the next call.
    pub fn keys(&self) -> Keys {
        Keys {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
            session_token: Some(self.session_token.clone()),
        }
    }
}

/// An MFA code: exactly six ASCII digits, the only form that STS accepts (`TokenCode`, `[\d]*`, length 6).
#[derive(Clone, PartialEq, Eq)]
pub struct TokenCode(Zeroizing<String>);

impl TokenCode {
    /// Parses a code as a person types it. Spaces are ignored, because authenticator apps group the digits.
    /// `None` for anything else; STS does not accept the digits of other scripts.
    pub fn parse(typed: &str) -> Option<Self> {
        let digits: String = typed.chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
        (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| TokenCode(Zeroizing::new(digits)))
    }

    /// The six digits, for the call that uses them.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Debug for TokenCode {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("TokenCode(…)")
    }
}

/// Whether a part of credentials contains a control character, which must not reach a shell: it could end a line or
/// move the terminal's cursor. A tab is harmless within quotes.
pub fn has_unfit_characters(part: &str) -> bool {
    let suspicious = |b: u8| (b < b' ' && b != b'\t') || b >= 0x7f;
    part.bytes().any(suspicious) && part.chars().any(|c| c.is_control() && c != '\t')
}
