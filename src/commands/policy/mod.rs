//! `mfa-env policy [PROFILE]`: the IAM policy that a user needs for what mfa-env does for a profile. No network is used.

mod document;
mod subject;

use super::outcome::Outcome;
use super::request;
use crate::cli::SignInArgs;
use crate::context::Context;
use crate::error::{ConfigError, Error, Result};
use crate::origin::{Origin, Sourced};
use crate::plan::{FactKey, Overrides, Plan};
use crate::printable::printable;
use crate::profile::{AwsFiles, DeviceChoice, MfaSerial, RoleProfile};
use crate::session::Cache;
use crate::sign_in::{Request, plan_with, read_aws_files};
use clap::Args;
use document::Document;
use subject::Subject;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env policy prod                    print the policy of the user whose keys prod uses
  mfa-env policy prod > mfa-env.json     save it, and attach it with:
    aws iam put-user-policy --user-name alice --policy-name mfa-env --policy-document file://mfa-env.json";

/// Print the IAM policy that a user needs for a profile.
#[derive(Args, Debug)]
pub(super) struct PolicyArgs {
    /// Profile with keys or a role [default: AWS_PROFILE, this shell's profile, AWS_DEFAULT_PROFILE or default]
    #[arg(value_name = "PROFILE")]
    first: Option<String>,
    /// Profile, even if its name is also a command
    #[arg(short, long = "profile", value_name = "NAME", id = "profile_flag")]
    profile: Option<String>,
    /// Show only errors
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: PolicyArgs, context: &Context) -> Result<Outcome> {
    let Context { variables, warnings, report, .. } = context;
    let sign_in = SignInArgs { profile: args.profile, ..SignInArgs::default() };
    let request = request::from_arguments(args.first, None, &sign_in, variables)?;
    let texts = read_aws_files(variables, warnings)?;
    let files = AwsFiles::index(&texts);
    let plan = plan_without_device(&files, &request, context)?;
    context.show_warnings();

    let cache = Cache::of(variables, warnings).read_only();
    let source = &plan.chain.source;
    let device = device_of_sign_in(&plan, &cache);
    let role_needs_mfa = device.is_some();
    let device = device.or_else(|| source.mfa_serial.as_ref().map(|device| device.value.clone()));
    let profile = printable(source.profile.as_str());
    let document = if source.source.lifetime().is_long_term() {
        let subject = Subject::of(&plan, device.as_ref(), cache.user(&FactKey::user(&plan)).as_deref());
        if let Some(placeholders) = subject.placeholders() {
            report.notice(&format!(
                "the user of profile {profile} is known only after a sign-in; the policy has {placeholders}"
            ));
        }
        Document::of_user(&subject, &plan, role_needs_mfa)
    } else {
        report.notice(&format!(
            "the keys of profile {profile} are those of a session; attach the policy to its user or role"
        ));
        Document::of_session(&plan)
    };
    for (role, signer) in chained_roles(&plan) {
        report.notice(&format!(
            "not in this policy: {} is assumed from another role; a policy of {} must allow sts:AssumeRole for it",
            printable(role.role_arn.value.as_str()),
            printable(signer.role_arn.value.as_str())
        ));
    }
    Ok(Outcome::text(document.json()))
}

/// The plan for a request, whose device need not be known: the policy allows the user to register one.
fn plan_without_device(files: &AwsFiles<'_>, request: &Request, context: &Context) -> Result<Plan> {
    let Context { variables, warnings, .. } = context;
    let Overrides { region, mfa_serial, role_arn, .. } = request.overrides.clone();
    let overrides = Overrides { region, mfa_serial, role_arn, ..Overrides::default() };
    match plan_with(files, request, &overrides, variables, warnings) {
        Err(Error::Config(ConfigError::NoDevice { .. })) => {
            let listed_device = Some(Sourced::new(MfaSerial::not_listed_yet(), Origin::Listed));
            plan_with(files, request, &Overrides { listed_device, ..overrides }, variables, warnings)
        }
        plan => plan,
    }
}

/// The device that a sign-in uses: the one that is named, or else the one that an earlier sign-in has looked up.
fn device_of_sign_in(plan: &Plan, cache: &Cache<'_>) -> Option<MfaSerial> {
    let is_excluded = plan.overrides.mfa_serial.as_ref().is_some_and(|choice| choice.value == DeviceChoice::None)
        || plan.chain.excludes_device();
    match &plan.device {
        Some(device) if !device.value.is_not_listed_yet() => Some(device.value.clone()),
        _ if is_excluded => None,
        _ => cache.device(&FactKey::device(plan)),
    }
}

/// The roles that the session of another role assumes, each with that role.
fn chained_roles(plan: &Plan) -> impl Iterator<Item = (&RoleProfile, &RoleProfile)> {
    plan.chain.roles.iter().zip(plan.chain.roles.iter().skip(1))
}
