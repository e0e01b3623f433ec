//! The periods for which an authenticator app shows a code.

use std::time::Duration;

/// In milliseconds. AWS's virtual and hardware devices show a new code every 30 s (RFC 6238, section 5.2), all at the
/// same moment.
const PERIOD_MS: i64 = 30_000;

/// The time until the next code is shown, at `now` in milliseconds since 1970.
pub(super) fn next_code_in(now: i64) -> Duration {
    Duration::from_millis((PERIOD_MS - now.rem_euclid(PERIOD_MS)).unsigned_abs())
}
