//! `mfa-env enroll [PROFILE]`: registers an authenticator app as an MFA device of the user that the profile's keys belong to.

use super::outcome::Outcome;
use super::request;
use crate::cli::SignInArgs;
use crate::context::Context;
use crate::enrollment::{DeviceName, Owner, Registration, SeedOutput, plan_of_keys, with_repaired_device};
use crate::error::{Error, Result, UsageError};
use crate::plan::FactKey;
use crate::platform::{self, Terminal};
use crate::printable::printable;
use crate::profile::AwsFiles;
use crate::session::Cache;
use crate::sign_in::{DeviceSetting, own_foreground, read_aws_files};
use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env enroll main                        register an app for the user of profile main
  mfa-env enroll main --device-name phone    the same, with another name than the user's
  mfa-env enroll main --otpauth | pass otp insert aws/main
                                             give the key to a password manager instead";

/// Register an authenticator app as MFA device.
#[derive(Args, Debug)]
pub(super) struct EnrollArgs {
    /// Profile with the access keys, or one whose source profile has them
    #[arg(value_name = "PROFILE")]
    first: Option<String>,
    /// Profile, even if its name is also a command
    #[arg(short, long = "profile", value_name = "NAME", id = "profile_flag")]
    profile: Option<String>,
    /// Name of the device [default: that of the user]
    #[arg(long, value_name = "NAME")]
    device_name: Option<String>,
    /// Write the key as an otpauth URI to stdout, which must be a pipe, instead of showing it
    #[arg(long)]
    otpauth: bool,
    /// Show only errors
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: EnrollArgs, context: &Context) -> Result<Outcome> {
    let name = args.device_name.as_deref().map(DeviceName::parse).transpose()?;
    let output = seed_output(args.otpauth)?;
    let sign_in = SignInArgs { profile: args.profile, ..SignInArgs::default() };
    let request = request::from_arguments(args.first, None, &sign_in, &context.variables)?;
    let terminal = Terminal::open()?;
    let _own_foreground = own_foreground(context);
    let texts = read_aws_files(&context.variables, &context.warnings)?;
    let texts = with_repaired_device(texts, &request, context);
    let plan = plan_of_keys(&AwsFiles::index(&texts), &request, context)?;
    context.show_warnings();
    let owner = Owner::of(plan, context)?;
    let name = name.map_or_else(|| DeviceName::parse(&owner.user), Ok)?;
    let keys = owner.keys()?;
    let registration = Registration { owner: &owner, keys: &keys, name: &name, output, terminal: &terminal, context };
    let serial = registration.run()?;
    Cache::of(&context.variables, &context.warnings).forget_device(&FactKey::device(&owner.plan));
    let (device, user) = (printable(serial.as_str()).to_string(), printable(&owner.user).to_string());
    context.report.notice(&format!("registered MFA device {device} for {user}"));
    DeviceSetting { source: owner.source(), serial: &serial }.offer(Some(&terminal), context)?;
    Ok(Outcome::Exit(0))
}

/// Where the seed goes. It is never written to a file, and only a reader that asked for it gets it from stdout.
fn seed_output(otpauth: bool) -> Result<SeedOutput> {
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
    match otpauth {
        true if platform::stdout_is_pipe() => Ok(SeedOutput::Stdout),
        true => Err(Error::from(UsageError::SeedNotToPipe { is_terminal })),
        false if is_terminal => Ok(SeedOutput::Terminal),
        false => Err(Error::from(UsageError::StdoutNotTerminal)),
    }
}
