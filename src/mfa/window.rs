//! The time for which an authenticator app shows a code.

use std::time::Duration;

/// In milliseconds. AWS's virtual and hardware devices change every 30 s (RFC 6238, section 5.2), at the same moments
/// everywhere.
const PERIOD: i64 = 30_000;

/// How long it is until the next code is shown, from a moment in ms since 1970.
pub fn next_code_in(now: i64) -> Duration {
    Duration::from_millis((PERIOD - now.rem_euclid(PERIOD)).unsigned_abs())
}
