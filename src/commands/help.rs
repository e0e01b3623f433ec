//! `mfa-env help [COMMAND|TOPIC]`.

use super::outcome::Outcome;
use super::table::Command;
use crate::error::{Result, UsageError};
use clap::Args;

/// Show help for a command or a topic.
#[derive(Args, Debug)]
pub(super) struct HelpArgs {
    /// Command or topic
    #[arg(value_name = "COMMAND|TOPIC")]
    about: Option<String>,
}

pub(super) fn run(args: &HelpArgs, commands: &[Command], program: fn() -> clap::Command) -> Result<Outcome> {
    let mut program = program();
    program.build();
    let Some(about) = args.about.as_deref() else { return Ok(Outcome::text(program.render_long_help().to_string())) };
    if commands.iter().any(|command| command.name == about && command.is_listed())
        && let Some(command) = program.find_subcommand_mut(about)
    {
        return Ok(Outcome::text(command.render_long_help().to_string()));
    }
    Err(UsageError::Arguments(format!("no such {about}")).into())
}
