//! Where the command begins in `mfa-env exec [PROFILE] [CODE] [options] [--] COMMAND…`. Nothing after that is ours.

use super::request::is_six_digits;
use crate::cli;
use clap::Command;
use std::ffi::OsString;

/// Splits the words after `exec` into those of mfa-env and the command. The command follows `--`; without that, it begins
/// at the first word that is not an option, the value of one, the profile or a code.
pub(super) fn split(words: &[OsString], exec: &Command) -> (Vec<OsString>, Vec<OsString>) {
    let (own, command) = place(words, exec);
    (words[..own].to_vec(), words.get(command..).unwrap_or_default().to_vec())
}

/// How many words are mfa-env's, and where the command begins.
fn place(words: &[OsString], exec: &Command) -> (usize, usize) {
    let takes_value = |option: Option<&clap::Arg>| option.is_some_and(cli::takes_value);
    let long = |name: &str| exec.get_arguments().find(|a| a.get_long() == Some(name));
    let short = |letter: char| exec.get_arguments().find(|a| a.get_short() == Some(letter));
    let (mut has_profile, mut has_code) = (false, false);
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let text = word.to_string_lossy();
        if text == "--" {
            return (at, at + 1);
        }
        if let Some(option) = text.strip_prefix("--") {
            let (name, value) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
            has_profile |= name == "profile";
            at += usize::from(value.is_none() && takes_value(long(name)));
        } else if let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            for (i, letter) in letters.char_indices() {
                has_profile |= letter == 'p';
                if takes_value(short(letter)) {
                    at += usize::from(i + letter.len_utf8() == letters.len());
                    break;
                }
            }
        } else if is_six_digits(&text) && !has_code {
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
