//! The command of each profile.

use super::super::program;
use crate::error::Result;
use crate::platform;
use crate::variables::Variables;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What stands for the name of the profile.
const PLACEHOLDER: &str = "{}";

/// The command as it was typed.
pub(super) struct CommandTemplate<'a> {
    name: &'a OsStr,
    arguments: &'a [OsString],
}

/// The command of one profile.
pub(super) struct ProfileCommand {
    file: PathBuf,
    name: OsString,
    arguments: Vec<OsString>,
}

impl<'a> CommandTemplate<'a> {
    /// `None` if there is no command.
    pub(super) fn of(words: &'a [OsString]) -> Option<Self> {
        let (name, arguments) = words.split_first()?;
        Some(CommandTemplate { name, arguments })
    }

    /// The command with the name of the profile in place of every `{}`, also in the name of the program. No shell reads it.
    ///
    /// # Errors
    /// The program does not exist or cannot be executed.
    pub(super) fn for_profile(&self, profile: &str, variables: &Variables) -> Result<ProfileCommand> {
        let word = |word: &OsStr| platform::replace_in_word(word, PLACEHOLDER, profile);
        let name = word(self.name);
        let file = program::find(&name, variables)?;
        Ok(ProfileCommand { file, name, arguments: self.arguments.iter().map(|argument| word(argument)).collect() })
    }
}

impl ProfileCommand {
    /// The command as it is started, without the session. Its output is piped, and its stdin is empty: all commands would
    /// read the same one.
    pub(super) fn to_start(&self) -> Command {
        let mut command = platform::program(&self.file, &self.name);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The program, for messages.
    pub(super) fn program(&self) -> String {
        self.name.to_string_lossy().into_owned()
    }
}
