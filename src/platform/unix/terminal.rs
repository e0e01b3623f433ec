//! The controlling terminal: prompts, and its settings, which are restored on every path.
//!
//! Echo is turned off before the prompt is printed, so that early typing is not shown. The kernel collects the line
//! (ICANON) and turns Ctrl-C into a signal to the whole foreground group (ISIG), so that the shell drops the rest of
//! the line too. However the prompt ends, the settings are restored and unread input is discarded: half a code must not
//! end up at the shell's prompt. If the prompt ends by itself while a code is being typed, it first lets the user finish.

#![allow(unsafe_code, reason = "what a signal handler may call has no safe API")]

use super::super::{PromptRequest, PromptText, Reply, WatchResult};
use super::settings::{self, Recognized, SavedSettings};
use super::signals::{hides_interrupt, on_interrupted_prompt};
use super::suspension::{self, SuspensionHold};
use super::typed_line::{ENDS_OF_SEQUENCES, ERASING, LineBuffer};
use super::{OwnForeground, Wakeup, terminal_keeper};
use crate::error::NoCode;
use nix::errno::Errno;
use nix::libc::{self, _POSIX_VDISABLE};
use nix::sys::select::{FdSet, pselect};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction};
use nix::sys::termios::{InputFlags, LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr};
use nix::sys::time::{TimeSpec, TimeValLike};
use nix::unistd::{getpgrp, read, tcgetpgrp, write};
use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How long to wait for the shell to put this job in the foreground after starting it.
const FOREGROUND_WAIT: Duration = Duration::from_millis(500);

/// How long nothing is typed once somebody has stopped typing.
const END_OF_TYPING: Duration = Duration::from_secs(1);
/// How long typing is discarded, for the case that a program types.
const LONGEST_TYPING: Duration = Duration::from_secs(30);

/// The controlling terminal, independent of stdin and stdout.
pub struct Terminal(File);

impl Terminal {
    /// Opens the controlling terminal.
    ///
    /// # Errors
    /// If there is none, or if this job is in the background.
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

    /// The width in columns, if the terminal reports it.
    pub fn columns(&self) -> Option<usize> {
        terminal_size::terminal_size_of(&self.0).map(|(columns, _)| columns.0.into())
    }

    /// The width and the height, if the terminal reports them.
    pub fn size(&self) -> Option<(usize, usize)> {
        let (columns, rows) = terminal_size::terminal_size_of(&self.0)?;
        Some((columns.0.into(), rows.0.into()))
    }

    pub(super) fn descriptor(&self) -> libc::c_int {
        self.0.as_raw_fd()
    }

    /// Prints text as it is.
    ///
    /// # Errors
    /// If the terminal cannot be written.
    pub(super) fn write(&self, text: &str) -> Result<(), NoCode> {
        self.print(text).map_err(|e| NoCode::Terminal(e.desc().to_owned()))
    }

    /// Whether a program reads each key by itself: an editor, a pager, or the line editor of a shell.
    pub fn is_raw(&self) -> bool {
        tcgetattr(&self.0).is_ok_and(|settings| !settings.local_flags.contains(LocalFlags::ICANON))
    }

    /// Prompts and reads a line. Meanwhile `watch` is called on each `wakeup`.
    ///
    /// # Errors
    /// If the terminal cannot be read or written, for example because it was closed.
    pub fn ask(&self, request: &mut PromptRequest<'_>) -> Result<Reply, NoCode> {
        let mut only = Reply::Nothing;
        self.ask_until(request, &mut |reply| {
            only = reply;
            true
        })?;
        Ok(only)
    }

    /// Prompts again and again, until `is_last` says that no other line is needed. The lines may be pasted at once: between
    /// them nothing is echoed or discarded, and there is no prompt for a line that is there already.
    ///
    /// # Errors
    /// As [`Terminal::ask`].
    pub fn ask_until(
        &self,
        request: &mut PromptRequest<'_>,
        is_last: &mut dyn FnMut(Reply) -> bool,
    ) -> Result<(), NoCode> {
        let failed = |e: Errno| NoCode::Terminal(e.desc().to_owned());
        // PowerShell without a script would end this process by SIGKILL, and say nothing.
        let _own_foreground = OwnForeground::take(|| hides_interrupt().then(Vec::new));
        let _hold = SuspensionHold::begin();
        let mut has_prompt = true;
        loop {
            suspension::regain();
            let settings = tcgetattr(&self.0).map_err(failed)?;
            let guard = TerminalGuard::take(&self.0, request.echo).map_err(failed)?;
            loop {
                let line = LineBuffer::new(settings.clone());
                let read = self.read_line(request, line, has_prompt).map_err(failed)?;
                let Some((reply, by_newline)) = read else { break };
                if matches!(reply, Reply::Stopped | Reply::TimedOut) {
                    self.discard_typing().map_err(failed)?;
                }
                // A newline is echoed (ECHONL); in all other cases the cursor is still on the prompt's line.
                if !by_newline {
                    self.print("\n").map_err(failed)?;
                }
                if is_last(reply) {
                    return Ok(());
                }
                has_prompt = !self.wait(None, Duration::ZERO).is_ok_and(|(has_input, _)| has_input);
            }
            drop(guard);
            has_prompt = true;
            self.print("\n").map_err(failed)?;
            suspension::suspend();
        }
    }

