//! `mfa-env doctor`: what is wrong with this setup, one line for each thing that was looked at. It makes no session and uses
//! no code.

mod advice;
mod aws;
mod check;
mod files;
mod shell;

pub use advice::{DoctorAdvice, Removal};

use super::outcome::Outcome;
use super::request;
use crate::cli::SignInArgs;
use crate::context::Context;
use crate::error::Result;
use crate::platform;
use crate::profile::AwsFiles;
use crate::style::{Screen, Stream};
use check::{Check, State};
use clap::Args;
use zeroize::Zeroizing;

pub(super) const EXAMPLES: &str = "\
Examples:
  aws-mfa doctor                check this shell and its profile
  aws-mfa doctor prod           check what a sign-in to prod needs
  mfa-env doctor --json         print JSON";

/// Find what is wrong with this setup.
#[derive(Args, Debug)]
pub(super) struct DoctorArgs {
    /// Profile to check [default: AWS_PROFILE, this shell's profile, AWS_DEFAULT_PROFILE or default]
    #[arg(value_name = "PROFILE")]
    word: Option<String>,
    /// Profile, even if its name is also a command or a code
    #[arg(short, long = "profile", value_name = "NAME", id = "profile_flag")]
    profile: Option<String>,
    /// Print one JSON object; `mfa-env help json` describes its fields
    #[arg(long)]
    json: bool,
    /// The version of the function that runs this
    #[arg(long, hide = true, value_name = "VERSION")]
    function: Option<String>,
}

pub(super) fn run(args: DoctorArgs, context: &Context) -> Result<Outcome> {
    let sign_in = SignInArgs { profile: args.profile, ..SignInArgs::default() };
    let request = request::from_arguments(args.word, None, &sign_in, &context.variables)?;
    // Warnings of the start are about variables.
    let early = context.warnings.take();
    let mut checks = Vec::new();
    let texts = files::read(context, &mut checks);
    let files = texts.as_deref().map(AwsFiles::index);
    let has_plan = files.as_ref().is_some_and(|files| files::check_profile(files, &request, context, &mut checks));
    checks.extend(early.iter().map(|warning| Check::warned("environment", warning)));
    shell::check_environment(context, &mut checks)?;
    shell::check_shell(args.function.as_deref(), request.profile.value.as_str(), context, &mut checks);
    shell::check_cache(context, &mut checks);
    if let Some(files) = files.filter(|_| has_plan) {
        aws::check(&files, &request, args.json, &shell::typing(context), context, &mut checks);
    }
    let status = i32::from(checks.iter().any(|check| check.state == State::Error));
    let is_utf8 = platform::is_utf8(&context.variables);
    let screen = Screen::of(Stream::Stdout, &context.variables);
    let text = || checks.iter().map(|check| check.line(is_utf8, &screen)).collect();
    let text = if args.json { check::json(&checks) } else { text() };
    Ok(Outcome::Print { text: Zeroizing::new(text), status })
}

/// Adds the warnings that have been collected.
fn add_warnings(check: &'static str, context: &Context, checks: &mut Vec<Check>) {
    checks.extend(context.warnings.take().iter().map(|warning| Check::warned(check, warning)));
}
