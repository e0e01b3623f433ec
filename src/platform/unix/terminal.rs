//! The controlling terminal: asked on, and given back as it was on every path.
//!
//! Echo goes off before the prompt is printed, or fast fingers would be echoed. The kernel keeps line editing (ICANON) and turns Ctrl-C
//! into a signal for the whole group (ISIG), so that the shell drops the rest of the line. Whoever ends us, the settings are put back
//! and what was typed is discarded: half a code must not end up at the shell's prompt.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe form")]

use super::super::{Answer, LONGEST_ANSWER};
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

    /// Prints `prompt` and reads a line, hidden unless `echo`. While it waits, `watch` is called each time `wakeup` rings; it says
    /// whether to stop asking.
    ///
    /// # Errors
    /// The terminal fails or goes away.
    pub fn ask(
        &self,
        prompt: &str,
        echo: bool,
        patience: Duration,
        wakeup: Option<&mut Wakeup>,
        watch: &mut dyn FnMut() -> bool,
    ) -> Result<Answer, NoCode> {
        let failed = |e: Errno| NoCode::Terminal(e.desc().to_owned());
        let _borrowed = Borrowed::take(&self.0, echo).map_err(failed)?;
        self.print(prompt).map_err(failed)?;
        let (answer, by_enter) = self.read_line(patience, wakeup, watch).map_err(failed)?;
        // Enter was echoed by the terminal; nothing else moved the cursor to a new line.
        if !by_enter {
            self.print("\n").map_err(failed)?;
        }
        Ok(answer)
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
    fn read_line(
        &self,
        patience: Duration,
        mut wakeup: Option<&mut Wakeup>,
        watch: &mut dyn FnMut() -> bool,
    ) -> nix::Result<(Answer, bool)> {
        let deadline = Instant::now() + patience;
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_ANSWER));
        let mut is_too_long = false;
        let mut buffer = Zeroizing::new([0_u8; 1024]);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok((Answer::TimedOut, false));
            }
            let (typed, rang) = match self.wait(wakeup.as_deref(), left) {
                Err(Errno::EINTR) => continue,
                ready => ready?,
            };
            if rang {
                // A bell that nobody can ring any more stays readable for ever.
                wakeup = wakeup.and_then(|w| w.take().then_some(w));
                if watch() {
                    return Ok((Answer::Stopped, false));
                }
            }
            if !typed {
                continue;
            }
            let n = match read(&self.0, &mut buffer[..]) {
                Ok(0) if line.is_empty() => return Ok((Answer::Nothing, false)),
                Ok(n) => n,
                Err(Errno::EINTR) => continue,
                Err(e) => return Err(e),
            };
            let end = buffer[..n].iter().position(|b| *b == b'\n');
            let part = &buffer[..end.unwrap_or(n)];
            let room = LONGEST_ANSWER.saturating_sub(line.len());
            is_too_long |= part.len() > room;
            line.extend(part.iter().take(room));
            if end.is_some() || n == 0 {
                let text = || Zeroizing::new(String::from_utf8_lossy(&line).into_owned());
                let answer = if is_too_long { Answer::TooLong } else { Answer::Line(text()) };
                return Ok((answer, end.is_some()));
            }
        }
    }
}

/// The terminal with settings of ours; dropping it puts the old ones back.
struct Borrowed {
    stop_key: SigAction,
}

impl Borrowed {
    fn take(terminal: &File, echo: bool) -> nix::Result<Self> {
        super::signals::install();
        let before = tcgetattr(terminal)?;
        // Ctrl-Z: under `$(…)` we are no job of our own, and stopping would hang the shell for ever.
        let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
        // SAFETY: ignoring a signal runs no code.
        let stop_key = unsafe { sigaction(Signal::SIGTSTP, &ignore) }?;
        settings::keep(terminal.as_raw_fd(), &before);
        let borrowed = Borrowed { stop_key };
        tcsetattr(terminal, SetArg::TCSAFLUSH, &asking(before, echo))?;
        Ok(borrowed)
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        settings::give_back_quietly();
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
