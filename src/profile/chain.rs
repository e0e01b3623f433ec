//! The walk from a profile over `source_profile` to the keys that sign the first call.

use super::files::checked;
use super::service::ServiceSettings;
use super::{
    AwsFiles, Duplicate, ExternalId, MfaSerial, Profile, ProfileName, RoleArn, RoleSessionName, SessionDuration,
    SourceProfile,
};
use crate::credentials::Secret;
use crate::error::{ConfigError, Result};
use crate::origin::{Origin, Sourced};
use std::rc::Rc;
use std::sync::Arc;

/// More roles than this one after another is a mistake in the files; AWS itself sets no limit.
const MAX_HOPS: usize = 64;

/// Where a profile leads: the roles to assume, the profile's own first, and the keys at the end.
#[derive(Clone, Debug)]
pub struct Chain {
    pub profile: ProfileName,
    pub roles: Vec<RoleProfile>,
    pub source: Arc<SourceProfile>,
    /// Settings of the profile that was asked for.
    pub service: ServiceSettings,
    pub duplicates: Vec<Duplicate>,
    /// The first `mfa_process` met between the profile and its keys.
    pub mfa_process: Option<MfaProcess>,
    /// An `mfa_serial` of `[default]` that is not on the walk, for a hint.
    pub default_device: Option<Origin>,
}

/// A profile on the walk that assumes a role.
#[derive(Clone, Debug)]
pub struct RoleProfile {
    pub profile: ProfileName,
    pub role_arn: Sourced<RoleArn>,
    pub role_session_name: Option<Sourced<RoleSessionName>>,
    pub external_id: Option<Sourced<ExternalId>>,
    pub duration: Option<Sourced<SessionDuration>>,
    pub mfa_serial: Option<Sourced<MfaSerial>>,
}

/// A command that prints the code of the device, as a profile's `mfa_process` has it.
#[derive(Clone, Debug)]
pub struct MfaProcess {
    pub profile: ProfileName,
    /// A seed may be part of it, so it is shown to nobody.
    pub command: Secret,
    pub origin: Origin,
}

impl Chain {
    /// Walks from `name`. A role given by flag replaces the profile's own, or is put on top of its keys.
    ///
    /// # Errors
    /// A profile that does not exist, a loop, a value that breaks its rule, no keys at the end.
    pub fn walk(files: &AwsFiles<'_>, name: &ProfileName, role_by_flag: Option<Sourced<RoleArn>>) -> Result<Self> {
        let asked = files.wanted(name)?;
        let service = ServiceSettings::of(&asked, files)?;
        let mut duplicates = Vec::new();
        let mut roles: Vec<RoleProfile> = Vec::with_capacity(1);
        let mut role_by_flag = role_by_flag;
        let mut mfa_process = None;
        let mut reached: Option<Rc<Profile<'_>>> = None;
        let source = loop {
            let profile = reached.as_deref().unwrap_or(&asked);
            duplicates.extend_from_slice(&profile.duplicates);
            mfa_process = mfa_process.or_else(|| MfaProcess::of(profile));
            // In a source profile keys win over its role_arn; in the profile asked for, the role wins.
            let is_source = !roles.is_empty();
            if is_source && let Some(source) = profile.source()? {
                break source;
            }
            let by_flag = role_by_flag.is_some();
            let Some(role_arn) =
                role_by_flag.take().map_or_else(|| profile.parsed("role_arn", RoleArn::parse), |r| Ok(Some(r)))?
            else {
                break base(profile, roles.last())?;
            };
            if roles.len() == MAX_HOPS {
                return Err(ConfigError::TooManyHops { limit: MAX_HOPS }.into());
            }
            let role = RoleProfile::of(profile, role_arn)?;
            // A role put on top of a profile with keys: duration_seconds there speaks of the MFA session.
            let has_role = !by_flag || profile.get("role_arn").is_some();
            roles.push(if has_role { role } else { RoleProfile { duration: None, ..role } });
            match next(files, profile, &roles, by_flag)? {
                Next::Other(source) => reached = Some(source),
                Next::Itself => {
                    let source = own_source(profile, &roles)?;
                    break if has_role {
                        Arc::new(SourceProfile { duration: None, ..Arc::unwrap_or_clone(source) })
                    } else {
                        source
                    };
                }
            }
        };
        let has_device = source.mfa_serial.is_some() || roles.iter().any(|r| r.mfa_serial.is_some());
        let default_device = if has_device { None } else { default_device(files)? };
        Ok(Chain { profile: name.clone(), roles, source, service, duplicates, mfa_process, default_device })
    }

