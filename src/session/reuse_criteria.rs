//! Which cached sessions can be reused.

/// The conditions under which a cached session is reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReuseCriteria {
    /// How long it must remain valid, in seconds.
    pub min_ttl: i64,
    /// The MFA session that it is derived from must not be older, in milliseconds since 1970. Set if a code was passed,
    /// which is always used, and by `--renew`.
    pub mfa_made_since: Option<i64>,
    /// The requested duration, in seconds. It cannot remain valid for longer, unless the clock was set back.
    pub duration: i64,
}
