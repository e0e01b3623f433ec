//! `mfa-env __complete INDEX WORD…`: what may stand at the cursor, one a line. The snippets quote it for their shell.

use crate::cli::{self, COMMANDS, CompleteArgs};
use crate::profile::{AwsFiles, Locations};
use crate::variables::Variables;
use zeroize::Zeroizing;

pub(super) fn run(args: &CompleteArgs, variables: &Variables) -> Zeroizing<String> {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    let mut fitting = candidates(&words, args.index, variables);
    // A line is a word, and a terminal obeys what stands in a list of words. No profile can be called so anyway.
    fitting.retain(|word| !word.contains(char::is_control));
    Zeroizing::new(fitting.iter().flat_map(|word| [word.as_str(), "\n"]).collect())
}

fn candidates(words: &[&str], index: usize, variables: &Variables) -> Vec<String> {
    let at = |i: usize| words.get(i).copied().unwrap_or_default();
    let (current, before) = (at(index), if index > 0 { at(index - 1) } else { "" });
    let owned = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    let command = COMMANDS.into_iter().find(|c| index > 1 && at(1) == *c);
    match before {
        "-p" | "--profile" => return profiles(variables),
        "-s" | "--shell" => return owned(&["bash", "zsh", "sh", "fish", "powershell"]),
        "--format" => return owned(&["statements", "json", "env-file"]),
        _ => {}
    }
    if current.starts_with("--profile=") {
        return profiles(variables).into_iter().map(|name| format!("--profile={name}")).collect();
    }
    match command {
        Some("init") => owned(&["bash", "zsh", "sh", "fish", "powershell"]),
        Some("help") => owned(&COMMANDS),
        command if current.starts_with('-') => options(command.unwrap_or("export")),
        Some("unset") => Vec::new(),
        Some(_) => profiles(variables),
        None if index <= 1 => COMMANDS.into_iter().map(str::to_owned).chain(profiles(variables)).collect(),
        // A profile stands there already, unless everything so far is options.
        None => profiles(variables),
    }
}

fn options(command: &str) -> Vec<String> {
    let mut all = cli::command();
    all.build();
    let found = all
        .find_subcommand(command)
        .map(|c| c.get_arguments().filter_map(|a| a.get_long()).map(|l| format!("--{l}")).collect());
    found.unwrap_or_default()
}

/// Names of the AWS files; broken files have none to offer.
fn profiles(variables: &Variables) -> Vec<String> {
    let Ok((texts, _)) = Locations::from(variables).and_then(|locations| AwsFiles::read(&locations)) else {
        return Vec::new();
    };
    AwsFiles::index(&texts).map(|files| files.names().into_iter().map(str::to_owned).collect()).unwrap_or_default()
}
