//! What STS's errors mean. STS distinguishes them by an error code and the beginning of the message; `AccessDenied` alone
//! has seven meanings.

use crate::clock::ClockOffset;
use crate::error::{CallDescription, KeyOwner, Refusal};
use crate::http;

/// What an error of STS means. Only the beginnings of messages are compared, because some end with a full stop or a space and some do not.
pub(super) fn refusal(code: &str, message: &str, call: &CallDescription, clock: Option<ClockOffset>) -> Refusal {
    let starts_with = |prefix: &str| message.trim_start().starts_with(prefix);
    match code {
        "AccessDenied" | "AccessDeniedException" => {
            if starts_with("MultiFactorAuthentication failed, unable to validate MFA code") {
                Refusal::WrongDevice(KeyOwner::default())
            } else if starts_with("MultiFactorAuthentication failed, must provide both") {
                Refusal::MfaIncomplete
            } else if starts_with("MultiFactorAuthentication failed") {
                Refusal::WrongCode(clock.map(|clock| clock.seconds))
            } else if starts_with("Cannot call GetSessionToken with session credentials") {
                Refusal::SessionCannotStartSession
            } else if starts_with("Roles may not be assumed by root accounts") {
                Refusal::RootCannotAssume
            } else if call.role.is_some() {
                Refusal::RoleNotAssumable
            } else {
                Refusal::Denied
            }
        }
        "ValidationError" if starts_with("The requested DurationSeconds exceeds the MaxSessionDuration") => {
            Refusal::DurationOverRole
        }
        "ValidationError" if starts_with("The requested DurationSeconds exceeds the 1 hour session limit") => {
            Refusal::DurationOverChain
        }
        "ValidationError" | "InvalidParameterValue" => Refusal::InvalidParameter,
        "RegionDisabledException" => Refusal::RegionDisabled,
        _ => http::refused_signature(code, message, clock).unwrap_or(Refusal::Other),
    }
}
