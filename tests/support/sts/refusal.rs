//! An AWS error, as a value and as its XML.

use super::success::{NAMESPACE, escaped};

/// An error: HTTP status, `<Code>` and `<Message>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub message: String,
}

impl Refusal {
    pub fn new(status: u16, code: &str, message: &str) -> Refusal {
        Refusal { status, code: code.into(), message: message.into() }
    }

    pub fn access_denied(message: &str) -> Refusal {
        Refusal::new(403, "AccessDenied", message)
    }

    pub fn validation(message: &str) -> Refusal {
        Refusal::new(400, "ValidationError", message)
    }

    pub fn signature(message: &str) -> Refusal {
        Refusal::new(403, "SignatureDoesNotMatch", message)
    }

    pub fn incomplete_signature(message: &str) -> Refusal {
        Refusal::new(400, "IncompleteSignature", message)
    }

    pub fn invalid_token() -> Refusal {
        Refusal::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    }

    pub fn expired_token() -> Refusal {
        Refusal::new(403, "ExpiredToken", "The security token included in the request is expired")
    }

    pub fn missing_authentication() -> Refusal {
        Refusal::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
    }

    pub fn throttled() -> Refusal {
        Refusal::new(400, "Throttling", "Rate exceeded")
    }

    pub fn no_such_entity(message: &str) -> Refusal {
        Refusal::new(404, "NoSuchEntity", message)
    }

    pub fn limit_exceeded(message: &str) -> Refusal {
        Refusal::new(409, "LimitExceeded", message)
    }

    /// What IAM says while an earlier change of the same entity is still being made.
    pub fn temporarily_unmodifiable() -> Refusal {
        let message = "The request was rejected because it referenced an entity that is temporarily unmodifiable. \
                       Please try again.";
        Refusal::new(409, "EntityTemporarilyUnmodifiable", message)
    }

    pub fn to_xml(&self, request_id: &str) -> String {
        let Refusal { status, code, message } = self;
        let at_fault = if *status < 500 { "Sender" } else { "Receiver" };
        let (code, message) = (escaped(code), escaped(message));
        format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\">\n  <Error>\n    <Type>{at_fault}</Type>\n    \
             <Code>{code}</Code>\n    \
             <Message>{message}</Message>\n  </Error>\n  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n"
        )
    }
}
