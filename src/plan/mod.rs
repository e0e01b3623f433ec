//! Which STS calls are made, in which order, with which parameters, and why. Pure: files, flags and variables come in as values.
//!
//! The rules, by number (AWS STS user guide, "Role chaining" and "GetSessionToken"):
//! 1. keys and a device, no role: GetSessionToken with MFA, 12 h;
//! 2. a role for an hour at most: GetSessionToken with MFA once a day, then AssumeRole from that session;
//! 3. a role straight on long-term keys for more than an hour: AssumeRole with MFA from the keys, because STS gives one hour
//!    at most to a role assumed from any session;
//! 4. a role and no device: AssumeRole;
//! 5. roles on roles: as 2, then one AssumeRole after another, an hour at most each.

mod endpoint;
mod key;
mod partition;

pub use endpoint::{Endpoint, IamEndpoint};
pub use key::{SessionKey, device_lock};

use crate::error::{ConfigError, Result, UsageError};
use crate::origin::{Origin, Sourced};
use crate::profile::{
    Chain, ExternalId, KeySource, MfaProcess, MfaSerial, ProfileName, Region, RoleArn, RoleProfile, RoleSessionName,
    SessionDuration,
};
use crate::variables::Variables;
use crate::warning::Warning;
use std::sync::Arc;

/// What was typed about the session, checked.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub duration: Option<Sourced<SessionDuration>>,
    pub region: Option<Sourced<Region>>,
    /// By flag or by `MFA_ENV_MFA_SERIAL`.
    pub mfa_serial: Option<Sourced<MfaSerial>>,
    pub role_arn: Option<Sourced<RoleArn>>,
    pub role_session_name: Option<Sourced<RoleSessionName>>,
    pub external_id: Option<Sourced<ExternalId>>,
    /// The code is not to come from an `mfa_process`.
    pub no_mfa_process: bool,
}

/// Everything that will happen, decided.
#[derive(Clone, Debug)]
pub struct Plan {
    pub profile: ProfileName,
    /// The walk that the plan was made from.
    pub chain: Chain,
    /// The device whose codes are taken, and where it was named.
    pub device: Option<Sourced<MfaSerial>>,
    /// What prints that device's codes, before the person is asked.
    pub mfa_process: Option<MfaProcess>,
    /// The call whose session is handed out; the calls before it are inside, as its signer.
    pub call: StsCall,
    pub endpoint: Endpoint,
    /// The partition that all ARNs share, else the region's.
    pub partition: String,
    /// The region that the session is exported with: the flag's or the profile's own, never an inherited one.
    pub region: Option<Sourced<Region>>,
    /// Whether flags made this another session than the profile alone would give.
    pub is_shaped_by_flags: bool,
    pub warnings: Vec<Warning>,
}

/// One call to STS.
#[derive(Clone, Debug)]
pub struct StsCall {
    pub operation: Operation,
    pub signer: Signer,
    /// The device whose code goes with this call.
    pub mfa: Option<Sourced<MfaSerial>>,
    pub duration: Sourced<SessionDuration>,
}

#[derive(Clone, Debug)]
pub enum Operation {
    GetSessionToken,
    AssumeRole {
        /// The profile that names the role.
        profile: ProfileName,
        role_arn: Sourced<RoleArn>,
        role_session_name: Sourced<RoleSessionName>,
        external_id: Option<Sourced<ExternalId>>,
    },
}

/// What a call is signed with.
#[derive(Clone, Debug)]
pub enum Signer {
    Keys(Arc<KeySource>),
    Session(Box<StsCall>),
}

impl Plan {
    /// Decides everything. `ambient_region` is the region of the environment, an earlier session's own not counted.
    ///
    /// # Errors
    /// Whatever can be known to be wrong before a code is asked for.
    pub fn make(
        chain: Chain,
        overrides: &Overrides,
        ambient_region: Option<Sourced<Region>>,
        variables: &Variables,
    ) -> Result<Plan> {
        let mut warnings: Vec<Warning> = chain
            .duplicates
            .iter()
            .cloned()
            .map(|d| Warning::Duplicate { what: d.what, first: d.first, last: d.last })
            .collect();
        let device = overrides.mfa_serial.clone().or_else(|| chain.device().cloned());
        let partition = one_partition(&chain, device.as_ref())?;
        let region = overrides.region.clone().or_else(|| chain.service.region.clone());
        let endpoint = Endpoint::decide(
            &chain.service,
            region.as_ref(),
            ambient_region,
            partition.as_ref(),
            variables,
            &mut warnings,
        )?;
        let partition = partition.map_or_else(|| endpoint.partition().to_owned(), |p| p.value);
        warn_about_keys(&chain.source, device.as_ref(), &mut warnings);
        let profile = chain.profile.clone();
        let call = calls(&chain, device.clone(), overrides, &mut warnings)?;
        // Another duration or device still gives the same identity in the same region, so renewing by name is right there.
        let is_shaped_by_flags = overrides.region.is_some()
            || overrides.role_arn.is_some()
            || overrides.role_session_name.is_some()
            || overrides.external_id.is_some();
        let mfa_process = if overrides.no_mfa_process { None } else { process_of(device.as_ref(), &chain) };
        Ok(Plan {
            profile,
            chain,
            device,
            mfa_process,
            call,
            endpoint,
            partition,
            region,
            is_shaped_by_flags,
            warnings,
        })
    }
}

