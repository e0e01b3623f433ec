//! Which cached sessions can be reused.

/// The conditions under which a cached session is reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReuseCriteria {
    /// How long it must remain valid, in seconds.
    pub min_ttl: i64,
    /// The earliest time at which the MFA session that it is derived from may have been made, in milliseconds since
    /// 1970. Set if a code was passed, which is always used, and by `--renew`.
    pub mfa_made_since: Option<i64>,
    /// The requested duration, in seconds. A session with more time left shows that the clock was set back.
    pub duration: i64,
}
