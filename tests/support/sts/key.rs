//! Long-term and temporary keys, and who owns them.

use super::clock;
use std::fmt;
use time::OffsetDateTime;

/// Temporary keys as the endpoint issued them.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    /// `2026-11-21T20:42:19Z`, by the endpoint's clock.
    pub expiration: String,
    /// The identity that `GetCallerIdentity` reports.
    pub arn: String,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}, {}, until {})", self.access_key_id, self.arn, self.expiration)
    }
}

/// The owner of a verified signature.
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
    UserSession {
        /// When the code was accepted.
        mfa_at: Option<OffsetDateTime>,
    },
    /// `chained` if the role was assumed with a session.
    RoleSession {
        role: String,
        chained: bool,
    },
}

pub struct Key {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub caller: Caller,
    /// Only for temporary keys.
    pub session: Option<Token>,
}

pub struct Token {
    pub text: String,
    pub expires: OffsetDateTime,
}

impl Key {
    /// The keys as a test sees them; `None` for long-term keys.
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
