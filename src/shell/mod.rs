//! The dialects: how a change of the environment, or a failure, is said to each shell, and which shell evaluates it.
//!
//! What is printed is a program that somebody will run. So there is one quoting rule per shell, applied to every value
//! whatever it contains, and the text is one line of complete statements.

mod detect;
mod dialect;
mod fish;
mod posix;
mod powershell;

pub use detect::{DetectedShell, detect};

use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;
use dialect::Dialect;
use zeroize::Zeroizing;

/// The shells that can evaluate what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    Bash,
    Zsh,
    /// Any other POSIX shell: dash, ksh, mksh, busybox ash.
    Sh,
    Fish,
    PowerShell,
}

/// Everything that is known of a shell, in one row.
struct Row {
    /// What `--shell` takes: the shell's own name first, then other names for it.
    names: &'static [&'static str],
    /// Other names of its executable, without `.exe`.
    executables: &'static [&'static str],
    /// What stands before and after a command whose output is to be evaluated.
    evaluate: (&'static str, &'static str),
    dialect: Dialect,
    /// The functions for the startup file.
    snippet: &'static str,
}

impl Shell {
    /// All of them, in the order in which messages name them.
    pub const ALL: [Shell; 5] = [Shell::Bash, Shell::Zsh, Shell::Sh, Shell::Fish, Shell::PowerShell];

    fn row(self) -> &'static Row {
        match self {
            Shell::Bash => &Row {
                names: &["bash"],
                executables: &["rbash"],
                evaluate: posix::EVALUATE,
                dialect: posix::DIALECT,
                snippet: include_str!("../../shell/aws-mfa.bash"),
            },
            Shell::Zsh => &Row {
                names: &["zsh"],
                executables: &[],
                evaluate: posix::EVALUATE,
                dialect: posix::DIALECT,
                snippet: include_str!("../../shell/aws-mfa.zsh"),
            },
            Shell::Sh => &Row {
                names: &["sh", "dash", "ksh", "mksh", "ash", "posix"],
                executables: &["ksh93", "ksh2020", "busybox", "posh", "yash"],
                evaluate: posix::EVALUATE,
                dialect: posix::DIALECT,
                snippet: include_str!("../../shell/aws-mfa.sh"),
            },
            Shell::Fish => &Row {
                names: &["fish"],
                executables: &[],
                evaluate: ("", " | source"),
                dialect: fish::DIALECT,
                snippet: include_str!("../../shell/aws-mfa.fish"),
            },
            Shell::PowerShell => &Row {
                names: &["powershell", "pwsh"],
                executables: &["pwsh-preview"],
                evaluate: ("", " | Out-String | Invoke-Expression"),
                dialect: powershell::DIALECT,
                snippet: include_str!("../../shell/aws-mfa.ps1"),
            },
        }
    }

    /// The shell that a person or a snippet names.
    pub fn named(name: &str) -> Option<Shell> {
        Shell::ALL.into_iter().find(|shell| shell.row().names.contains(&name))
    }

    /// The shell that an executable is, which may be called by more names: `-zsh`, `pwsh.exe`, `ksh93`.
    pub fn of_executable(name: &str) -> Option<Shell> {
        let name = name.trim_start_matches('-').to_ascii_lowercase();
        let name = name.strip_suffix(".exe").unwrap_or(&name);
        let is_called = |shell: &Shell| shell.row().names.contains(&name) || shell.row().executables.contains(&name);
        Shell::ALL.into_iter().find(is_called)
    }

    /// What `--shell` takes, for messages: `bash zsh sh fish powershell (also dash ksh mksh ash posix pwsh)`.
    pub fn all_names() -> String {
        let names = Shell::ALL.map(Shell::name);
        let others: Vec<&str> = Shell::ALL.into_iter().flat_map(|shell| &shell.row().names[1..]).copied().collect();
        format!("{} (also {})", names.join(" "), others.join(" "))
    }

    /// The name under which [`Shell::named`] finds it again.
    pub fn name(self) -> &'static str {
        self.row().names[0]
    }

    /// One line that makes all changes, with its newline.
    pub fn statements(self, changes: &[EnvChange]) -> Zeroizing<String> {
        let mut line = Zeroizing::new(String::with_capacity(4096));
        (self.row().dialect.statements)(&mut line, changes);
        line.push('\n');
        line
    }

    /// One line that makes the evaluation fail with `status`, if the shell can say which, and changes nothing.
    pub fn failure(self, status: u8) -> String {
        self.failure_statement().with_status(status)
    }

    /// The same in pieces, for a signal handler, which may not allocate.
    pub fn failure_statement(self) -> &'static FailureStatement {
        self.row().dialect.failure
    }

    /// A word of a command line for this shell, quoted if it needs to be: for lines that are shown to the user.
    pub fn word(self, text: &str) -> String {
        let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./:".contains(&b));
        if is_plain { text.to_owned() } else { (self.row().dialect.word)(text) }
    }

    /// The line to type so that the output of `command` is evaluated.
    pub fn eval_line(self, command: &str) -> String {
        let (before, after) = self.row().evaluate;
        format!("{before}{command}{after}")
    }

    /// The line for the shell's startup file.
    pub fn init_line(self) -> String {
        self.eval_line(&format!("mfa-env init {}", self.name()))
    }

    /// The functions for the shell's startup file. `printing` are the commands whose output the function does not
    /// evaluate.
    pub fn snippet(self, printing: &[&str]) -> String {
        const LIST: &str = "MFA_ENV_PRINTING_COMMANDS";
        self.row().snippet.replace(LIST, &printing.join(self.row().dialect.list_separator))
    }
}
