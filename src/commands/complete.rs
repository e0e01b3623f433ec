//! `mfa-env __complete INDEX WORD…`: the completion candidates, one per line. The completion functions that `init`
//! prints quote them for their shell.

use super::outcome::Outcome;
use super::table::Command;
use crate::help::TOPICS;
use crate::printable::is_safe;
use crate::profile::{AwsFiles, Locations};
use crate::shell::Shell;
use crate::variables::Variables;
use clap::{Arg, Args};

/// Print the completion candidates, one per line.
#[derive(Args, Debug)]
pub(super) struct CompleteArgs {
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
    let completion = Completion { program, commands, variables };
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    let mut candidates = completion.candidates(&words, args.index);
    // The shell shows candidates to the terminal unescaped, and a newline would end the word.
    candidates.retain(|word| word.chars().all(is_safe));
    Outcome::text(candidates.iter().flat_map(|word| [word.as_str(), "\n"]).collect::<String>())
}

struct Completion<'a> {
    program: &'a clap::Command,
    commands: &'a [Command],
    variables: &'a Variables,
}

impl Completion<'_> {
    fn candidates(&self, words: &[&str], index: usize) -> Vec<String> {
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
            return values.into_iter().map(|value| format!("{name}={value}")).collect();
        }
        if current.starts_with('-') {
            return arguments.get_arguments().filter_map(|a| a.get_long()).map(|long| format!("--{long}")).collect();
        }
        let mut candidates = if index <= 1 { self.command_names() } else { Vec::new() };
        // Options and their values are not counted, so any of the positional arguments may be the next one.
        candidates
            .extend(arguments.get_positionals().find_map(|positional| self.values(positional)).unwrap_or_default());
        candidates
    }

    /// The values that an argument takes; `None` if they cannot be listed.
    fn values(&self, argument: &Arg) -> Option<Vec<String>> {
        match argument.get_value_names()?.first()?.as_str() {
            "PROFILE" => Some(self.profiles()),
            _ if argument.get_long() == Some("profile") => Some(self.profiles()),
            "SHELL" => Some(Shell::ALL.map(|shell| shell.name().to_owned()).into()),
            "COMMAND|TOPIC" => {
                let topics = TOPICS.iter().map(|topic| topic.name.to_owned());
                Some(self.command_names().into_iter().chain(topics).collect())
            }
            _ => {
                let values: Vec<_> =
                    argument.get_possible_values().into_iter().map(|v| v.get_name().to_owned()).collect();
                (!values.is_empty()).then_some(values)
            }
        }
    }

    fn command_names(&self) -> Vec<String> {
        self.commands.iter().filter(|command| command.is_listed()).map(|command| command.name.to_owned()).collect()
    }

    /// The profiles in the AWS files; none if the files cannot be read, because completion cannot show errors.
    fn profiles(&self) -> Vec<String> {
        let Ok(locations) = Locations::from(self.variables) else { return Vec::new() };
        let Ok((texts, _)) = AwsFiles::read(&locations) else { return Vec::new() };
        AwsFiles::index(&texts).names().into_iter().map(str::to_owned).collect()
    }
}

/// The option with this spelling: `--long` or `-s`.
fn option<'a>(command: &'a clap::Command, typed: &str) -> Option<&'a Arg> {
    let matches = |arg: &&Arg| match typed.strip_prefix("--") {
        Some(long) => arg.get_long() == Some(long),
        None => arg.get_short().is_some_and(|short| typed.strip_prefix('-') == Some(short.to_string().as_str())),
    };
    command.get_arguments().find(matches)
}
