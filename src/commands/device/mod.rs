//! `mfa-env device [PROFILE]`: the MFA devices of the user that the profile's keys belong to, and what can be done with them.

mod action;
mod choice;
mod list;

use super::outcome::Outcome;
use super::request;
use crate::cli::SignInArgs;
use crate::context::Context;
use crate::enrollment::{DeviceName, plan_of_keys, with_repaired_device};
use crate::error::{Result, UsageError};
use crate::profile::AwsFiles;
use crate::sign_in::{Request, read_aws_files};
use action::Action;
use clap::Args;

pub(super) const USAGE: &str = "\
mfa-env device [OPTIONS] [PROFILE]
       mfa-env device resync|remove|replace [OPTIONS] [PROFILE]";

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env device main                        list the MFA devices of the user of profile main
  mfa-env device resync main                 tell AWS how far a device's clock is off, with two codes
  mfa-env device replace main                register a new phone with the help of the old one, then remove that
  mfa-env device remove main                 remove a device
  mfa-env device -p resync                   list those of a profile called resync";

/// List or change the MFA devices of a user.
#[derive(Args, Debug)]
pub(super) struct DeviceArgs {
    /// `resync`, `remove` or `replace`; the list if you omit it
    #[arg(value_name = "ACTION")]
    first: Option<String>,
    /// Profile with the access keys, or one whose source profile has them
    #[arg(value_name = "PROFILE")]
    second: Option<String>,
    /// Profile, even if its name is also an action
    #[arg(short, long = "profile", value_name = "NAME", id = "profile_flag")]
    profile: Option<String>,
    /// The device that is meant [default: the profile's mfa_serial, else the only one, else you are asked]
    #[arg(long, value_name = "ARN|SERIAL")]
    mfa_serial: Option<String>,
    /// For replace: name of the new device
    #[arg(long, value_name = "NAME")]
    device_name: Option<String>,
    /// Show only errors
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: DeviceArgs, context: &Context) -> Result<Outcome> {
    let (action, word) = match (args.first.as_deref().map(Action::of), args.second) {
        (Some(Some(action)), profile) => (Some(action), profile),
        // In the other order.
        (_, Some(second)) if Action::of(&second).is_some() => (Action::of(&second), args.first),
        (_, Some(second)) => {
            let first = args.first.unwrap_or_default();
            return Err(UsageError::NotADeviceAction { typed: first, profile: second }.into());
        }
        (_, None) => (None, args.first),
    };
    if args.device_name.is_some() && action != Some(Action::Replace) {
        return Err(UsageError::OnlyForReplace.into());
    }
    let name = args.device_name.as_deref().map(DeviceName::parse).transpose()?;
    // The options of a sign-in, for the session with MFA that some actions need.
    let sign_in = SignInArgs { profile: args.profile, ..SignInArgs::default() };
    let request = || -> Result<Request> { request::from_arguments(word.clone(), None, &sign_in, &context.variables) };
    let texts = read_aws_files(&context.variables, &context.warnings)?;
    let texts = with_repaired_device(texts, &request()?, context);
    let files = AwsFiles::index(&texts);
    let plan = plan_of_keys(&files, &request()?, context)?;
    context.show_warnings();
    match action {
        None => list::run(&plan, context),
        Some(action) => {
            let target = action::Target { files: &files, request: request()?, device: args.mfa_serial, name };
            action::run(action, plan, target, context)
        }
    }
}
