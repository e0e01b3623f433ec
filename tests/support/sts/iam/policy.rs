//! What a user's policy denies. Without it, a user may manage its own devices and keys.

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
}

impl Policy {
    /// Denies these operations.
    pub fn denying(denied: &[&'static str]) -> Policy {
        Policy { denied: denied.to_vec(), requires_mfa: false }
    }

    pub fn requiring_mfa() -> Policy {
        Policy { denied: Vec::new(), requires_mfa: true }
    }

    pub fn denies(&self, action: &str, has_mfa: bool) -> bool {
        self.denied.contains(&action) || (self.requires_mfa && !has_mfa && !WITHOUT_MFA.contains(&action))
    }
}
