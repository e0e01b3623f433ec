//! Serving one profile: renewing its session when a request needs that, and asking for a code before the MFA session
//! expires.

use super::super::duration::{duration, until};
use super::super::json_line::json_line;
use super::super::summary::sign_in_line;
use super::super::view;
use super::ServeArgs;
use crate::clock;
use crate::context::Context;
use crate::credentials::Expiration;
use crate::error::{Error, Result};
use crate::function_name::function_name;
use crate::printable::printable;
use crate::server::{Answer, Current, Event, RefusedRequest, Served};
use crate::session::Cache;
use crate::shell::Shell;
use crate::sign_in::{Asking, CodeOption, MfaSession, Request, SignedIn, sign_in};
use serde::Serialize;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// In seconds before a session expires: when it is renewed, or a code is asked for, if the session lasts at least twice as
/// long; otherwise, half its duration. botocore renews credentials that have less time left.
const RENEW_BEFORE: u32 = 900;
/// How often the clock is looked at meanwhile. A computer that slept does not count that time as waiting.
const LOOK_INTERVAL: Duration = Duration::from_secs(20);
/// How often the same refusal is logged.
const REFUSAL_INTERVAL: Duration = Duration::from_mins(1);

/// What happens while the endpoint exists.
pub(super) enum Input {
    /// The server reports something.
    Server(Event),
    /// The command has exited.
    CommandEnded(ExitStatus),
}

/// An endpoint that serves one profile.
pub(super) struct Serving<'a> {
    args: &'a ServeArgs,
    context: &'a Context,
    cache: &'a Cache<'a>,
    profile: String,
    current: Current,
    /// The MFA session behind the session, if there is one.
    mfa_session: Option<MfaSession>,
    /// The MFA session that a code was asked for to replace, or whose end was announced.
    asked_for: Option<MfaSession>,
    /// Whether the user was told that there is no session.
    is_lack_reported: bool,
    last_refusal: Option<(RefusedRequest, Instant)>,
}

/// The response of the container credentials endpoint (AWS SDKs and Tools Reference Guide, "Container credential
/// provider").
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials<'a> {
    access_key_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    expiration: String,
    secret_access_key: &'a str,
    token: &'a str,
}

impl<'a> Serving<'a> {
    pub(super) fn new(args: &'a ServeArgs, context: &'a Context, cache: &'a Cache<'a>, signed_in: &SignedIn) -> Self {
        let profile = signed_in.plan.profile.to_string();
        let mut serving = Serving {
            args,
            context,
            cache,
            profile,
            current: Current::default(),
            mfa_session: None,
            asked_for: None,
            is_lack_reported: false,
            last_refusal: None,
        };
        serving.serve(signed_in);
        serving
    }

    /// What the server hands out.
    pub(super) fn current(&self) -> Current {
        self.current.clone()
    }

