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
use crate::sign_in::Request;
use crate::style::{Screen, Stream};
use check::{Check, Checks, Live, State};
use clap::Args;
use std::io::IsTerminal;
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
    let is_typed = args.word.is_some() || args.profile.is_some();
    let sign_in = SignInArgs { profile: args.profile, ..SignInArgs::default() };
    let request = request::from_arguments(args.word, None, &sign_in, &context.variables);
    // A variable that names no profile is a finding.
    let request = if is_typed { Ok(request?) } else { request };
    let is_utf8 = platform::is_utf8(&context.variables);
    let screen = || Screen::of(Stream::Stdout, &context.variables);
    let is_live = !args.json && std::io::stdout().is_terminal();
    let mut checks = Checks::new(is_live.then(|| Live { is_utf8, screen: screen() }));
    look(request, args.function.as_deref(), context, &mut checks);
    let status = i32::from(checks.list().iter().any(|check| check.state == State::Error));
    if is_live {
        return Ok(Outcome::Exit(status));
    }
    let text = || checks.list().iter().map(|check| check.line(is_utf8, &screen())).collect();
    let text = if args.json { check::json(checks.list()) } else { text() };
    Ok(Outcome::Print { text: Zeroizing::new(text), status })
}

/// Makes all checks.
fn look(request: Result<Request>, function: Option<&str>, context: &Context, checks: &mut Checks) {
    // Warnings of the start are about variables.
    let early = context.warnings.take();
    let texts = files::read(context, checks);
    let files = texts.as_deref().map(AwsFiles::index);
    let request = request.inspect_err(|e| checks.push(Check::failed("profile", e))).ok();
    let to_try = files.as_ref().zip(request.as_ref());
    let to_try = to_try.filter(|(files, request)| files::check_profile(files, request, context, checks));
    checks.extend(early.iter().map(|warning| Check::warned("environment", warning)));
    if let Err(e) = shell::check_environment(context, checks) {
        checks.push(Check::failed("environment", &e));
    }
    let name = request.as_ref().map_or("PROFILE", |request| request.profile.value.as_str());
    shell::check_shell(function, name, context, checks);
    shell::check_cache(context, checks);
    if let Some((files, request)) = to_try {
        aws::check(files, request, &shell::typing(context), context, checks);
    }
}

/// Adds the warnings that have been collected.
fn add_warnings(check: &'static str, context: &Context, checks: &mut Checks) {
    checks.extend(context.warnings.take().iter().map(|warning| Check::warned(check, warning)));
}
