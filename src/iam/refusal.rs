//! What IAM's errors mean (IAM API reference, "Common Errors" and the errors of each operation).

use crate::clock::ClockOffset;
use crate::error::{IamRefusal, Refusal};
use crate::http;

/// What an error means; `subject` is what the call was about.
pub(super) fn refusal(code: &str, message: &str, subject: &str, clock: Option<ClockOffset>) -> Refusal {
    let reason = match code {
        "AccessDenied" | "AccessDeniedException" => IamRefusal::NotAllowed,
        "EntityAlreadyExists" => IamRefusal::Exists,
        "NoSuchEntity" => IamRefusal::NotFound,
        "LimitExceeded" => IamRefusal::LimitExceeded,
        "InvalidAuthenticationCode" => IamRefusal::InvalidCodes,
        "EntityTemporarilyUnmodifiable" | "ConcurrentModification" => IamRefusal::Unmodifiable,
        "DeleteConflict" => IamRefusal::InUse,
        "ValidationError" | "InvalidInput" => return Refusal::InvalidParameter,
        _ => return http::refused_signature(code, message, clock).unwrap_or(Refusal::Other),
    };
    Refusal::Iam { reason, subject: subject.to_owned() }
}
