//! What was typed makes no sense.

use super::Message;

#[derive(Debug, PartialEq, Eq)]
pub enum UsageError {
    /// clap's own complaint, already several lines long.
    Arguments(String),
    /// A command that this version does not have.
    NotBuilt {
        command: String,
    },
    UnknownShell {
        name: String,
        known: String,
    },
    /// The shell that would evaluate the statements is one whose quoting we do not know.
    UnsupportedShell {
        name: String,
        known: String,
    },
    /// `export` or `unset` without anybody to evaluate what they print.
    StdoutIsTerminal {
        eval_line: String,
        init_line: String,
    },
    NotACode {
        typed: String,
    },
    /// Two positionals, but in the order CODE PROFILE or both profiles.
    TwoProfiles {
        first: String,
        second: String,
    },
    TwoCodes,
    VariableNotUtf8 {
        name: &'static str,
    },
    /// An option that shapes a role, for a profile that assumes none.
    NoRole {
        option: &'static str,
        profile: String,
    },
    /// `--duration` above what STS gives to a session made from a session.
    ChainedDuration {
        seconds: u32,
        reason: &'static str,
    },
    /// `--min-ttl` above the duration that is planned.
    MinTtlTooLong {
        min_ttl: u32,
        duration: u32,
    },
}

impl UsageError {
    pub(super) fn message(&self) -> Message {
        match self {
            UsageError::Arguments(text) => match text.split_once('\n') {
                Some((first, rest)) => Message::new(first).advise(rest.trim_matches('\n')),
                None => Message::new(text.as_str()),
            },
            UsageError::NotBuilt { command } => Message::new(format!("this version has no command `{command}`"))
                .advise(format!("a profile of that name: mfa-env --profile {command}")),
            UsageError::UnknownShell { name, known } => {
                Message::new(format!("unknown shell `{name}`")).advise(format!("--shell takes one of: {known}"))
            }
            UsageError::UnsupportedShell { name, known } => {
                Message::new(format!("statements would be evaluated by {name}, a shell that mfa-env cannot quote for"))
                    .advise(format!(
                        "name the shell that evaluates them, --shell {known},\nor take the session as data: mfa-env --format json"
                    ))
            }
            UsageError::StdoutIsTerminal { eval_line, init_line } => {
                let advice = format!(
                    "type:   {eval_line}\nor put   {init_line}   into the shell's startup file and use the function aws-mfa\nto see the statements all the same: --show"
                );
                Message::new("this prints statements for a shell to evaluate, and nobody does: stdout is a terminal").advise(advice)
            }
            UsageError::NotACode { typed } => Message::new(format!("`{typed}` is no MFA code: a code has six digits, 0 to 9"))
                .advise("type the code that the authenticator app shows now, or leave it out to be asked"),
            UsageError::TwoProfiles { first, second } => {
                Message::new(format!("`{second}` is no MFA code: a code has six digits, 0 to 9"))
                    .advise(format!("the order is PROFILE CODE; the profile here is `{first}`"))
            }
            UsageError::TwoCodes => Message::new("the code is given twice").advise("once is enough: CODE or --code CODE"),
            UsageError::VariableNotUtf8 { name } => {
                Message::new(format!("{name} holds bytes that are not UTF-8")).advise(format!("unset or correct {name}"))
            }
            UsageError::NoRole { option, profile } => {
                Message::new(format!("{option} belongs to a role, and profile {profile} assumes none"))
                    .advise("name the role as well: --role-arn ARN, or role_arn and source_profile in the profile")
            }
            UsageError::ChainedDuration { seconds, reason } => {
                Message::new(format!("{seconds} s is too long: {reason}, and STS gives that 3600 s at most"))
                    .advise("-d 1h, or leave --duration out")
            }
            UsageError::MinTtlTooLong { min_ttl, duration } => {
                Message::new(format!("--min-ttl {min_ttl} s is more than the {duration} s that the session will last"))
                    .advise("ask for less with --min-ttl, or for a longer session with --duration")
            }
        }
    }
}
