//! The controlling terminal: asked on, and given back as it was on every path.
//!
//! Echo goes off before the prompt is printed, or fast fingers would be echoed. The kernel keeps line editing (ICANON) and turns Ctrl-C
//! into a signal for the whole group (ISIG), so that the shell drops the rest of the line. Whoever ends us, the settings are put back
//! and what was typed is discarded: half a code must not end up at the shell's prompt.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe form")]

use super::super::{MAX_REPLY, PromptRequest, PromptText, Reply, WatchResult};
use super::{Wakeup, settings};
use crate::error::NoCode;
use nix::errno::Errno;
use nix::sys::select::{FdSet, select};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::termios::{InputFlags, LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::unistd::{getpgrp, read, tcgetpgrp, write};
use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How long a shell may take to make our job the terminal's foreground one after it has started us.
const FOREGROUND_WAIT: Duration = Duration::from_millis(500);

/// The terminal of this session, wherever stdin and stdout lead.
pub struct Terminal(File);

impl Terminal {
    /// # Errors
    /// There is none, or another job has it.
    pub fn open() -> Result<Terminal, NoCode> {
        let file = OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(|_| NoCode::NoTerminal)?;
        let start = Instant::now();
        while tcgetpgrp(&file).is_ok_and(|foreground| foreground != getpgrp()) {
            if start.elapsed() > FOREGROUND_WAIT {
                return Err(NoCode::Background);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(Terminal(file))
    }

    /// How wide it is, where it says so.
    pub fn columns(&self) -> Option<usize> {
        let mut size = std::mem::MaybeUninit::<libc::winsize>::zeroed();
        // SAFETY: the descriptor is open, and the buffer is of the type that this request fills.
        let size = unsafe {
            (libc::ioctl(self.0.as_raw_fd(), libc::TIOCGWINSZ, size.as_mut_ptr()) == 0).then(|| size.assume_init())?
        };
        (size.ws_col > 0).then_some(size.ws_col.into())
    }

    /// Puts the ask and reads a line. While it waits, `watch` is called each time `wakeup` rings.
    ///
    /// # Errors
    /// The terminal fails or goes away.
    pub fn ask(&self, ask: &mut PromptRequest<'_>) -> Result<Reply, NoCode> {
        let failed = |e: Errno| NoCode::Terminal(e.desc().to_owned());
        let _borrowed = TerminalGuard::take(&self.0, ask.echo).map_err(failed)?;
        let (answer, by_enter) = self.read_line(ask).map_err(failed)?;
        // Enter was echoed by the terminal; nothing else moved the cursor to a new line.
        if !by_enter {
            self.print("\n").map_err(failed)?;
        }
        Ok(answer)
    }

    /// One line for the person, between questions.
    ///
    /// # Errors
    /// The terminal fails or goes away.
    pub fn say(&self, line: &str) -> Result<(), NoCode> {
        self.print(&format!("{line}\n")).map_err(|e| NoCode::Terminal(e.desc().to_owned()))
    }

    fn print(&self, text: &str) -> nix::Result<()> {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            match write(&self.0, rest) {
                Ok(written) => rest = &rest[written..],
                Err(Errno::EINTR) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Whether a line was typed and whether the bell rang, after `left` at most.
    fn wait(&self, wakeup: Option<&Wakeup>, left: Duration) -> nix::Result<(bool, bool)> {
        // Not poll(2): on macOS it does not know terminals.
        let mut readable = FdSet::new();
        readable.insert(self.0.as_fd());
        if let Some(wakeup) = wakeup {
            readable.insert(wakeup.fd());
        }
        let mut timeout = TimeVal::milliseconds(i64::try_from(left.as_millis()).unwrap_or(i64::MAX).max(1));
        select(None, &mut readable, None, None, &mut timeout)?;
        Ok((readable.contains(self.0.as_fd()), wakeup.is_some_and(|w| readable.contains(w.fd()))))
    }

    /// The answer, and whether Enter ended it.
    fn read_line(&self, ask: &mut PromptRequest<'_>) -> nix::Result<(Reply, bool)> {
        let deadline = Instant::now() + ask.patience;
        let mut painted = ShownPrompt::of((ask.prompt)(self.columns()));
        self.print(&painted.text)?;
        let mut line = LineBuffer::default();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok((Reply::TimedOut, false));
            }
            let until_change = painted.changes_at.map(|at| at.saturating_duration_since(Instant::now()));
            if until_change.is_some_and(|wait| wait.is_zero()) {
                painted = self.paint_over(&painted, ShownPrompt::of((ask.prompt)(self.columns())))?;
                continue;
            }
            let wait = until_change.map_or(left, |wait| wait.min(left));
            let (typed, rang) = match self.wait(ask.wakeup.as_deref(), wait) {
                Err(Errno::EINTR) => continue,
                ready => ready?,
            };
            if rang {
                // A bell that nobody can ring any more stays readable for ever.
                ask.wakeup = ask.wakeup.take().and_then(|w| w.take().then_some(w));
                match (ask.watch)() {
                    WatchResult::Nothing => {}
                    WatchResult::Say(said) => self.print(&format!("\n{said}\n{}", painted.text))?,
                    WatchResult::Stop => return Ok((Reply::Stopped, false)),
                }
            }
            if typed && let Some(answer) = line.read(&self.0)? {
                return Ok(answer);
            }
        }
    }

    /// Puts the new line in the place of the old one, which stands alone in its row.
    fn paint_over(&self, old: &ShownPrompt, new: ShownPrompt) -> nix::Result<ShownPrompt> {
        let rest = old.text.chars().count().saturating_sub(new.text.chars().count());
        self.print(&format!("\r{}{}{}", new.text, " ".repeat(rest), "\x08".repeat(rest)))?;
        Ok(new)
    }
}

/// The prompt as it stands on the terminal.
struct ShownPrompt {
    text: String,
    changes_at: Option<Instant>,
}

impl ShownPrompt {
    fn of(prompt: PromptText) -> Self {
        ShownPrompt { text: prompt.text, changes_at: prompt.changes_in.map(|time| Instant::now() + time) }
    }
}

/// What has been typed so far.
#[derive(Default)]
struct LineBuffer {
    line: Zeroizing<Vec<u8>>,
    is_too_long: bool,
}

impl LineBuffer {
    /// Takes what is there to be read; the answer, and whether Enter ended it, where it has come to an end.
    fn read(&mut self, terminal: &File) -> nix::Result<Option<(Reply, bool)>> {
        let mut buffer = Zeroizing::new([0_u8; 1024]);
        let n = match read(terminal, &mut buffer[..]) {
            Ok(0) if self.line.is_empty() => return Ok(Some((Reply::Nothing, false))),
            Ok(n) => n,
            Err(Errno::EINTR) => return Ok(None),
            Err(e) => return Err(e),
        };
        let end = buffer[..n].iter().position(|b| *b == b'\n');
        let part = &buffer[..end.unwrap_or(n)];
        if self.line.capacity() < MAX_REPLY {
            // All of it now: growing would leave copies behind that nobody wipes.
            self.line.reserve_exact(MAX_REPLY);
        }
        let room = MAX_REPLY.saturating_sub(self.line.len());
        self.is_too_long |= part.len() > room;
        self.line.extend(part.iter().take(room));
        if end.is_none() && n > 0 {
            return Ok(None);
        }
        let text = || Zeroizing::new(String::from_utf8_lossy(&self.line).into_owned());
        Ok(Some((if self.is_too_long { Reply::TooLong } else { Reply::Line(text()) }, end.is_some())))
    }
}

/// The terminal with settings of ours; dropping it puts the old ones back.
struct TerminalGuard {
    stop_key: SigAction,
}

impl TerminalGuard {
    fn take(terminal: &File, echo: bool) -> nix::Result<Self> {
        super::signals::install();
        let before = tcgetattr(terminal)?;
        // Ctrl-Z: under `$(…)` we are no job of our own, and stopping would hang the shell for ever.
        let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
        // SAFETY: ignoring a signal runs no code.
        let stop_key = unsafe { sigaction(Signal::SIGTSTP, &ignore) }?;
        settings::keep(terminal.as_raw_fd(), &before);
        let borrowed = TerminalGuard { stop_key };
        tcsetattr(terminal, SetArg::TCSAFLUSH, &asking(before, echo))?;
        Ok(borrowed)
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        settings::restore_silently();
        // SAFETY: the action that was there before.
        let _ = unsafe { sigaction(Signal::SIGTSTP, &self.stop_key) };
    }
}

fn asking(mut settings: Termios, echo: bool) -> Termios {
    settings.local_flags |= LocalFlags::ICANON | LocalFlags::ISIG | LocalFlags::ECHONL;
    settings.local_flags.set(LocalFlags::ECHO, echo);
    settings.input_flags |= InputFlags::ICRNL;
    settings
}
