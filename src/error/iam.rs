//! The text of a call that IAM rejected.

use super::config::list_devices;
use super::{CallDescription, quoted};
use crate::printable::printable;

/// What IAM's own errors mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IamRefusal {
    /// No policy allows the operation, or one denies it.
    NotAllowed,
    /// There is one with this name already.
    Exists,
    /// There is none, or it is not this user's.
    NotFound,
    /// The user has as many as IAM allows.
    LimitExceeded,
    /// The two codes are not of this device, not in a row, or too old.
    InvalidCodes,
    /// An earlier change is still being made.
    Unmodifiable,
    /// It cannot be deleted while a user has it.
    InUse,
}

impl IamRefusal {
    /// What happened, and what to do. `message` is AWS's own.
    pub(super) fn message(self, subject: &str, call: &CallDescription, message: &str) -> (String, String) {
        let CallDescription { operation, signer, .. } = call;
        let subject = printable(subject);
        match self {
            IamRefusal::NotAllowed => {
                let is_denied = message.contains("explicit deny");
                let mfa = match (is_denied, call.by_session) {
                    (true, false) => "a policy denies it, perhaps because the call was made without MFA\n",
                    (true, true) => "a policy denies it\n",
                    (false, _) => "",
                };
                // A denial prevails over what is allowed.
                let statement = if is_denied { None } else { statement(operation, message) };
                (
                    format!("AWS does not allow the user of profile {signer} to call iam:{operation}"),
                    format!(
                        "{mfa}ask your AWS administrator for the permission iam:{operation}{}\n\
                         a policy with what mfa-env needs is printed by: mfa-env policy {}",
                        statement.unwrap_or_default(),
                        quoted(signer)
                    ),
                )
            }
            IamRefusal::Exists => {
                (format!("{subject} exists already"), "choose another name, or remove it first".to_owned())
            }
            IamRefusal::NotFound => (
                format!("{subject} does not exist, or does not belong to the user of profile {signer}"),
                if operation.ends_with("AccessKey") {
                    "somebody else may have deleted it; run the command again".to_owned()
                } else {
                    format!("list what the user has with: {}", list_devices(signer))
                },
            ),
            IamRefusal::LimitExceeded => (
                format!("AWS allows no more than there are already: {subject}"),
                if operation.ends_with("AccessKey") {
                    "delete one that is not used any more".to_owned()
                } else {
                    format!("remove one that is not used any more: mfa-env device remove {}", quoted(signer))
                },
            ),
            IamRefusal::InvalidCodes => (
                format!("AWS rejected the two codes for {subject}"),
                "enter two codes that the device shows one after the other, as soon as it shows the second one"
                    .to_owned(),
            ),
            IamRefusal::Unmodifiable => {
                (format!("AWS is still changing {subject}"), "try again in a minute".to_owned())
            }
            IamRefusal::InUse => (format!("{subject} belongs to a user"), "deactivate it first".to_owned()),
        }
    }
}

/// For a call about the user's own access keys: a statement for a policy, which allows what `mfa-env rotate` does. AWS's
/// message begins with the ARN of the user.
fn statement(operation: &str, message: &str) -> Option<String> {
    const OPERATIONS: [&str; 4] = ["ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"];
    if !OPERATIONS.contains(&operation) {
        return None;
    }
    let arn = message.strip_prefix("User: ").and_then(|rest| rest.split(' ').next());
    let partition = arn.and_then(|arn| arn.strip_prefix("arn:")?.split(':').next()).unwrap_or("aws");
    let actions = OPERATIONS.map(|operation| format!("\"iam:{operation}\"")).join(", ");
    Some(format!(
        ", such as:\n{{\"Effect\": \"Allow\", \"Action\": [{actions}],\n \
         \"Resource\": \"arn:{}:iam::*:user/${{aws:username}}\"}}",
        printable(partition)
    ))
}