impl StsCall {
    /// The call before this one, whose session signs it.
    pub fn parent(&self) -> Option<&StsCall> {
        match &self.signer {
            Signer::Session(parent) => Some(parent),
            Signer::Keys(_) => None,
        }
    }

    /// The keys that sign the first call of all.
    pub fn key_source(&self) -> &Arc<KeySource> {
        match &self.signer {
            Signer::Session(parent) => parent.key_source(),
            Signer::Keys(keys) => keys,
        }
    }

    /// The device whose code this session goes back to, in this call or in one before it.
    pub fn device(&self) -> Option<&Sourced<MfaSerial>> {
        self.mfa.as_ref().or_else(|| self.parent()?.device())
    }

    /// STS's name for the operation.
    pub fn name(&self) -> &'static str {
        match self.operation {
            Operation::GetSessionToken => "GetSessionToken",
            Operation::AssumeRole { .. } => "AssumeRole",
        }
    }

    pub fn role_arn(&self) -> Option<&RoleArn> {
        match &self.operation {
            Operation::GetSessionToken => None,
            Operation::AssumeRole { role_arn, .. } => Some(&role_arn.value),
        }
    }

    /// The account that the session is for, where it can be known beforehand: the role's, else the device's, else what the profile states.
    pub fn account(&self) -> Option<&str> {
        let keys = self.key_source();
        match self.role_arn() {
            Some(role) => Some(role.account()),
            None => self.mfa.as_ref().and_then(|d| d.value.account()).or(keys.account.as_deref()),
        }
    }
}

/// The process of the files, unless they name another device: then it prints that one's codes.
fn process_of(device: Option<&Sourced<MfaSerial>>, chain: &Chain) -> Option<MfaProcess> {
    let is_of_another = chain.device().is_some_and(|named| device.is_some_and(|device| device.value != named.value));
    chain.mfa_process.clone().filter(|_| !is_of_another)
}

/// The chain of calls, from the keys up to the session that is handed out.
fn calls(
    chain: &Chain,
    device: Option<Sourced<MfaSerial>>,
    overrides: &Overrides,
    warnings: &mut Vec<Warning>,
) -> Result<StsCall> {
    let Chain { roles, source, default_device, .. } = chain;
    let keys = || Signer::Keys(source.clone());
    let Some(target) = roles.first() else {
        return session_of_keys(source, device, default_device.as_ref(), overrides);
    };
    let asked = overrides.duration.clone().or_else(|| target.duration.clone());
    let is_long = asked.as_ref().is_some_and(|d| d.value > SessionDuration::ONE_HOUR);
    let is_direct = roles.len() == 1 && !source.keys.are_temporary();

    let (mut signer, mut mfa) = match device.clone() {
        // Rules 4 and 5 without a device, and keys that are a session already.
        None => (keys(), None),
        Some(_) if source.keys.are_temporary() => (keys(), None),
        // Rule 3.
        Some(device) if is_direct && is_long => (keys(), Some(device)),
        // Rules 2 and 5.
        Some(device) => {
            let duration = source.duration.clone().unwrap_or(Sourced::default_of(SessionDuration::LONGEST));
            let session =
                StsCall { operation: Operation::GetSessionToken, signer: keys(), mfa: Some(device), duration };
            (Signer::Session(Box::new(session)), None)
        }
    };

    let hops = roles.len();
    let usual_name = RoleSessionName::from_device(device.as_ref().map(|d| &d.value));
    for (index, role) in roles.iter().enumerate().rev() {
        let is_target = index == 0;
        let wished = if is_target { overrides.duration.clone() } else { None };
        let duration = if is_direct {
            asked.clone().unwrap_or(Sourced::default_of(SessionDuration::ONE_HOUR))
        } else {
            chained_duration(wished, role, hops, warnings)?
        };
        let call = assume_role(role, is_target.then_some(overrides), &usual_name, signer, mfa.take(), duration);
        if index == 0 {
            return Ok(call);
        }
        signer = Signer::Session(Box::new(call));
    }
    unreachable!("there is a first role")
}

