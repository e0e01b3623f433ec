//! Words that are not ours, but whose meaning is clear: dashes that a web page has replaced, options of other tools, and a
//! code in two parts.

use super::command_line::positionals;
use crate::error::{Result, UsageError};
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

/// The error about an option that only other tools have.
pub(super) fn of_other_tools(arguments: &[OsString]) -> Option<UsageError> {
    let words = arguments.iter().take_while(|word| *word != "--").filter_map(|word| word.to_str());
    let name = |word: &str| word.split('=').next().unwrap_or_default().to_owned();
    let found = words.map(name).filter_map(|typed| OPTIONS.into_iter().find(|(other, _)| *other == typed));
    let mut found: Vec<(&str, &str)> = found.collect();
    found.dedup();
    (!found.is_empty()).then_some(UsageError::OtherToolsOptions { options: found })
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
