//! Three answers to one question: what is refused here or by AWS is asked for again, and a code that was sent is never
//! sent again.

use super::prompt::{Input, Question, ask, whole_seconds};
use super::window::next_code_in;
use super::{CodeSource, PromptStyle, process};
use crate::clock;
use crate::credentials::{Keys, TokenCode};
use crate::error::{Error, NoCode, Result};
use crate::platform::{self, Terminal, Wakeup};
use crate::profile::MfaProcess;
use crate::session::UsedCodes;
use crate::sts::{Preflight, Sts};
use std::time::{Duration, Instant};

/// Refused here or by AWS, in all.
const MAX_ATTEMPTS: u32 = 3;

/// What a code is wanted for, and where it may come from.
pub struct CodeRequest<'a> {
    pub question: Question<'a>,
    /// The keys that sign the call; they are checked while the code is typed.
    pub keys: Keys,
    pub source: &'a CodeSource,
    /// Asked before the person is.
    pub process: Option<&'a MfaProcess>,
    /// Codes of the device that AWS took a moment ago.
    pub used: Option<UsedCodes>,
    pub sts: &'a Sts,
    /// Whether the keys are checked while the code is typed.
    pub has_preflight: bool,
    /// Told what is being waited for, where it cannot be part of the question.
    pub progress: &'a dyn Fn(Progress<'_>),
}

/// The codes for one call, one after another until one is taken.
pub struct CodeAttempts<'a> {
    wanted: CodeRequest<'a>,
    terminal: Option<Terminal>,
    preflight: Option<(Preflight, Wakeup)>,
    sent: Vec<TokenCode>,
    left: u32,
    /// What came of the last code that was sent.
    refused: Option<Error>,
    /// When the code after the one that is used up is shown.
    next_code: Option<Instant>,
}

