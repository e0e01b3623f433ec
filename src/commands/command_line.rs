//! Where the command begins in `mfa-env exec [PROFILE] [CODE] [options] [--] COMMAND…` and in
//! `mfa-env each PATTERN… [options] -- COMMAND…`. Nothing after that is ours.

use super::request::is_code;
use crate::cli;
use clap::Command;
use std::ffi::{OsStr, OsString};

/// Splits the words after `exec` into those of mfa-env and the command. The command follows `--`; without that, it begins
/// at the first word that is not an option, the value of one, the profile or a code.
pub(super) fn split(words: &[OsString], exec: &Command) -> (Vec<OsString>, Vec<OsString>) {
    let (own, command) = place(words, exec);
    (words[..own].to_vec(), words.get(command..).unwrap_or_default().to_vec())
}

/// Splits the words at the first `--`, which is in neither part. Without it there is no command.
pub(super) fn split_at_dashes(words: &[OsString]) -> (Vec<OsString>, Vec<OsString>) {
    let own = words.iter().position(|word| word == "--").unwrap_or(words.len());
    (words[..own].to_vec(), words.get(own + 1..).unwrap_or_default().to_vec())
}

/// How many words are mfa-env's, and where the command begins.
fn place(words: &[OsString], exec: &Command) -> (usize, usize) {
    let (mut has_profile, mut has_code) = (false, false);
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if word == "--" {
            return (at, at + 1);
        }
        if let Some((count, is_profile)) = option(word, exec) {
            has_profile |= is_profile;
            at += count;
            continue;
        }
        if is_code(&word.to_string_lossy()) && !has_code {
            has_code = true;
        } else if !has_profile {
            has_profile = true;
        } else {
            return (at, at);
        }
        at += 1;
    }
    let end = at.min(words.len());
    (end, end)
}

/// The places of the words before `--` that are neither options nor their values.
pub(super) fn positionals(words: &[OsString], command: &Command) -> Vec<usize> {
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|word| *word != "--") {
        match option(word, command) {
            Some((count, _)) => at += count,
            None => {
                places.push(at);
                at += 1;
            }
        }
    }
    places
}

/// How many words an option has, with its value, and whether it names the profile. `None` if the word is not an option.
fn option(word: &OsStr, command: &Command) -> Option<(usize, bool)> {
    let takes_value = |option: Option<&clap::Arg>| option.is_some_and(cli::takes_value);
    let text = word.to_string_lossy();
    if let Some(option) = text.strip_prefix("--") {
        let (name, value) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
        let option = command.get_arguments().find(|argument| argument.get_long() == Some(name));
        return Some((1 + usize::from(value.is_none() && takes_value(option)), name == "profile"));
    }
    let letters = text.strip_prefix('-').filter(|letters| !letters.is_empty())?;
    let mut is_profile = false;
    for (i, letter) in letters.char_indices() {
        is_profile |= letter == 'p';
        if takes_value(command.get_arguments().find(|argument| argument.get_short() == Some(letter))) {
            return Some((1 + usize::from(i + letter.len_utf8() == letters.len()), is_profile));
        }
    }
    Some((1, is_profile))
}
