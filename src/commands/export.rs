//! `mfa-env [export] [PROFILE] [CODE]`: from what was typed to the text that the shell evaluates. `run` is the whole
//! program in a few lines.

use super::evaluator::evaluating_shell;
use super::formats;
use super::outcome::Outcome;
use super::request;
use super::summary::sign_in_line;
use super::view;
use crate::cli::{ProfileAndCode, SignInArgs, count_after_dashes};
use crate::context::Context;
use crate::environment::{self, EnvChange, Session, ShellSession, View};
use crate::error::{FileError, Result, UsageError};
use crate::origin::Origin;
use crate::printable::printable;
use crate::shell::Shell;
use crate::sign_in::{Request, hand_out, sign_in};
use crate::warning::Warnings;
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::path::Path;
use zeroize::Zeroizing;

pub(super) const EXAMPLES: &str = "\
Examples:
  eval \"$(mfa-env export prod)\"     sign in; `export` may be omitted
  mfa-env prod --format json          print the session for a program
  eval \"$(mfa-env export --all)\"    let programs sign in to every profile by name";

/// Sign in and print the session for the shell.
#[derive(Args, Debug, Default)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    words: ProfileAndCode,
    #[command(flatten)]
    sign_in: SignInArgs,
    /// Shell that evaluates the output
    #[arg(short, long, value_name = "SHELL")]
    shell: Option<String>,
    /// Output format [default: statements]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Let programs use every profile by its own name, instead of exporting one session
    #[arg(long, num_args = 0, default_missing_value = "true", conflicts_with_all = ONE_SESSION)]
    all: Option<bool>,
    /// Print the session even if stdout is a terminal
    #[arg(long, num_args = 0, default_missing_value = "true")]
    show: Option<bool>,
}

/// Options that shape one session, and would be lost in a view.
const ONE_SESSION: [&str; 6] = ["duration", "region", "mfa_serial", "role_arn", "role_session_name", "external_id"];

/// GitHub Actions sets it to the file with the variables of the next steps.
const GITHUB_ENV: &str = "GITHUB_ENV";

/// The value of `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Code that your shell evaluates
    Statements,
    /// JSON object of the variables, where null means unset
    Json,
    /// NAME=value lines for tools that read .env files
    EnvFile,
    /// Workflow commands that hide the secrets; the variables go to the file that GITHUB_ENV names
    GithubEnv,
    /// JSON object for Terragrunt's --auth-provider-cmd
    Terragrunt,
    /// JSON object like the response of STS
    Sts,
}

/// What the changes to the environment are written for.
enum Target {
    Shell(Shell),
    Data(Format),
}

pub(super) fn run(args: ExportArgs, context: &Context) -> Result<Outcome> {
    let args = args.with_named_profile(&context.arguments);
    let target = args.target(context)?;
    let request = request::from_arguments(args.words.first, args.words.second, &args.sign_in, &context.variables)?;
    // Without a profile, a shell gets again what it has.
    let has_view = || ShellSession::read(&context.variables, &Warnings::default()).has_view();
    let no_session = args.sign_in.no_session.0;
    if args.all.is_some() || !request.profile.origin.is_option() && !no_session && has_view() {
        return export_all(request, &target, context);
    }
    report_selection(&request, context);
    let handed_out = hand_out(request, context)?;
    let session = handed_out.session();
    let changes = environment::sign_in(&session, &context.variables, &context.warnings);
    context.show_warnings();
    context.report.result(&sign_in_line(&session, &changes, context));
    Ok(Outcome::text(match target {
        Target::Shell(shell) => shell.statements(&changes),
        Target::Data(format) => data(format, &changes, &session, context)?,
    }))
}

impl ExportArgs {
    /// Treats the first word after `--` like the value of `--profile`: it is a profile, whatever it looks like.
    fn with_named_profile(mut self, arguments: &[OsString]) -> Self {
        let words = usize::from(self.words.first.is_some()) + usize::from(self.words.second.is_some());
        if words > 0 && words == count_after_dashes(arguments) && self.sign_in.profile.is_none() {
            self.sign_in.profile = self.words.first.take();
            self.words.first = self.words.second.take();
        }
        self
    }

    fn target(&self, context: &Context) -> Result<Target> {
        Ok(match self.format {
            None | Some(Format::Statements) => {
                Target::Shell(evaluating_shell(self.shell.as_deref(), self.show.is_some(), context)?)
            }
            // Before a code is asked for.
            Some(Format::GithubEnv) if context.variables.os(GITHUB_ENV).is_none() => {
                return Err(UsageError::NotInGithubActions.into());
            }
            Some(format) => Target::Data(format),
        })
    }
}

/// Signs in, and exports a view of all profiles instead of the session.
///
/// # Errors
/// Those of a sign-in, or the view cannot be written.
fn export_all(mut request: Request, target: &Target, context: &Context) -> Result<Outcome> {
    if let Target::Data(Format::EnvFile | Format::GithubEnv | Format::Terragrunt | Format::Sts) = target {
        return Err(UsageError::AllInFormat.into());
    }
    let profile = (!request.profile.origin.is_default()).then(|| request.profile.value.clone());
    if let Some(other) = view::profile_to_sign_in_to(profile.as_ref(), context)? {
        request.profile.value = other;
    }
    // Before a code is asked for.
    let files = view::make(context)?;
    view::check_cache(context)?;
    if let Some(variable) = environment::lost_with_view(&context.variables) {
        return Err(FileError::NotRestorable { variable }.into());
    }
    // Programs get their own sessions, for which this one's code is enough.
    let signed_in = sign_in(request, context)?;
    let view = View { config: &files.config, credentials: &files.credentials, profile: profile.as_ref() };
    let changes = environment::view(&view, &context.variables, &context.warnings);
    context.show_warnings();
    let summary = sign_in_line(&signed_in.session(), &changes, context);
    context.report.result(&format!("{summary}; every profile can be used by its name"));
    Ok(Outcome::text(match target {
        Target::Shell(shell) => shell.statements(&changes),
        Target::Data(_) => formats::json(&changes),
    }))
}

/// Says that a variable decides, if this shell is signed in to another profile.
fn report_selection(request: &Request, context: &Context) {
    let variable = Origin::Variable("AWS_PROFILE");
    let current = ShellSession::read(&context.variables, &Warnings::default()).displayed_name();
    let (Some(current), true) = (current, request.profile.origin == variable) else { return };
    let selected = request.profile.value.as_str();
    if current != selected {
        let (selected, current) = (printable(selected), printable(&current));
        context.report.notice(&format!("{variable} selects {selected}; this replaces the session of {current}"));
    }
}

fn data(format: Format, changes: &[EnvChange], session: &Session<'_>, context: &Context) -> Result<Zeroizing<String>> {
    match format {
        Format::Statements | Format::Json => Ok(formats::json(changes)),
        Format::EnvFile => formats::env_file(changes, session.plan),
        Format::GithubEnv => {
            let file = context.variables.os(GITHUB_ENV).unwrap_or_default();
            formats::github_env(changes, session, Path::new(file))
        }
        Format::Terragrunt => Ok(formats::terragrunt(changes, session)),
        Format::Sts => Ok(formats::sts(session)),
    }
}
