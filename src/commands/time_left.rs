//! Times as people say them.

use crate::clock;
use crate::credentials::Expiration;

/// `until 21:04 (3 h 12 min)`, in local time.
pub(super) fn until(expiration: Expiration) -> String {
    format!("until {} ({})", expiration.local_time(), left(expiration.unix() - clock::now()))
}

/// Seconds as `12 h`, `59 min`, `1 h 30 min`, `40 s` or `3 days`, rounded to the minute from one minute on.
pub(super) fn left(seconds: i64) -> String {
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
