//! An MFA code is needed, but there is none.

use super::{Message, quoted};
use crate::clock::HumanDuration;
use crate::function_name::function_name;
use crate::origin::Origin;

/// Why there is no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCode {
    /// There is no terminal to prompt on.
    NoTerminal,
    /// The same, for a role, whose device comes from this line.
    NoTerminalForRole { device: Origin },
    /// The process is in the background, so it cannot read from the terminal.
    Background,
    /// `--no-input` was passed, or the caller may not be interrupted.
    NoInput {
        profile: String,
        /// Whether this shell has a view of all profiles, which a sign-in is to leave there.
        has_view: bool,
        /// For a role, the line that its device comes from.
        device: Option<Origin>,
    },
    /// The terminal is in raw mode: another program reads every key and owns the screen.
    TerminalInUse {
        profile: String,
        /// As in [`NoCode::NoInput`].
        has_view: bool,
    },
    /// Ctrl-D or an empty line.
    NothingEntered,
    /// Something other than six digits was entered; it is not repeated, because it may be a secret.
    NotSixDigits,
    /// `--code -` was passed, but stdin is empty.
    StdinEmpty,
    /// The terminal cannot be read or written, with the system's message.
    Terminal(String),
    /// Nothing was entered at the prompt for this long.
    TimedOut { seconds: u64 },
    /// The code was sent before, and AWS accepts each code once; `next_in` is in seconds.
    UsedAlready { next_in: u64 },
    /// The profile's `mfa_process` printed a code that was sent before, and is run again after `next_in` seconds.
    ProcessUsedAlready { profile: String, next_in: u64 },
    /// The profile's `mfa_process` printed no code; `problem` says what it did instead.
    Process {
        profile: String,
        /// The line of the setting.
        origin: Origin,
        /// The end of the sentence "mfa_process of profile X …".
        problem: String,
    },
    /// A question other than that for a code was not answered.
    NoAnswer,
    /// What was to be done was not confirmed.
    NotConfirmed,
    /// Another process held this device's lock for this long.
    LockHeld { seconds: u64 },
}

impl NoCode {
    /// Whether nobody could be asked.
    pub fn is_nobody_there(&self) -> bool {
        use NoCode::{Background, NoInput, NoTerminal, NoTerminalForRole, TerminalInUse};
        matches!(self, NoTerminal | NoTerminalForRole { .. } | Background | NoInput { .. } | TerminalInUse { .. })
    }

    pub(super) fn message(&self) -> Message {
        match self {
            NoCode::NoTerminal => Message::new("an MFA code is needed, but there is no terminal to prompt on")
                .advise("pass it with --code CODE, or on stdin with --code -\nor sign in from a terminal first"),
            NoCode::NoTerminalForRole { device } => {
                let Message { what, advice } = NoCode::NoTerminal.message();
                Message::new(what).advise(advice.unwrap_or_default() + &without_mfa(device))
            }
            NoCode::Background => Message::new("an MFA code is needed, but this process is in the background").advise(
                "bring it to the foreground, or pass the code with --code CODE\n\
                     instead of `source <(…)`, use eval \"$(…)\"; instead of `timeout`, use timeout --foreground",
            ),
            NoCode::NoInput { profile, has_view, device } => {
                Message::new("an MFA code is needed, but nobody can be asked for it").advise(format!(
                    "sign in first, in a terminal: {}{}",
                    sign_in(profile, *has_view),
                    device.as_ref().map_or_else(String::new, without_mfa)
                ))
            }
            NoCode::TerminalInUse { profile, has_view } => {
                Message::new("an MFA code is needed, but another program uses the terminal for itself")
                    .advise(format!("sign in first, in another terminal: {}", sign_in(profile, *has_view)))
            }
            NoCode::NothingEntered => {
                Message::new("no MFA code entered").advise("sign in again when you have your authenticator app at hand")
            }
            NoCode::NotSixDigits => Message::new("that is not an MFA code: a code has six digits, 0 to 9")
                .advise("sign in again with the code that your authenticator app shows"),
            NoCode::StdinEmpty => {
                Message::new("no MFA code on stdin").advise("with --code -, write the code to stdin as one line")
            }
            NoCode::Terminal(problem) => {
                Message::new(format!("the terminal cannot be used: {problem}")).advise("pass the code with --code CODE")
            }
            NoCode::UsedAlready { next_in } => {
                Message::new("this MFA code was already sent to AWS, which accepts each code only once")
                    .advise(format!("enter the next one, in {}", HumanDuration(*next_in)))
            }
            NoCode::ProcessUsedAlready { profile, next_in } => Message::new(format!(
                "mfa_process of profile {profile} printed a code that was already used; waiting {} for the next one",
                HumanDuration(*next_in)
            )),
            NoCode::Process { profile, origin, problem } => Message::new(format!(
                "mfa_process of profile {profile} {problem}"
            ))
            .advise(format!("run the command at {origin} yourself to see why, or skip it with --no-mfa-process")),
            NoCode::NotConfirmed => Message::new("not confirmed, so nothing was done"),
            NoCode::NoAnswer => Message::new("the question was not answered").advise("run the command again"),
            NoCode::LockHeld { seconds: 0 } => Message::new("another process is signing in with this MFA device")
                .advise("answer its prompt or stop it, then try again"),
            NoCode::LockHeld { seconds } => Message::new(format!(
                "another process has been signing in with this MFA device for more than {}",
                HumanDuration(*seconds)
            ))
            .advise("answer its prompt or stop it, then try again"),
            NoCode::TimedOut { seconds } => {
                Message::new(format!("no MFA code entered within {}", HumanDuration(*seconds)))
                    .advise("sign in again when you have your authenticator app at hand")
            }
        }
    }
}

/// The line to type.
fn sign_in(profile: &str, has_view: bool) -> String {
    format!("{} {}{}", function_name(), if has_view { "--all " } else { "" }, quoted(profile))
}

/// A further line of advice: the device may be for other roles.
fn without_mfa(device: &Origin) -> String {
    format!("\nthe device is set at {device}; for a role that needs no MFA, add --mfa-serial none")
}
