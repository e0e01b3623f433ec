//! `mfa-env setup [PROFILE]`: from an access key to a signed-in shell, question by question.

use super::outcome::Outcome;
use super::startup::{Definition, Startup};
use super::summary::sign_in_line;
use super::{COMMANDS, evaluator, request};
use crate::cli::SignInArgs;
use crate::context::Context;
use crate::error::{Result, SetupError};
use crate::function_name::function_name;
use crate::platform::Terminal;
use crate::printable::{printable, printable_path};
use crate::profile::ProfileName;
use crate::setup::{Finished, Setup};
use crate::shell::Shell;
use clap::Args;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

/// How long a question waits for its answer.
const TIMEOUT: Duration = Duration::from_mins(10);

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env setup                          set up a profile; asks for everything
  mfa-env setup main                     go on with profile main
  mfa-env setup --csv ~/Downloads/alice_accessKeys.csv
                                         take the access key from the file that the AWS console offers";

/// Set up a profile, question by question.
#[derive(Args, Debug)]
pub(super) struct SetupArgs {
    /// Profile that gets the access key, or has it [default: you are asked]
    #[arg(value_name = "PROFILE")]
    first: Option<String>,
    /// Profile, even if its name is also a command
    #[arg(short, long = "profile", value_name = "NAME", id = "profile_flag")]
    profile: Option<String>,
    /// File with the access key, as the AWS console offers it
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Ask nothing; fail with status 5
    #[arg(long)]
    no_input: bool,
}

pub(super) fn run(args: SetupArgs, context: &Context) -> Result<Outcome> {
    let profile = args.profile.or(args.first);
    if args.no_input {
        return Err(SetupError::NobodyToAsk { name: profile }.into());
    }
    let Ok(terminal) = Terminal::open() else { return Err(SetupError::NobodyToAsk { name: profile }.into()) };
    if !std::io::stdout().is_terminal() {
        return Err(SetupError::StdoutNotTerminal.into());
    }
    let is_reserved = |name: &str| COMMANDS.iter().any(|command| command.name == name) || request::is_code(name);
    let request = |name: &ProfileName| {
        let sign_in = SignInArgs { profile: Some(name.to_string()), ..SignInArgs::default() };
        request::from_arguments(None, None, &sign_in, &context.variables)
    };
    let setup = Setup {
        profile,
        key_file: args.csv,
        is_reserved: &is_reserved,
        request: &request,
        terminal: &terminal,
        timeout: TIMEOUT,
        context,
    };
    let Finished { profile, signed_in } = setup.run()?;
    context.report.result(&sign_in_line(&signed_in.session(), &[], context));
    let found = evaluator::detected(context);
    let why_unknown = match &found {
        Ok(found) if found.is_guess => "The calling shell is not recognized",
        _ => "This shell has no function for sign-ins",
    };
    let shell = found.ok().filter(|found| !found.is_guess).map(|found| found.shell);
    let word = shell.unwrap_or(Shell::Sh).word(profile.as_str());
    let name = if is_reserved(profile.as_str()) { format!("--profile {word}") } else { word };
    let name = printable(&name).to_string();
    let startup = shell.map(|shell| Startup::read(shell, &context.variables));
    let steps = match startup.as_ref().and_then(Startup::definition) {
        Some(Definition { path, name: function }) => vec![
            format!(
                "{} defines the function {}; in a new terminal, sign in with:",
                printable_path(path),
                function.as_str()
            ),
            format!("    {} {name}", function.as_str()),
        ],
        None => next_steps(&name, shell.ok_or(why_unknown)),
    };
    for line in steps {
        terminal.say(&line)?;
    }
    Ok(Outcome::Exit(0))
}

/// What to do once for the shell, and then every day.
fn next_steps(name: &str, shell: std::result::Result<Shell, &str>) -> Vec<String> {
    match shell {
        Ok(shell) => vec![
            format!("Add this line to {}, and open a new terminal:", shell.startup_file()),
            format!("    {}", shell.init_line()),
            "From then on, sign in with:".to_owned(),
            format!("    {} {name}", function_name()),
        ],
        Err(why) => vec![format!("{why}; sign in with: mfa-env exec {name} -- COMMAND")],
    }
}
