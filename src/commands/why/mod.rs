//! `mfa-env why`: what an error of another program means, and what is wrong with this shell.

mod input;
mod json;
mod text;

use super::COMMANDS;
use super::evaluator::shell_of_user;
use super::outcome::Outcome;
use crate::context::Context;
use crate::diagnosis::{Explainer, Explanation, Online, OnlineCheck, ShellState, Typing};
use crate::error::Result;
use clap::Args;
use std::path::PathBuf;
use zeroize::Zeroizing;

pub(super) const EXAMPLES: &str = "\
Examples:
  terraform plan 2>&1 | mfa-env why      explain the errors of a program
  mfa-env why                            say what is wrong with this shell
  mfa-env why build.log                  explain the errors in a file
  mfa-env why --online                   ask AWS as well whether it accepts this shell's keys";

/// Explain an error of the AWS CLI, an SDK, Terraform, kubectl or docker.
#[derive(Args, Debug)]
pub(super) struct WhyArgs {
    /// File with the output of a program [default: stdin, if it is not a terminal]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Ask AWS whose keys these are, and whether it accepts them
    #[arg(long)]
    online: bool,
    /// Print one JSON object; `mfa-env help json` describes its fields
    #[arg(long)]
    json: bool,
}

/// What was found out.
struct Report<'a> {
    shell: &'a ShellState<'a>,
    /// Whether there was a text, and whether it had more than blanks.
    input: Input,
    /// The errors in the text, the last one first; without a text, what is wrong with the shell.
    causes: Vec<Explanation>,
    /// What is wrong with the shell.
    problems: Vec<Explanation>,
}

/// The text to explain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    /// There is none.
    None,
    /// It is empty.
    Empty,
    /// There is one.
    Text,
}

pub(super) fn run(args: &WhyArgs, context: &Context) -> Result<Outcome> {
    let read = input::read(args.file.as_deref(), context)?;
    let variables = &context.variables;
    let mut shell = ShellState::read(variables)?;
    if args.online {
        ask_aws(&mut shell, context);
    }
    let typing = Typing { shell: shell_of_user(context), is_command };
    let explainer = Explainer::of(&shell, variables, typing);
    let input = match &read {
        None => Input::None,
        Some(findings) if findings.is_blank => Input::Empty,
        Some(_) => Input::Text,
    };
    let problems = explainer.problems();
    let causes = match input {
        Input::Text => explainer.explain_all(read.as_ref().map_or(&[], |findings| &findings.errors)),
        Input::None | Input::Empty => explainer.problems(),
    };
    let report = Report { shell: &shell, input, causes, problems };
    let text = if args.json { json::json(&report) } else { text::text(&report, context) };
    let status = i32::from(report.causes.is_empty());
    Ok(Outcome::Print { text: Zeroizing::new(text), status })
}

/// Asks AWS about the keys of the shell, and adds what is wrong with them. Without an answer, the rest is still explained.
fn ask_aws(shell: &mut ShellState<'_>, context: &Context) {
    match OnlineCheck::of(shell, context) {
        Ok(Some(check)) => shell.add_online(check),
        Ok(None) => context.report.notice("AWS was not asked, because this shell has no keys to ask with"),
        Err(e) => shell.online = Online::Failed { what: e.what(), advice: e.advice() },
    }
}

fn is_command(word: &str) -> bool {
    COMMANDS.iter().any(|command| command.name == word)
}
