//! `mfa-env unset`: clear the session from the shell and restore what it replaced.

use super::evaluator::evaluating_shell;
use super::outcome::Outcome;
use crate::context::Context;
use crate::environment;
use crate::error::Result;
use clap::Args;

/// Clear the session and restore what it replaced.
#[derive(Args, Debug)]
pub(super) struct UnsetArgs {
    /// Shell that evaluates the output
    #[arg(short, long, value_name = "SHELL")]
    shell: Option<String>,
    /// Print the output even if stdout is a terminal
    #[arg(long)]
    show: bool,
    /// Show only errors
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: &UnsetArgs, context: &Context) -> Result<Outcome> {
    let shell = evaluating_shell(args.shell.as_deref(), args.show, context)?;
    let changes = environment::unset(&context.variables, &context.warnings);
    context.show_warnings();
    Ok(Outcome::text(shell.statements(&changes)))
}
