//! The prompt for a code. It states what the code is for before it is typed.

use crate::credentials::TokenCode;
use crate::error::{Error, NoCode, Result};
use crate::origin::Sourced;
use crate::plan::{Endpoint, Operation, StsCall};
use crate::platform::{PromptRequest, PromptText, Reply, Terminal, Wakeup, WatchResult};
use crate::printable::printable;
use crate::profile::RoleArn;
use crate::sts::{Preflight, PreflightFailure};
use crate::variables::Variables;
use std::fmt::{self, Display, Formatter};
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthStr;

/// How long the prompt waits for input. Meanwhile the device is locked, and other processes may be waiting.
const TIMEOUT: Duration = Duration::from_mins(5);
/// How often the cache is looked at meanwhile.
const WATCH_INTERVAL: Duration = Duration::from_millis(250);

/// How the prompt is shown.
#[derive(Clone, Copy, Debug)]
pub struct PromptStyle {
    /// Whether the input is echoed.
    pub echo: bool,
    /// Whether the terminal can redraw a line in place.
    pub can_repaint: bool,
    /// When to give up, if a program waits that does not wait for long, or a session expires that is in use.
    pub deadline: Option<Instant>,
    /// Whether the deadline is the end of a session that is in use.
    pub replaces_session: bool,
    /// Whether to leave a terminal alone that another program uses in raw mode, because it owns the screen.
    pub needs_free_terminal: bool,
}

impl PromptStyle {
    /// That of a prompt on the terminal of the user, by `MFA_ENV_ECHO` and `TERM`.
    pub fn on_terminal(variables: &Variables) -> Self {
        PromptStyle {
            echo: variables.os("MFA_ENV_ECHO").is_some_and(|v| v == "1"),
            can_repaint: variables.os("TERM").is_some_and(|term| term != "dumb"),
            deadline: None,
            replaces_session: false,
            needs_free_terminal: false,
        }
    }
}

/// The text of the prompt, without the colon.
pub struct CodePrompt<'a> {
    /// The call that the code is for.
    pub call: &'a StsCall,
    /// The role that the session is for, if it is shown although this call does not assume it.
    pub role: Option<&'a Sourced<RoleArn>>,
    /// Whether an MFA session is cached that cannot sign the call, because it is for a role and for more than an hour.
    pub has_mfa_session: bool,
    /// Shown if the profile or the environment sets its URL.
    pub endpoint: &'a Endpoint,
}

/// `MFA code for alice (123456789012), 12 h session for all roles`
impl Display for CodePrompt<'_> {
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
            Operation::GetSessionToken => {
                write!(f, ", {duration} session for all roles")?;
                if let Some(Sourced { value: role, origin }) = self.role {
                    write!(f, ", to assume {}@{} ({origin})", printable(role.name()), printable(role.account()))?;
                }
            }
            Operation::AssumeRole { role_arn, .. } => {
                write!(f, ", {duration} session as {}", printable(role_arn.value.name()))?;
                // The account in parentheses is that of the device; the role may be in another one.
                if account != Some(role_arn.value.account()) {
                    write!(f, "@{}", printable(role_arn.value.account()))?;
                }
                if self.has_mfa_session {
                    f.write_str(" (more than 1 h needs its own code)")?;
                }
            }
        }
        // Shown because a `.env` file from an untrusted source could send the code to another host.
        if let Some(url) = &self.endpoint.url {
            write!(f, ", sent to {} ({})", printable(&self.endpoint.host()), url.origin)?;
        }
        self.endpoint.trust_notes().try_for_each(|note| write!(f, ", {note}"))?;
        Ok(())
    }
}

