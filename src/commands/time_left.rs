//! Times as people say them.

use crate::clock;
use crate::credentials::Expiration;
use crate::platform;

/// `21:04`, in local time.
pub(super) fn clock_time(moment: Expiration) -> String {
    let unix = moment.unix();
    let local = unix + i64::from(platform::local_offset(unix));
    format!("{:02}:{:02}", local.rem_euclid(86_400) / 3600, local.rem_euclid(3600) / 60)
}

/// `until 21:04 (3 h 12 min)`, in local time.
pub(super) fn until(expiration: Expiration) -> String {
    format!("until {} ({})", clock_time(expiration), left(expiration.unix() - clock::now()))
}

/// Seconds as `12 h`, `59 min`, `1 h 30 min` or `40 s`, rounded to the minute from one minute on.
pub(super) fn left(seconds: i64) -> String {
    if seconds < 60 {
        return format!("{} s", seconds.max(0));
    }
    let minutes = (seconds + 30) / 60;
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m} min"),
        (h, 0) => format!("{h} h"),
        (h, m) => format!("{h} h {m} min"),
    }
}
