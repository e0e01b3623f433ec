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

impl Caller {
    /// Whether the session that signed the call was made with a code.
    pub fn has_mfa(&self) -> bool {
        matches!(self.signed_with, SignedWith::UserSession { mfa_at: Some(_) })
    }
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
    pub is_active: bool,
    pub created: OffsetDateTime,
    pub last_used: Option<LastUse>,
    /// How many calls with it still fail, because AWS has not distributed it yet.
    pub unknown_for: u32,
}

/// The last call that was signed with a key.
#[derive(Clone)]
pub struct LastUse {
    pub at: OffsetDateTime,
    pub service: String,
    pub region: String,
}

pub struct Token {
    pub text: String,
    pub expires: OffsetDateTime,
}

impl Key {
    /// A key that works at once.
    pub fn new(access_key_id: String, secret_access_key: String, caller: Caller, created: OffsetDateTime) -> Key {
        Key {
            access_key_id,
            secret_access_key,
            caller,
            session: None,
            is_active: true,
            created,
            last_used: None,
            unknown_for: 0,
        }
    }

    /// Whether it is a long-term key of this user.
    pub fn is_of(&self, user: &str) -> bool {
        self.session.is_none() && self.caller.arn == user
    }

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
