//! Keys, long-term and temporary, and whom they stand for.

use super::clock;
use std::fmt;
use time::OffsetDateTime;

/// Temporary keys that the endpoint gave out, as it gave them out.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    /// `2026-11-21T20:42:19Z`, by the endpoint's clock.
    pub expiration: String,
    /// Whom `GetCallerIdentity` says they belong to.
    pub arn: String,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}, {}, until {})", self.access_key_id, self.arn, self.expiration)
    }
}

/// Whom a verified signature belongs to.
#[derive(Clone)]
pub struct Caller {
    pub partition: String,
    pub account: String,
    /// `AIDA…`, or `AROA…:session-name`.
    pub unique_id: String,
    pub arn: String,
    pub signed_with: SignedWith,
}

#[derive(Clone)]
pub enum SignedWith {
    LongTermKeys,
    UserSession { mfa: bool },
    RoleSession { role: String },
}

pub struct Key {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub caller: Caller,
    /// Of temporary keys only.
    pub session: Option<Token>,
}

pub struct Token {
    pub text: String,
    pub expires: OffsetDateTime,
}

impl Key {
    /// What a test sees of temporary keys; nothing of long-term ones.
    pub fn session(&self) -> Option<Session> {
        self.session.as_ref().map(|token| Session {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
            session_token: token.text.clone(),
            expiration: clock::expiration(token.expires),
            arn: self.caller.arn.clone(),
        })
    }
}
