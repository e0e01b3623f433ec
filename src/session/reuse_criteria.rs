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

impl ReuseCriteria {
    /// Excludes sessions whose MFA session was made at this time or before, in milliseconds since 1970.
    pub fn made_after(&mut self, time: i64) {
        self.mfa_made_since = self.mfa_made_since.max(Some(time + 1));
    }
}
