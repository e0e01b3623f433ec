//! This machine's clock, and durations as people say them. Code that computes with time takes it as an argument.

use std::fmt::{self, Display, Formatter};
use std::time::{SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Now, in seconds since 1970.
pub fn now() -> i64 {
    now_ms().div_euclid(1000)
}

/// Now, in milliseconds since 1970.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_millis()).ok()).unwrap_or(0)
}

/// A duration in seconds, shown as people say it: `12 h`, `1 h 30 min`, `45 min`, `40 s`. Nothing is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HumanDuration(pub u64);

impl Display for HumanDuration {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let parts = [(self.0 / 3600, "h"), (self.0 % 3600 / 60, "min"), (self.0 % 60, "s")];
        let mut separator = "";
        for (number, unit) in parts.into_iter().filter(|(number, _)| *number > 0) {
            write!(f, "{separator}{number} {unit}")?;
            separator = " ";
        }
        if self.0 == 0 { f.write_str("0 s") } else { Ok(()) }
    }
}

/// A number of seconds as `40 s`, `59 min`, `1 h 30 min`, `12 h` or `3 days`. From a minute on it is rounded to whole
/// minutes, and from two days on it is rounded down to days; less than zero is `0 s`.
pub fn duration(seconds: i64) -> String {
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

/// How far AWS's clock is from this machine's at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// AWS's time minus ours.
    pub seconds: i64,
    /// The moment by this machine's clock, in seconds since 1970.
    pub now: i64,
}

/// A command that sets this machine's clock from the network.
pub const SET_CLOCK: &str = if cfg!(windows) {
    "w32tm /resync"
} else if cfg!(target_os = "macos") {
    "sudo sntp -sS time.apple.com"
} else {
    "sudo timedatectl set-ntp true"
};

/// `this machine's clock (2026-05-02T14:40:40Z) is 10 min behind AWS's (2026-05-02T14:50:40Z)`
///
/// The times are in UTC: an offset of whole hours usually comes from a wrong time zone, which local time would hide.
impl Display for ClockOffset {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (ours, theirs) = (rfc3339(self.now), rfc3339(self.now.saturating_add(self.seconds)));
        write!(f, "this machine's clock ({ours}) is {} {} AWS's ({theirs})", self.size(), self.direction())
    }
}

impl ClockOffset {
    /// The offset without its direction.
    pub fn size(&self) -> HumanDuration {
        HumanDuration(self.seconds.unsigned_abs())
    }

    /// `behind` or `ahead of`, seen from this machine.
    pub fn direction(&self) -> &'static str {
        if self.seconds > 0 { "behind" } else { "ahead of" }
    }
}

fn rfc3339(unix: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(unix).ok().and_then(|time| time.format(&Rfc3339).ok());
    time.unwrap_or_else(|| "?".to_owned())
}
