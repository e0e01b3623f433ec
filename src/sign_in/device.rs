//! The MFA device that nobody has named, neither with an option nor in the AWS files: it is the one that IAM lists for the
//! user of the keys.
//!
//! For keys without a role it is looked up before anything is asked, because a session without MFA could not call IAM. For
//! a role it is looked up only once AWS has refused the role, because many roles need no MFA. What was found is remembered
//! for a day.

use super::device_setting::DeviceSetting;
use super::own_foreground;
use super::planning::{plan_for, plan_with};
use super::request::{Asking, CodeOption, Request};
use super::steps::Steps;
use crate::context::Context;
use crate::error::{ConfigError, DeviceError, Error, IamRefusal, Refusal, Result};
use crate::iam::{DeviceKind, Iam, MfaDevice};
use crate::mfa::{self, CodeSource};
use crate::origin::{Origin, Sourced};
use crate::plan::{FactKey, Overrides, Plan};
use crate::platform::Terminal;
use crate::printable::printable;
use crate::profile::{AwsFiles, MfaSerial};
use crate::session::Cache;
use crate::source;
use crate::warning::Warnings;
use std::time::Instant;

/// A plan, and whether its device was just looked up.
pub(super) struct PlanWithDevice {
    pub plan: Plan,
    pub is_new: bool,
}

/// Where a device is looked up.
#[derive(Clone, Copy)]
pub(super) struct Lookup<'a, 'f> {
    pub files: &'a AwsFiles<'f>,
    pub cache: &'a Cache<'a>,
    pub context: &'a Context,
}

impl Lookup<'_, '_> {
    /// The plan for a request, after the device was looked up if the profile has keys, but no device.
    ///
    /// # Errors
    /// As [`plan_for`], or no device can be found.
    pub(super) fn plan(&self, request: &Request) -> Result<PlanWithDevice> {
        let e = match plan_for(self.files, request, &self.context.variables, &self.context.warnings) {
            Ok(plan) => return Ok(PlanWithDevice { plan, is_new: false }),
            Err(e) => e,
        };
        let Some(search) = self.plan_of_search(request, &e) else { return Err(e) };
        let key = FactKey::device(&search);
        let (device, is_new) = match self.cache.device(&key) {
            Some(device) => (device, false),
            None if !may_look_up(request) => return Err(e),
            None => {
                let asking = request.options.asking;
                let device = self.find(&search, asking).map_err(|found| instead_of(e, found, &search))?;
                self.cache.add_device(&key, &device);
                (device, true)
            }
        };
        Ok(PlanWithDevice { plan: self.plan_with(request, device, &self.context.warnings)?, is_new })
    }

    /// The plan with a device that is not known yet, if that is all that is wrong.
    fn plan_of_search(&self, request: &Request, e: &Error) -> Option<Plan> {
        if !matches!(e, Error::Config(ConfigError::NoDevice { of_other_tools: None, .. })) {
            return None;
        }
        self.plan_with(request, MfaSerial::not_listed_yet(), &Warnings::default()).ok()
    }

    /// The plan with this device.
    fn plan_with(&self, request: &Request, device: MfaSerial, warnings: &Warnings) -> Result<Plan> {
        let listed_device = Some(Sourced::new(device, Origin::Listed));
        let overrides = Overrides { listed_device, ..request.overrides.clone() };
        plan_with(self.files, request, &overrides, &self.context.variables, warnings)
    }

    /// For a role without a device: the plan with the device that was looked up within the last day.
    pub(super) fn plan_with_remembered(&self, plan: &Plan, request: &Request) -> Option<Plan> {
        if !lacks_device(plan) {
            return None;
        }
        self.plan_with(request, self.cache.device(&FactKey::device(plan))?, &Warnings::default()).ok()
    }