    /// Prints a line, between prompts.
    ///
    /// # Errors
    /// If the terminal cannot be written.
    pub fn say(&self, line: &str) -> Result<(), NoCode> {
        self.write(&format!("{line}\n"))
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

    /// Waits for at most `timeout`. Returns whether there is input, and whether there is a wake-up.
    fn wait(&self, wakeup: Option<&Wakeup>, timeout: Duration) -> nix::Result<(bool, bool)> {
        // Not poll(2), which does not support terminals on macOS.
        let mut readable = FdSet::new();
        readable.insert(self.0.as_fd());
        if let Some(wakeup) = wakeup {
            readable.insert(wakeup.fd());
        }
        let timeout = TimeSpec::milliseconds(i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX).max(1));
        // A key that comes before the wait must end it.
        let signals = SigSet::from(Signal::SIGTSTP).thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let waited = if suspension::is_suspension_held() {
            Err(Errno::EINTR)
        } else {
            pselect(None, &mut readable, None, None, &timeout, &signals)
        };
        signals.thread_set_mask()?;
        waited?;
        Ok((readable.contains(self.0.as_fd()), wakeup.is_some_and(|w| readable.contains(w.fd()))))
    }

    /// The reply, and whether a newline ended it; `None` if the prompt is suspended.
    fn read_line(
        &self,
        request: &mut PromptRequest<'_>,
        mut line: LineBuffer,
        has_prompt: bool,
    ) -> nix::Result<Option<(Reply, bool)>> {
        let deadline = Instant::now() + request.timeout;
        let mut shown = ShownPrompt::new((request.prompt)(self.columns()));
        if has_prompt {
            self.print(&shown.text)?;
        }
        let mut watch_at = Instant::now() + request.watch_interval;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Some((Reply::TimedOut, false)));
            }
            let until_change = shown.changes_at.map(|at| at.saturating_duration_since(Instant::now()));
            if until_change.is_some_and(|wait| wait.is_zero()) {
                shown = self.redraw(&shown, ShownPrompt::new((request.prompt)(self.columns())))?;
                continue;
            }
            let wait = until_change.map_or(left, |wait| wait.min(left));
            let wait = wait.min(watch_at.saturating_duration_since(Instant::now()));
            let (has_input, is_awake) = match self.wait(request.wakeup.as_deref(), wait) {
                Err(Errno::EINTR) if suspension::is_suspension_held() => return Ok(None),
                Err(Errno::EINTR) => continue,
                ready => ready?,
            };
            if is_awake {
                // Once the other end is gone the pipe is always readable, so stop watching it.
                request.wakeup = request.wakeup.take().and_then(|w| w.take().then_some(w));
            }
            if is_awake || Instant::now() >= watch_at {
                watch_at = Instant::now() + request.watch_interval;
                match (request.watch)() {
                    WatchResult::Nothing => {}
                    WatchResult::Say(message) => self.print(&format!("\n{message}\n{}", shown.text))?,
                    WatchResult::Stop => return Ok(Some((Reply::Stopped, false))),
                }
            }
            if has_input && let Some(reply) = line.read(&self.0)? {
                return Ok(Some(reply));
            }
        }
    }

    /// If a code is being typed, keeps the terminal until Enter or a second without a key. Otherwise the shell would get
    /// the other digits.
    fn discard_typing(&self) -> nix::Result<()> {
        tcsetattr(&self.0, SetArg::TCSANOW, &discarding_settings(tcgetattr(&self.0)?))?;
        let end = Instant::now() + LONGEST_TYPING;
        let mut silence = Duration::ZERO;
        let mut buffer = Zeroizing::new([0_u8; 1024]);
        while Instant::now() < end {
            match self.wait(None, silence) {
                Err(Errno::EINTR) if suspension::is_suspension_held() => break,
                Err(Errno::EINTR) => continue,
                ready if !ready?.0 => break,
                _ => {}
            }
            match read(&self.0, &mut buffer[..]) {
                Err(Errno::EINTR) => {}
                Ok(n @ 1..) if !buffer[..n].contains(&b'\n') => silence = END_OF_TYPING,
                Ok(_) => break,
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Overwrites the prompt in place, clearing what is left of a longer one.
    fn redraw(&self, old: &ShownPrompt, new: ShownPrompt) -> nix::Result<ShownPrompt> {
        let rest = old.text.chars().count().saturating_sub(new.text.chars().count());
        self.print(&format!("\r{}{}{}", new.text, " ".repeat(rest), "\x08".repeat(rest)))?;
        Ok(new)
    }
}

/// A terminal that does not show what is typed, although nothing asks for it.
pub struct HiddenTyping {
    /// Dropped while the terminal is still open.
    _guard: TerminalGuard,
    terminal: Terminal,
}

impl HiddenTyping {
    /// Hides what is typed while this process waits for `holder`, the description of a lock's holder: it may be a code
    /// for the prompt of another terminal. `None` if there is no terminal in the foreground, or if it does not echo
    /// anyway, for example because the holder asks on the same terminal.
    pub fn while_waiting_for(holder: &str) -> Option<Self> {
        let is_here = super::terminal_name().is_some_and(|name| holder.ends_with(&format!(" on {name}")));
        let terminal = if is_here { None } else { Terminal::open().ok() }?;
        tcgetattr(&terminal.0).ok().filter(|now| now.local_flags.contains(LocalFlags::ECHO))?;
        let _hold = SuspensionHold::begin();
        let guard = TerminalGuard::take(&terminal.0, false).ok()?;
        Some(HiddenTyping { terminal, _guard: guard })
    }

    /// Waits until nobody is typing, and discards what was typed.
    pub fn discard(self) {
        if settings::are_in_effect() {
            // There is no message about it: the wait is over, and its result matters more.
            let _ = self.terminal.discard_typing();
        }
    }
}

/// The prompt on the terminal.
struct ShownPrompt {
    text: String,
    changes_at: Option<Instant>,
}

impl ShownPrompt {
    fn new(prompt: PromptText) -> Self {
        ShownPrompt { text: prompt.text, changes_at: prompt.changes_in.map(|time| Instant::now() + time) }
    }
}

/// The terminal with the settings of a prompt; dropping it restores the previous ones.
struct TerminalGuard {
    /// `None` if it stays.
    suspend_action: Option<SigAction>,
    /// Whether Ctrl-C was ignored before.
    ignored_interrupt: bool,
    /// The keeper waits for its other end to close.
    _keeper: Option<OwnedFd>,
}

impl TerminalGuard {
    fn take(terminal: &File, echo: bool) -> nix::Result<Self> {
        super::signals::install();
        let before = tcgetattr(terminal)?;
        // Ignore Ctrl-Z: within `$(…)` this process is not a separate job, and stopping it would hang the shell.
        let suspend_action = if suspension::can_suspend() {
            None
        } else {
            let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
            // SAFETY: ignoring a signal runs no code.
            Some(unsafe { sigaction(Signal::SIGTSTP, &ignore) }?)
        };
        // Somebody sits at the prompt, whoever started this process.
        let end = SigAction::new(SigHandler::Handler(on_interrupted_prompt), SaFlags::empty(), SigSet::all());
        // SAFETY: the handler is async-signal-safe.
        let interrupt = unsafe { sigaction(Signal::SIGINT, &end) }?;
        let ignored_interrupt = matches!(interrupt.handler(), SigHandler::SigIgn);
        if !ignored_interrupt {
            // SAFETY: restores the previous action.
            unsafe { sigaction(Signal::SIGINT, &interrupt) }?;
        }
        let prompt = prompt_settings(before.clone(), echo);
        let ours = [&prompt, &discarding_settings(prompt.clone())].map(Recognized::of);
        let settings = SavedSettings { before: before.into(), ours: Some(ours) };
        settings::save(terminal.as_raw_fd(), &settings);
        let guard = TerminalGuard {
            suspend_action,
            ignored_interrupt,
            _keeper: terminal_keeper::start(terminal.as_raw_fd(), &settings, None, settings::set_keeper),
        };
        tcsetattr(terminal, SetArg::TCSAFLUSH, &prompt)?;
        Ok(guard)
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        settings::restore_silently();
        if let Some(action) = self.suspend_action {
            // SAFETY: restores the previous action.
            let _ = unsafe { sigaction(Signal::SIGTSTP, &action) };
        }
        if self.ignored_interrupt {
            let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
            // SAFETY: ignoring a signal runs no code.
            let _ = unsafe { sigaction(Signal::SIGINT, &ignore) };
        }
    }
}

/// Turns on line editing, signals and the echo of Enter; other input is echoed as requested. Ctrl-Z, which is ignored, does
/// not discard what was typed before it. Keys that are control sequences are delivered at their ends.
fn prompt_settings(mut settings: Termios, echo: bool) -> Termios {
    settings.local_flags |= LocalFlags::ICANON | LocalFlags::ISIG | LocalFlags::ECHONL | LocalFlags::NOFLSH;
    // For VEOL2.
    settings.local_flags |= LocalFlags::IEXTEN;
    settings.local_flags.set(LocalFlags::ECHO, echo);
    for (index, end) in ENDS_OF_SEQUENCES {
        settings.control_chars[index as usize] = end;
    }
    // Only the kernel can take back what it has echoed.
    for index in ERASING.into_iter().filter(|_| !echo) {
        settings.control_chars[index as usize] = _POSIX_VDISABLE;
    }
    settings.input_flags |= InputFlags::ICRNL;
    terminal_keeper::mark(&mut settings);
    settings
}

/// Those of the prompt, but without line editing, so that an incomplete line can be read.
fn discarding_settings(mut settings: Termios) -> Termios {
    settings.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ECHONL);
    settings.control_chars[SpecialCharacterIndices::VMIN as usize] = 0;
    settings.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
    settings
}
