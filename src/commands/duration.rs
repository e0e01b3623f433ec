//! Durations and times, formatted for people.

pub(super) use crate::clock::duration;

use crate::clock;
use crate::credentials::Expiration;

/// `until 21:04 (3 h 12 min left)`, in local time.
pub(super) fn until(expiration: Expiration) -> String {
    format!("until {} ({} left)", expiration.local_time(), duration(expiration.unix() - clock::now()))
}

/// `MFA 12 min ago`, for a code that was accepted this many seconds ago.
pub(super) fn mfa_age(seconds: i64) -> String {
    if seconds < 60 { "MFA just now".to_owned() } else { format!("MFA {} ago", duration(seconds)) }
}
