//! Moments as people say them.

use crate::clock;
use crate::credentials::Expiration;
use crate::platform;

/// `until 21:04 (3 h 12 min)`, in local time.
pub(super) fn until(end: Expiration) -> String {
    let end = end.unix();
    let local = end + i64::from(platform::local_offset(end));
    let (hour, minute) = (local.rem_euclid(86_400) / 3600, local.rem_euclid(3600) / 60);
    format!("until {hour:02}:{minute:02} ({})", left(end - clock::now()))
}

/// Seconds left, to the minute: `12 h`, `59 min`, `1 h 30 min`.
pub(super) fn left(seconds: i64) -> String {
    let minutes = (seconds + 30).max(0) / 60;
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m} min"),
        (h, 0) => format!("{h} h"),
        (h, m) => format!("{h} h {m} min"),
    }
}
