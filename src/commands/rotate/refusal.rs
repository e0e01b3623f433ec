//! Keys that cannot be replaced, in the words of this command.

use crate::error::{ConfigError, DeviceError, Error, Result, RotationError};
use crate::origin::Origin;
use crate::plan::Plan;
use crate::sign_in::Request;
use crate::variables::Variables;

/// Keys of a session, and credentials or keys that are not in the AWS files.
pub(super) fn of_files(e: Error, request: &Request, variables: &Variables) -> Error {
    match e {
        Error::Config(ConfigError::SessionCannotStartSession { profile, found, .. }) => {
            RotationError::TemporaryKeys { profile, origin: found }.into()
        }
        Error::Config(ConfigError::SourceUnsupported { profile, kind, origin }) => {
            RotationError::NotInFiles { profile, kind, origin }.into()
        }
        Error::Config(
            e @ (ConfigError::NoFiles { .. } | ConfigError::ProfileNotFound { .. } | ConfigError::NoCredentials { .. }),
        ) => match key_in_environment(request, variables) {
            Some(id) => RotationError::KeyInEnvironment { id, profile: request.profile.value.to_string() }.into(),
            None => e.into(),
        },
        e => e,
    }
}

/// # Errors
/// Nobody has named a profile, and other programs use another key in this shell.
pub(super) fn check_environment(plan: &Plan, request: &Request, variables: &Variables) -> Result<()> {
    match key_in_environment(request, variables) {
        Some(id) if plan.call.source().source.access_key_id() != Some(&id) => {
            Err(RotationError::KeyInEnvironment { id, profile: request.profile.value.to_string() }.into())
        }
        _ => Ok(()),
    }
}

/// The long-term key in the variables of this shell, if nobody has typed a profile.
fn key_in_environment(request: &Request, variables: &Variables) -> Option<String> {
    let is_typed = matches!(request.profile.origin, Origin::Flag(_));
    let has_token = ["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"].iter().any(|name| variables.os(name).is_some());
    let id = variables.os("AWS_ACCESS_KEY_ID").filter(|_| !is_typed && !has_token)?;
    Some(id.to_string_lossy().into_owned())
}

/// Keys that are not those of a user.
pub(super) fn of_owner(e: Error) -> Error {
    match e {
        Error::Device(DeviceError::RootUser { profile }) => RotationError::RootUser { profile }.into(),
        e => e,
    }
}

/// A user without a device.
pub(super) fn of_sign_in(e: Error) -> Error {
    match e {
        Error::Device(DeviceError::NoneRegistered { profile }) => RotationError::NoDevice { profile }.into(),
        e => e,
    }
}