    /// Serves until the command exits; without a command, until a signal ends the process. Returns the status of the
    /// command.
    pub(super) fn run(mut self, inputs: &Receiver<Input>) -> ExitStatus {
        loop {
            self.look_at_clock();
            let first = match inputs.recv_timeout(LOOK_INTERVAL) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return ExitStatus::default(),
            };
            let mut waiting = Vec::new();
            for input in std::iter::once(first).chain(inputs.try_iter()) {
                match input {
                    Input::CommandEnded(status) => return status,
                    Input::Server(Event::Wanted(reply)) => waiting.push(reply),
                    Input::Server(Event::HandedOut(agent)) => self.log_use(&agent),
                    Input::Server(Event::Refused(refused)) => self.log_refusal(refused),
                }
            }
            self.answer(waiting);
        }
    }

    fn has_command(&self) -> bool {
        !self.context.command.is_empty()
    }

    /// Hands out this session from now on.
    fn serve(&mut self, signed_in: &SignedIn) {
        let (plan, credentials) = (&signed_in.plan, &signed_in.credentials);
        let expires = credentials.expiration.unix();
        let body = json_line(&Credentials {
            access_key_id: &credentials.access_key_id,
            account_id: plan.call.account(),
            expiration: credentials.expiration.rfc3339(),
            secret_access_key: credentials.secret_access_key.expose(),
            token: credentials.session_token.expose(),
        });
        let served =
            Served { body: body.into(), expires, renew_at: expires - renew_before(plan.call.duration.value.seconds()) };
        self.current.set(Some(Arc::new(served)));
        self.mfa_session = MfaSession::of(plan, self.cache);
        self.is_lack_reported = false;
    }

    /// Answers all requests that wait, with at most one sign-in.
    fn answer(&mut self, waiting: Vec<oneshot::Sender<Answer>>) {
        // SDKs do not wait for long.
        let waiting: Vec<_> = waiting.into_iter().filter(|reply| !reply.is_closed()).collect();
        if waiting.is_empty() {
            return;
        }
        let now = clock::now();
        let is_new = self.current.get().is_some_and(|current| now < current.renew_at);
        let error = if is_new { None } else { self.renew(RENEW_BEFORE).err() };
        let current = self.current.get().filter(|current| now < current.expires);
        let answer = current.ok_or_else(|| match &error {
            Some(Error::NoCode(_)) => format!("no session for {}; run {} in a terminal", self.profile, self.line("")),
            Some(e) => e.in_one_line(),
            None => format!("the session of {} has expired", self.profile),
        });
        if answer.is_err() {
            self.report_lack(error.as_ref());
        }
        for reply in waiting {
            let _ = reply.send(answer.clone());
        }
    }

    /// Gets a session that has more than this many seconds left, if that needs no code.
    fn renew(&mut self, min_ttl: u32) -> Result<()> {
        let mut request = self.request()?;
        request.options.default_min_ttl = min_ttl;
        request.options.asking = Asking::Forbidden;
        // The user has seen the warnings of the first sign-in.
        let context = self.context.for_renewal(true);
        view::refresh(&context);
        let signed_in = sign_in(request, &context)?;
        self.serve(&signed_in);
        Ok(())
    }

    /// What was typed, without what applied to the first sign-in only.
    fn request(&self) -> Result<Request> {
        let mut request = self.args.request(self.context)?;
        request.code = CodeOption::Ask;
        request.options.renew = false;
        Ok(request)
    }

    /// Asks for a code, or says that one is needed, shortly before the MFA session expires.
    fn look_at_clock(&mut self) {
        let is_due = |session: &MfaSession| session.expiration.unix() - clock::now() <= renew_before(session.duration);
        if !self.mfa_session.as_ref().is_some_and(is_due) || self.mfa_session == self.asked_for {
            return;
        }
        // Somebody may have signed in elsewhere. If not, the session outlives the prompt.
        let _ = self.renew(2 * RENEW_BEFORE);
        let Some(session) = self.mfa_session.filter(is_due) else { return };
        self.asked_for = Some(session);
        let end = session.expiration;
        let may_ask = !self.has_command() && self.args.sign_in.no_input.is_none();
        let left = Duration::from_secs(u64::try_from(end.unix() - clock::now()).unwrap_or_default());
        // Without anybody to ask, the profile's mfa_process may know the code.
        match self.replace(if may_ask { Asking::Until(Instant::now() + left) } else { Asking::Forbidden }) {
            Ok(()) => return,
            Err(Error::NoCode(_)) => {}
            Err(e) => self.context.show_error(&e),
        }
        self.context.report.notice(&format!(
            "the MFA session is valid {}; to go on after that, run in another terminal: {}",
            until(end),
            self.line(" --renew")
        ));
    }

    /// Replaces the MFA session, with a new code. Meanwhile the current session is handed out.
    fn replace(&mut self, asking: Asking) -> Result<()> {
        let mut request = self.request()?;
        request.options.renew = true;
        request.options.asking = asking;
        let before = self.current.get();
        self.current.set(before.as_ref().map(|current| {
            let Served { body, expires, .. } = &**current;
            Arc::new(Served { body: body.clone(), expires: *expires, renew_at: *expires })
        }));
        let context = self.context.for_renewal(false);
        let signed_in = sign_in(request, &context).inspect_err(|_| self.current.set(before))?;
        self.serve(&signed_in);
        self.context.report.result(&sign_in_line(&signed_in.session(), &[], self.context));
        Ok(())
    }

    /// The line that signs in elsewhere.
    fn line(&self, options: &str) -> String {
        format!("{} {}{options}", function_name(), Shell::Sh.word(&self.profile))
    }

    /// Says once that requests get no session.
    fn report_lack(&mut self, e: Option<&Error>) {
        if std::mem::replace(&mut self.is_lack_reported, true) {
            return;
        }
        match e {
            Some(e) if !matches!(e, Error::NoCode(_)) => self.context.show_error(e),
            _ => self.context.report.notice(&format!(
                "{} has no session any more, and programs get none; run in another terminal: {}",
                printable(&self.profile),
                self.line("")
            )),
        }
    }

    fn log_use(&self, agent: &str) {
        // What the command does is not the business of its stderr.
        if !self.has_command() {
            let left = self.current.get().map_or(0, |current| current.expires - clock::now());
            let name = if agent.is_empty() { "a program".into() } else { printable(agent).to_string() };
            self.log(&format!("credentials for {name}, {} left", duration(left)));
        }
    }

    fn log_refusal(&mut self, refused: RefusedRequest) {
        let is_repeated = |(last, at): (RefusedRequest, Instant)| last == refused && at.elapsed() < REFUSAL_INTERVAL;
        if !self.last_refusal.is_some_and(is_repeated) {
            self.last_refusal = Some((refused, Instant::now()));
            self.log(&format!("refused a request {}", refused.reason()));
        }
    }

    fn log(&self, text: &str) {
        let time = Expiration::from_unix(clock::now()).map_or_else(String::new, Expiration::local_time);
        self.context.report.notice(&format!("{time} {text}"));
    }
}

/// In seconds before the end of a session of this duration: when it is renewed.
fn renew_before(duration: u32) -> i64 {
    RENEW_BEFORE.min(duration / 2).into()
}
