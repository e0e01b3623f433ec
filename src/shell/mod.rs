//! The shells: how a change of the environment or a failure is written in each, and which of them evaluates the output.
//!
//! The output is a program that a shell will run. Therefore every value is quoted, whatever it contains, by one rule
//! per shell, and the output is complete statements, which fail as a whole in a shell of another dialect.

mod detect;
mod dialect;
mod fish;
mod posix;
mod powershell;
mod powershell_script;
mod quote;

pub use detect::{DetectedShell, Evaluating, calling_executable, detect, program_name, run_by};
pub use powershell_script::not_to_interrupt;

use crate::environment::EnvChange;
use crate::failure_statement::FailureStatement;
use crate::function_name::{FunctionName, function_name};
use dialect::Dialect;
use zeroize::Zeroizing;

/// The supported shells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// bash 3.2 and later.
    Bash,
    /// zsh.
    Zsh,
    /// Any other POSIX shell: dash, ksh, mksh, busybox ash.
    Sh,
    /// fish.
    Fish,
    /// Windows PowerShell 5.1, and PowerShell 7.
    PowerShell,
}

/// Everything that is known about a shell. A new shell needs only its variant and its properties.
struct Properties {
    /// The values of `--shell`: the shell's own name first, then its aliases.
    names: &'static [&'static str],
    /// Further names of its executable, without `.exe`.
    executables: &'static [&'static str],
    /// What to type before and after a command so that its output is evaluated.
    evaluate: (&'static str, &'static str),
    dialect: Dialect,
    /// The code for the startup file, with a placeholder for the list of commands that print.
    snippet: &'static str,
    /// Where the line for it belongs, for people.
    startup_file: &'static str,
}

impl Shell {
    /// All shells, in the order in which messages list them.
    pub const ALL: [Shell; 5] = [Shell::Bash, Shell::Zsh, Shell::Sh, Shell::Fish, Shell::PowerShell];

