//! `mfa-env [export] [PROFILE] [CODE]`: from what was typed to the text that the shell evaluates. `run` is the whole
//! program in a few lines.

use super::evaluator::evaluating_shell;
use super::outcome::Outcome;
use super::request;
use super::summary::Summary;
use crate::cli::{SignInArgs, count_after_dashes};
use crate::context::Context;
use crate::environment::{self, EnvChange, EnvValue, ShellSession};
use crate::error::Result;
use crate::origin::Origin;
use crate::plan::Plan;
use crate::printable::printable;
use crate::shell::Shell;
use crate::sign_in::{Request, SignedIn, sign_in};
use crate::warning::Warnings;
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::ffi::OsString;
use zeroize::Zeroizing;

/// Sign in and print the session for the shell.
#[derive(Args, Debug, Default)]
pub(super) struct ExportArgs {
    /// Profile in the AWS files [default: AWS_PROFILE, this shell's profile, AWS_DEFAULT_PROFILE or default]
    #[arg(value_name = "PROFILE")]
    first: Option<String>,
    /// MFA code, six digits; if you omit it, mfa-env prompts when it needs one
    #[arg(value_name = "CODE")]
    second: Option<String>,
    #[command(flatten)]
    sign_in: SignInArgs,
    /// Shell that evaluates the output
    #[arg(short, long, value_name = "SHELL")]
    shell: Option<String>,
    /// Output format [default: statements]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Print the session even if stdout is a terminal
    #[arg(long)]
    show: bool,
}

/// The value of `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Code that your shell evaluates
    Statements,
    /// JSON object of the variables, where null means unset
    Json,
    /// NAME=value lines for tools that read .env files
    EnvFile,
}

/// What the changes to the environment are written for.
enum Target {
    Shell(Shell),
    Json,
    EnvFile,
}

pub(super) fn run(args: ExportArgs, context: &Context) -> Result<Outcome> {
    let args = args.with_named_profile(&context.arguments);
    let target = args.target(context)?;
    let request = request::from_arguments(args.first, args.second, &args.sign_in, &context.variables)?;
    report_selection(&request, context);
    let signed_in = sign_in(request, context)?;
    let changes = environment::sign_in(&signed_in.session(), &context.variables, &context.warnings);
    context.show_warnings();
    context.report.result(&summary(&signed_in, &changes, context));
    Ok(Outcome::text(match target {
        Target::Shell(shell) => shell.statements(&changes),
        Target::Json => json(&changes),
        Target::EnvFile => env_file(&changes, &signed_in.plan),
    }))
}

impl ExportArgs {
    /// Treats the first word after `--` like the value of `--profile`: it is a profile, whatever it looks like.
    fn with_named_profile(mut self, arguments: &[OsString]) -> Self {
        let words = usize::from(self.first.is_some()) + usize::from(self.second.is_some());
        if words > 0 && words == count_after_dashes(arguments) && self.sign_in.profile.is_none() {
            self.sign_in.profile = self.first.take();
            self.first = self.second.take();
        }
        self
    }

    fn target(&self, context: &Context) -> Result<Target> {
        Ok(match self.format {
            Some(Format::Json) => Target::Json,
            Some(Format::EnvFile) => Target::EnvFile,
            None | Some(Format::Statements) => {
                Target::Shell(evaluating_shell(self.shell.as_deref(), self.show, context)?)
            }
        })
    }
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

fn summary(signed_in: &SignedIn, changes: &[EnvChange], context: &Context) -> String {
    let SignedIn { plan, credentials } = signed_in;
    let via =
        plan.endpoint.url.as_ref().map(|url| format!("via {} ({})", printable(&plan.endpoint.host()), url.origin));
    let summary = Summary {
        profile: plan.overrides.role_arn.is_none().then_some(plan.profile.as_str()),
        identity: credentials.identity.as_deref(),
        account: plan.call.account(),
        // What the user has set since the sign-in stays when it is renewed.
        region: if plan.overrides.renews {
            let set = changes.iter().find(|change| change.name == "AWS_REGION");
            match set {
                Some(change) => change.value.as_ref().map(EnvValue::expose),
                None => context.variables.text("AWS_REGION").ok().flatten(),
            }
        } else {
            plan.region.as_ref().map(|region| region.value.as_str())
        },
        expiration: credentials.expiration,
        notes: via.into_iter().chain(plan.endpoint.trust_notes()).collect(),
    };
    summary.line(context)
}

/// One line: `{"NAME": "value", "OTHER": null}`, where null means unset.
fn json(changes: &[EnvChange]) -> Zeroizing<String> {
    let variables = changes.iter().map(|change| (&*change.name, change.value.as_ref().map(EnvValue::expose)));
    let variables: BTreeMap<&str, Option<&str>> = variables.collect();
    let mut line = Zeroizing::new(serde_json::to_string(&variables).expect("text is JSON"));
    line.push('\n');
    line
}

/// `NAME=value` lines without quotes: readers of `.env` files disagree about quoting, and values from STS and region
/// names need none.
fn env_file(changes: &[EnvChange], plan: &Plan) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(4096));
    for change in changes {
        if let Some(value) = change.value.as_ref().filter(|_| change.name.starts_with("AWS_")) {
            text.push_str(&change.name);
            text.push('=');
            text.push_str(value.expose());
            text.push('\n');
        }
    }
    // A shell has its own region, but the reader of a file inherits none.
    let region = &plan.endpoint.region;
    if !text.contains("\nAWS_REGION=") && region.origin != Origin::Default && plan.endpoint.legacy.is_none() {
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            text.push_str(&format!("{name}={}\n", region.value));
        }
    }
    text
}
