//! Words that are not ours, but whose meaning is clear: dashes that a web page has replaced, options and commands of other
//! tools, misspelled commands, and a code in two parts.

use super::COMMANDS;
use super::command_line::positionals;
use super::table::{Command, Output};
use crate::cli;
use crate::error::{ConfigError, Error, LongName, NameHint, Result, UsageError};
use crate::function_name::{FunctionName, function_name};
use crate::profile::similar_names;
use std::ffi::OsString;

/// Options of other tools, and ours with the same meaning.
const OPTIONS: [(&str, &str); 17] = [
    ("--device", "--mfa-serial"),
    ("--mfa-device", "--mfa-serial"),
    ("--serial-number", "--mfa-serial"),
    ("--token", "--code"),
    ("--token-code", "--code"),
    ("--mfa-token", "--code"),
    ("--mfa-code", "--code"),
    ("--otp", "--code"),
    ("--role", "--role-arn"),
    ("--assume-role", "--role-arn"),
    ("--session-name", "--role-session-name"),
    ("--duration-seconds", "--duration"),
    ("--session-duration", "--duration"),
    ("--refresh", "--renew"),
    ("--force-refresh", "--renew"),
    ("--unset", "unset"),
    ("--exec", "exec"),
];

/// Commands of other tools, separated by blanks; what they are for; and how to do it.
const WORDS: [(&str, &str, &str); 12] = [
    ("login signin sign-in assume auth authenticate session source use", "to sign in, leave out this word", "aws-mfa"),
    ("renew refresh reauth", "to renew this shell's session", "aws-mfa"),
    ("ls list-profiles profiles accounts roles", "to list the profiles", "mfa-env list"),
    ("whoami who info current get-caller-identity", "to see who this shell is", "mfa-env status"),
    ("clear logoff signout sign-out deactivate reset", "to end the session", "aws-mfa unset"),
    ("clean clear-cache purge", "to remove cached sessions", "mfa-env logout"),
    ("run execute shell", "to run a command in a session", "mfa-env exec PROFILE -- COMMAND"),
    ("open web browser link", "to open the AWS console", "mfa-env console --open PROFILE"),
    ("server daemon imds ecs", "to serve a session to programs", "mfa-env serve PROFILE"),
    ("write store persist", "to write a session to the credentials file", "mfa-env save PROFILE"),
    ("plan dry-run show", "to see which calls a sign-in makes", "mfa-env explain PROFILE"),
    ("version", "to see the version", "mfa-env --version"),
];

/// The parameters that every cmdlet has, and their short names except `-pv`, which is a profile.
const COMMON_PARAMETERS: &str = "verbose debug erroraction warningaction informationaction progressaction \
    errorvariable warningvariable informationvariable outvariable outbuffer pipelinevariable whatif confirm";
const SHORT_PARAMETERS: &str = "vb db ea wa infa proga ev wv iv ov ob wi cf";
/// From this length on, the beginning of a name is taken for it, as PowerShell does.
const SHORTEST: usize = 3;

/// Dashes that word processors and web pages write instead of `-`.
const DASHES: [char; 3] = ['\u{2013}', '\u{2014}', '\u{2212}'];

/// Finds an option with a dash that is none. Only words before `--` are options.
///
/// # Errors
/// There is one. Otherwise it would be taken for a profile.
pub(super) fn check_dashes(arguments: &[OsString]) -> Result<()> {
    for word in arguments.iter().take_while(|word| *word != "--").filter_map(|word| word.to_str()) {
        if word.is_ascii() || !word.starts_with(DASHES) {
            continue;
        }
        let name = word.trim_start_matches(|c| c == '-' || DASHES.contains(&c));
        let dashes = if name.chars().count() == 1 { "-" } else { "--" };
        let character = word.chars().next().unwrap_or_default();
        return Err(UsageError::NotADash { typed: word.to_owned(), character, meant: format!("{dashes}{name}") }.into());
    }
    Ok(())
}

/// Finds a long name after a single dash, of which each letter would be an option, or the value of one: `-region`, or
/// PowerShell's `-Verbose`. Only words before `--` are options. `command` builds those that are possible.
///
/// # Errors
/// There is one. `-V` and `-h` succeed, whatever letters follow.
pub(super) fn check_long_names(arguments: &[OsString], command: impl FnOnce() -> clap::Command) -> Result<()> {
    let words = || arguments.iter().take_while(|word| *word != "--").filter_map(|word| word.to_str());
    let is_long = |word: &&str| word.len() > 2 && word.starts_with('-') && !word.starts_with("--");
    // Usually, there are none.
    if !words().any(|word| is_long(&word)) {
        return Ok(());
    }
    let command = command();
    // The value of an option may begin with a dash, as in `--duration -1h`, which has an error of its own.
    let takes_dash = |before: &str| {
        let is_it = |a: &&clap::Arg| match before.strip_prefix("--") {
            Some(long) => a.get_long() == Some(long),
            None => before.strip_prefix('-').is_some_and(|short| a.get_short().is_some_and(|c| short == c.to_string())),
        };
        command.get_arguments().find(is_it).is_some_and(clap::Arg::is_allow_hyphen_values_set)
    };
    let values = std::iter::once("").chain(words());
    for (_, word) in values.zip(words()).filter(|(before, word)| is_long(word) && !takes_dash(before)) {
        // What follows may be a code.
        let typed = word.split(['=', ':']).next().unwrap_or_default();
        let error = |meant| UsageError::LongName { typed: typed.to_owned(), meant };
        if let Some(meant) = meant(&typed[1..].to_ascii_lowercase(), &command) {
            return Err(error(meant).into());
        }
        let letters = || word.chars().skip(1);
        let is_value = |letter| command.get_arguments().any(|a| a.get_short() == Some(letter) && cli::takes_value(a));
        let mut flags = letters().take_while(|letter| !is_value(*letter));
        let is_flag = |letter| {
            matches!(letter, 'h' | 'V') || command.get_arguments().any(|argument| argument.get_short() == Some(letter))
        };
        if flags.any(|letter| matches!(letter, 'h' | 'V')) && !letters().all(is_flag) {
            return Err(error(LongName::Unknown).into());
        }
    }
    Ok(())
}

