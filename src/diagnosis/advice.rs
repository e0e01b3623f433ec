//! What to do about a problem, and how its line is typed in a shell.

use super::sign_in_line::SignInLine;
use crate::function_name::function_name;
use crate::printable::{printable, printable_path, shown_value};
use crate::shell::Shell;
use std::fmt::{self, Display, Formatter};
use std::path::Path;

/// One thing to do, with the line to type if there is one. Untrusted text in it is not escaped yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// In the imperative: `sign in with`.
    pub what: String,
    /// `aws-mfa prod`.
    pub line: Option<String>,
}

impl Advice {
    /// Without a line to type.
    pub fn of(what: impl Into<String>) -> Self {
        Advice { what: what.into(), line: None }
    }

    /// The first line of the advice of an error: `list them with: mfa-env list`.
    pub fn of_error(text: &str) -> Self {
        let programs = ["aws ", function_name(), "mfa-env "];
        let text = text.lines().next().unwrap_or_default();
        match text.split_once(": ") {
            Some((what, line)) if programs.iter().any(|program| line.starts_with(program)) => Advice::line(what, line),
            _ => Advice::of(text),
        }
    }

    /// With a line to type.
    pub fn line(what: impl Into<String>, line: impl Into<String>) -> Self {
        Advice { what: what.into(), line: Some(line.into()) }
    }
}

/// `sign in with: aws-mfa prod`
impl Display for Advice {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.line.as_ref().map_or(Ok(()), |line| write!(f, ": {line}"))
    }
}

/// How lines are typed: in which shell, and which words are commands of mfa-env.
#[derive(Clone, Copy)]
pub struct Typing {
    /// The shell of the user.
    pub shell: Shell,
    /// Whether a word is a command, so that a profile of that name needs an option.
    pub is_command: fn(&str) -> bool,
}

impl Typing {
    /// The line that signs in to a profile.
    pub fn sign_in_to(&self, profile: &str) -> String {
        format!("{} {}", function_name(), self.profile(profile))
    }

    /// A profile as an argument of mfa-env. A name that could be a secret is left out.
    pub fn profile(&self, name: &str) -> String {
        let word = self.shell.word(&shown_value(name));
        let is_code = || name.bytes().all(|b| b.is_ascii_digit() || b == b' ');
        if name.starts_with('-') {
            format!("--profile={word}")
        } else if is_code() || (self.is_command)(name) {
            format!("--profile {word}")
        } else {
            word
        }
    }

    /// A path as an argument of other programs.
    pub fn path(&self, path: &Path) -> String {
        let shown = printable_path(path).to_string();
        let in_home = shown.strip_prefix("~/").map(|rest| (rest, self.shell.word(rest)));
        match in_home {
            // PowerShell takes a tilde next to quotes literally.
            Some((rest, word)) if word == rest || self.shell != Shell::PowerShell => format!("~/{word}"),
            _ => printable(&self.shell.word(&path.to_string_lossy())).to_string(),
        }
    }

    /// `sign in with: aws-mfa prod`
    pub fn sign_in(&self, line: &SignInLine) -> Advice {
        self.sign_in_as("sign in with", line)
    }

    /// The same in other words, such as `renew it with`.
    pub fn sign_in_as(&self, what: &str, line: &SignInLine) -> Advice {
        match line {
            SignInLine::Renew => Advice::line(what, function_name()),
            SignInLine::Profile(name) => Advice::line(what, self.sign_in_to(name)),
            SignInLine::AnyProfile => Advice::line(what, format!("{} PROFILE", function_name())),
            SignInLine::SetUp => Advice::line("set up a profile with", "mfa-env setup"),
            SignInLine::Unreadable(what) => Advice::of(format!("correct this first, then sign in: {what}")),
            SignInLine::Elsewhere => {
                Advice::line("sign in where your AWS files are, and pass the session on", "mfa-env help docker")
            }
        }
    }

    /// `unset AWS_PROFILE`, as it is typed in the shell.
    pub fn unset(&self, variable: &str) -> Advice {
        Advice::line("remove it with", self.shell.unset_line(variable))
    }
}
