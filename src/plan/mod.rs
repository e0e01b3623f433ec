//! Which STS calls are made, in which order, with which parameters, and why. Pure: files, flags and variables come in
//! as values.
//!
//! The rules (AWS STS user guide, "Role chaining" and "GetSessionToken"):
//! 1. long-term keys and a device, no role: GetSessionToken with MFA, 12 h;
//! 2. a role for one hour at most: GetSessionToken with MFA once a day, then AssumeRole from that session;
//! 3. a role directly on long-term keys for more than one hour: AssumeRole with MFA from the keys, because STS refuses
//!    more than one hour to a role that is assumed from a session;
//! 4. a role and no device: AssumeRole;
//! 5. chained roles: as in 2, then one AssumeRole per role, one hour at most each.

mod call;
mod endpoint;
mod key;
mod partition;
mod rules;

pub use call::{Operation, Signer, StsCall};
pub use endpoint::{Endpoint, IamEndpoint};
pub use key::{SOURCE_FIELD, SessionKey, device_lock};

use crate::error::{ConfigError, Result};
use crate::origin::Sourced;
use crate::profile::{
    Chain, Duplicate, ExternalId, KeyLifetime, MfaProcess, MfaSerial, ProfileName, Region, RoleArn, RoleSessionName,
    SessionDuration, SourceProfile,
};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};

/// What was typed about the session instead of what the profile says, checked.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub duration: Option<Sourced<SessionDuration>>,
    pub region: Option<Sourced<Region>>,
    /// From the flag or from `MFA_ENV_MFA_SERIAL`.
    pub mfa_serial: Option<Sourced<MfaSerial>>,
    pub role_arn: Option<Sourced<RoleArn>>,
    pub role_session_name: Option<Sourced<RoleSessionName>>,
    pub external_id: Option<Sourced<ExternalId>>,
    /// The code is not to come from an `mfa_process`.
    pub no_mfa_process: bool,
}

/// Everything that a sign-in will do, decided.
#[derive(Clone, Debug)]
pub struct Plan {
    pub profile: ProfileName,
    /// The walk that the plan was made from.
    pub chain: Chain,
    /// The device whose codes are used, and where it was named.
    pub device: Option<Sourced<MfaSerial>>,
    /// What prints that device's codes, before anybody is asked.
    pub mfa_process: Option<MfaProcess>,
    /// The call whose session is handed out; the calls before it are inside, as its signer.
    pub call: StsCall,
    pub endpoint: Endpoint,
    /// The partition that all ARNs share, else the region's.
    pub partition: String,
    /// The region that the session is exported with: the flag's or the profile's own, never an inherited one.
    pub region: Option<Sourced<Region>>,
    /// Whether flags made this a different session than the profile alone would give.
    pub is_shaped_by_flags: bool,
}

impl Plan {
    /// Decides everything. `ambient_region` is the region of the environment, except one that an earlier session set.
    ///
    /// # Errors
    /// Whatever can be known to be wrong before a code is asked for.
    pub fn make(
        chain: Chain,
        overrides: &Overrides,
        ambient_region: Option<Sourced<Region>>,
        variables: &Variables,
        warnings: &Warnings,
    ) -> Result<Plan> {
        for Duplicate { what, first, last } in chain.duplicates.iter().cloned() {
            warnings.add(Warning::Duplicate { what, first, last });
        }
        let device = overrides.mfa_serial.clone().or_else(|| chain.device().cloned());
        let partition = one_partition(&chain, device.as_ref())?;
        let region = overrides.region.clone().or_else(|| chain.service.region.clone());
        let endpoint =
            Endpoint::decide(&chain.service, region.as_ref(), ambient_region, partition.as_ref(), variables, warnings)?;
        let partition = partition.map_or_else(|| endpoint.partition().to_owned(), |p| p.value);
        warn_about_keys(&chain.source, device.as_ref(), warnings);
        let profile = chain.profile.clone();
        let call = rules::target_call(&chain, device.as_ref(), overrides, warnings)?;
        // A different duration or device gives the same identity in the same region, so the profile's name is enough to
        // renew it.
        let is_shaped_by_flags = overrides.region.is_some()
            || overrides.role_arn.is_some()
            || overrides.role_session_name.is_some()
            || overrides.external_id.is_some();
        let mfa_process = if overrides.no_mfa_process { None } else { process_of(device.as_ref(), &chain) };
        Ok(Plan { profile, chain, device, mfa_process, call, endpoint, partition, region, is_shaped_by_flags })
    }
}

/// The `mfa_process` of the files, unless the device is not the one that they name: it prints codes of that one.
fn process_of(device: Option<&Sourced<MfaSerial>>, chain: &Chain) -> Option<MfaProcess> {
    let is_of_another = chain.device().is_some_and(|named| device.is_some_and(|device| device.value != named.value));
    chain.mfa_process.clone().filter(|_| !is_of_another)
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

fn warn_about_keys(source: &SourceProfile, device: Option<&Sourced<MfaSerial>>, warnings: &Warnings) {
    let profile = || source.profile.to_string();
    if let Some(origin) = source.source.stray_token() {
        warnings.add(Warning::TokenIgnored { profile: profile(), origin: origin.clone() });
    }
    let Some(device) = device else { return };
    if source.source.lifetime() == KeyLifetime::Temporary {
        warnings.add(Warning::DeviceUnused { profile: profile() });
    }
    if let (Some(of_device), Some(of_keys)) = (device.value.account(), &source.account)
        && of_device != of_keys
    {
        let (device, origin, account) = (device.value.as_str().to_owned(), device.origin.clone(), of_keys.clone());
        warnings.add(Warning::DeviceOfOtherAccount { device, origin, account });
    }
}
