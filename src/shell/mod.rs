//! The dialects: how a change of the environment, or a failure, is said to each shell.
//!
//! What is printed is a program that somebody will run. So there is one quoting rule per shell, applied to every value whatever it
//! holds, and the text is one line of complete statements.

mod ancestry;
mod fish;
mod posix;
mod powershell;

pub use ancestry::{FoundShell, find_shell};

use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;
use zeroize::Zeroizing;

/// The shells that can evaluate what we print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    Bash,
    Zsh,
    /// Any other POSIX shell: dash, ksh, mksh, busybox ash.
    Sh,
    Fish,
    PowerShell,
}

impl Shell {
    /// What `--shell` takes, for messages.
    pub const NAMES: &'static str = "bash zsh sh fish powershell (also dash ksh mksh ash posix pwsh)";

    /// By the name that a person or a snippet gives.
    pub fn named(name: &str) -> Option<Shell> {
        Some(match name {
            "bash" => Shell::Bash,
            "zsh" => Shell::Zsh,
            "sh" | "dash" | "ksh" | "mksh" | "ash" | "posix" => Shell::Sh,
            "fish" => Shell::Fish,
            "powershell" | "pwsh" => Shell::PowerShell,
            _ => return None,
        })
    }

    /// By the name of a program file, which has more spellings.
    pub fn of_program(name: &str) -> Option<Shell> {
        let name = name.trim_start_matches('-').to_ascii_lowercase();
        let name = name.strip_suffix(".exe").unwrap_or(&name);
        match name {
            "ksh93" | "ksh2020" | "busybox" | "posh" | "yash" | "rbash" => {
                Some(if name == "rbash" { Shell::Bash } else { Shell::Sh })
            }
            "pwsh-preview" => Some(Shell::PowerShell),
            name => Shell::named(name),
        }
    }

    /// The name under which [`Shell::named`] knows it again.
    pub fn name(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Sh => "sh",
            Shell::Fish => "fish",
            Shell::PowerShell => "powershell",
        }
    }

    /// One line that makes all changes, with its newline.
    pub fn statements(self, changes: &[EnvChange]) -> Zeroizing<String> {
        let mut line = Zeroizing::new(String::with_capacity(4096));
        match self {
            Shell::Bash | Shell::Zsh | Shell::Sh => posix::statements(&mut line, changes),
            Shell::Fish => fish::statements(&mut line, changes),
            Shell::PowerShell => powershell::statements(&mut line, changes),
        }
        line.push('\n');
        line
    }

    /// One line that makes the evaluation fail with `status`, where the shell can, and changes nothing.
    pub fn failure(self, status: u8) -> String {
        self.failure_statement().with(status)
    }

    /// The same in pieces, for a signal handler, which may not allocate.
    pub fn failure_statement(self) -> &'static FailureStatement {
        match self {
            Shell::Bash | Shell::Zsh | Shell::Sh => &posix::FAILURE,
            Shell::Fish => &fish::FAILURE,
            Shell::PowerShell => &powershell::FAILURE,
        }
    }

    /// A word of a command line for this shell, quoted where it needs to be: for lines that we show to a person.
    pub fn word(self, text: &str) -> String {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./:".contains(&b));
        match self {
            _ if plain => text.to_owned(),
            Shell::Bash | Shell::Zsh | Shell::Sh => shell_escape::unix::escape(text.into()).into_owned(),
            Shell::Fish => {
                let mut word = Zeroizing::new(String::new());
                fish::quote(&mut word, text);
                word.to_string()
            }
            Shell::PowerShell => {
                let mut word = Zeroizing::new(String::new());
                powershell::quote(&mut word, text);
                word.to_string()
            }
        }
    }

    /// The line to type so that the output of `command` is evaluated.
    pub fn eval_line(self, command: &str) -> String {
        match self {
            Shell::Bash | Shell::Zsh | Shell::Sh => format!("eval \"$({command})\""),
            Shell::Fish => format!("{command} | source"),
            Shell::PowerShell => format!("{command} | Out-String | Invoke-Expression"),
        }
    }

    /// The line for the shell's startup file.
    pub fn init_line(self) -> &'static str {
        match self {
            Shell::Bash => "eval \"$(mfa-env init bash)\"",
            Shell::Zsh => "eval \"$(mfa-env init zsh)\"",
            Shell::Sh => "eval \"$(mfa-env init sh)\"",
            Shell::Fish => "mfa-env init fish | source",
            Shell::PowerShell => "mfa-env init powershell | Out-String | Invoke-Expression",
        }
    }

    /// The functions for the shell's startup file.
    pub fn snippet(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("../../shell/aws-mfa.bash"),
            Shell::Zsh => include_str!("../../shell/aws-mfa.zsh"),
            Shell::Sh => include_str!("../../shell/aws-mfa.sh"),
            Shell::Fish => include_str!("../../shell/aws-mfa.fish"),
            Shell::PowerShell => include_str!("../../shell/aws-mfa.ps1"),
        }
    }
}
