//! A code is needed and there is none.

use super::Words;

#[derive(Debug, PartialEq, Eq)]
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
    /// Another process has been asking for this device's code all the time.
    LockHeld {
        seconds: u64,
    },
}

impl NoCode {
    pub(super) fn words(&self) -> Words {
        match self {
            NoCode::NoTerminal => Words::new("an MFA code is needed and there is no terminal to ask on").advise(
                "give it as an argument: --code 123456, or on stdin: --code -\nor sign in beforehand, in a shell with a terminal",
            ),
            NoCode::Background => Words::new("an MFA code is needed, but this job is in the background of its terminal")
                .advise("bring it to the foreground, or give the code: --code 123456"),
            NoCode::Nothing => Words::new("no code entered").advise("start again when the authenticator app is at hand"),
            NoCode::NotSixDigits => {
                Words::new("that was no MFA code: a code has six digits, 0 to 9").advise("start again with the code that the authenticator app shows")
            }
            NoCode::StdinEmpty => Words::new("no code entered: stdin ended at once").advise("with --code - the code is one line of stdin"),
            NoCode::Terminal(problem) => Words::new(format!("the terminal cannot be used: {problem}")).advise("give the code: --code 123456"),
            NoCode::LockHeld { seconds } => {
                Words::new(format!("another process is signing in with this device, for more than {} minutes now", seconds / 60))
                    .advise("answer its prompt or end it, and start again")
            }
            NoCode::TimedOut { seconds } => {
                Words::new(format!("no code entered within {} minutes", seconds / 60)).advise("start again when the authenticator app is at hand")
            }
        }
    }
}
