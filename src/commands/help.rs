//! `mfa-env help [COMMAND|TOPIC]`: the options of a command, or a topic that the README only summarizes.

use super::help_layout::{Detail, laid_out};
use super::outcome::Outcome;
use super::table::Command;
use crate::error::{Result, UsageError};
use crate::help::{TOPICS, topic, wrapped};
use crate::profile::similar_names;
use clap::Args;
use terminal_size::terminal_size_of;

/// Show help for a command or a topic.
#[derive(Args, Debug)]
pub(super) struct HelpArgs {
    /// Command or topic to describe
    #[arg(value_name = "COMMAND|TOPIC")]
    about: Option<String>,
}

/// Prints the help; `program` is the complete command line with all commands.
pub(super) fn run(args: &HelpArgs, commands: &[Command], program: clap::Command) -> Result<Outcome> {
    let mut program = laid_out(program, Detail::Full);
    program.build();
    let Some(about) = args.about.as_deref() else {
        return Ok(Outcome::text(format!("{}\n{}", program.render_help(), topic_list())));
    };
    if let Some(topic) = topic(about) {
        // Into a pipe, the Markdown is written unchanged.
        let text = match terminal_size_of(std::io::stdout()) {
            Some((columns, _)) => wrapped(topic.text, columns.0.into()),
            None => topic.text.to_owned(),
        };
        return Ok(Outcome::text(text));
    }
    let is_listed = commands.iter().any(|command| command.name == about && command.is_listed());
    match program.find_subcommand_mut(about).filter(|_| is_listed) {
        Some(command) => Ok(Outcome::text(command.render_help().to_string())),
        None => {
            let names = commands.iter().filter(|c| c.is_listed()).map(|c| c.name).chain(TOPICS.iter().map(|t| t.name));
            let similar = similar_names(about, names).into_iter().take(3).map(str::to_owned).collect();
            Err(UsageError::UnknownHelpTopic { about: about.to_owned(), similar }.into())
        }
    }
}

fn topic_list() -> String {
    let mut text = "Topics (mfa-env help TOPIC):\n".to_owned();
    for topic in TOPICS {
        text.push_str(&format!("  {:<12} {}\n", topic.name, topic.summary));
    }
    text
}
