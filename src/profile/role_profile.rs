//! A profile that assumes a role.

use super::checked::checked;
use super::{ExternalId, MfaSerial, Profile, ProfileName, RoleArn, RoleSessionName, SessionDuration};
use crate::error::Result;
use crate::origin::Sourced;

/// A profile of a chain that assumes a role, with its settings for AssumeRole.
#[derive(Clone, Debug)]
pub struct RoleProfile {
    pub profile: ProfileName,
    pub role_arn: Sourced<RoleArn>,
    pub role_session_name: Option<Sourced<RoleSessionName>>,
    pub external_id: Option<Sourced<ExternalId>>,
    pub duration: Option<Sourced<SessionDuration>>,
    pub mfa_serial: Option<Sourced<MfaSerial>>,
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
        Ok(RoleProfile {
            profile: profile.name.clone(),
            role_arn,
            role_session_name: profile.parsed("role_session_name", RoleSessionName::parse)?,
            external_id,
            duration: profile.parsed("duration_seconds", SessionDuration::parse_seconds)?,
            mfa_serial: profile.mfa_serial()?,
        })
    }
}