    fn properties(self) -> &'static Properties {
        match self {
            Shell::Bash => &Properties {
                names: &["bash"],
                executables: &["rbash"],
                evaluate: posix::EVALUATE,
                dialect: posix::BASH,
                snippet: include_str!("../../shell/aws-mfa.bash"),
                startup_file: "~/.bashrc",
            },
            Shell::Zsh => &Properties {
                names: &["zsh"],
                executables: &[],
                evaluate: posix::EVALUATE,
                dialect: posix::ZSH,
                snippet: include_str!("../../shell/aws-mfa.zsh"),
                startup_file: "~/.zshrc, after compinit",
            },
            Shell::Sh => &Properties {
                names: &["sh", "dash", "ksh", "mksh", "ash", "posix"],
                executables: &["lksh", "oksh", "loksh", "pdksh", "posh", "yash", "hush"],
                evaluate: posix::EVALUATE,
                dialect: posix::SH,
                snippet: include_str!("../../shell/aws-mfa.sh"),
                startup_file: "the file that $ENV names",
            },
            Shell::Fish => &Properties {
                names: &["fish"],
                executables: &[],
                evaluate: ("", " | source"),
                dialect: fish::DIALECT,
                snippet: include_str!("../../shell/aws-mfa.fish"),
                startup_file: "~/.config/fish/config.fish",
            },
            Shell::PowerShell => &Properties {
                names: &["powershell", "pwsh"],
                executables: &["pwsh-preview"],
                evaluate: ("", " | Out-String | Invoke-Expression"),
                dialect: powershell::DIALECT,
                snippet: include_str!("../../shell/aws-mfa.ps1"),
                startup_file: "$PROFILE",
            },
        }
    }

    /// The shell that a value of `--shell` names.
    pub fn named(name: &str) -> Option<Shell> {
        Shell::ALL.into_iter().find(|shell| shell.properties().names.contains(&name))
    }

    /// The shell whose executable has this name, as [`program_name`] returns it.
    pub fn of_executable(name: &str) -> Option<Shell> {
        let is_called =
            |shell: &Shell| shell.properties().names.contains(&name) || shell.properties().executables.contains(&name);
        Shell::ALL.into_iter().find(is_called)
    }

    /// The values of `--shell`, for messages and help: `bash zsh sh fish powershell (also dash ksh mksh ash posix
    /// pwsh)`.
    pub fn all_names() -> String {
        let names = Shell::ALL.map(Shell::name);
        let others: Vec<&str> =
            Shell::ALL.into_iter().flat_map(|shell| &shell.properties().names[1..]).copied().collect();
        format!("{} (also {})", names.join(" "), others.join(" "))
    }

    /// The shell's own name, which [`Shell::named`] accepts.
    pub fn name(self) -> &'static str {
        self.properties().names[0]
    }

    /// Code that makes all changes, with a newline at its end.
    pub fn statements(self, changes: &[EnvChange]) -> Zeroizing<String> {
        // Growing would leave copies of the secrets in freed memory. No dialect repeats a name more often than this.
        let room = |change: &EnvChange| match &change.value {
            Some(value) => 9 * change.name.len() + value.expose().len() + 40,
            None => 6 * change.name.len() + 40,
        };
        let mut text = Zeroizing::new(String::with_capacity(1024 + changes.iter().map(room).sum::<usize>()));
        (self.properties().dialect.statements)(&mut text, changes);
        text.push('\n');
        text
    }

    /// Code that changes nothing and makes the evaluation fail, with `status` if the shell allows that: one line, with
    /// its newline.
    pub fn failure(self, status: u8) -> String {
        self.failure_statement().with_status(status)
    }

    /// The same in parts, for a signal handler, which must not allocate.
    pub fn failure_statement(self) -> &'static FailureStatement {
        self.properties().dialect.failure
    }

    /// A word of a command line that is shown to the user, quoted only if it needs to be.
    pub fn word(self, text: &str) -> String {
        let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./:".contains(&b));
        if is_plain { text.to_owned() } else { (self.properties().dialect.word)(text) }
    }

    /// The line to type to remove a variable.
    pub fn unset_line(self, name: &str) -> String {
        format!("{}{name}", self.properties().dialect.unset)
    }

    /// The line to type to set a variable to a value that needs no quotes.
    pub fn set_line(self, name: &str, value: &str) -> String {
        let [before, between, after] = self.properties().dialect.set;
        format!("{before}{name}{between}{value}{after}")
    }

    /// The line to type so that the output of `command` is evaluated.
    pub fn eval_line(self, command: &str) -> String {
        let (before, after) = self.properties().evaluate;
        format!("{before}{command}{after}")
    }

    /// The line for the shell's startup file. It keeps the name of the function.
    pub fn init_line(self) -> String {
        self.init_line_for(FunctionName::parse(function_name()).unwrap_or(FunctionName::DEFAULT))
    }

    fn init_line_for(self, function: FunctionName<'_>) -> String {
        let option = match function {
            FunctionName::DEFAULT => String::new(),
            other => format!(" --name {}", other.as_str()),
        };
        self.eval_line(&format!("mfa-env init {}{option}", self.name()))
    }

    /// The file that the line belongs in, for people.
    pub fn startup_file(self) -> &'static str {
        self.properties().startup_file
    }

    /// The code for the shell's startup file: the function, `aws-mfa` unless it has another name, and its completion.
    /// `printing` lists the commands whose output the function must not evaluate.
    pub fn snippet(self, printing: &[&str], function: FunctionName<'_>) -> String {
        const LIST: &str = "MFA_ENV_PRINTING_COMMANDS";
        const OTHER_NAME: &str = "MFA_ENV_OTHER_NAME";
        let text = self.properties().snippet.replace("MFA_ENV_VERSION", env!("CARGO_PKG_VERSION"));
        let text = text.replace(LIST, &printing.join(self.properties().dialect.list_separator));
        if function == FunctionName::DEFAULT {
            return text.replace(OTHER_NAME, "");
        }
        // In this order, no name is replaced twice, even if it contains the other one.
        text.replace(&FunctionName::DEFAULT.without_hyphens(), &function.without_hyphens())
            .replace(FunctionName::DEFAULT.as_str(), function.as_str())
            .replace(OTHER_NAME, function.as_str())
            .replace(&self.init_line_for(FunctionName::DEFAULT), &self.init_line_for(function))
    }
}
