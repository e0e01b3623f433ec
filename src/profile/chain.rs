//! The chain from a profile along `source_profile` to the keys that sign the first call.

use super::checked::checked;
use super::include::Include;
use super::service::ServiceSettings;
use super::{
    AwsFiles, Duplicate, MfaMaxAge, MfaProcess, MfaSerial, Profile, ProfileName, RoleArn, RoleProfile, SourceProfile,
};
use crate::error::{ConfigError, Error, Result};
use crate::origin::{Origin, Sourced};
use std::rc::Rc;
use std::sync::Arc;

/// A longer chain is almost certainly a mistake. AWS itself sets no limit.
const MAX_ROLES: usize = 64;

/// What a profile leads to: roles to assume, and the keys at the end.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The profile at which the chain begins.
    pub profile: ProfileName,
    /// The roles, that of the profile itself first; at most 64.
    pub roles: Vec<RoleProfile>,
    /// The profile with the keys.
    pub source: Arc<SourceProfile>,
    /// The region and endpoint settings of the profile itself.
    pub service: ServiceSettings,
    /// Sections and keys of these profiles that are defined twice.
    pub duplicates: Vec<Duplicate>,
    /// The first `mfa_process` on the way from the profile to its keys.
    pub mfa_process: Option<MfaProcess>,
    /// The first `mfa_max_age` on the same way.
    pub mfa_max_age: Option<Sourced<MfaMaxAge>>,
    /// Where profiles of the chain include others, whose settings were used.
    pub includes: Vec<Origin>,
    /// The `mfa_serial` of `[default]` if no profile of the chain has one, for a hint.
    pub default_device: Option<Origin>,
}

