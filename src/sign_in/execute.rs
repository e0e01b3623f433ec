//! Executing the steps. The rule for each: use the cached session. If there is none, take the lock and look again; if
//! there is still none, make the call and cache its session.

use super::request::Options;
use super::steps::{Step, Steps};
use crate::clock;
use crate::context::Context;
use crate::credentials::{Keys, SessionCredentials, TokenCode};
use crate::error::{Error, Result};
use crate::mfa::{CodeSource, PromptStyle};
use crate::plan::{DeviceLock, Plan, SessionIdentity, SessionKey, StsCall, device_lock};
use crate::platform::HiddenTyping;
use crate::printable::printable;
use crate::profile::RoleSessionName;
use crate::session::{Cache, Entry};
use crate::source;
use crate::sts::Sts;
use crate::warning::Warning;
use std::cell::{Cell, OnceCell, RefCell};
use std::time::{Duration, Instant};

/// How long to wait for a lock that another process holds. A user who has not typed the code by then has probably
/// walked away.
const LOCK_TIMEOUT: Duration = Duration::from_mins(2);

/// A sign-in in progress.
pub(super) struct Execution<'a> {
    pub(super) plan: &'a Plan,
    pub(super) cache: &'a Cache<'a>,
    pub(super) sts: Sts<'a>,
    pub(super) code: CodeSource,
    /// Whether a code has been taken for a call.
    pub(super) code_used: Cell<bool>,
    /// The name of the user as the cache has it.
    pub(super) user_name: OnceCell<Option<RoleSessionName>>,
    pub(super) options: &'a Options,
    pub(super) context: &'a Context,
}

