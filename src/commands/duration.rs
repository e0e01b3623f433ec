//! Durations and times, formatted for people.

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

/// A number of seconds as `40 s`, `59 min`, `1 h 30 min`, `12 h` or `3 days`. From a minute on it is rounded to whole
/// minutes, and from two days on it is rounded down to days; less than zero is `0 s`.
pub(super) fn duration(seconds: i64) -> String {
    if seconds < 60 {
        return format!("{} s", seconds.max(0));
    }
    let minutes = (seconds + 30) / 60;
    match (minutes / 60, minutes % 60) {
        (h @ 48.., _) => format!("{} days", h / 24),
        (0, m) => format!("{m} min"),
        (h, 0) => format!("{h} h"),
        (h, m) => format!("{h} h {m} min"),
    }
}
