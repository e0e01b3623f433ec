//! From the AWS files and a request to a plan.

use super::request::Request;
use crate::environment;
use crate::error::{ConfigError, Error, Result, UsageError};
use crate::plan::{Overrides, Plan};
use crate::profile::{
    AwsFiles, Chain, DefaultSettings, FileText, Locations, MfaSerial, ProfileName, SAVED_PROFILE, ViewHeader,
};
use crate::session::{Cache, ViewParts};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The texts of the AWS files. Warns if a variable names a file that does not exist while the other file does.
///
/// # Errors
/// Neither file exists, or one cannot be read.
pub fn read_aws_files(variables: &Variables, warnings: &Warnings) -> Result<Vec<FileText>> {
    let (texts, missing) = AwsFiles::read(&locations(variables)?)?;
    for file in missing {
        warnings.add(Warning::FileMissing(file));
    }
    Ok(texts)
}

/// Where the AWS files are, as if this shell were not signed in: a view names others.
///
/// # Errors
/// The home directory is needed, and it is unknown or a relative path.
pub fn locations(variables: &Variables) -> Result<Locations> {
    if !FILE_VARIABLES.iter().any(|name| variables.os(name).is_some()) {
        return Locations::from(variables);
    }
    let before = environment::without_session(variables);
    let named = Locations::behind_view(variables, &before)?;
    if named.has_views() {
        return Ok(named);
    }
    let removed = FILE_VARIABLES.map(|name| variables.os(name).filter(|path| ViewHeader::was_at(Path::new(path))));
    if removed.iter().all(Option::is_none) {
        return Ok(named);
    }
    shown_by_removed_view(&removed, named, variables, &before)
}

/// The variables that name the AWS files.
const FILE_VARIABLES: [&str; 2] = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];

/// The files that a removed view showed: those that the variables named before, or those in the home
/// directory. Its name says whether they are. Otherwise the variables count as they are, and no other file is read.
fn shown_by_removed_view(
    removed: &[Option<&OsStr>; 2],
    named: Locations,
    variables: &Variables,
    before: &Variables,
) -> Result<Locations> {
    let discarded = Warnings::default();
    let is_of = |files: &Locations| {
        let paths = Cache::of(variables, &discarded).view_paths(&view_parts(files, variables));
        let name = |path: &Path| path.file_name().map(OsStr::to_owned);
        let is_there = |paths: [PathBuf; 2]| {
            removed.iter().flatten().all(|removed| paths.iter().any(|path| name(path) == name(Path::new(removed))))
        };
        paths.is_ok_and(is_there)
    };
    // With an absolute path it cannot be another file.
    let is_absolute = |name: &&str| before.os(name).is_some_and(|path| Path::new(path).is_absolute());
    let is_recorded =
        removed.iter().flatten().all(|path| FILE_VARIABLES.iter().all(|name| before.os(name) != Some(path)));
    if is_of(&named) || is_recorded && FILE_VARIABLES.iter().all(is_absolute) {
        return Ok(named);
    }
    let mut without = before.clone();
    for (name, _) in FILE_VARIABLES.iter().zip(removed).filter(|(_, removed)| removed.is_some()) {
        without.remove(name);
    }
    let of_home = Locations::from(&without).ok().filter(is_of);
    of_home.map_or_else(|| Locations::from(variables), Ok)
}

/// What the view of these files is made from.
pub fn view_parts(files: &Locations, variables: &Variables) -> ViewParts {
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone()).into_os_string();
    let device = variables.os("MFA_ENV_MFA_SERIAL").unwrap_or_default().to_owned();
    [absolute(&files.config), absolute(&files.credentials), device]
}

/// The plan for a request.
///
/// # Errors
/// The profile does not exist, it is not clear which one is meant, its settings or the options are wrong, or `--min-ttl` is
/// longer than the session.
pub fn plan_for(files: &AwsFiles<'_>, request: &Request, variables: &Variables, warnings: &Warnings) -> Result<Plan> {
    plan_with(files, request, &request.overrides, variables, warnings)
}

/// The plan for a request with other overrides.
///
/// # Errors
/// As [`plan_for`].
pub fn plan_with(
    files: &AwsFiles<'_>,
    request: &Request,
    overrides: &Overrides,
    variables: &Variables,
    warnings: &Warnings,
) -> Result<Plan> {
    let profile = &request.profile;
    if let Some(half) = request.first_half.as_ref().filter(|half| files.names().contains(&half.as_str())) {
        return Err(UsageError::ProfileOrCode { profile: half.to_string() }.into());
    }
    let by_name = |name: &ProfileName| plan_by_name(files, name, overrides, variables, warnings);
    let mut plan = by_name(&profile.value)
        .or_else(|e| match e {
            // `save` wrote it; the profile that it came from can start a session.
            Error::Config(ConfigError::SessionCannotStartSession { .. }) => match saved_from(&profile.value, files)? {
                Some(origin) => by_name(&origin),
                None => Err(e),
            },
            e => Err(e),
        })
        .map_err(|e| match e {
            Error::Config(ConfigError::ProfileNotFound { .. }) if request.may_be_code => {
                UsageError::NotACode { typed: profile.value.to_string() }.into()
            }
            e => with_device_of_other_tools(e, variables)
                .named_by(&profile.origin)
                .with_missing(warnings.missing_files()),
        })?;
    plan.default_settings = DefaultSettings::besides(&plan.profile, files);
    let (min_ttl, duration) = (request.options.min_ttl.unwrap_or_default(), plan.call.duration.value.seconds());
    // No session ever has more time left than its duration.
    if min_ttl > duration { Err(UsageError::MinTtlTooLong { min_ttl, duration }.into()) } else { Ok(plan) }
}

/// Adds what `AWS_MFA_SERIAL` has to the error about a missing device.
fn with_device_of_other_tools(mut e: Error, variables: &Variables) -> Error {
    if let Error::Config(ConfigError::NoDevice { of_other_tools, .. }) = &mut e {
        let device = variables.text("AWS_MFA_SERIAL").ok().flatten();
        *of_other_tools = device.filter(|device| MfaSerial::parse(device).is_ok()).map(str::to_owned);
    }
    e
}

/// The profile that the section of this profile was saved from, if `save` wrote it.
fn saved_from(name: &ProfileName, files: &AwsFiles<'_>) -> Result<Option<ProfileName>> {
    let Some(profile) = files.profile(name)? else { return Ok(None) };
    let saved = profile.get(SAVED_PROFILE).and_then(|setting| ProfileName::parse(&setting.value).ok());
    Ok(saved.filter(|origin| origin != name))
}

/// The plan for a profile.
///
/// # Errors
/// The profile does not exist, or its settings or the options are wrong.
pub fn plan_by_name(
    files: &AwsFiles<'_>,
    profile: &ProfileName,
    overrides: &Overrides,
    variables: &Variables,
    warnings: &Warnings,
) -> Result<Plan> {
    // As if this shell were not signed in: a session exports the endpoint and the region of its own profile.
    let variables = environment::without_session(variables);
    let plan = Chain::walk(files, profile, overrides.role_arn.clone())
        .inspect(|chain| {
            for section in files.unread_sections(chain) {
                warnings.add(Warning::SectionNotRead(section));
            }
        })
        .and_then(|chain| Plan::make(chain, overrides, environment::ambient_region(&variables)?, &variables, warnings));
    plan.map_err(|e| files.with_cause(e))
}
