//! The clock of this machine; everything that computes with time takes it as a value.

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

/// How far AWS's clock is from this machine's, seen at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// AWS's time less ours.
    pub seconds: i64,
    /// By this machine's clock, in seconds since 1970.
    pub now: i64,
}

/// A command that sets this machine's clock by the network's time.
pub const SET_CLOCK: &str = if cfg!(windows) {
    "w32tm /resync"
} else if cfg!(target_os = "macos") {
    "sudo sntp -sS time.apple.com"
} else {
    "sudo timedatectl set-ntp true"
};

/// `this machine's clock (2026-05-02T14:40:40Z) is 600 s behind AWS's (2026-05-02T14:50:40Z)`
impl Display for ClockOffset {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (by, direction) = (self.seconds.unsigned_abs(), self.direction());
        let (ours, theirs) = (rfc3339(self.now), rfc3339(self.now.saturating_add(self.seconds)));
        write!(f, "this machine's clock ({ours}) is {by} s {direction} AWS's ({theirs})")
    }
}

impl ClockOffset {
    pub fn direction(&self) -> &'static str {
        if self.seconds > 0 { "behind" } else { "ahead of" }
    }
}

fn rfc3339(unix: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(unix).ok().and_then(|time| time.format(&Rfc3339).ok());
    time.unwrap_or_else(|| "?".to_owned())
}
