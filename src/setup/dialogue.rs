//! Questions on the terminal that can be left at any time: what has been done by then is said.

use crate::context::Context;
use crate::error::{Error, FileError, NoCode, Result};
use crate::mfa::without_paste_markers;
use crate::platform::{self, Interruption, PromptRequest, PromptText, Reply, Terminal, WatchResult};
use std::cell::RefCell;
use std::time::Duration;
use zeroize::Zeroizing;

/// How often one question is asked.
const MAX_ATTEMPTS: usize = 10;

/// A conversation on the terminal.
pub(super) struct Dialogue<'a> {
    pub terminal: &'a Terminal,
    /// How long a question waits for its answer.
    timeout: Duration,
    context: &'a Context,
    /// What has been done, and how to go on.
    progress: RefCell<String>,
}

/// What an answer leads to.
pub(super) enum Answer<T> {
    Done(T),
    /// Asks again, with the reason. The text must be escaped.
    Again(String),
}

/// What was typed, or why it cannot be used.
type Line = std::result::Result<Zeroizing<String>, String>;

impl<'a> Dialogue<'a> {
    pub(super) fn new(terminal: &'a Terminal, timeout: Duration, context: &'a Context) -> Self {
        Dialogue { terminal, timeout, context, progress: RefCell::default() }
    }

    /// Sets what is said if the dialogue ends early.
    pub(super) fn set_progress(&self, text: String) {
        // A signal may end the steps that ask or wait on their own, too.
        self.context.report.set_last_notice(Some(&text));
        *self.progress.borrow_mut() = text;
    }

    /// Says what has been done.
    pub(super) fn show_progress(&self) {
        self.context.report.notice(&self.progress.borrow());
    }

    /// It is not reported again.
    pub(super) fn end(&self) {
        self.context.report.set_last_notice(None);
    }

    /// Shows a line of the conversation.
    pub(super) fn say(&self, line: &str) -> Result<()> {
        Ok(self.terminal.say(line)?)
    }

    /// Asks until the answer can be used. An answer is without blanks around it; without any text, it is the `default`.
    ///
    /// # Errors
    /// There is no answer, or none that can be used.
    pub(super) fn ask<T>(
        &self,
        question: &str,
        default: Option<&str>,
        mut read: impl FnMut(&str) -> Result<Answer<T>>,
    ) -> Result<T> {
        let prompt = match default {
            Some(default) => format!("{question} [{default}]: "),
            None => format!("{question}: "),
        };
        for _ in 0..MAX_ATTEMPTS {
            let answer = match self.line(&prompt)? {
                Ok(line) if line.trim().is_empty() => read(default.unwrap_or_default())?,
                Ok(line) => read(line.trim())?,
                Err(why) => Answer::Again(why),
            };
            match answer {
                Answer::Done(value) => return Ok(value),
                Answer::Again(why) => self.say(&format!("mfa-env: {why}"))?,
            }
        }
        Err(NoCode::NoAnswer.into())
    }

    /// Asks a question that Enter agrees to.
    pub(super) fn agrees(&self, question: &str) -> Result<bool> {
        self.ask(&format!("{question} [Y/n]"), None, |answer| {
            Ok(match answer.to_ascii_lowercase().as_str() {
                "" | "y" | "yes" => Answer::Done(true),
                "n" | "no" => Answer::Done(false),
                _ => Answer::Again("enter y or n".to_owned()),
            })
        })
    }

    /// Asks for lines that are not shown, each with the current text of `prompt`, until `read` needs no more. They may
    /// be pasted at once. What `read` returns is why another line is needed; it is empty if that need not be said.
    pub(super) fn ask_hidden(
        &self,
        prompt: &RefCell<String>,
        read: &mut dyn FnMut(&str) -> Option<String>,
    ) -> Result<()> {
        let mut attempts_left = MAX_ATTEMPTS;
        let mut failed = None;
        self.conversation(false, &mut || prompt.borrow().clone(), &mut |line| {
            attempts_left -= 1;
            let again = match line {
                Ok(line) => read(without_paste_markers(&line).trim()),
                Err(why) => Some(why),
            };
            let Some(why) = again else { return true };
            let said = if why.is_empty() { Ok(()) } else { self.say(&format!("mfa-env: {why}")) };
            failed = said.err().or((attempts_left == 0).then(|| NoCode::NoAnswer.into()));
            failed.is_some()
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// One line, which is shown while it is typed; if it is too long, why it cannot be used.
    fn line(&self, prompt: &str) -> Result<Line> {
        let mut typed = Ok(Zeroizing::default());
        self.conversation(true, &mut || prompt.to_owned(), &mut |line| {
            typed = line;
            true
        })?;
        Ok(typed.map(|line| Zeroizing::new(without_paste_markers(&line).to_owned())))
    }

    /// Prompts until `is_last`. A signal ends this process.
    fn conversation(
        &self,
        echo: bool,
        prompt: &mut dyn FnMut() -> String,
        is_last: &mut dyn FnMut(Line) -> bool,
    ) -> Result<()> {
        let mut interruption = Interruption::catch().map_err(|e| Error::File(FileError::Exhausted(e.to_string())))?;
        let mut ended = None;
        let asked = self.terminal.ask_until(
            &mut PromptRequest {
                prompt: &mut |_| PromptText { text: prompt(), changes_in: None },
                echo,
                timeout: self.timeout,
                wakeup: Some(interruption.wakeup()),
                watch_interval: self.timeout,
                watch: &mut || match Interruption::signal() {
                    Some(_) => WatchResult::Stop,
                    None => WatchResult::Nothing,
                },
            },
            &mut |reply| match reply {
                _ if Interruption::signal().is_some() => true,
                Reply::Line(line) => is_last(Ok(line)),
                Reply::TooLong => is_last(Err("that line is too long".to_owned())),
                Reply::Nothing | Reply::Stopped | Reply::TimedOut => {
                    ended = Some(NoCode::NoAnswer);
                    true
                }
            },
        );
        drop(interruption);
        if let Some(signal) = Interruption::signal() {
            platform::die_of(signal);
        }
        asked?;
        ended.map_or(Ok(()), |e| Err(e.into()))
    }
}
