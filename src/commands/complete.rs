//! `mfa-env __complete INDEX WORD…`: the completion candidates, one per line. The completion functions that `init`
//! prints quote them for their shell.

use super::list;
use super::outcome::Outcome;
use super::table::Command;
use crate::help::TOPICS;
use crate::printable::{contains_secret, is_safe, printable};
use crate::profile::{AwsFiles, Locations};
use crate::shell::Shell;
use crate::variables::Variables;
use clap::{Arg, Args};

/// Print the completion candidates, one per line.
#[derive(Args, Debug)]
pub(super) struct CompleteArgs {
    /// After each candidate, print a tab and what it is
    #[arg(long)]
    describe: bool,
    /// Index of the word at the cursor; 0 is the program itself
    index: usize,
    /// Words of the command line
    #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
    words: Vec<String>,
}

pub(super) fn run(
    args: &CompleteArgs,
    program: &clap::Command,
    commands: &[Command],
    variables: &Variables,
) -> Outcome {
    let completion = Completion { program, commands, variables, describes: args.describe };
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    let mut candidates = completion.candidates(&words, args.index);
    // The shell shows candidates to the terminal as they are, and a newline would end the word.
    candidates.retain(|candidate| candidate.word.chars().all(is_safe) && !contains_secret(&candidate.word));
    Outcome::text(candidates.iter().map(|candidate| candidate.line(args.describe)).collect::<String>())
}

/// What may stand at the cursor.
struct Candidate {
    word: String,
    /// What it is, for people; may be empty.
    description: String,
}

impl Candidate {
    fn new(word: impl Into<String>, description: impl Into<String>) -> Self {
        Candidate { word: word.into(), description: description.into() }
    }

    fn line(&self, describes: bool) -> String {
        match self.description.as_str() {
            "" => format!("{}\n", self.word),
            description if describes => format!("{}\t{}\n", self.word, printable(description)),
            _ => format!("{}\n", self.word),
        }
    }
}

struct Completion<'a> {
    program: &'a clap::Command,
    commands: &'a [Command],
    variables: &'a Variables,
    /// Whether the descriptions of profiles are needed, which the cache must be read for.
    describes: bool,
}

impl Completion<'_> {
    fn candidates(&self, words: &[&str], index: usize) -> Vec<Candidate> {
        let at = |i: usize| words.get(i).copied().unwrap_or_default();
        let (current, before) = (at(index), if index > 0 { at(index - 1) } else { "" });
        let mut program = self.program.clone();
        program.build();
        let command = if index > 1 { program.find_subcommand(at(1)) } else { None };
        let arguments = command.unwrap_or(&program);
        let find = |typed| option(arguments, typed).or_else(|| option(&program, typed));
        if let Some(values) = find(before).and_then(|option| self.values(option)) {
            return values;
        }
        if let Some((name, _)) = current.split_once('=').filter(|(name, _)| name.starts_with("--")) {
            let values = find(name).and_then(|option| self.values(option)).unwrap_or_default();
            return values.into_iter().map(|v| Candidate { word: format!("{name}={}", v.word), ..v }).collect();
        }
        if current.starts_with('-') {
            return arguments
                .get_arguments()
                .filter(|argument| !argument.is_hide_set())
                .filter_map(|a| Some(Candidate::new(format!("--{}", a.get_long()?), help_of(a))))
                .collect();
        }
        let mut candidates = if index <= 1 { self.command_names() } else { Vec::new() };
        // Options and their values are not counted, so any of the positional arguments may be the next one.
        candidates
            .extend(arguments.get_positionals().find_map(|positional| self.values(positional)).unwrap_or_default());
        candidates
    }

    /// The values that an argument takes; `None` if they cannot be listed.
    fn values(&self, argument: &Arg) -> Option<Vec<Candidate>> {
        match argument.get_value_names()?.first()?.as_str() {
            "PROFILE" | "PATTERN" => Some(self.profiles()),
            _ if argument.get_long() == Some("profile") => Some(self.profiles()),
            "SHELL" => Some(Shell::ALL.map(|shell| Candidate::new(shell.name(), "")).into()),
            "COMMAND|TOPIC" => {
                let topics = TOPICS.iter().map(|topic| Candidate::new(topic.name, topic.summary));
                Some(self.command_names().into_iter().chain(topics).collect())
            }
            _ => {
                let values = argument.get_possible_values();
                let values: Vec<_> = values.iter().map(|v| Candidate::new(v.get_name(), "")).collect();
                (!values.is_empty()).then_some(values)
            }
        }
    }

    fn command_names(&self) -> Vec<Candidate> {
        let listed = self.commands.iter().filter(|command| command.is_listed());
        listed.map(|command| Candidate::new(command.name, command.summary)).collect()
    }

    /// The profiles in the AWS files; none if the files cannot be read, because completion cannot show errors.
    fn profiles(&self) -> Vec<Candidate> {
        let Ok(locations) = Locations::from(self.variables) else { return Vec::new() };
        let Ok((texts, _)) = AwsFiles::read(&locations) else { return Vec::new() };
        let files = AwsFiles::index(&texts);
        if self.describes {
            let described = list::descriptions(&files.for_listing(), self.variables);
            return described.into_iter().map(|(name, description)| Candidate::new(name, description)).collect();
        }
        files.names().into_iter().map(|name| Candidate::new(name, "")).collect()
    }
}

/// The first line of an argument's help.
fn help_of(argument: &Arg) -> String {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    help.lines().next().unwrap_or_default().to_owned()
}

/// The option with this spelling: `--long` or `-s`.
fn option<'a>(command: &'a clap::Command, typed: &str) -> Option<&'a Arg> {
    let matches = |arg: &&Arg| match typed.strip_prefix("--") {
        Some(long) => arg.get_long() == Some(long),
        None => arg.get_short().is_some_and(|short| typed.strip_prefix('-') == Some(short.to_string().as_str())),
    };
    command.get_arguments().find(matches)
}