    /// After AWS has refused a role for which no code was sent: the plan with the user's device, if somebody can be asked
    /// for its code, or if a session that was made with it is cached. `remembered` is that of
    /// [`Lookup::plan_with_remembered`].
    pub(super) fn plan_after_refusal(
        &self,
        e: &mut Error,
        plan: &Plan,
        remembered: Option<Plan>,
        request: &Request,
        code: &CodeSource,
    ) -> Option<PlanWithDevice> {
        let Error::Aws(refusal) = e else { return None };
        if !lacks_device(plan) || !matches!(refusal.reason, Refusal::RoleNotAssumable) || !refusal.call.lacks_device {
            return None;
        }
        let can_ask = match code {
            CodeSource::Given(_) => true,
            CodeSource::Interactive(_) => terminal_for(request.options.asking).is_some(),
            CodeSource::Unattended => false,
        };
        if let Some(plan) = remembered {
            let is_given = matches!(code, CodeSource::Given(_));
            let reuse = request.options.reuse(is_given, &plan, self.context);
            let needs_code = Steps::of(&plan, self.cache, reuse).need_code();
            return (can_ask || !needs_code).then_some(PlanWithDevice { plan, is_new: false });
        }
        if !can_ask {
            return None;
        }
        match self.find(plan, request.options.asking) {
            Ok(device) => {
                self.cache.add_device(&FactKey::device(plan), &device);
                let plan = self.plan_with(request, device, &self.context.warnings).ok()?;
                Some(PlanWithDevice { plan, is_new: true })
            }
            // What the user needs first, unless the role needs something else.
            Err(Error::Device(DeviceError::NoneRegistered { .. })) => {
                refusal.call.has_no_device = true;
                None
            }
            Err(e) => {
                // The role may need something else.
                self.context.report.notice(&e.what());
                None
            }
        }
    }

    /// Forgets the device, if it was looked up: the user may have another one now.
    pub(super) fn forget(&self, plan: &Plan) {
        if plan.device.as_ref().is_some_and(|device| device.origin == Origin::Listed) {
            self.cache.forget_device(&FactKey::device(plan));
        }
    }

    /// Offers the line for the config file, or shows it if nobody can be asked. The sign-in does not depend on it.
    pub(super) fn offer_setting(&self, plan: &Plan, asking: Asking, can_ask: bool) {
        let Some(device) = &plan.device else { return };
        let setting = DeviceSetting { source: plan.call.source(), serial: &device.value };
        let is_typed_in = can_ask && asking == Asking::Allowed && plan.mfa_process.is_none();
        let terminal = if is_typed_in { terminal_for(asking) } else { None };
        let _own_foreground = terminal.as_ref().and_then(|_| own_foreground(self.context));
        if let Err(e) = setting.offer(terminal.as_ref(), self.context) {
            self.context.report.notice(&e.what());
        }
    }

    /// The user's only device that generates codes, or the one that the user chooses.
    fn find(&self, plan: &Plan, asking: Asking) -> Result<MfaSerial> {
        let source = plan.call.source();
        let profile = || source.profile.to_string();
        let _own_foreground = own_foreground(self.context);
        let keys = source::resolve(source)?;
        let devices = Iam::at(&plan.endpoint, source, self.context)?.devices(&keys)?;
        let with_codes = devices.iter().filter(|device| device.has_codes());
        let mut usable: Vec<(MfaSerial, &MfaDevice)> =
            with_codes.filter_map(|device| Some((MfaSerial::parse(&device.serial).ok()?, device))).collect();
        let serials = || devices.iter().map(|device| device.serial.clone()).collect();
        match usable.len() {
            0 if devices.is_empty() => Err(DeviceError::NoneRegistered { profile: profile() }.into()),
            0 => Err(DeviceError::OnlySecurityKeys { profile: profile(), serials: serials() }.into()),
            1 => Ok(usable.remove(0).0),
            count => {
                let several = || {
                    let serials = usable.iter().map(|(serial, _)| serial.as_str().to_owned()).collect();
                    Error::from(DeviceError::Several { profile: profile(), header: source.config_header(), serials })
                };
                let terminal = terminal_for(asking).ok_or_else(several)?;
                let heading =
                    format!("The user of profile {} has {count} MFA devices:", printable(source.profile.as_str()));
                let items: Vec<String> = usable.iter().map(|(serial, device)| item(serial, device)).collect();
                let timeout = asking.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()));
                Ok(usable.remove(mfa::choose(&terminal, &heading, &items, timeout)?).0)
            }
        }
    }
}

