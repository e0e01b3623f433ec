//! The command that a profile's `mfa_process` names.

use super::{Profile, ProfileName};
use crate::credentials::Secret;
use crate::origin::Origin;

/// A command that prints the code of an MFA device.
#[derive(Clone, Debug)]
pub struct MfaProcess {
    /// The profile that has the setting.
    pub profile: ProfileName,
    /// Secret, because it may contain a TOTP seed.
    pub command: Secret,
    /// The line of the setting.
    pub origin: Origin,
}

impl MfaProcess {
    /// The `mfa_process` of a profile, if it has one.
    pub(super) fn of(profile: &Profile<'_>) -> Option<Self> {
        let command = profile.get("mfa_process")?;
        Some(MfaProcess {
            profile: profile.name.clone(),
            command: Secret::new(command.value.clone()),
            origin: command.origin.clone(),
        })
    }
}
