//! A code is needed and there is none.

use super::Message;
use crate::origin::Origin;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCode {
    NoTerminal,
    Background,
    /// Ctrl-D or an empty line.
    Nothing,
    /// Something other than six digits was typed; it is not repeated here.
    NotSixDigits,
    StdinEmpty,
    Terminal(String),
    TimedOut {
        seconds: u64,
    },
    /// AWS takes every code once, and this one was sent; the next one is shown in so many seconds.
    UsedAlready {
        next_in: u64,
    },
    /// The profile's `mfa_process` printed such a one, and is run again when there is another.
    ProcessUsedAlready {
        profile: String,
        next_in: u64,
    },
    /// The profile's `mfa_process` printed no code: what it did instead.
    Process {
        profile: String,
        origin: Origin,
        problem: String,
    },
    /// Another process has been asking for this device's code all the time.
    LockHeld {
        seconds: u64,
    },
}

impl NoCode {
    pub(super) fn message(&self) -> Message {
        match self {
            NoCode::NoTerminal => Message::new("an MFA code is needed and there is no terminal to ask on").advise(
                "give it as an argument: --code 123456, or on stdin: --code -\nor sign in beforehand, in a shell with a terminal",
            ),
            NoCode::Background => Message::new("an MFA code is needed, but this job is in the background of its terminal")
                .advise("bring it to the foreground, or give the code: --code 123456"),
            NoCode::Nothing => Message::new("no code entered").advise("start again when the authenticator app is at hand"),
            NoCode::NotSixDigits => {
                Message::new("that was no MFA code: a code has six digits, 0 to 9").advise("start again with the code that the authenticator app shows")
            }
            NoCode::StdinEmpty => Message::new("no code entered: stdin ended at once").advise("with --code - the code is one line of stdin"),
            NoCode::Terminal(problem) => Message::new(format!("the terminal cannot be used: {problem}")).advise("give the code: --code 123456"),
            NoCode::UsedAlready { next_in } => Message::new("that code was sent to AWS already, and every code works once")
                .advise(format!("take the next one, in {next_in} s")),
            NoCode::ProcessUsedAlready { profile, next_in } => {
                Message::new(format!("{profile}'s mfa_process said a code that was sent already; the next one comes in {next_in} s"))
            }
            NoCode::Process { profile, origin, problem } => Message::new(format!("{profile}'s mfa_process said {problem}"))
                .advise(format!("try the command by itself ({origin}), or type the code: --no-mfa-process")),
            NoCode::LockHeld { seconds } => {
                Message::new(format!("another process has been at this sign-in for more than {} minutes", seconds / 60))
                    .advise("answer its prompt or end it, and start again")
            }
            NoCode::TimedOut { seconds } => {
                Message::new(format!("no code entered within {} minutes", seconds / 60)).advise("start again when the authenticator app is at hand")
            }
        }
    }
}
