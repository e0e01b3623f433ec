//! Up to three attempts at a code. Input that is not a code, or that AWS rejects, is asked for again; a code that was
//! sent is never sent again.

use super::code_source::CodeSource;
use super::process;
use super::prompt::{CodePrompt, Input, PromptStyle, ask, whole_seconds};
use super::window::next_code_in;
use crate::clock;
use crate::credentials::{Keys, TokenCode};
use crate::error::{Error, NoCode, Result};
use crate::origin::Origin;
use crate::platform::{self, Terminal, Wakeup};
use crate::profile::{MfaProcess, ProfileName};
use crate::session::UsedCodes;
use crate::sts::{Preflight, Sts};
use std::time::{Duration, Instant};

/// Attempts in all, whether mfa-env or AWS rejects them.
const MAX_ATTEMPTS: u32 = 3;

/// What a code is needed for, and where it can come from.
pub struct CodeRequest<'a> {
    /// The profile to sign in to.
    pub profile: &'a ProfileName,
    /// Whether this shell has a view of all profiles.
    pub has_view: bool,
    /// What the user is asked.
    pub prompt: CodePrompt<'a>,
    /// Where the device is set, if the code is for a role, which may not need one.
    pub device_of_role: Option<Origin>,
    /// The keys that sign the call.
    pub keys: Keys,
    /// Where the code comes from.
    pub source: &'a CodeSource,
    /// Run before the user is asked.
    pub process: Option<&'a MfaProcess>,
    /// Codes of this device that AWS has recently accepted.
    pub used: Option<UsedCodes>,
    /// Whether another process has signed in with the device meanwhile, so that no code is needed any more.
    pub is_signed_in: &'a dyn Fn() -> bool,
    /// The endpoint that the code is for.
    pub sts: &'a Sts<'a>,
    /// Whether the keys are checked while the code is typed.
    pub has_preflight: bool,
    /// Called with the progress that is not part of the prompt.
    pub progress: &'a dyn Fn(Progress<'_>),
}

/// The codes for one call, one after another until AWS accepts one.
pub struct CodeAttempts<'a> {
    request: CodeRequest<'a>,
    /// Opened when it is first needed.
    terminal: Option<Terminal>,
    preflight: Option<(Preflight, Wakeup)>,
    sent: Vec<TokenCode>,
    attempts_left: u32,
    /// Why the last code that was sent failed.
    last_failure: Option<Error>,
    /// When the device shows the next code, if the current one cannot be used.
    next_code_at: Option<Instant>,
}

