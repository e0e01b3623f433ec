//! `mfa-env credential-process PROFILE`: credentials in the format of the AWS SDKs (AWS SDKs and Tools Reference Guide,
//! "Process credential provider"), for a program that names this command in its profile.
//!
//! The caller owns stdin, stdout and stderr, so the code is asked for on the terminal. The caller does not wait for long,
//! and it asks again for new credentials when they have less than 15 minutes left.

mod config_line;

pub(super) use config_line::command_line;

use super::json_line::json_line;
use super::outcome::Outcome;
use super::request;
use crate::cli::{ProfileAndCode, SignInArgs};
use crate::context::Context;
use crate::credentials::{Expiration, Secret};
use crate::environment::Session;
use crate::error::{Error, NoCode, Result, UsageError};
use crate::sign_in::{Asking, CodeOption, HandedOut, Request, hand_out};
use clap::Args;
use serde::Serialize;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env credential-process prod                  print the credentials as JSON
  mfa-env credential-process prod --print-config   print the profile with which other programs call this";

/// In seconds. botocore renews credentials that have less time left.
const REFRESH_WINDOW: u32 = 900;
/// In seconds. What a session must have left if there is nobody to ask for a code.
const LAST_RESORT: u32 = 60;

/// Print credentials for a program.
#[derive(Args, Debug)]
pub(super) struct CredentialProcessArgs {
    #[command(flatten)]
    words: ProfileAndCode,
    #[command(flatten)]
    sign_in: SignInArgs,
    /// Print a profile whose credential_process is this command line
    #[arg(long)]
    print_config: bool,
    /// Name of the printed profile [default: PROFILE-process]
    #[arg(long = "as", value_name = "NAME", requires = "print_config")]
    name: Option<String>,
}

/// The arguments for clap. The profile must be named, so its help differs from that of other commands.
pub(super) fn arguments(command: clap::Command) -> clap::Command {
    let command = CredentialProcessArgs::augment_args(command).after_help(EXAMPLES);
    // Not `mut_arg`, which would move it behind the code.
    command.mut_args(|argument| match argument.get_id().as_str() {
        "first" => argument.help("Profile in the AWS files"),
        _ => argument,
    })
}

/// The fields of version 1, in alphabetical order.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials<'a> {
    access_key_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
    secret_access_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<&'a str>,
    version: u32,
}

pub(super) fn run(args: &CredentialProcessArgs, context: &Context) -> Result<Outcome> {
    if args.words.first.is_none() && args.sign_in.profile.is_none() {
        return Err(UsageError::ProfileMissing.into());
    }
    let request = || -> Result<Request> {
        request::from_arguments(args.words.first.clone(), args.words.second.clone(), &args.sign_in, &context.variables)
    };
    if args.print_config {
        return config_line::print(&request()?, args.name.as_deref(), context);
    }
    let mut asking = request()?;
    asking.options.default_min_ttl = REFRESH_WINDOW;
    if asking.options.asking == Asking::Allowed {
        asking.options.asking = Asking::ForCaller;
    }
    let may_do_with_less = asking.options.min_ttl.is_none() && matches!(asking.code, CodeOption::Ask);
    let handed_out = hand_out(asking, context).or_else(|e| match e {
        Error::NoCode(_) if may_do_with_less => with_what_is_left(request()?, e, context),
        e => Err(e),
    })?;
    Ok(Outcome::Answer(answer(&handed_out.session()).into()))
}

/// A cached session that ends soon, because nobody could be asked for a code.
fn with_what_is_left(mut request: Request, e: Error, context: &Context) -> Result<HandedOut> {
    request.options.default_min_ttl = LAST_RESORT;
    request.options.asking = Asking::Forbidden;
    request.overrides.no_mfa_process = true;
    hand_out(request, context)
        .map_err(|other| if matches!(other, Error::NoCode(NoCode::NoInput { .. })) { e } else { other })
}

fn answer(session: &Session<'_>) -> String {
    json_line(&Credentials {
        access_key_id: session.access_key_id,
        account_id: session.plan.call.account(),
        expiration: session.expiration.map(Expiration::rfc3339),
        secret_access_key: session.secret_access_key.expose(),
        session_token: session.session_token.map(Secret::expose),
        version: 1,
    })
}
