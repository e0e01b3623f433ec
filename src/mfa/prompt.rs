//! The question on the terminal, which says what the code is for before it is typed.

use super::PromptStyle;
use crate::credentials::TokenCode;
use crate::error::{Error, NoCode, Result};
use crate::plan::{Endpoint, Operation, StsCall};
use crate::platform::{PromptRequest, PromptText, Reply, Terminal, Wakeup, WatchResult};
use crate::printable::printable;
use crate::sts::{Preflight, PreflightFailure};
use std::fmt::{self, Display, Formatter};
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthStr;

/// An unanswered prompt holds up whoever waits for this device; the person has gone.
const PATIENCE: Duration = Duration::from_mins(5);

/// What is asked, as one line.
pub struct Question<'a> {
    pub call: &'a StsCall,
    pub endpoint: &'a Endpoint,
}

/// `MFA code for alice (123456789012), 12 h session for all roles`
impl Display for Question<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("MFA code")?;
        if let Some(device) = &self.call.mfa {
            write!(f, " for {}", printable(device.value.name()))?;
        }
        let device = self.call.mfa.as_ref().and_then(|device| device.value.account());
        let account = device.or(self.call.source().account.as_deref());
        if let Some(account) = account {
            write!(f, " ({})", printable(account))?;
        }
        let duration = self.call.duration.value;
        match &self.call.operation {
            Operation::GetSessionToken => write!(f, ", {duration} session for all roles")?,
            Operation::AssumeRole { role_arn, .. } => {
                write!(f, ", {duration} session as {}", printable(role_arn.value.name()))?;
                // The account in parentheses is the user's; a role may be in another one.
                if account != Some(role_arn.value.account()) {
                    write!(f, "@{}", printable(role_arn.value.account()))?;
                }
            }
        }
        // Somebody else's `.env` file could send the code elsewhere.
        if let Some(url) = &self.endpoint.url {
            write!(f, ", sent to {} ({})", printable(&self.endpoint.host()), url.origin)?;
        }
        Ok(())
    }
}

impl Question<'_> {
    /// The line, which counts down to the next code where there is one to wait for and the line can be painted over.
    fn line(&self, sight: PromptStyle, next_code: Option<Instant>, columns: Option<usize>) -> PromptText {
        let left = next_code.map(|at| at.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero());
        if let (Some(left), true) = (left, sight.can_repaint && !sight.echo) {
            let seconds = whole_seconds(left);
            let text = format!("{self}, next code in {seconds} s: ");
            if columns.is_some_and(|columns| text.width() < columns) {
                return PromptText { text, changes_in: Some(left.saturating_sub(Duration::from_secs(seconds - 1))) };
            }
        }
        PromptText { text: format!("{self}: "), changes_in: None }
    }
}

/// What was typed at the prompt.
pub(super) enum Input {
    Code(TokenCode),
    NotACode(NoCode),
}

/// Rounded up: at "1 s" it is not there yet.
pub(super) fn whole_seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

/// Asks once; the answer may be no code. While the person types, an objection of the preflight ends the question, and
/// what else it finds is shown beside it.
///
/// # Errors
/// No answer at all, or the preflight's objection.
pub(super) fn ask(
    question: &Question<'_>,
    terminal: &Terminal,
    sight: PromptStyle,
    next_code: Option<Instant>,
    preflight: Option<&mut (Preflight, Wakeup)>,
) -> Result<Input> {
    let mut objection: Option<Error> = None;
    let (preflight, wakeup) = preflight.map(|(preflight, wakeup)| (&*preflight, wakeup)).unzip();
    let answer = terminal.ask(&mut PromptRequest {
        prompt: &mut |columns| question.line(sight, next_code, columns),
        echo: sight.echo,
        timeout: PATIENCE,
        wakeup,
        watch: &mut || match preflight.and_then(Preflight::take_failure) {
            None => WatchResult::Nothing,
            Some(PreflightFailure::Unreachable(e)) => WatchResult::Say(format!("mfa-env: warning: {}", e.what())),
            Some(PreflightFailure::Fatal(e)) => {
                objection = Some(e);
                WatchResult::Stop
            }
        },
    })?;
    match answer {
        Reply::Line(line) if line.trim().is_empty() => Ok(Input::NotACode(NoCode::Nothing)),
        Reply::Line(line) => {
            Ok(TokenCode::parse(pasted(&line)).map_or(Input::NotACode(NoCode::NotSixDigits), Input::Code))
        }
        Reply::TooLong => Ok(Input::NotACode(NoCode::NotSixDigits)),
        Reply::Nothing => Err(NoCode::Nothing.into()),
        Reply::TimedOut => Err(NoCode::TimedOut { seconds: PATIENCE.as_secs() }.into()),
        Reply::Stopped => Err(objection.unwrap_or_else(|| NoCode::Nothing.into())),
    }
}

/// What was pasted, without the marks that a terminal puts around it when a shell has left it in that mode (xterm,
/// "bracketed paste").
fn pasted(line: &str) -> &str {
    line.strip_prefix("\x1b[200~").map_or(line, |rest| rest.strip_suffix("\x1b[201~").unwrap_or(rest))
}