/// Rule 1.
fn session_of_keys(
    source: &Arc<KeySource>,
    device: Option<Sourced<MfaSerial>>,
    default_device: Option<&Origin>,
    overrides: &Overrides,
) -> Result<StsCall> {
    let profile = source.profile.to_string();
    for (given, option) in [
        (overrides.role_session_name.is_some(), "--role-session-name"),
        (overrides.external_id.is_some(), "--external-id"),
    ] {
        if given {
            return Err(UsageError::NoRole { option, profile }.into());
        }
    }
    if source.keys.are_temporary() {
        return Err(ConfigError::SessionCannotStartSession { profile, found: source.origin.clone() }.into());
    }
    let Some(device) = device else {
        return Err(ConfigError::NoDevice { profile, default_has_one: default_device.cloned() }.into());
    };
    let duration = overrides
        .duration
        .clone()
        .or_else(|| source.duration.clone())
        .unwrap_or(Sourced::default_of(SessionDuration::LONGEST));
    Ok(StsCall {
        operation: Operation::GetSessionToken,
        signer: Signer::Keys(source.clone()),
        mfa: Some(device),
        duration,
    })
}

fn assume_role(
    role: &RoleProfile,
    overrides: Option<&Overrides>,
    usual_name: &RoleSessionName,
    signer: Signer,
    mfa: Option<Sourced<MfaSerial>>,
    duration: Sourced<SessionDuration>,
) -> StsCall {
    let role_session_name = overrides
        .and_then(|w| w.role_session_name.clone())
        .or_else(|| role.role_session_name.clone())
        .unwrap_or_else(|| Sourced::default_of(usual_name.clone()));
    let external_id = overrides.and_then(|w| w.external_id.clone()).or_else(|| role.external_id.clone());
    let operation = Operation::AssumeRole {
        profile: role.profile.clone(),
        role_arn: role.role_arn.clone(),
        role_session_name,
        external_id,
    };
    StsCall { operation, signer, mfa, duration }
}

/// An hour at most: a longer `duration_seconds` is cut and said, a longer `--duration` is refused.
fn chained_duration(
    wished: Option<Sourced<SessionDuration>>,
    role: &RoleProfile,
    hops: usize,
    warnings: &mut Vec<Warning>,
) -> Result<Sourced<SessionDuration>> {
    if let Some(wished) = wished {
        if wished.value > SessionDuration::ONE_HOUR {
            let reason = if hops > 1 {
                "the role is assumed from another role"
            } else {
                "the role is assumed from temporary keys"
            };
            return Err(UsageError::ChainedDuration { seconds: wished.value.seconds(), reason }.into());
        }
        return Ok(wished);
    }
    Ok(match &role.duration {
        None => Sourced::default_of(SessionDuration::ONE_HOUR),
        Some(own) if own.value <= SessionDuration::ONE_HOUR => own.clone(),
        Some(own) => {
            let (profile, origin, from) = (role.profile.to_string(), own.origin.clone(), own.value.seconds());
            warnings.push(Warning::DurationCut { profile, origin, from });
            Sourced::new(SessionDuration::ONE_HOUR, own.origin.clone())
        }
    })
}

/// The partition that all ARNs of the plan share.
fn one_partition(chain: &Chain, device: Option<&Sourced<MfaSerial>>) -> Result<Option<Sourced<String>>> {
    let of_roles = chain.roles.iter().map(|r| (r.role_arn.value.partition(), &r.role_arn.origin));
    let of_device = device.and_then(|d| Some((d.value.partition()?, &d.origin)));
    let mut all = of_roles.chain(of_device);
    let Some((first, first_origin)) = all.next() else { return Ok(None) };
    match all.find(|(other, _)| *other != first) {
        None => Ok(Some(Sourced::new(first.to_owned(), first_origin.clone()))),
        Some((other, origin)) => Err(ConfigError::PartitionMismatch {
            first: format!("partition {first}"),
            first_origin: first_origin.clone(),
            second: format!("partition {other}"),
            second_origin: origin.clone(),
        }
        .into()),
    }
}

fn warn_about_keys(source: &KeySource, device: Option<&Sourced<MfaSerial>>, warnings: &mut Vec<Warning>) {
    let profile = || source.profile.to_string();
    if let Some(origin) = &source.stray_token {
        warnings.push(Warning::TokenIgnored { profile: profile(), origin: origin.clone() });
    }
    let Some(device) = device else { return };
    if source.keys.are_temporary() {
        warnings.push(Warning::DeviceUnused { profile: profile() });
    }
    if let (Some(of_device), Some(of_keys)) = (device.value.account(), &source.account)
        && of_device != of_keys
    {
        let (device, origin, account) = (device.value.as_str().to_owned(), device.origin.clone(), of_keys.clone());
        warnings.push(Warning::DeviceOfOtherAccount { device, origin, account });
    }
}
