//! `setup` cannot begin or go on.

use super::{Message, quoted};
use crate::origin::Origin;
use crate::printable::{contains_secret, printable_path, shown_value};
use std::path::PathBuf;

/// Why `setup` ends. `name` is that of a profile.
#[derive(Debug, PartialEq, Eq)]
pub enum SetupError {
    /// There is no terminal, or nobody may be asked.
    NobodyToAsk { name: Option<String> },
    /// stdout is a file or a pipe.
    StdoutNotTerminal,
    /// The profile that was named cannot be set up; `problem` is a clause about it.
    NotAProfile { name: String, problem: String },
    /// Another process has given the profile something there meanwhile.
    Taken { name: String, origin: Origin },
    /// The file has not one access key; `problem` is a predicate.
    NoKeyInFile { path: PathBuf, problem: String },
}

impl SetupError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            SetupError::NobodyToAsk { .. } => 5,
            SetupError::StdoutNotTerminal | SetupError::NotAProfile { .. } => 2,
            SetupError::Taken { .. } | SetupError::NoKeyInFile { .. } => 3,
        }
    }

    pub(super) fn message(&self) -> Message {
        match self {
            SetupError::NobodyToAsk { name } => {
                let name = name.as_ref().filter(|name| !contains_secret(name));
                let profile = name.map_or_else(|| "main".into(), |name| quoted(name));
                let argument = name.map(|name| format!(" {}", quoted(name))).unwrap_or_default();
                Message::new("setup asks questions, and nobody can answer them here").advise(format!(
                    "run it in a terminal: mfa-env setup{argument}\n\
                     or write the files yourself: aws configure --profile {profile}\n\
                     aws configure set mfa_serial arn:aws:iam::123456789012:mfa/NAME --profile {profile}"
                ))
            }
            SetupError::StdoutNotTerminal => {
                Message::new("setup is a conversation on the terminal, but stdout is redirected")
                    .advise("run it alone, without eval or a pipe: mfa-env setup")
            }
            SetupError::NotAProfile { name, problem } => {
                Message::new(format!("profile `{}` cannot be set up: {problem}", shown_value(name)))
                    .advise("choose another name, as in: mfa-env setup main")
            }
            SetupError::Taken { name, origin } => {
                Message::new(format!("profile {name} has its own settings by now ({origin}), which are not replaced"))
                    .advise(format!("go on from there with: mfa-env setup {}", quoted(name)))
            }
            SetupError::NoKeyInFile { path, problem } => Message::new(format!("{} {problem}", printable_path(path)))
                .advise("name the file that the AWS console offers with a new access key, or omit --csv"),
        }
    }
}
