//! `mfa-env exec [PROFILE] [CODE] [--] COMMAND…`: signs in and becomes the command, with the session in its environment.
//! No shell runs in between.

use super::outcome::Outcome;
use super::program;
use super::request;
use super::summary::sign_in_line;
use crate::cli::{ProfileAndCode, SignInArgs};
use crate::context::Context;
use crate::environment::{self, EnvChange};
use crate::error::Result;
use crate::platform;
use crate::shell;
use crate::sign_in::hand_out;
use clap::Args;
use std::path::PathBuf;
use std::process::Command;

pub(super) const USAGE: &str = "mfa-env exec [OPTIONS] [PROFILE] [CODE] [--] [COMMAND]...";

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env exec prod terraform apply      run a command in the session
  mfa-env exec prod 123456 -- make       with a code; -- ends the arguments of mfa-env
  mfa-env exec prod                      start a shell in the session";

/// Sign in and run a command.
#[derive(Args, Debug)]
pub(super) struct ExecArgs {
    #[command(flatten)]
    words: ProfileAndCode,
    #[command(flatten)]
    sign_in: SignInArgs,
    /// Command to run, with its arguments [default: your shell]
    // The command is taken from the arguments before clap sees them; this is for help only.
    #[arg(value_name = "COMMAND")]
    _command: Option<String>,
}

pub(super) fn run(args: ExecArgs, context: &Context) -> Result<Outcome> {
    let mut command = match context.command.split_first() {
        // It may not exist, and then nobody should be asked for a code.
        Some((name, arguments)) => {
            let mut command = platform::program(&program::find(name, &context.variables)?, name);
            command.args(arguments);
            command
        }
        None => Command::new(own_shell(context)),
    };
    let request = request::from_arguments(args.words.first, args.words.second, &args.sign_in, &context.variables)?;
    let handed_out = hand_out(request, context)?;
    let session = handed_out.session();
    let changes = environment::sign_in(&session, &context.variables, &context.warnings);
    context.show_warnings();
    if context.command.is_empty() {
        context.report.result(&sign_in_line(&session, &changes, context));
    }
    change_environment(&mut command, &changes);
    Ok(Outcome::Become(Box::new(command)))
}

/// Puts the changes into the environment of a command.
pub(super) fn change_environment(command: &mut Command, changes: &[EnvChange]) {
    for EnvChange { name, value } in changes {
        match value {
            Some(value) => command.env(&**name, value.expose()),
            None => command.env_remove(&**name),
        };
    }
}

/// The shell that called this program, then the one that `SHELL` names, then the user's in the user database.
fn own_shell(context: &Context) -> PathBuf {
    let named = || context.variables.os("SHELL").map(PathBuf::from);
    shell::calling_executable(platform::ancestors()).or_else(named).unwrap_or_else(platform::login_shell)
}
