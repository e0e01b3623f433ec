//! `mfa-env init SHELL`: the function for sign-ins and its completion, from `shell/`, for the shell's startup file.

use super::evaluator::known_shell;
use super::outcome::Outcome;
use super::table::{Command, Output};
use crate::error::{Result, UsageError};
use crate::function_name::FunctionName;
use crate::shell::Shell;
use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  eval \"$(mfa-env init bash)\"                                   in ~/.bashrc
  eval \"$(mfa-env init zsh)\"                                    in ~/.zshrc, after compinit
  mfa-env init fish | source                                    in ~/.config/fish/config.fish
  mfa-env init powershell | Out-String | Invoke-Expression      in $PROFILE
  eval \"$(mfa-env init bash --name awsp)\"                       the function as awsp instead of aws-mfa";

/// Print the function aws-mfa for your shell's startup file.
#[derive(Args, Debug)]
pub(super) struct InitArgs {
    /// Shell to print the function for
    #[arg(value_name = "SHELL")]
    shell: String,
    /// Name of the function [default: aws-mfa]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(args: &InitArgs, commands: &[Command]) -> Result<Outcome> {
    let shell = known_shell(&args.shell)?;
    let function = match &args.name {
        None => FunctionName::DEFAULT,
        Some(name) => FunctionName::parse(name).ok_or_else(|| UsageError::FunctionName { name: name.clone() })?,
    };
    Ok(Outcome::text(snippet(shell, commands, function)))
}

/// The snippet for a shell's startup file, with the list of commands whose output the function must not evaluate.
pub(super) fn snippet(shell: Shell, commands: &[Command], function: FunctionName<'_>) -> String {
    let printing: Vec<&str> = commands.iter().filter(|c| c.output == Output::Printed).map(|c| c.name).collect();
    shell.snippet(&printing, function)
}