/// What a name means, in lower case, after a single dash.
fn meant(name: &str, command: &clap::Command) -> Option<LongName> {
    // Any name may follow `-p`.
    let is = |long: &str| long == name || name.len() >= SHORTEST && !name.starts_with('p') && long.starts_with(name);
    let longs = command.get_arguments().filter_map(clap::Arg::get_long).chain(["help", "version"]);
    let mut own: Vec<&str> = longs.filter(|long| is(long)).collect();
    if own.contains(&name) {
        own.retain(|long| *long == name);
    }
    let mut own: Vec<String> = own.into_iter().map(|long| format!("--{long}")).collect();
    if own.is_empty() {
        let others = OPTIONS.iter().filter(|(other, _)| other.strip_prefix("--") == Some(name));
        own.extend(others.map(|(_, ours)| (*ours).to_owned()));
    }
    if !own.is_empty() {
        return Some(LongName::Option(own.join(" or ")));
    }
    let is_parameter = COMMON_PARAMETERS.split(' ').any(is) || SHORT_PARAMETERS.split(' ').any(|short| short == name);
    is_parameter.then_some(LongName::Parameter)
}

/// The error about an option that only other tools have.
pub(super) fn of_other_tools(arguments: &[OsString]) -> Option<UsageError> {
    let words = arguments.iter().take_while(|word| *word != "--").filter_map(|word| word.to_str());
    let name = |word: &str| word.split('=').next().unwrap_or_default().to_owned();
    let found = words.map(name).filter_map(|typed| OPTIONS.into_iter().find(|(other, _)| *other == typed));
    let mut found: Vec<(&str, &str)> = found.collect();
    found.dedup();
    (!found.is_empty()).then_some(UsageError::OtherToolsOptions { options: found })
}

/// Adds to the error about a profile that does not exist the command that its name may mean.
pub(super) fn with_meaning(mut error: Error, arguments: &[OsString]) -> Error {
    let is_first = |word: &str| arguments.first().is_some_and(|first| first == word);
    match &mut error {
        Error::Config(ConfigError::ProfileNotFound { name, variable: None, hint, .. }) if is_first(name) => {
            if let (NameHint::Similar(similar), Some(meaning)) = (&mut **hint, meaning(name)) {
                **hint = NameHint::Word { meaning, similar: std::mem::take(similar) };
            }
        }
        Error::Usage(UsageError::TwoProfiles { first, meaning: unknown, .. }) if is_first(first) => {
            *unknown = meaning(first);
        }
        _ => {}
    }
    error
}

/// What a word means that is a command of another tool, or close to one of ours: what for, and what to type.
fn meaning(word: &str) -> Option<String> {
    let lower = word.to_ascii_lowercase();
    // The first test spares most words the second one.
    let has = |words: &str| words.contains(&lower) && words.split(' ').any(|other| other == lower);
    if let Some((_, purpose, line)) = WORDS.iter().find(|(words, ..)| has(words)) {
        let line = line.replace(FunctionName::DEFAULT.as_str(), function_name());
        return Some(format!("{purpose}: {line}"));
    }
    // Two letters are close to too many words, and the first letter is seldom wrong.
    let may_be_meant = |command: &&Command| lower.len() > 2 && command.name.bytes().next() == lower.bytes().next();
    let commands = || COMMANDS.iter().filter(may_be_meant).filter(|command| command.is_listed());
    let similar = similar_names(&lower, commands().map(|command| command.name));
    let command = commands().find(|command| similar.first() == Some(&command.name))?;
    Some(format!("for the command {}: {}", command.name, line(command)))
}

fn line(command: &Command) -> String {
    let program = if matches!(command.output, Output::Evaluated) { function_name() } else { "mfa-env" };
    format!("{program} {}", command.name)
}

/// Joins a code that was typed in two parts, as apps show it, to one word with a blank: `123 456`, or `prod 123 456`.
/// Options may be between them, because the shell functions add one. `command` builds the arguments that are possible.
/// Whether the word is a code depends on the profiles; see [`super::request`].
pub(super) fn join_code(words: &mut Vec<OsString>, is_command: bool, command: impl FnOnce() -> clap::Command) {
    let is_part = |word: &OsString| word.len() == 3 && word.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    // Usually, there are none.
    if words.iter().filter(|word| is_part(word)).count() < 2 {
        return;
    }
    let first = usize::from(is_command);
    let places: Vec<usize> = positionals(&words[first..], &command()).into_iter().map(|at| first + at).collect();
    let pairs = places.windows(2).take(2);
    let is_pair = |pair: &&[usize]| pair.iter().all(|at| is_part(&words[*at]));
    if let Some(&[one, other]) = pairs.into_iter().find(is_pair) {
        let half = words.remove(other);
        words[one].push(" ");
        words[one].push(half);
    }
}
