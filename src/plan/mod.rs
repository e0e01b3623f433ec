//! Which STS calls a sign-in needs, in which order and with which parameters. This module is pure: files, options and
//! variables come in as values.
//!
//! The rules, which follow from the limits of STS (IAM user guide, "Role chaining"; STS API reference,
//! "GetSessionToken"):
//! 1. long-term keys with an MFA device and no role: GetSessionToken with a code, for 12 h by default;
//! 2. a role for up to 1 h: GetSessionToken with a code, then AssumeRole with that MFA session;
//! 3. a role directly on long-term keys for more than 1 h: AssumeRole with a code, signed with the keys, because STS
//!    limits a role assumed from a session to 1 h;
//! 4. a role without an MFA device: AssumeRole, signed with the keys;
//! 5. a role chain: as in 2 or 4, then one AssumeRole for each further role, for up to 1 h each.

mod call;
mod console_link;
mod endpoint;
mod endpoint_url;
mod key;
mod overrides;
mod partition;
mod rules;

pub use call::{Operation, Signer, StsCall};
pub use console_link::{ConsoleLink, ServiceName};
pub use endpoint::{Endpoint, IamEndpoint};
pub use endpoint_url::is_endpoint_url;
pub use key::{DeviceLock, FactKey, SOURCE_FIELD, SessionIdentity, SessionKey, device_lock};
pub use overrides::Overrides;
pub use partition::replacement_region;

use crate::error::{ConfigError, Result};
use crate::origin::{Origin, Sourced};
use crate::profile::{
    Chain, DefaultSettings, DeviceChoice, Duplicate, KeyLifetime, MfaMaxAge, MfaProcess, MfaSerial, ProfileName,
    Region, RoleArn, RoleSessionName, SourceProfile,
};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};

/// Everything that a sign-in will do. It can be printed, compared and tested without an account or a network.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The profile to sign in to.
    pub profile: ProfileName,
    /// The chain from which the plan was made.
    pub chain: Chain,
    /// The MFA device, whether or not a call sends its code.
    pub device: Option<Sourced<MfaSerial>>,
    /// The command that prints the device's code, to be tried before the user is asked.
    pub mfa_process: Option<MfaProcess>,
    /// How old a cached MFA session may be.
    pub mfa_max_age: Option<Sourced<MfaMaxAge>>,
    /// The last call, whose session is the one to export. The calls before it are nested in its signer. It is not made
    /// if the options say that the keys are used without a session.
    pub call: StsCall,
    /// The endpoint of STS for all calls.
    pub endpoint: Endpoint,
    /// The partition of the ARNs, which all share it; without ARNs, that of the region.
    pub partition: String,
    /// The region to export: from `--region` or the profile itself, never from the environment or another profile.
    pub region: Option<Sourced<Region>>,
    /// The options that the plan was made with, besides the profile's name.
    pub overrides: Overrides,
    /// What other programs would read from `[default]` for the session.
    pub default_settings: DefaultSettings,
}

impl Plan {
    /// Whether the session is that of a role.
    pub fn has_role(&self) -> bool {
        matches!(self.call.operation, Operation::AssumeRole { .. })
    }

    /// Makes the plan. `ambient_region` is the region of the environment as it was before mfa-env set one.
    ///
    /// # Errors
    /// Settings or options contradict each other, are not possible with these keys, or name an unusable endpoint.
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
        for origin in &chain.includes {
            warnings.add(Warning::ProfileIncluded { origin: origin.clone(), profile: chain.profile.to_string() });
        }
        let device = match &overrides.mfa_serial {
            Some(Sourced { value: DeviceChoice::Device(serial), origin }) => {
                Some(Sourced::new(serial.clone(), origin.clone()))
            }
            Some(Sourced { value: DeviceChoice::None, .. }) => None,
            None => {
                if let Some((used, other)) = chain.device().zip(chain.other_device()) {
                    warnings.add(Warning::OtherDevice {
                        used: used.value.as_str().to_owned(),
                        origin: used.origin.clone(),
                        ignored: other.origin.clone(),
                    });
                }
                let listed = overrides.listed_device.as_ref().filter(|_| !chain.excludes_device());
                chain.device().or(listed).cloned()
            }
        };
        let partition = common_partition(&chain, device.as_ref())?;
        let region = overrides.region.clone().or_else(|| chain.service.region.clone());
        let endpoint = Endpoint::resolve(
            &chain.service,
            region.as_ref(),
            ambient_region,
            partition.as_ref(),
            variables,
            warnings,
        )?;
        let partition = partition.map_or_else(|| endpoint.partition().to_owned(), |p| p.value);
        warn_about_keys(&chain.source, device.as_ref(), warnings);
        let profile = chain.profile.clone();
        let call = rules::target_call(&chain, device.as_ref(), overrides, warnings)?;
        let mfa_process = if overrides.no_mfa_process { None } else { mfa_process_for(device.as_ref(), &chain) };
        let mfa_max_age = overrides.mfa_max_age.clone().or_else(|| chain.mfa_max_age.clone());
        let overrides = overrides.clone();
        Ok(Plan {
            profile,
            chain,
            device,
            mfa_process,
            mfa_max_age,
            call,
            endpoint,
            partition,
            region,
            overrides,
            default_settings: DefaultSettings::default(),
        })
    }
}

impl Plan {
    /// The name of a role session if none is set and the user of the keys is not known: that of the device.
    pub fn name_without_user(&self) -> RoleSessionName {
        RoleSessionName::from_device(self.device.as_ref().map(|device| &device.value))
    }

    /// The role, if nobody named it this time: it is that of the session that is renewed.
    pub fn renewed_role(&self) -> Option<&Sourced<RoleArn>> {
        self.overrides.role_arn.as_ref().filter(|role| matches!(role.origin, Origin::Renewed(_)))
    }
}

/// The `mfa_process` of the chain. It prints codes of the device that the chain names, so it is not used for any
/// other.
fn mfa_process_for(device: Option<&Sourced<MfaSerial>>, chain: &Chain) -> Option<MfaProcess> {
    let is_for_another = chain.device().is_some_and(|named| device.is_some_and(|device| device.value != named.value));
    chain.mfa_process.clone().filter(|_| !is_for_another)
}

/// The partition that all ARNs share, with the origin of the first one; `None` if no ARN names a partition.
///
/// # Errors
/// Two ARNs have different partitions.
fn common_partition(chain: &Chain, device: Option<&Sourced<MfaSerial>>) -> Result<Option<Sourced<String>>> {
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
