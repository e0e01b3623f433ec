//! `mfa-env each PATTERN… -- COMMAND…`: runs a command once for each profile that matches, several at a time, with one code
//! for all profiles of a device.

mod blocks;
mod command;
mod lines;
mod output;
mod results;
mod running;
mod selection;
mod sign_ins;
mod store;
mod visible_line;

use super::outcome::Outcome;
use crate::cli::SignInArgs;
use crate::context::Context;
use crate::error::{Result, UsageError};
use crate::platform;
use crate::profile::AwsFiles;
use crate::sign_in::read_aws_files;
use clap::Args;
use command::CommandTemplate;
use output::Output;
use results::Results;
use running::Running;
use sign_ins::SignIns;

const USAGE: &str = "mfa-env each [OPTIONS] <PATTERN>... -- <COMMAND>...";

const EXAMPLES: &str = "\
Examples:
  mfa-env each 'prod-*' -- aws s3 ls                 run a command for every profile that matches
  mfa-env each dev 'prod-[ab]' -- ./audit.sh {}      {} is the name of the profile
  mfa-env each '*' --account 123456789012 --jobs 1 -- aws iam get-account-summary

A wildcard leaves out profiles without credentials and those that mfa-env has written for another one.
Each command gets the environment of `mfa-env exec` and an empty stdin. On a terminal its lines begin with the profile;
otherwise its output is one block, in the order of the AWS files. The exit status is the highest of all.
Each role is assumed when its command starts, for 1 h at most, so that one code is enough.";

/// The options of a sign-in that cannot apply to several profiles, with what to do instead.
const NOT_HERE: [(&str, &str, &str); 5] = [
    ("profile_flag", "--profile", "write the names and patterns before --"),
    ("duration", "--duration", "roles are assumed for 1 h at most, so that one code is enough"),
    ("role_arn", "--role-arn", "select profiles that assume the role"),
    ("external_id", "--external-id", "set external_id in the profiles"),
    ("no_cache", "--no-cache", "without the cache, each profile would need a code of its own"),
];

/// At least as many commands run at the same time unless --jobs says otherwise: they wait for AWS most of the time.
const FEWEST_JOBS: usize = 4;

/// Run a command for several profiles.
#[derive(Args, Debug)]
pub(super) struct EachArgs {
    /// Profiles: names, or patterns with `*`, `?` and `[a-z]`, in quotes
    #[arg(value_name = "PATTERN", required = true)]
    patterns: Vec<String>,
    /// Only the profiles whose role, or else whose MFA device, is in this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// How many commands run at the same time [default: the number of CPUs, at least 4]
    #[arg(short, long, value_name = "N", allow_hyphen_values = true, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    #[command(flatten)]
    sign_in: SignInArgs,
    /// Command to run, with its arguments; {} is the name of the profile
    // The command is taken from the arguments before clap sees them; this is for help only.
    #[arg(value_name = "COMMAND", last = true)]
    _command: Option<String>,
}

pub(super) fn arguments(command: clap::Command) -> clap::Command {
    let is_not_here = |argument: &clap::Arg| NOT_HERE.iter().any(|(id, ..)| argument.get_id() == *id);
    let arguments = EachArgs::augment_args(command);
    let arguments = arguments.mut_args(|argument| if is_not_here(&argument) { argument.hide(true) } else { argument });
    arguments.override_usage(USAGE).after_help(EXAMPLES)
}

pub(super) fn run(args: &EachArgs, context: &Context) -> Result<Outcome> {
    check_options(&args.sign_in)?;
    let account = args.account.as_deref().map(account).transpose()?;
    let template = CommandTemplate::of(&context.command).ok_or(UsageError::NoCommand)?;
    let texts = read_aws_files(&context.variables, &context.warnings)?;
    let listed = AwsFiles::index(&texts).for_listing();
    let profiles = selection::matching(&args.patterns, account, &listed)?;
    // A program may not exist, and then nobody should be asked for a code.
    let commands = profiles.iter().map(|name| template.for_profile(name, &context.variables));
    let commands = commands.collect::<Result<Vec<_>>>()?;
    let sign_ins = SignIns::of(&profiles, &args.sign_in, AwsFiles::index(&texts), context)?;
    let results = Results::of(&profiles);
    let results = Running {
        commands: &commands,
        output: Output::for_stdout(&profiles, context),
        jobs: jobs(args.jobs).min(profiles.len()),
        context,
        results,
    }
    .run(sign_ins)?;
    let status = results.worst();
    results.report(context);
    Ok(Outcome::Exit(status))
}

/// How many commands run at the same time.
fn jobs(typed: Option<u16>) -> usize {
    typed.map_or_else(|| platform::processors().max(FEWEST_JOBS), usize::from)
}

fn check_options(sign_in: &SignInArgs) -> Result<()> {
    let SignInArgs { profile, duration, role_arn, external_id, no_cache, .. } = sign_in;
    let is_typed =
        [profile.is_some(), duration.is_some(), role_arn.is_some(), external_id.is_some(), no_cache.is_some()];
    match NOT_HERE.into_iter().zip(is_typed).find(|(_, is_typed)| *is_typed) {
        Some(((_, option, reason), _)) => Err(UsageError::NotForEach { option, reason }.into()),
        None => Ok(()),
    }
}

fn account(typed: &str) -> Result<&str> {
    let is_account = typed.len() == 12 && typed.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { Ok(typed) } else { Err(UsageError::NotAnAccount { typed: typed.to_owned() }.into()) }
}