    /// The first `mfa_serial` met between the profile and its keys.
    pub fn device(&self) -> Option<&Sourced<MfaSerial>> {
        self.roles.iter().find_map(|r| r.mfa_serial.as_ref()).or(self.source.mfa_serial.as_ref())
    }
}

enum Next<'a> {
    Itself,
    Other(Rc<Profile<'a>>),
}

/// Where the credentials for a role come from.
fn next<'a>(
    files: &AwsFiles<'a>,
    profile: &Profile<'a>,
    roles: &[RoleProfile],
    role_by_flag: bool,
) -> Result<Next<'a>> {
    let name = || profile.name.to_string();
    let (source, credential_source) = (profile.raw("source_profile"), profile.get("credential_source"));
    let Some(source) = source else {
        if role_by_flag && profile.source()?.is_some() {
            return Ok(Next::Itself);
        }
        if let Some((kind, origin)) = profile.unsupported_source() {
            return Err(ConfigError::SourceUnsupported { profile: name(), kind, origin }.into());
        }
        if role_by_flag && profile.get("role_arn").is_none() {
            return Err(ConfigError::NoCredentials { profile: name(), source_of: None }.into());
        }
        let origin = profile.raw("role_arn").map_or(Origin::Default, |s| s.origin.clone());
        let has_keys = profile.source()?.is_some();
        return Err(ConfigError::RoleWithoutSource { profile: name(), origin, has_keys }.into());
    };
    if let Some(second) = credential_source {
        return Err(ConfigError::TwoSources {
            profile: name(),
            first: source.origin.clone(),
            second: second.origin.clone(),
        }
        .into());
    }
    if source.value.chars().all(char::is_whitespace) {
        return Err(ConfigError::SourceEmpty { profile: name(), origin: source.origin.clone() }.into());
    }
    let wanted = checked("source_profile", &source.value, &source.origin, ProfileName::parse)?.value;
    if wanted == profile.name {
        return Ok(Next::Itself);
    }
    if roles.iter().any(|role| role.profile == wanted) {
        return Err(looped(roles, &wanted));
    }
    files.source(&wanted)?.map(Next::Other).ok_or_else(|| {
        let near = files.near(&wanted);
        ConfigError::SourceNotFound { profile: name(), source: wanted.to_string(), origin: source.origin.clone(), near }
            .into()
    })
}

fn looped(roles: &[RoleProfile], again: &ProfileName) -> crate::error::Error {
    let names = roles.iter().map(|role| &role.profile).chain([again]);
    ConfigError::Loop { names: names.map(ToString::to_string).collect() }.into()
}

/// The source of keys of a profile that is its own source profile.
fn own_source(profile: &Profile<'_>, roles: &[RoleProfile]) -> Result<Arc<SourceProfile>> {
    profile.source()?.ok_or_else(|| looped(roles, &profile.name))
}

/// The end of the walk: keys, or the reason why there are none.
fn base(profile: &Profile<'_>, source_of: Option<&RoleProfile>) -> Result<Arc<SourceProfile>> {
    if let Some(source) = profile.source()? {
        return Ok(source);
    }
    let name = profile.name.to_string();
    Err(match profile.unsupported_source() {
        Some((kind, origin)) => ConfigError::SourceUnsupported { profile: name, kind, origin },
        None => ConfigError::NoCredentials { profile: name, source_of: source_of.map(|role| role.profile.to_string()) },
    }
    .into())
}

impl MfaProcess {
    fn of(profile: &Profile<'_>) -> Option<Self> {
        let command = profile.get("mfa_process")?;
        Some(MfaProcess {
            profile: profile.name.clone(),
            command: Secret::new(command.value.clone()),
            origin: command.origin.clone(),
        })
    }
}

impl RoleProfile {
    fn of(profile: &Profile<'_>, role_arn: Sourced<RoleArn>) -> Result<Self> {
        // An external id that is there but empty is a mistake that AWS would report as a missing permission.
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

fn default_device(files: &AwsFiles<'_>) -> Result<Option<Origin>> {
    let Ok(name) = ProfileName::parse("default") else { return Ok(None) };
    Ok(files.source(&name)?.and_then(|default| default.get("mfa_serial").map(|s| s.origin.clone())))
}
