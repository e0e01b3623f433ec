//! A profile that assumes a role.

use super::checked::checked;
use super::{ExternalId, MfaSerial, Profile, ProfileName, RoleArn, RoleSessionName, SessionDuration};
use crate::error::Result;
use crate::origin::Sourced;

/// A profile of a chain that assumes a role, with its settings for AssumeRole.
#[derive(Clone, Debug)]
pub struct RoleProfile {
    /// The profile.
    pub profile: ProfileName,
    /// The role: the profile's `role_arn`, or `--role-arn`.
    pub role_arn: Sourced<RoleArn>,
    /// The profile's `role_session_name`.
    pub role_session_name: Option<Sourced<RoleSessionName>>,
    /// The profile's `external_id`.
    pub external_id: Option<Sourced<ExternalId>>,
    /// The profile's `duration_seconds`, if it is for this role.
    pub duration: Option<Sourced<SessionDuration>>,
    /// The profile's `mfa_serial`.
    pub mfa_serial: Option<Sourced<MfaSerial>>,
    /// Whether the profile has an empty `mfa_serial`: no MFA for this role, whatever the profiles after it say.
    pub has_no_device: bool,
}

impl RoleProfile {
    /// The settings of a profile that assumes this role.
    ///
    /// # Errors
    /// A setting is invalid.
    pub(super) fn of(profile: &Profile<'_>, role_arn: Sourced<RoleArn>) -> Result<Self> {
        // An empty external ID is an error here, because AWS would report it as a missing permission.
        let external_id = profile
            .raw("external_id")
            .map(|s| checked("external_id", &s.value, &s.origin, ExternalId::parse))
            .transpose()?;
        let (mfa_serial, has_no_device) = profile.device()?;
        Ok(RoleProfile {
            profile: profile.name.clone(),
            role_arn,
            role_session_name: profile.parsed("role_session_name", RoleSessionName::parse)?,
            external_id,
            duration: profile.parsed("duration_seconds", SessionDuration::parse_seconds)?,
            mfa_serial,
            has_no_device,
        })
    }
}