impl Chain {
    /// Follows the chain that begins at profile `name`. A role given by flag replaces the profile's own role, or is
    /// assumed with the profile's keys.
    ///
    /// # Errors
    /// A profile does not exist, the chain loops or is too long, a setting is invalid, or there are no keys at the end.
    pub fn walk(files: &AwsFiles<'_>, name: &ProfileName, role_by_flag: Option<Sourced<RoleArn>>) -> Result<Self> {
        let first = files.existing_profile(name)?;
        let mut service = ServiceSettings::of(&first, files)?;
        let mut includes = Vec::new();
        let mut duplicates = Vec::new();
        let mut roles: Vec<RoleProfile> = Vec::with_capacity(1);
        let mut role_by_flag = role_by_flag;
        let mut missing_include = None;
        let (mut mfa_process, mut mfa_max_age) = (None, None);
        let mut next: Option<Rc<Profile<'_>>> = None;
        let source = loop {
            let profile = next.as_deref().unwrap_or(&first);
            duplicates.extend_from_slice(&profile.duplicates);
            mfa_process = mfa_process.or_else(|| MfaProcess::of(profile));
            if mfa_max_age.is_none() {
                mfa_max_age = profile.parsed("mfa_max_age", MfaMaxAge::parse)?;
            }
            // In a source profile, keys take precedence over role_arn; in the first profile, the role does.
            let is_source = !roles.is_empty();
            if is_source && let Some(source) = profile.source()? {
                break source;
            }
            let by_flag = role_by_flag.is_some();
            let Some(role_arn) =
                role_by_flag.take().map_or_else(|| profile.parsed("role_arn", RoleArn::parse), |r| Ok(Some(r)))?
            else {
                break source_at_end(profile, roles.last())?;
            };
            if roles.len() == MAX_ROLES {
                return Err(ConfigError::TooManyHops { limit: MAX_ROLES }.into());
            }
            let mut role = RoleProfile::of(profile, role_arn)?;
            if let Some(include) = profile.included() {
                let Include { region, missing } = Include::follow(include, files, &mut role)?;
                missing_include = missing_include.or(missing);
                service.region = service.region.or(region.filter(|_| roles.is_empty()));
                includes.push(include.origin.clone());
            }
            // If the flag adds a role to a profile with keys, its duration_seconds is that of the MFA session.
            let has_role = !by_flag || profile.get("role_arn").is_some();
            roles.push(if has_role { role } else { RoleProfile { duration: None, ..role } });
            match next_profile(files, profile, &roles, by_flag)? {
                Next::Other(source) => next = Some(source),
                Next::Same => {
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
        if let Some(missing) = missing_include.filter(|_| !has_device && !roles.iter().any(|role| role.has_no_device)) {
            // The role would be assumed without MFA.
            return Err(missing.into());
        }
        let default_device = if has_device { None } else { default_device(files)? };
        Ok(Chain {
            profile: name.clone(),
            roles,
            source,
            service,
            duplicates,
            mfa_process,
            mfa_max_age,
            default_device,
            includes,
        })
    }

    /// The profiles on the way, from the requested one to the one with the keys. One that is its own source profile is
    /// listed once.
    pub fn profiles(&self) -> Vec<&ProfileName> {
        let mut names: Vec<&ProfileName> = self.roles.iter().map(|role| &role.profile).collect();
        if names.last() != Some(&&self.source.profile) {
            names.push(&self.source.profile);
        }
        names
    }

    /// The first `mfa_serial` on the way from the profile to its keys; an empty one ends the way. If it is in another
    /// account than the keys, and their profile has a device of its own, that one is used: AWS accepts only the devices of
    /// the user who signs.
    pub fn device(&self) -> Option<&Sourced<MfaSerial>> {
        if self.other_device().is_some() {
            return self.source.mfa_serial.as_ref();
        }
        match self.first_role_with_device() {
            Some(role) => role.mfa_serial.as_ref(),
            None => self.source.mfa_serial.as_ref(),
        }
    }

    /// The device that is on the way, but not used, because it is in another account than the keys.
    pub fn other_device(&self) -> Option<&Sourced<MfaSerial>> {
        let first = self.first_role_with_device()?.mfa_serial.as_ref()?;
        let own = self.source.mfa_serial.as_ref().filter(|own| own.value != first.value)?;
        let account = self.source.account.as_deref().or(own.value.account())?;
        let is_elsewhere = first.value.account().is_some_and(|other| other != account);
        (is_elsewhere && own.value.account() == Some(account)).then_some(first)
    }

    /// Whether an empty `mfa_serial` says that there is to be no MFA.
    pub fn excludes_device(&self) -> bool {
        self.source.has_no_device || self.roles.iter().any(|role| role.has_no_device)
    }

    fn first_role_with_device(&self) -> Option<&RoleProfile> {
        self.roles.iter().find(|role| role.mfa_serial.is_some() || role.has_no_device)
    }
}

/// The profile whose credentials assume the role of a profile.
enum Next<'a> {
    /// The same profile, with its keys.
    Same,
    Other(Rc<Profile<'a>>),
}

/// The profile after `profile`, whose role is the last of `roles`.
fn next_profile<'a>(
    files: &AwsFiles<'a>,
    profile: &Profile<'a>,
    roles: &[RoleProfile],
    role_by_flag: bool,
) -> Result<Next<'a>> {
    let name = || profile.name.to_string();
    let (source, credential_source) = (profile.raw("source_profile"), profile.get("credential_source"));
    let Some(source) = source else {
        if role_by_flag && profile.source()?.is_some() {
            return Ok(Next::Same);
        }
        if let Some((kind, origin)) = profile.unsupported_source() {
            return Err(ConfigError::SourceUnsupported { profile: name(), kind, origin }.into());
        }
        if role_by_flag && profile.get("role_arn").is_none() {
            return Err(ConfigError::NoCredentials { profile: name(), source_of: None }.into());
        }
        let origin = profile.raw("role_arn").map_or(Origin::Default, |s| s.origin.clone());
        let has_keys = profile.source()?.is_some();
        let only_source = files.only_source(profile);
        return Err(ConfigError::RoleWithoutSource { profile: name(), origin, has_keys, only_source }.into());
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
    let name_of_source = checked("source_profile", &source.value, &source.origin, ProfileName::parse)?.value;
    if name_of_source == profile.name {
        return Ok(Next::Same);
    }
    if roles.iter().any(|role| role.profile == name_of_source) {
        return Err(loop_error(roles, &name_of_source));
    }
    files.shared_profile(&name_of_source)?.map(Next::Other).ok_or_else(|| {
        ConfigError::SourceNotFound {
            setting: "source_profile".to_owned(),
            profile: name(),
            source: name_of_source.to_string(),
            origin: source.origin.clone(),
            hint: Box::new(files.hint_for(&name_of_source, |name| leads_to_keys(files, name, profile, roles))),
        }
        .into()
    })
}

/// Whether `candidate` as the source profile of `profile`, whose role is the last of `roles`, would lead to keys.
fn leads_to_keys(files: &AwsFiles<'_>, candidate: &ProfileName, profile: &Profile<'_>, roles: &[RoleProfile]) -> bool {
    let mut name = candidate.clone();
    let mut seen: Vec<ProfileName> = roles.iter().map(|role| role.profile.clone()).collect();
    if name == profile.name {
        return profile.source().is_ok_and(|source| source.is_some());
    }
    while seen.len() < MAX_ROLES && !seen.contains(&name) {
        let Ok(Some(next)) = files.profile(&name) else { return false };
        match next.source() {
            Ok(None) if next.get("role_arn").is_some() => {}
            source => return source.is_ok_and(|source| source.is_some()),
        }
        let Some(Ok(source)) = next.get("source_profile").map(|source| ProfileName::parse(&source.value)) else {
            return false;
        };
        seen.push(std::mem::replace(&mut name, source));
    }
    false
}

/// The error for a chain that comes back to profile `again`.
fn loop_error(roles: &[RoleProfile], again: &ProfileName) -> Error {
    let names = roles.iter().map(|role| &role.profile).chain([again]);
    ConfigError::Loop { names: names.map(ToString::to_string).collect() }.into()
}

/// The keys of a profile that is its own source profile.
fn own_source(profile: &Profile<'_>, roles: &[RoleProfile]) -> Result<Arc<SourceProfile>> {
    profile.source()?.ok_or_else(|| loop_error(roles, &profile.name))
}

/// The keys at the end of the chain. `source_of` is the profile whose source profile this is.
///
/// # Errors
/// The profile has no keys, or a source of keys that is not supported.
fn source_at_end(profile: &Profile<'_>, source_of: Option<&RoleProfile>) -> Result<Arc<SourceProfile>> {
    if let Some(source) = profile.source()? {
        return Ok(source);
    }
    let name = profile.name.to_string();
    if let Some((kind, origin)) = profile.unsupported_source() {
        return Err(ConfigError::SourceUnsupported { profile: name, kind, origin }.into());
    }
    let source_of = source_of.map(|role| role.profile.to_string());
    // The AWS CLI does not follow it either. A forgotten role_arn must not sign in as the user instead of the role.
    let followed = profile.get("source_profile").filter(|source| source.value != profile.name.as_str());
    Err(match followed {
        Some(source) => {
            let source = checked("source_profile", &source.value, &source.origin, ProfileName::parse)?;
            let (origin, source) = (source.origin, source.value.to_string());
            ConfigError::SourceWithoutRole { profile: name, source, origin, source_of }
        }
        None => ConfigError::NoCredentials { profile: name, source_of },
    }
    .into())
}

/// Where `[default]` sets `mfa_serial`, if it does.
fn default_device(files: &AwsFiles<'_>) -> Result<Option<Origin>> {
    let Ok(name) = ProfileName::parse("default") else { return Ok(None) };
    Ok(files.shared_profile(&name)?.and_then(|default| default.get("mfa_serial").map(|s| s.origin.clone())))
}
