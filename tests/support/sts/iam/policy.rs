//! A user's policy. Without it, a user may manage its own devices and keys, and assume whatever roles trust it.

use super::super::key::Caller;
use super::document::Document;

/// What is still allowed without MFA by the policy that AWS publishes (IAM user guide, "Allows MFA-authenticated IAM
/// users to manage their own credentials"), of the operations that this IAM has.
const WITHOUT_MFA: [&str; 5] =
    ["CreateVirtualMFADevice", "EnableMFADevice", "GetUser", "ListMFADevices", "ResyncMFADevice"];

/// The denials of a user's policy.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Operations that are denied, such as `ListMFADevices`.
    pub denied: Vec<&'static str>,
    /// Whether everything but the registration of a device is denied without MFA, as by AWS's published policy.
    pub requires_mfa: bool,
    /// If there is one, it must allow everything that the user does.
    document: Option<Document>,
}

impl Policy {
    /// Denies these operations.
    pub fn denying(denied: &[&'static str]) -> Policy {
        Policy { denied: denied.to_vec(), ..Policy::default() }
    }

    pub fn requiring_mfa() -> Policy {
        Policy { requires_mfa: true, ..Policy::default() }
    }

    /// Allows what this JSON allows, and nothing else.
    pub fn document(json: &str) -> Policy {
        Policy { document: Some(Document::parse(json)), ..Policy::default() }
    }

    /// Whether the caller may do this, apart from what is denied.
    pub fn allows(&self, action: &str, resource: &str, caller: &Caller) -> bool {
        self.document.as_ref().is_none_or(|document| document.allows(action, resource, caller))
    }

    pub fn denies(&self, action: &str, has_mfa: bool) -> bool {
        self.denied.contains(&action) || (self.requires_mfa && !has_mfa && !WITHOUT_MFA.contains(&action))
    }
}