/// Progress that is not part of the prompt.
pub enum Progress<'a> {
    /// The `mfa_process` has been running for two seconds.
    ProcessRunning(&'a MfaProcess),
    /// The `mfa_process` printed a code, which is used.
    ProcessPrintedCode(&'a MfaProcess, &'a CodePrompt<'a>),
    /// The `mfa_process` printed no code that can be used.
    ProcessFailed(&'a NoCode),
}

impl<'a> From<CodeRequest<'a>> for CodeAttempts<'a> {
    fn from(request: CodeRequest<'a>) -> Self {
        CodeAttempts {
            request,
            terminal: None,
            preflight: None,
            sent: Vec::new(),
            attempts_left: MAX_ATTEMPTS,
            last_failure: None,
            next_code_at: None,
        }
    }
}

impl<'a> CodeAttempts<'a> {
    /// Returns a code that was not sent before; `None` if another process signs in before it is typed. Meanwhile, the
    /// network thread loads the certificates, opens the connection and checks the keys.
    ///
    /// # Errors
    /// There is no code, or the keys cannot sign in.
    pub fn code(&mut self) -> Result<Option<TokenCode>> {
        let style = match self.request.source {
            CodeSource::Given(code) => {
                return if self.is_used(code) { Err(self.used_already().into()) } else { Ok(Some(code.clone())) };
            }
            CodeSource::Interactive(style) => Some(*style),
            CodeSource::Unattended => None,
        };
        if self.request.process.is_none() {
            // Without a terminal, nothing needs to be prepared.
            self.terminal(style)?;
        }
        self.prepare_call()?;
        if let Some(process) = self.request.process.take()
            && let Some(code) = self.code_from(process)?
        {
            self.sent.push(code.clone());
            return Ok(Some(code));
        }
        loop {
            let style = self.terminal(style)?;
            match self.ask(style)? {
                Input::Code(code) if self.is_used(&code) => self.next_attempt(self.used_already().into())?,
                Input::Code(code) => {
                    self.sent.push(code.clone());
                    return Ok(Some(code));
                }
                Input::NotNeeded => return Ok(None),
                Input::NotACode(why) => self.next_attempt(why.into())?,
            }
        }
    }

    /// Takes the error of a call with the last code. If another code may succeed and the user can be asked for one,
    /// shows the error.
    ///
    /// # Errors
    /// The error, if no further attempt can be made.
    pub fn failed(&mut self, e: Error) -> Result<()> {
        let CodeSource::Interactive(style) = *self.request.source else { return Err(e) };
        if !e.asks_for_another_code() || self.terminal(Some(style)).is_err() {
            return Err(e);
        }
        self.next_attempt(e)
    }

    /// Shows why another attempt is needed.
    ///
    /// # Errors
    /// No attempts are left. If any code was sent, the error is that of the last one sent.
    fn next_attempt(&mut self, e: Error) -> Result<()> {
        self.attempts_left -= 1;
        let was_sent = matches!(e, Error::Aws(_) | Error::Network(_));
        let tries_left = match self.attempts_left {
            0 => return Err(if was_sent { e } else { self.last_failure.take().unwrap_or(e) }),
            1 => "1 try left".to_owned(),
            left => format!("{left} tries left"),
        };
        match e {
            Error::NoCode(NoCode::UsedAlready { .. }) | Error::Network(_) => {
                self.next_code_at = Some(Instant::now() + self.next_code_in());
            }
            // The rejected code was probably mistyped, so the current one may still be usable.
            Error::Aws(_) => self.next_code_at = None,
            _ => {}
        }
        let text = format!("mfa-env: {} ({tries_left})", e.in_one_line());
        if was_sent {
            self.last_failure = Some(e);
        }
        Ok(open_terminal(&mut self.terminal)?.say(&text)?)
    }

    /// Opens the terminal if it is not open yet, and returns how to prompt on it.
    ///
    /// # Errors
    /// Nobody may be asked, or no terminal can be used for a prompt.
    fn terminal(&mut self, style: Option<PromptStyle>) -> std::result::Result<PromptStyle, NoCode> {
        let profile = || self.request.profile.to_string();
        let has_view = self.request.has_view;
        let no_input = || NoCode::NoInput { profile: profile(), has_view, device: self.request.device_of_role.clone() };
        let style = style.ok_or_else(no_input)?;
        match open_terminal(&mut self.terminal) {
            Ok(terminal) if style.needs_free_terminal && terminal.is_raw() => {
                Err(NoCode::TerminalInUse { profile: profile(), has_view })
            }
            // Its caller cannot bring it to the foreground, or pass a code.
            Err(_) if style.needs_free_terminal => Err(no_input()),
            Err(NoCode::NoTerminal) if let Some(device) = self.request.device_of_role.clone() => {
                Err(NoCode::NoTerminalForRole { device })
            }
            opened => opened.map(|_| style),
        }
    }

    fn ask(&mut self, style: PromptStyle) -> Result<Input> {
        let terminal = open_terminal(&mut self.terminal)?;
        let CodeRequest { prompt, is_signed_in, .. } = &self.request;
        ask(prompt, terminal, style, self.next_code_at, is_signed_in, self.preflight.as_mut())
    }

    /// Starts the work that does not need the code. Does nothing if the preflight has already been started.
    fn prepare_call(&mut self) -> Result<()> {
        if !self.request.has_preflight {
            return self.request.sts.load();
        }
        if self.preflight.is_none() {
            let (waker, wakeup) =
                platform::waker().map_err(|e| Error::Unexpected(format!("no pipe could be created: {e}")))?;
            let call = self.request.prompt.call;
            let preflight = self.request.sts.preflight(call, self.request.keys.clone(), waker)?;
            self.preflight = Some((preflight, wakeup));
        }
        Ok(())
    }

    /// The code that the process prints. If it was already used, waits for the next one and runs the process once more.
    /// `None` if the user is to be asked instead.
    fn code_from(&self, process: &'a MfaProcess) -> Result<Option<TokenCode>> {
        let progress = self.request.progress;
        let run = || process::run(process, process::TIMEOUT, || progress(Progress::ProcessRunning(process)));
        let mut result = run();
        if result.as_ref().is_ok_and(|code| self.is_used(code)) {
            let delay = self.next_code_in();
            progress(Progress::ProcessFailed(&NoCode::ProcessUsedAlready {
                profile: process.profile.to_string(),
                next_in: whole_seconds(delay),
            }));
            std::thread::sleep(delay);
            result = run();
        }
        match result {
            Ok(code) if !self.is_used(&code) => {
                progress(Progress::ProcessPrintedCode(process, &self.request.prompt));
                Ok(Some(code))
            }
            failed => {
                let error = failed.err().unwrap_or_else(|| self.used_already());
                if matches!(self.request.source, CodeSource::Unattended) || Terminal::open().is_err() {
                    return Err(error.into());
                }
                progress(Progress::ProcessFailed(&error));
                Ok(None)
            }
        }
    }

    /// Whether the code was sent in this run, or recently accepted in another one.
    fn is_used(&self, code: &TokenCode) -> bool {
        self.sent.contains(code) || self.request.used.as_ref().is_some_and(|used| used.contains(code, clock::now_ms()))
    }

    fn used_already(&self) -> NoCode {
        NoCode::UsedAlready { next_in: whole_seconds(self.next_code_in()) }
    }

    /// The time until the device shows the next code, by AWS's clock if its offset is known.
    fn next_code_in(&self) -> Duration {
        next_code_in(clock::now_ms() + self.request.sts.clock_offset().unwrap_or(0) * 1000)
    }
}

/// The terminal, which is opened if it is not open yet.
fn open_terminal(terminal: &mut Option<Terminal>) -> std::result::Result<&Terminal, NoCode> {
    Ok(match terminal {
        Some(terminal) => terminal,
        none => none.insert(Terminal::open()?),
    })
}