/// For a request whose device is not known yet: the plan with the device that was looked up within the last day, or with
/// one that stands for it. Nothing is looked up.
///
/// # Errors
/// As [`plan_for`].
pub fn plan_without_lookup(
    files: &AwsFiles<'_>,
    request: &Request,
    cache: &Cache<'_>,
    context: &Context,
    // The sign-in itself warns as well.
    warnings: &Warnings,
) -> Result<Plan> {
    let lookup = Lookup { files, cache, context };
    let e = match plan_for(files, request, &context.variables, warnings) {
        Ok(plan) => {
            let remembered = lookup.plan_with_remembered(&plan, request);
            return Ok(remembered.filter(|other| is_better(other, &plan, request, cache, context)).unwrap_or(plan));
        }
        Err(e) => e,
    };
    let Some(search) = lookup.plan_of_search(request, &e) else { return Err(e) };
    let remembered = cache.device(&FactKey::device(&search));
    let is_looked_up = may_look_up(request) && search.endpoint.iam_url().is_ok();
    match remembered.or(is_looked_up.then(MfaSerial::not_listed_yet)) {
        Some(device) => lookup.plan_with(request, device, warnings),
        None => Err(e),
    }
}

/// Whether the session of a plan is cached, and that of the other plan is not.
fn is_better(plan: &Plan, other: &Plan, request: &Request, cache: &Cache<'_>, context: &Context) -> bool {
    let is_cached = |plan: &Plan| {
        let reuse = request.options.reuse(!matches!(request.code, CodeOption::Ask), plan, context);
        Steps::of(plan, cache, reuse).cached_target().is_some()
    };
    is_cached(plan) && !is_cached(other)
}

/// Whether a plan assumes a role with long-term keys, and nobody has said which device to use, or that there is none.
fn lacks_device(plan: &Plan) -> bool {
    plan.device.is_none()
        && plan.has_role()
        && plan.overrides.mfa_serial.is_none()
        && !plan.chain.excludes_device()
        && plan.call.source().source.lifetime().is_long_term()
}

/// The error to report if no device was found for keys without one.
fn instead_of(e: Error, found: Error, plan: &Plan) -> Error {
    match found {
        // There is no IAM to ask.
        Error::Config(ConfigError::NoIamEndpoint { .. }) => e,
        Error::Aws(refusal) if matches!(refusal.reason, Refusal::Iam { reason: IamRefusal::NotAllowed, .. }) => {
            let source = plan.call.source();
            let (profile, header) = (source.profile.to_string(), source.config_header());
            DeviceError::NotListed { profile, header, said: refusal.aws_said() }.into()
        }
        found => found,
    }
}

/// A device in the list to choose from.
fn item(serial: &MfaSerial, device: &MfaDevice) -> String {
    match device.kind() {
        DeviceKind::Virtual => format!("{} ({})", printable(serial.name()), printable(serial.as_str())),
        DeviceKind::Hardware | DeviceKind::SecurityKey => format!("{} (hardware)", printable(serial.as_str())),
    }
}

/// Whether a device may be looked up: not if nobody may be asked for its code anyway.
fn may_look_up(request: &Request) -> bool {
    request.options.asking != Asking::Forbidden || request.code.is_given()
}

/// The terminal, if somebody can be asked on it.
pub fn terminal_for(asking: Asking) -> Option<Terminal> {
    let terminal = Terminal::open().ok().filter(|_| asking != Asking::Forbidden)?;
    (asking == Asking::Allowed || !terminal.is_raw()).then_some(terminal)
}
