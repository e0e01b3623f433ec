//! `include_profile` of aws-vault, and its former name `parent_profile`: settings that a role profile takes from another
//! profile.

use super::checked::checked;
use super::{AwsFiles, ExternalId, ProfileName, Region, RoleProfile, RoleSessionName, SessionDuration, Setting};
use crate::error::{ConfigError, Result};
use crate::origin::Sourced;

/// How many profiles may include each other.
const MAX_INCLUDES: usize = 16;

/// What came of following the setting.
pub(super) struct Include {
    /// The region of the included profiles.
    pub region: Option<Sourced<Region>>,
    /// The error about an included profile that does not exist. It matters if the role's device may be in it.
    pub missing: Option<ConfigError>,
}

impl Include {
    /// Gives a role the settings that it lacks and an included profile has: those of a role, except which one it is and
    /// whose keys assume it.
    ///
    /// # Errors
    /// A setting of an included profile is invalid.
    pub(super) fn follow(include: &Setting<'_>, files: &AwsFiles<'_>, role: &mut RoleProfile) -> Result<Self> {
        let (mut region, mut missing) = (None, None);
        let (mut setting, mut origin) = (include.key.to_string(), include.origin.clone());
        let mut next = checked("include_profile", &include.value, &include.origin, ProfileName::parse)?.value;
        for _ in 0..MAX_INCLUDES {
            let Some(profile) = files.shared_profile(&next)? else {
                let hint = Box::new(files.hint_for(&next, |_| true));
                let (profile, source) = (role.profile.to_string(), next.to_string());
                missing = Some(ConfigError::SourceNotFound { setting, profile, source, origin, hint });
                break;
            };
            if role.mfa_serial.is_none() && !role.has_no_device {
                role.mfa_serial = profile.mfa_serial()?;
            }
            if role.role_session_name.is_none() {
                role.role_session_name = profile.parsed("role_session_name", RoleSessionName::parse)?;
            }
            if role.external_id.is_none() {
                role.external_id = profile.parsed("external_id", ExternalId::parse)?;
            }
            if role.duration.is_none() {
                role.duration = profile.parsed("duration_seconds", SessionDuration::parse_seconds)?;
            }
            if region.is_none() {
                region = profile.parsed("region", Region::parse)?;
            }
            let Some(more) = profile.included() else { break };
            next = checked("include_profile", &more.value, &more.origin, ProfileName::parse)?.value;
            (setting, origin) = (more.key.to_string(), more.origin.clone());
        }
        Ok(Include { region, missing })
    }
}
