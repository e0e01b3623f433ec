//! The rules that choose the calls. Their numbers refer to the list in [`super`].

use super::call::{Operation, Signer, StsCall};
use super::overrides::Overrides;
use crate::error::{ConfigError, Result, UsageError};
use crate::origin::{Origin, Sourced};
use crate::profile::{Chain, MfaSerial, RoleProfile, SessionDuration, SourceProfile};
use crate::warning::{Warning, Warnings};
use std::sync::Arc;

/// The last call, with the calls before it nested in its signer.
///
/// # Errors
/// The options are for a role but there is none, the duration is too long for a chained role, or there is no MFA device
/// for keys without a role.
pub(super) fn target_call(
    chain: &Chain,
    device: Option<&Sourced<MfaSerial>>,
    overrides: &Overrides,
    warnings: &Warnings,
) -> Result<StsCall> {
    let Chain { roles, source, default_device, .. } = chain;
    if overrides.no_session {
        return without_session(chain);
    }
    let Some(target) = roles.first() else {
        return mfa_session_call(source, device, default_device.as_ref(), overrides);
    };
    let own_duration = target.duration.clone().map(|own| {
        let limit = if overrides.shares_code { SessionDuration::ONE_HOUR } else { own.value };
        Sourced::new(own.value.min(limit), own.origin)
    });
    let requested = overrides.duration.clone().or(own_duration);
    let is_long = requested.as_ref().is_some_and(|d| d.value > SessionDuration::ONE_HOUR);
    let is_long_term = source.source.lifetime().is_long_term();
    let is_direct = roles.len() == 1 && is_long_term;

    let keys = || Signer::Keys(source.clone());
    let (mut signer, mut mfa) = match device.filter(|_| is_long_term) {
        // Rules 4 and 5 without a device, or with keys that are or may be temporary.
        None => (keys(), None),
        // Rule 3.
        Some(device) if is_direct && is_long => (keys(), Some(device.clone())),
        // Rules 2 and 5.
        Some(device) => (Signer::Session(Box::new(StsCall::mfa_session(source.clone(), device.clone(), None))), None),
    };

    for (index, role) in roles.iter().enumerate().rev() {
        let is_target = index == 0;
        let duration = if is_direct {
            requested.clone().unwrap_or(Sourced::default_of(SessionDuration::ONE_HOUR))
        } else {
            chained_duration(overrides.duration.as_ref().filter(|_| is_target), role, roles.len(), warnings)?
        };
        let operation = assume_role(role, is_target.then_some(overrides));
        let call = StsCall { operation, signer, mfa: mfa.take(), duration };
        if is_target {
            return Ok(call);
        }
        signer = Signer::Session(Box::new(call));
    }
    unreachable!("the loop returns at the first role")
}

/// With `--no-session`, no call is made. Rare, and `list` makes the plan of every profile.
#[cold]
fn without_session(chain: &Chain) -> Result<StsCall> {
    match chain.roles.first() {
        None => Ok(StsCall::not_made(chain.source.clone())),
        Some(role) => {
            let (profile, origin) = (chain.profile.to_string(), role.role_arn.origin.clone());
            Err(UsageError::RoleWithoutSession { profile, origin }.into())
        }
    }
}

/// Rule 1: the call for a profile without a role.
fn mfa_session_call(
    source: &Arc<SourceProfile>,
    device: Option<&Sourced<MfaSerial>>,
    default_device: Option<&Origin>,
    overrides: &Overrides,
) -> Result<StsCall> {
    let profile = source.profile.to_string();
    let role_options = [
        (overrides.role_session_name.is_some(), "--role-session-name"),
        (overrides.external_id.is_some(), "--external-id"),
    ];
    if let Some((_, option)) = role_options.into_iter().find(|(is_given, _)| *is_given) {
        return Err(UsageError::NoRole { option, profile }.into());
    }
    if !source.source.lifetime().is_long_term() {
        return Err(
            ConfigError::SessionCannotStartSession { profile, found: source.origin.clone(), history: None }.into()
        );
    }
    match device {
        Some(device) => Ok(StsCall::mfa_session(source.clone(), device.clone(), overrides.duration.clone())),
        None => {
            let header = source.config_header();
            Err(ConfigError::NoDevice {
                profile,
                header,
                default_has_one: default_device.cloned(),
                of_other_tools: None,
            }
            .into())
        }
    }
}

fn assume_role(role: &RoleProfile, overrides: Option<&Overrides>) -> Operation {
    let role_session_name =
        overrides.and_then(|o| o.role_session_name.clone()).or_else(|| role.role_session_name.clone());
    let external_id = overrides.and_then(|o| o.external_id.clone()).or_else(|| role.external_id.clone());
    Operation::AssumeRole {
        profile: role.profile.clone(),
        role_arn: role.role_arn.clone(),
        role_session_name,
        external_id,
    }
}

/// The duration of a role that is assumed from a session or with temporary keys: at most 1 h (IAM user guide, "Role
/// chaining"). A longer `duration_seconds` is reduced with a warning; a longer `--duration` is an error.
fn chained_duration(
    typed: Option<&Sourced<SessionDuration>>,
    role: &RoleProfile,
    role_count: usize,
    warnings: &Warnings,
) -> Result<Sourced<SessionDuration>> {
    if let Some(typed) = typed {
        if typed.value > SessionDuration::ONE_HOUR {
            let reason = if role_count > 1 {
                "the role is assumed from another role"
            } else {
                "the role is assumed from temporary keys"
            };
            return Err(UsageError::ChainedDuration { seconds: typed.value.seconds(), reason }.into());
        }
        return Ok(typed.clone());
    }
    Ok(match &role.duration {
        None => Sourced::default_of(SessionDuration::ONE_HOUR),
        Some(own) if own.value <= SessionDuration::ONE_HOUR => own.clone(),
        Some(own) => {
            let (profile, origin, from) = (role.profile.to_string(), own.origin.clone(), own.value.seconds());
            warnings.add(Warning::DurationCut { profile, origin, from });
            Sourced::new(SessionDuration::ONE_HOUR, own.origin.clone())
        }
    })
}
