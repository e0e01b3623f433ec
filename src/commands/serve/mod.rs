//! `mfa-env serve PROFILE [-- COMMAND…]`: the container credentials endpoint on loopback, for programs that outlive a
//! session.

mod serving;
mod words;

use super::exec::change_environment;
use super::outcome::Outcome;
use super::program;
use super::request;
use super::summary::sign_in_line;
use crate::cli::{ProfileAndCode, SignInArgs};
use crate::context::Context;
use crate::credentials::Secret;
use crate::environment::{self, Endpoint};
use crate::error::{FileError, Result, UsageError};
use crate::platform::{self, Companion, DirectoryError, Termination};
use crate::printable::printable;
use crate::profile::{AwsFiles, ProfileName, credentials_setting};
use crate::server::{CredentialsEndpoint, Port};
use crate::session::{Cache, TokenFile};
use crate::sign_in::{Request, read_aws_files, sign_in};
use crate::warning::Warning;
use clap::Args;
use serving::{Input, Serving};
use std::process::Command;
use std::sync::mpsc::{Sender, channel};

pub(super) const USAGE: &str = "mfa-env serve [OPTIONS] [PROFILE] [CODE] [--] [COMMAND]...";

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env serve prod -- ./backup.sh      run a command that gets new credentials as long as it runs
  mfa-env serve prod                     serve programs in other terminals, until Ctrl-C
  mfa-env serve prod --print-env         print the lines for a machine that you reach with ssh";

/// Serve credentials on loopback.
#[derive(Args, Debug)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    words: ProfileAndCode,
    /// Port on 127.0.0.1 [default: a free one]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Print the ssh line that carries the endpoint to another machine, and the lines to type there
    #[arg(long)]
    print_env: bool,
    /// Let COMMAND read the AWS files, even if `[default]` has credentials that it may use instead
    #[arg(long)]
    with_profiles: bool,
    #[command(flatten)]
    sign_in: SignInArgs,
    /// Command to run, with its arguments; mfa-env exits with its status
    // The command is taken from the arguments before clap sees them; this is for help only.
    #[arg(value_name = "COMMAND")]
    _command: Option<String>,
}

impl ServeArgs {
    /// What was typed.
    fn request(&self, context: &Context) -> Result<Request> {
        request::from_arguments(self.words.first.clone(), self.words.second.clone(), &self.sign_in, &context.variables)
    }
}

pub(super) fn run(args: &ServeArgs, context: &Context) -> Result<Outcome> {
    let command = context.command.split_first();
    if command.is_some() && args.print_env {
        return Err(UsageError::PrintEnvWithCommand.into());
    }
    // What can fail is tried before a code is asked for.
    let file = command.map(|(name, _)| program::find(name, &context.variables)).transpose()?;
    let port = Port::take(args.port)?;
    let token = new_token();
    let url = port.url();
    let cache = Cache::of(&context.variables, &context.warnings);
    let no_file = |e: DirectoryError| FileError::NoTokenFile { problem: e.to_string() };
    let directory = match cache.directory_of_tokens() {
        Ok(directory) => Some(directory),
        // The command has the token in its environment.
        Err(_) if command.is_some() => None,
        Err(e) => return Err(no_file(e).into()),
    };

    let signed_in = sign_in(args.request(context)?, context)?;
    let token_file = directory.map(|directory| TokenFile::write(directory, &token)).transpose().map_err(no_file)?;
    let (inputs, received) = channel();
    let serving = Serving::new(args, context, &cache, &signed_in);
    let mut companion = None;
    if let Some(((name, arguments), file)) = command.zip(file) {
        let mut command = platform::program(&file, name);
        command.args(arguments);
        let endpoint = Endpoint { url: &url, token: &token, instead_of_files: instead_of_files(args, context)? };
        let changes = environment::serve(&signed_in.session(), &endpoint, &context.variables, &context.warnings);
        context.show_warnings();
        context.report.result(&sign_in_line(&signed_in.session(), &changes, context));
        change_environment(&mut command, &changes);
        companion = Some(command);
    } else {
        context.show_warnings();
        context.report.result(&sign_in_line(&signed_in.session(), &[], context));
    }
    let shown = token_file.as_ref().map(|file| file.path());
    let on_event = inputs.clone();
    let endpoint = CredentialsEndpoint {
        token,
        token_file,
        current: serving.current(),
        on_event: move |event| drop(on_event.send(Input::Server(event))),
        termination: if companion.is_none() { Termination::catch().ok() } else { None },
    };
    let number = port.number();
    let running = endpoint.start(port, &context.network)?;
    let is_started = match companion {
        Some(command) => start(command, inputs),
        None if args.print_env => {
            let text = words::lines_for_remote(number, &url, &shown.unwrap_or_default(), &signed_in);
            // While it serves, there is no end at which main could print.
            platform::write_stdout(text.as_bytes()).map_err(|e| FileError::Stdout(e.to_string()).into())
        }
        None => {
            // Not even --quiet hides it: nothing else says where the endpoint is.
            context.report.text(&words::started(&signed_in.plan.profile, &url, &shown.unwrap_or_default()));
            Ok(())
        }
    };
    let status = is_started.map(|()| serving.run(&received));
    running.stop();
    status.map(Outcome::ExitLike)
}

/// Starts the command, and reports its end to `inputs`.
fn start(command: Command, inputs: Sender<Input>) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let companion = Companion::start(command).map_err(|e| FileError::NotStarted { program, problem: e.kind() })?;
    let wait = move || {
        let status = companion.wait().unwrap_or_default();
        let _ = inputs.send(Input::CommandEnded(status));
    };
    Ok(platform::spawn_thread("command", wait).map_err(|e| FileError::Exhausted(e.to_string()))?)
}

/// What the command reads instead of the AWS files: nothing, if `[default]` has credentials, because SDKs use those
/// before an endpoint.
fn instead_of_files(args: &ServeArgs, context: &Context) -> Result<Option<&'static str>> {
    let texts = read_aws_files(&context.variables, &context.warnings)?;
    let files = AwsFiles::index(&texts);
    let default = files.profile(&ProfileName::parse("default").expect("a constant"));
    let default = match &default {
        Ok(default) => default.as_ref().and_then(|default| credentials_setting(|key| default.get(key))),
        // Other programs may read it all the same.
        Err(e) => {
            context.report.notice(&format!("{}; the command sees no AWS files", e.what()));
            return Ok(Some(platform::NULL_DEVICE));
        }
    };
    let Some((setting, origin)) = default.map(|setting| (setting.key.to_string(), setting.origin.clone())) else {
        return Ok(None);
    };
    if args.with_profiles {
        context.warnings.add(Warning::DefaultCredentials { setting, origin });
        return Ok(None);
    }
    context.report.notice(&format!(
        "[default] has {} ({origin}), which programs use before an endpoint; the command sees no AWS files \
         (--with-profiles shows them)",
        printable(&setting)
    ));
    Ok(Some(platform::NULL_DEVICE))
}

/// 256 random bits, which no header needs to quote.
fn new_token() -> Secret {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).expect("the system has random numbers");
    Secret::new(hex::encode(*bytes))
}
