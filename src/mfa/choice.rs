//! Questions on the terminal other than that for a code: which one of several, and whether to do something.

use crate::error::{NoCode, Result};
use crate::platform::{PromptRequest, PromptText, Reply, Terminal, WatchResult};
use std::time::Duration;

/// How often the user may answer wrongly.
const MAX_ATTEMPTS: u32 = 3;
/// How long a question waits for its answer.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Shows numbered items below `heading` and asks for one of them. Returns its place, counted from 0. The caller must have
/// escaped untrusted text. Waits for `timeout`, or for as long as the prompt for a code does.
///
/// # Errors
/// The terminal cannot be used, or there is no valid answer.
pub fn choose(terminal: &Terminal, heading: &str, items: &[String], timeout: Option<Duration>) -> Result<usize> {
    terminal.say(heading)?;
    for (place, item) in items.iter().enumerate() {
        terminal.say(&format!("  {}  {item}", place + 1))?;
    }
    let question = format!("Number (1-{}): ", items.len());
    for _ in 0..MAX_ATTEMPTS {
        let answer = ask(terminal, &question, timeout.unwrap_or(TIMEOUT))?;
        match answer.as_deref().map(str::trim).map(str::parse::<usize>) {
            None => return Err(NoCode::NoAnswer.into()),
            Some(Ok(number)) if (1..=items.len()).contains(&number) => return Ok(number - 1),
            Some(_) => terminal.say(&format!("mfa-env: enter a number from 1 to {}", items.len()))?,
        }
    }
    Err(NoCode::NoAnswer.into())
}

/// Asks a question that is answered with yes or no; anything but yes is a no. The caller must have escaped untrusted text.
///
/// # Errors
/// The terminal cannot be used.
pub fn confirm(terminal: &Terminal, question: &str) -> Result<bool> {
    let answer = ask(terminal, &format!("{question} [y/N] "), TIMEOUT)?;
    let answer = answer.as_deref().map(str::trim).unwrap_or_default();
    Ok(["y", "yes"].iter().any(|yes| answer.eq_ignore_ascii_case(yes)))
}

/// The line that was typed; `None` if there is none.
fn ask(terminal: &Terminal, question: &str, timeout: Duration) -> Result<Option<String>> {
    let reply = terminal.ask(&mut PromptRequest {
        prompt: &mut |_| PromptText { text: question.to_owned(), changes_in: None },
        echo: true,
        timeout,
        wakeup: None,
        watch_interval: timeout,
        watch: &mut || WatchResult::Nothing,
    })?;
    Ok(match reply {
        Reply::Line(line) => Some(line.to_string()),
        Reply::TooLong => Some(String::new()),
        Reply::Nothing | Reply::TimedOut | Reply::Stopped => None,
    })
}