/// What the person is told where it cannot stand in the question.
pub enum Progress<'a> {
    /// A command prints the code, and takes its time.
    ProcessRuns(&'a MfaProcess),
    /// It printed one.
    ProcessSaid(&'a MfaProcess, &'a Question<'a>),
    /// It printed none that can be sent.
    ProcessFailed(&'a NoCode),
}

impl<'a> From<CodeRequest<'a>> for CodeAttempts<'a> {
    fn from(wanted: CodeRequest<'a>) -> Self {
        CodeAttempts {
            wanted,
            terminal: None,
            preflight: None,
            sent: Vec::new(),
            left: MAX_ATTEMPTS,
            refused: None,
            next_code: None,
        }
    }
}

impl<'a> CodeAttempts<'a> {
    /// A code that was not sent before. What does not need it is done while it is awaited: certificates, connection,
    /// keys, clock.
    ///
    /// # Errors
    /// No code is to be had, or the keys cannot sign in.
    pub fn code(&mut self) -> Result<TokenCode> {
        let sight = match self.wanted.source {
            CodeSource::Given(code) => {
                return if self.is_used(code) { Err(self.used_already().into()) } else { Ok(code.clone()) };
            }
            CodeSource::Person(sight) => *sight,
        };
        if self.wanted.process.is_none() {
            opened(&mut self.terminal)?;
        }
        self.get_ready()?;
        if let Some(process) = self.wanted.process.take()
            && let Some(code) = self.code_of(process)?
        {
            self.sent.push(code.clone());
            return Ok(code);
        }
        loop {
            match self.ask(sight)? {
                Input::Code(code) if self.is_used(&code) => self.again(self.used_already().into())?,
                Input::Code(code) => {
                    self.sent.push(code.clone());
                    return Ok(code);
                }
                Input::NotACode(why) => self.again(why.into())?,
            }
        }
    }

    /// A code was sent in vain; says why, if another one may fare better and there is somebody to ask for it.
    ///
    /// # Errors
    /// The error itself, if not.
    pub fn refused(&mut self, e: Error) -> Result<()> {
        if matches!(self.wanted.source, CodeSource::Given(_))
            || !e.asks_for_another_code()
            || opened(&mut self.terminal).is_err()
        {
            return Err(e);
        }
        self.again(e)
    }

    /// Says why another answer is needed.
    ///
    /// # Errors
    /// There have been three: what came of the last one that was sent, else of the last one.
    fn again(&mut self, e: Error) -> Result<()> {
        self.left -= 1;
        let sent = matches!(e, Error::Aws(_) | Error::Network(_));
        let left = match self.left {
            0 => return Err(if sent { e } else { self.refused.take().unwrap_or(e) }),
            1 => "1 try left".to_owned(),
            left => format!("{left} tries left"),
        };
        match e {
            Error::NoCode(NoCode::UsedAlready { .. }) | Error::Network(_) => {
                self.next_code = Some(Instant::now() + self.next_code_in());
            }
            // A mistyped code is likely, and then the one that is shown is still good.
            Error::Aws(_) => self.next_code = None,
            _ => {}
        }
        let text = format!("mfa-env: {} ({left})", e.in_one_line());
        if sent {
            self.refused = Some(e);
        }
        Ok(opened(&mut self.terminal)?.say(&text)?)
    }

    fn ask(&mut self, sight: PromptStyle) -> Result<Input> {
        let terminal = opened(&mut self.terminal)?;
        ask(&self.wanted.question, terminal, sight, self.next_code, self.preflight.as_mut())
    }

    /// Starts what can be done without the code, once.
    fn get_ready(&mut self) -> Result<()> {
        if !self.wanted.has_preflight {
            return self.wanted.sts.load();
        }
        if self.preflight.is_none() {
            let (waker, wakeup) =
                platform::waker().map_err(|e| Error::Unexpected(format!("no pipe could be created: {e}")))?;
            let call = self.wanted.question.call;
            let preflight = self.wanted.sts.preflight(call, self.wanted.keys.clone(), waker)?;
            self.preflight = Some((preflight, wakeup));
        }
        Ok(())
    }

    /// The code that the process prints. One that is used up already is waited out, once. `None` where the person is to
    /// be asked.
    fn code_of(&self, process: &'a MfaProcess) -> Result<Option<TokenCode>> {
        let run =
            || process::run(process, process::PATIENCE, || (self.wanted.progress)(Progress::ProcessRuns(process)));
        let mut said = run();
        if said.as_ref().is_ok_and(|code| self.is_used(code)) {
            let wait = self.next_code_in();
            (self.wanted.progress)(Progress::ProcessFailed(&NoCode::ProcessUsedAlready {
                profile: process.profile.to_string(),
                next_in: whole_seconds(wait),
            }));
            std::thread::sleep(wait);
            said = run();
        }
        match said {
            Ok(code) if !self.is_used(&code) => {
                (self.wanted.progress)(Progress::ProcessSaid(process, &self.wanted.question));
                Ok(Some(code))
            }
            failed => {
                let failed = failed.err().unwrap_or_else(|| self.used_already());
                if Terminal::open().is_err() {
                    return Err(failed.into());
                }
                (self.wanted.progress)(Progress::ProcessFailed(&failed));
                Ok(None)
            }
        }
    }

    fn is_used(&self, code: &TokenCode) -> bool {
        self.sent.contains(code) || self.wanted.used.as_ref().is_some_and(|used| used.contains(code, clock::now_ms()))
    }

    fn used_already(&self) -> NoCode {
        NoCode::UsedAlready { next_in: whole_seconds(self.next_code_in()) }
    }

    /// By AWS's clock, as far as it is known.
    fn next_code_in(&self) -> Duration {
        next_code_in(clock::now_ms() + self.wanted.sts.clock_offset().unwrap_or(0) * 1000)
    }
}

/// The terminal, opened when it is needed.
fn opened(terminal: &mut Option<Terminal>) -> std::result::Result<&Terminal, NoCode> {
    Ok(match terminal {
        Some(terminal) => terminal,
        none => none.insert(Terminal::open()?),
    })
}