impl<'a> Execution<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        cache: &'a Cache<'a>,
        code: CodeSource,
        options: &'a Options,
        context: &'a Context,
    ) -> Self {
        let sts = Sts::at(plan.endpoint.clone(), &context.network);
        let (code_used, user_name) = (Cell::new(false), OnceCell::new());
        Execution { plan, cache, sts, code, code_used, user_name, options, context }
    }

    /// The session of the last step, and whether a code was used for it.
    pub(super) fn session(&self, steps: &Steps<'_>) -> (Result<Entry>, bool) {
        let session = self.session_of(steps, steps.list.len() - 1);
        (session, self.code_used.get())
    }

    /// The session of step `at`, by the rule above.
    fn session_of(&self, steps: &Steps<'_>, at: usize) -> Result<Entry> {
        match steps.list[at].cached() {
            Some(cached) => Ok(cached),
            None => self.make_once(steps, at),
        }
    }

    /// The second half of the rule. Locks are always taken from the target towards the keys, so processes cannot
    /// deadlock. A call with a code takes the lock of the device's calls; one that may have to ask for the code takes
    /// the lock for asking before that, so that a code that is passed never waits behind an open prompt.
    pub(super) fn make_once(&self, steps: &Steps<'_>, at: usize) -> Result<Entry> {
        let call = steps.list[at].call;
        let lock = || match (&call.mfa, &self.code) {
            (None, _) => SessionKey::of(call, self.plan).digest(),
            (Some(_), CodeSource::Given(_)) => device_lock(DeviceLock::Calling, call, self.plan),
            (Some(_), CodeSource::Interactive(_) | CodeSource::Unattended) => {
                device_lock(DeviceLock::Asking, call, self.plan)
            }
        };
        let hidden = RefCell::new(None);
        // Whoever holds the lock may be waiting for a person.
        let timeout = match &self.code {
            CodeSource::Unattended if steps.need_code() => Duration::ZERO,
            CodeSource::Interactive(PromptStyle { deadline: Some(deadline), .. }) => {
                deadline.saturating_duration_since(Instant::now()).min(LOCK_TIMEOUT)
            }
            _ => LOCK_TIMEOUT,
        };
        let session = self.flight(&steps.list[at], lock, timeout, &hidden, || {
            drop(hidden.take());
            self.make(steps, at)
        });
        hidden.take().into_iter().for_each(HiddenTyping::discard);
        session
    }

    /// Waits for a lock. What is typed meanwhile, perhaps for a prompt in another terminal, stays `hidden`.
    fn flight(
        &self,
        step: &Step<'_>,
        lock: impl FnOnce() -> String,
        timeout: Duration,
        hidden: &RefCell<Option<HiddenTyping>>,
        make: impl FnOnce() -> Result<Entry>,
    ) -> Result<Entry> {
        let key = SessionKey::of(step.call, self.plan);
        let waiting = |holder: &str| {
            self.report_waiting(holder, step.call);
            if step.call.mfa.is_some() {
                hidden.replace(HiddenTyping::while_waiting_for(holder));
            }
        };
        self.cache.single_flight(&key, lock, &step.criteria, timeout, waiting, make)
    }

    /// Makes the session of step `at`: gets the session that signs the call, then makes the call.
    fn make(&self, steps: &Steps<'_>, at: usize) -> Result<Entry> {
        let step = &steps.list[at];
        let started = clock::now_ms();
        let mut parent = if at > 0 { Some(self.session_of(steps, at - 1)?) } else { None };
        let mut issued = self.call(step, parent.as_ref());
        if Self::parent_ended_early(&issued, parent.as_ref(), started) {
            parent = Some(self.replace_parent(steps, at, parent.as_ref())?);
            issued = self.call(step, parent.as_ref());
        }
        if self.may_be_too_old(&issued, step.call, parent.as_ref(), started) {
            (issued, parent) = self.retry_with_new_mfa_session(issued, steps, at, parent)?;
        }
        if Self::may_retry_for_one_hour(&issued, step.call)
            && let Some(shorter) = self.retry_for_one_hour(step.call, parent.as_ref(), steps.reuse)?
        {
            return Ok(self.cached(step.call, shorter.credentials, shorter.signed_by.as_ref()));
        }
        issued
    }

    /// Makes one call of the plan, with a code if it needs one.
    pub(super) fn call(&self, step: &Step<'_>, parent: Option<&Entry>) -> Result<Entry> {
        if step.call.mfa.is_some() {
            return self.call_with_code(step);
        }
        let mut credentials = self.send(step.call, parent, None);
        if let Err(Error::Aws(refusal)) = &mut credentials {
            refusal.call.mfa_age = parent.and_then(|parent| parent.mfa_age(clock::now()));
        }
        Ok(self.cached(step.call, credentials?, parent))
    }

    /// Sends one code, holding the lock of the device's calls. Returns the cached session instead if there is one by
    /// now.
    pub(super) fn send_code(&self, step: &Step<'_>, send: impl FnOnce() -> Result<Entry>) -> Result<Entry> {
        match self.code {
            // Already held.
            CodeSource::Given(_) => send(),
            CodeSource::Interactive(_) | CodeSource::Unattended => {
                let lock = || device_lock(DeviceLock::Calling, step.call, self.plan);
                self.flight(step, lock, LOCK_TIMEOUT, &RefCell::new(None), send)
            }
        }
    }

    /// The session that a call has issued, which is now in the cache. Its `mfa_made` is now if the call used a code,
    /// otherwise that of the session that signed the call.
    pub(super) fn cached(&self, call: &StsCall, credentials: SessionCredentials, signed_by: Option<&Entry>) -> Entry {
        let key = SessionKey::of(call, self.plan);
        let made = clock::now_ms();
        let older = signed_by.filter(|_| call.mfa.is_none());
        let mfa_made = older.map_or(made, |signer| signer.mfa_made);
        let user_name = match key.identity {
            // It was checked when the response came.
            SessionIdentity::RoleForUser(_) => credentials.identity.as_deref().and_then(|arn| arn.rsplit('/').next()),
            SessionIdentity::Role(_) | SessionIdentity::User => None,
        };
        let user_name = user_name.map(str::to_owned);
        let entry = Entry { key: key.text(), credentials, user_name, made, mfa_made };
        self.cache.put(&key, &entry);
        entry
    }

    /// Sends one call, signed with the session of its parent, or with the keys if it has none.
    pub(super) fn send(
        &self,
        call: &StsCall,
        parent: Option<&Entry>,
        code: Option<TokenCode>,
    ) -> Result<SessionCredentials> {
        let keys = match parent {
            Some(parent) => parent.credentials.keys(),
            None => Self::keys(call)?,
        };
        let waiting = |host: &str| self.context.report.notice(&format!("waiting for {}", printable(host)));
        let (name, is_guessed) = self.default_session_name(call)?;
        let guessed_name = is_guessed.then(|| name.as_str().to_owned());
        let issued = self.sts.call(call, name, keys, code, waiting).map_err(|mut e| {
            if let Error::Aws(refusal) = &mut e {
                refusal.call.guessed_name = guessed_name;
            }
            e
        })?;
        if let Some(offset) = self.sts.take_clock_offset() {
            self.context.warnings.add(Warning::ClockDiffers(offset));
        }
        Ok(issued)
    }

    /// The keys that sign the first of the calls that lead to this one.
    pub(super) fn keys(call: &StsCall) -> Result<Keys> {
        source::resolve(call.source())
    }

    fn report_waiting(&self, holder: &str, call: &StsCall) {
        let purpose = match &call.mfa {
            Some(device) => format!("signing in with {}", printable(device.value.name())),
            None => "assuming the same role".to_owned(),
        };
        self.context.report.notice(&format!("waiting for {}, which is {purpose}", printable(holder)));
    }
}
