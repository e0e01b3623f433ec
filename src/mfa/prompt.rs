//! The question on the terminal, which says what the code is for before it is typed.

use crate::credentials::TokenCode;
use crate::error::{Error, NoCode, Result};
use crate::plan::{Endpoint, Operation, StsCall};
use crate::platform::{Answer, Terminal, Wakeup};
use crate::printable::printable;
use crate::sts::Preflight;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// An unanswered prompt holds up whoever waits for this device; the person has gone.
const PATIENCE: Duration = Duration::from_secs(300);

/// What is asked, as one line.
pub struct Question<'a> {
    pub call: &'a StsCall,
    pub endpoint: &'a Endpoint,
}

/// `MFA code of alice, account 123456789012, for a 12 h session for all roles: `
impl Display for Question<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("MFA code")?;
        if let Some(device) = &self.call.mfa {
            write!(f, " of {}", printable(device.value.name()))?;
        }
        if let Some(account) = self.call.account() {
            write!(f, ", account {}", printable(account))?;
        }
        let duration = self.call.duration.value;
        match &self.call.operation {
            Operation::GetSessionToken => write!(f, ", for a {duration} session for all roles")?,
            Operation::AssumeRole { role_arn, .. } => {
                write!(f, ", for {duration} as {}", printable(role_arn.value.name()))?
            }
        }
        // Somebody else's `.env` file could send the code elsewhere.
        if let Some(url) = &self.endpoint.url {
            write!(f, ", sent to {} ({})", printable(&self.endpoint.host()), url.origin)?;
        }
        f.write_str(": ")
    }
}

/// Asks once. While the person types, an objection of the preflight ends the question.
///
/// # Errors
/// No terminal, no answer, no code, or the preflight's objection.
pub fn ask(
    question: &Question<'_>,
    terminal: &Terminal,
    echo: bool,
    preflight: Option<(&Preflight, &mut Wakeup)>,
) -> Result<TokenCode> {
    let mut objection: Option<Error> = None;
    let text = question.to_string();
    let answer = match preflight {
        Some((preflight, wakeup)) => terminal.ask(&text, echo, PATIENCE, Some(wakeup), &mut || {
            objection = preflight.objection();
            objection.is_some()
        }),
        None => terminal.ask(&text, echo, PATIENCE, None, &mut || false),
    };
    match answer? {
        Answer::Line(line) if line.trim().is_empty() => Err(NoCode::Nothing.into()),
        Answer::Line(line) => TokenCode::parse(&line).ok_or_else(|| NoCode::NotSixDigits.into()),
        Answer::TooLong => Err(NoCode::NotSixDigits.into()),
        Answer::Nothing => Err(NoCode::Nothing.into()),
        Answer::TimedOut => Err(NoCode::TimedOut { seconds: PATIENCE.as_secs() }.into()),
        Answer::Stopped => Err(objection.unwrap_or_else(|| NoCode::Nothing.into())),
    }
}
