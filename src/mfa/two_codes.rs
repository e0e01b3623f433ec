//! The prompt for two codes in a row, by which AWS learns that a device is set up correctly.

use super::prompt::{PromptStyle, whole_seconds, without_paste_markers};
use super::window::next_code_in;
use crate::clock;
use crate::credentials::TokenCode;
use crate::error::{NoCode, Result};
use crate::platform::{Interruption, PromptRequest, PromptText, Reply, Terminal, WatchResult};
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthStr;

/// How often something other than a code may be typed.
const MAX_ATTEMPTS: u32 = 5;
/// How long the prompt waits for input. Setting up an app takes a while.
const TIMEOUT: Duration = Duration::from_mins(10);

/// Asks for two codes in a row.
pub struct TwoCodes<'a> {
    pub terminal: &'a Terminal,
    /// What the codes are of, for the prompt: `phone (123456789012)`. The caller must have escaped untrusted text.
    pub device: String,
    /// Echo, and whether a line can be redrawn.
    pub style: PromptStyle,
}

impl TwoCodes<'_> {
    /// The codes; `None` if a signal has interrupted the prompt. `clock_offset` is AWS's time minus this machine's, in
    /// seconds.
    ///
    /// # Errors
    /// They were not typed, or the terminal cannot be used.
    pub fn ask(&self, clock_offset: i64, interruption: &mut Interruption) -> Result<Option<[TokenCode; 2]>> {
        let first = format!("First code of {}", self.device);
        let Some(first) = self.code(&first, None, interruption, |_| None)? else { return Ok(None) };
        let next_at = Instant::now() + next_code_in(clock::now_ms() + clock_offset * 1000);
        let is_again =
            |code: &TokenCode| (*code == first).then_some("that is the first code again; wait for the next one");
        let Some(second) = self.code("Next code", Some(next_at), interruption, is_again)? else { return Ok(None) };
        Ok(Some([first, second]))
    }

    /// One code that `refuse` does not refuse.
    fn code(
        &self,
        prompt: &str,
        next_at: Option<Instant>,
        interruption: &mut Interruption,
        refuse: impl Fn(&TokenCode) -> Option<&'static str>,
    ) -> Result<Option<TokenCode>> {
        for _ in 0..MAX_ATTEMPTS {
            if Interruption::signal().is_some() {
                return Ok(None);
            }
            let reply = self.terminal.ask(&mut PromptRequest {
                prompt: &mut |columns| self.line(prompt, next_at, columns),
                echo: self.style.echo,
                timeout: TIMEOUT,
                wakeup: Some(interruption.wakeup()),
                watch_interval: TIMEOUT,
                watch: &mut || match Interruption::signal() {
                    Some(_) => WatchResult::Stop,
                    None => WatchResult::Nothing,
                },
            })?;
            let typed = match reply {
                Reply::Stopped => return Ok(None),
                _ if Interruption::signal().is_some() => return Ok(None),
                Reply::Nothing => return Err(NoCode::NothingEntered.into()),
                Reply::TimedOut => return Err(NoCode::TimedOut { seconds: TIMEOUT.as_secs() }.into()),
                Reply::TooLong => None,
                Reply::Line(line) => TokenCode::parse(without_paste_markers(&line)),
            };
            let why = match typed {
                None => "a code has six digits",
                Some(code) => match refuse(&code) {
                    None => return Ok(Some(code)),
                    Some(why) => why,
                },
            };
            self.terminal.say(&format!("mfa-env: {why}"))?;
        }
        Err(NoCode::NotSixDigits.into())
    }

    /// The line of the prompt, which counts down to the next code if it can be redrawn.
    fn line(&self, prompt: &str, next_at: Option<Instant>, columns: Option<usize>) -> PromptText {
        let left = next_at.map(|at| at.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero());
        if let (Some(left), true) = (left, self.style.can_repaint && !self.style.echo) {
            let seconds = whole_seconds(left);
            let text = format!("{prompt}, in {seconds} s: ");
            if columns.is_some_and(|columns| text.width() < columns) {
                return PromptText { text, changes_in: Some(left.saturating_sub(Duration::from_secs(seconds - 1))) };
            }
        }
        PromptText { text: format!("{prompt}: "), changes_in: None }
    }
}
