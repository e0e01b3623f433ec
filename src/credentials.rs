//! Secrets as types, from where they are read to where they are written.
//!
//! None of them shows its content in `Debug` or `Display`; [`Secret::expose`] is the one word to search for.

use std::fmt::{self, Debug, Formatter};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

/// Text that must never be shown: overwritten when dropped, redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Secret(Zeroizing::new(text.into()))
    }

    /// The content, for the place that hands it on.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Debug for Secret {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Keys that sign a call: long-term ones of the AWS files, or those of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// `AKIA…` for long-term keys, `ASIA…` for temporary ones; not a secret.
    pub access_key_id: String,
    pub secret_access_key: Secret,
    /// Present with temporary keys only.
    pub session_token: Option<Secret>,
}

impl Keys {
    /// Whether these keys belong to a session: STS then refuses GetSessionToken and limits AssumeRole to one hour.
    pub fn are_temporary(&self) -> bool {
        self.session_token.is_some()
    }
}

/// When a session ends, to the second, in this machine's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiration(OffsetDateTime);

impl Expiration {
    /// 1970-01-01.
    pub const EPOCH: Expiration = Expiration(OffsetDateTime::UNIX_EPOCH);

    /// From seconds since 1970-01-01 UTC; `None` outside the years that RFC 3339 can write.
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
}

/// What STS hands out: temporary keys, their end, and whose they are where the answer says so.
#[derive(Clone, Debug)]
pub struct SessionCredentials {
    pub access_key_id: String,
    pub secret_access_key: Secret,
    pub session_token: Secret,
    pub expiration: Expiration,
    /// `AssumedRoleUser.Arn`; GetSessionToken does not say whose session it is.
    pub identity: Option<String>,
}

impl SessionCredentials {
    /// These credentials as keys that sign the next call.
    pub fn keys(&self) -> Keys {
        Keys {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
            session_token: Some(self.session_token.clone()),
        }
    }
}

/// A one-time code: exactly six ASCII digits, the only shape that STS takes (`TokenCode`, `[\d]*`, length 6).
#[derive(Clone, PartialEq, Eq)]
pub struct TokenCode(Zeroizing<String>);

impl TokenCode {
    /// Reads a code as a person types it: blanks around and within, as authenticator apps group digits, do not count.
    /// `None` for anything else; other scripts' digits are not digits to STS.
    pub fn parse(typed: &str) -> Option<Self> {
        let digits: String = typed.chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
        (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| TokenCode(Zeroizing::new(digits)))
    }

    /// The six digits, for the call that spends them.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Debug for TokenCode {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("TokenCode(…)")
    }
}

/// Whether a part of credentials holds what no shell line may carry. A tab stands in a shell's quotes as it is; every other control
/// character ends lines or moves the terminal's cursor.
pub fn has_unfit_characters(part: &str) -> bool {
    let suspicious = |b: u8| (b < b' ' && b != b'\t') || b >= 0x7f;
    part.bytes().any(suspicious) && part.chars().any(|c| c.is_control() && c != '\t')
}
