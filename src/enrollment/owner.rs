//! The user whose devices are managed: the one that the keys of a profile belong to.

use super::otpauth::DeviceName;
use crate::context::Context;
use crate::credentials::Keys;
use crate::error::{ConfigError, DeviceError, Error, Result};
use crate::iam::Iam;
use crate::origin::{Origin, Sourced};
use crate::plan::{Overrides, Plan};
use crate::printable::printable;
use crate::profile::{AwsFiles, DeviceChoice, FileText, MfaSerial, SourceProfile};
use crate::sign_in::{Request, plan_with};
use crate::source;
use crate::sts::Sts;
use std::sync::Arc;

/// Stands for the device that a damaged `mfa_serial` means. No account has this ID.
const UNKNOWN_DEVICE: &str = "arn:aws:iam::000000000000:mfa/unknown";

/// A user, and how to call IAM for it.
pub struct Owner<'a> {
    /// The plan of the profile, whose device need not exist.
    pub plan: Plan,
    /// IAM.
    pub iam: Iam<'a>,
    /// The user's name. Untrusted text, like the others.
    pub user: String,
    /// The user's ARN.
    pub arn: String,
    /// The account.
    pub account: String,
    /// `aws`, or another partition.
    pub partition: String,
}

/// The plan for the keys of a profile, whatever its device is: here, a device is only what the command is about.
///
/// # Errors
/// The profile, the options or the endpoint of IAM cannot be used, or the keys are not those of a user.
pub fn plan_of_keys(files: &AwsFiles<'_>, request: &Request, context: &Context) -> Result<Plan> {
    let any = DeviceChoice::Device(MfaSerial::not_listed_yet());
    let mfa_serial = Some(Sourced::new(any, Origin::Listed));
    // What else made the session of this shell has nothing to do with its user.
    let overrides = Overrides { mfa_serial, region: request.overrides.region.clone(), ..Overrides::default() };
    let plan = plan_with(files, request, &overrides, &context.variables, &context.warnings)?;
    let source = plan.call.source();
    if !source.source.lifetime().is_long_term() {
        let (profile, found) = (source.profile.to_string(), source.origin.clone());
        return Err(ConfigError::SessionCannotStartSession { profile, found, history: None }.into());
    }
    plan.endpoint.iam_url()?;
    Ok(plan)
}

/// The files as commands about devices read them: a damaged `mfa_serial` is what they are there to correct, so a notice
/// names it, and [`UNKNOWN_DEVICE`] takes its place.
pub fn with_repaired_device(texts: Vec<FileText>, request: &Request, context: &Context) -> Vec<FileText> {
    let Err(Error::Value(damaged)) = plan_of_keys(&AwsFiles::index(&texts), request, context) else { return texts };
    let Origin::File { path, line } = damaged.origin.clone() else { return texts };
    // A value that continues has further lines.
    if damaged.setting != "mfa_serial" || damaged.value.contains('\n') {
        return texts;
    }
    let device = format!("mfa_serial = {UNKNOWN_DEVICE}");
    let repaired = texts.into_iter().map(|text| if text.path == path { text.with_line(line, &device) } else { text });
    context.report.notice(&Error::from(damaged).what());
    with_repaired_device(repaired.collect(), request, context)
}

/// The device that the profile sets, unless it was damaged.
pub fn device_of(plan: &Plan) -> Option<&str> {
    plan.chain.device().map(|device| device.value.as_str()).filter(|device| *device != UNKNOWN_DEVICE)
}

impl<'a> Owner<'a> {
    /// The user that the keys of a plan belong to, as AWS says.
    ///
    /// # Errors
    /// AWS does not know the keys, or they are not those of a user.
    pub fn of(plan: Plan, context: &'a Context) -> Result<Self> {
        let source = plan.call.source().clone();
        let iam = Iam::at(&plan.endpoint, &source, context)?;
        let sts = Sts::at(plan.endpoint.clone(), &context.network);
        let waiting = |host: &str| context.report.notice(&format!("waiting for {}", printable(host)));
        let caller = sts.caller(&source, source::resolve(&source)?, waiting)?;
        let profile = || source.profile.to_string();
        if caller.is_root() {
            return Err(DeviceError::RootUser { profile: profile() }.into());
        }
        let Some(user) = caller.user_name().map(str::to_owned) else {
            return Err(DeviceError::NotAUser { profile: profile(), arn: caller.arn }.into());
        };
        let partition = caller.arn.split(':').nth(1).unwrap_or("aws").to_owned();
        Ok(Owner { plan, iam, user, arn: caller.arn, account: caller.account, partition })
    }

    /// The device that the profile sets.
    pub fn device(&self) -> Option<&str> {
        device_of(&self.plan)
    }

    /// The profile with the keys.
    pub fn source(&self) -> &Arc<SourceProfile> {
        self.plan.call.source()
    }

    /// The keys of the profile.
    ///
    /// # Errors
    /// They cannot be resolved.
    pub fn keys(&self) -> Result<Keys> {
        source::resolve(self.source())
    }

    /// The ARN that a device of this name has.
    pub fn serial_of(&self, name: &DeviceName) -> String {
        format!("arn:{}:iam::{}:mfa/{}", self.partition, self.account, name.as_str())
    }

    /// For a prompt: where the codes are sent, if that is not AWS, and who could read them.
    pub fn destination(&self) -> String {
        self.custom_endpoint("sent to")
    }

    /// The host of IAM after this word, if it is not AWS's, and whom a connection to it trusts.
    pub fn custom_endpoint(&self, word: &str) -> String {
        let endpoint = &self.plan.endpoint;
        let url = endpoint.iam_url().ok().flatten();
        let mut text = url
            .map_or_else(String::new, |url| format!(", {word} {} ({})", printable(&endpoint.iam_host()), url.origin));
        endpoint.trust_notes().for_each(|note| text.push_str(&format!(", {note}")));
        text
    }
}
