//! The console cannot be opened.

use super::{Message, UnexpectedResponse, quoted};

/// Why the console cannot be opened.
#[derive(Debug, PartialEq, Eq)]
pub enum ConsoleError {
    /// The profile has no role, and AWS opens the console only for roles.
    NoRole {
        profile: String,
        /// Profiles whose role is assumed with the same keys.
        roles: Vec<String>,
    },
    /// AWS Sign-In refused the session.
    Refused {
        host: String,
        status: u16,
        /// What it said; empty for a page.
        message: String,
    },
    /// The response is not from AWS Sign-In.
    NotAnswered { host: String, response: UnexpectedResponse },
    /// No program opened the link; the problem is a predicate of "the browser".
    NotOpened { problem: String },
}

/// How many profiles a message names.
const MAX_NAMES: usize = 5;

impl ConsoleError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            ConsoleError::NoRole { .. } => 3,
            ConsoleError::Refused { .. } => 4,
            ConsoleError::NotAnswered { .. } => 6,
            ConsoleError::NotOpened { .. } => 7,
        }
    }

    pub(super) fn message(&self) -> Message {
        match self {
            ConsoleError::NoRole { profile, roles } => {
                let what = format!("profile {profile} has no role, and an MFA session cannot open the console");
                let names: Vec<_> = roles.iter().take(MAX_NAMES).map(|name| quoted(name)).collect();
                let more = match roles.len().saturating_sub(MAX_NAMES) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                Message::new(what).advise(match names.first() {
                    Some(first) => {
                        format!(
                            "use a role of these keys: {}{more}\nfor example: mfa-env console {first}",
                            names.join(", ")
                        )
                    }
                    None => format!("add a profile with role_arn and source_profile = {profile}, and name that"),
                })
            }
            ConsoleError::Refused { host, status, message } => {
                let said = if message.is_empty() { format!("status {status}") } else { message.clone() };
                Message::new(format!("{host} refused the session: {said}")).advise(
                    "get a new session with --renew; if that does not help, check the account and the partition",
                )
            }
            ConsoleError::NotAnswered { host, response } => {
                Message::new(format!("the response from {host} is not from AWS Sign-In ({response})"))
                    .advise("check the network and AWS_ENDPOINT_URL; a captive portal or a proxy may have responded")
            }
            ConsoleError::NotOpened { problem } => Message::new(format!("the browser {problem}"))
                .advise("omit --open to get the link, and open it yourself"),
        }
    }
}