impl CodePrompt<'_> {
    /// The whole line. If the user has to wait for the next code and the line can be redrawn, it counts down.
    fn line(&self, style: PromptStyle, next_code_at: Option<Instant>, columns: Option<usize>) -> PromptText {
        let left = next_code_at.map(|at| at.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero());
        if let (Some(left), true) = (left, style.can_repaint && !style.echo) {
            let seconds = whole_seconds(left);
            let text = format!("{self}, next code in {seconds} s: ");
            if columns.is_some_and(|columns| text.width() < columns) {
                return PromptText { text, changes_in: Some(left.saturating_sub(Duration::from_secs(seconds - 1))) };
            }
        }
        let left = style.deadline.filter(|_| style.replaces_session);
        if let Some(left) = left.map(|end| end.saturating_duration_since(Instant::now())) {
            return self.line_until_end(style, left, columns);
        }
        PromptText { text: format!("{self}: "), changes_in: None }
    }

    /// The whole line with the time that the session in use has left; in minutes, and in seconds for the last one. It counts
    /// down if the line can be redrawn.
    fn line_until_end(&self, style: PromptStyle, left: Duration, columns: Option<usize>) -> PromptText {
        let seconds = whole_seconds(left);
        let (unit, shown) =
            if seconds > 60 { (60, format!("{} min", seconds.div_ceil(60))) } else { (1, format!("{seconds} s")) };
        let text = format!("{self}; the current one has {shown} left: ");
        let can_redraw = style.can_repaint && !style.echo && columns.is_some_and(|columns| text.width() < columns);
        let next = Duration::from_secs((seconds.div_ceil(unit) - 1) * unit);
        PromptText { text, changes_in: can_redraw.then(|| left.saturating_sub(next)).filter(|_| seconds > 0) }
    }
}

/// What was typed at the prompt.
pub(super) enum Input {
    Code(TokenCode),
    /// Something else; the reason is for the message.
    NotACode(NoCode),
    /// Nothing was typed, because another process has signed in.
    NotNeeded,
}

/// Seconds, rounded up, so that a countdown reaches 0 only at the end.
pub(super) fn whole_seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

/// Asks once; the input may not be a code. Meanwhile, a fatal failure of the preflight ends the prompt, any other failure
/// is shown as a warning, and the prompt ends when the user has signed in from another terminal.
///
/// # Errors
/// There was no input, the terminal cannot be used, or the preflight failed fatally.
pub(super) fn ask(
    prompt: &CodePrompt<'_>,
    terminal: &Terminal,
    style: PromptStyle,
    next_code_at: Option<Instant>,
    is_signed_in: &dyn Fn() -> bool,
    preflight: Option<&mut (Preflight, Wakeup)>,
) -> Result<Input> {
    let mut fatal: Option<Error> = None;
    let (preflight, wakeup) = preflight.map(|(preflight, wakeup)| (&*preflight, wakeup)).unzip();
    let timeout = style.deadline.map_or(TIMEOUT, |deadline| deadline.saturating_duration_since(Instant::now()));
    let reply = terminal.ask(&mut PromptRequest {
        prompt: &mut |columns| prompt.line(style, next_code_at, columns),
        echo: style.echo,
        timeout,
        wakeup,
        watch_interval: WATCH_INTERVAL,
        watch: &mut || match preflight.and_then(Preflight::take_failure) {
            None if is_signed_in() => WatchResult::Stop,
            None => WatchResult::Nothing,
            Some(PreflightFailure::Unreachable(e)) => WatchResult::Say(format!("mfa-env: warning: {}", e.what())),
            Some(PreflightFailure::Fatal(e)) => {
                fatal = Some(e);
                WatchResult::Stop
            }
        },
    })?;
    match reply {
        Reply::Line(line) if line.trim().is_empty() => Ok(Input::NotACode(NoCode::NothingEntered)),
        Reply::Line(line) => {
            Ok(TokenCode::parse(without_paste_markers(&line))
                .map_or(Input::NotACode(NoCode::NotSixDigits), Input::Code))
        }
        Reply::TooLong => Ok(Input::NotACode(NoCode::NotSixDigits)),
        Reply::Nothing => Err(NoCode::NothingEntered.into()),
        Reply::TimedOut => Err(NoCode::TimedOut { seconds: timeout.as_secs() }.into()),
        Reply::Stopped => fatal.map_or(Ok(Input::NotNeeded), Err),
    }
}

/// Removes the markers of a bracketed paste (xterm control sequences, "Bracketed Paste Mode"), which the terminal sends
/// if the shell has left that mode on.
pub fn without_paste_markers(line: &str) -> &str {
    line.strip_prefix("\x1b[200~").map_or(line, |rest| rest.strip_suffix("\x1b[201~").unwrap_or(rest))
}
