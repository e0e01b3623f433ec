//! Performing the steps. For each: cached, else under the lock: cached by now, else made and cached.

use super::request::Options;
use super::steps::Steps;
use crate::clock;
use crate::context::Context;
use crate::credentials::{Keys, SessionCredentials, TokenCode};
use crate::error::Result;
use crate::mfa::CodeSource;
use crate::plan::{Plan, SessionKey, StsCall, device_lock};
use crate::printable::printable;
use crate::session::{Cache, Entry};
use crate::source;
use crate::sts::Sts;
use crate::warning::Warning;
use std::cell::Cell;
use std::time::Duration;

/// How long another process may hold a lock that this one needs. Nobody takes longer to type a code, unless they have
/// left.
const LOCK_PATIENCE: Duration = Duration::from_mins(2);

/// One sign-in under way.
pub(super) struct Performance<'a> {
    pub(super) plan: &'a Plan,
    pub(super) cache: &'a Cache<'a>,
    pub(super) sts: Sts,
    pub(super) code: CodeSource,
    pub(super) code_used: Cell<bool>,
    pub(super) options: &'a Options,
    pub(super) context: &'a Context,
}

impl<'a> Performance<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        cache: &'a Cache<'a>,
        code: CodeSource,
        options: &'a Options,
        context: &'a Context,
    ) -> Self {
        let sts = Sts::at(plan.endpoint.clone());
        Performance { plan, cache, sts, code, code_used: Cell::new(false), options, context }
    }

    /// The session of the last step, and whether a code has been sent for it.
    pub(super) fn session(&self, steps: &Steps<'_>) -> (Result<Entry>, bool) {
        let session = self.perform(steps, steps.list.len() - 1);
        (session, self.code_used.get())
    }

    /// The rule.
    fn perform(&self, steps: &Steps<'_>, at: usize) -> Result<Entry> {
        match steps.list[at].cached() {
            Some(cached) => Ok(cached),
            None => self.make_once(steps, at),
        }
    }

    /// The second half of the rule. The lock is the device's if a code is used, else the session's own, so locks are
    /// always taken from the target towards the keys.
    pub(super) fn make_once(&self, steps: &Steps<'_>, at: usize) -> Result<Entry> {
        let step = &steps.list[at];
        let key = SessionKey::of(step.call, self.plan);
        let lock = || if step.call.mfa.is_some() { device_lock(step.call, self.plan) } else { key.digest() };
        let waiting = |holder: &str| self.report_waiting(holder, step.call);
        self.cache.single_flight(&key, lock, &step.criteria, LOCK_PATIENCE, waiting, || self.make(steps, at, &key))
    }

    /// Makes the session of a step: first the session that signs the call, then the call.
    fn make(&self, steps: &Steps<'_>, at: usize, key: &SessionKey) -> Result<Entry> {
        let step = &steps.list[at];
        let begun = clock::now_ms();
        let mut parent = if at > 0 { Some(self.perform(steps, at - 1)?) } else { None };
        let mut issued = self.call(step.call, parent.as_ref());
        if Self::is_ended_early(&issued, parent.as_ref(), begun) {
            parent = Some(self.replace_parent(steps, at, parent.as_ref())?);
            issued = self.call(step.call, parent.as_ref());
        }
        if Self::may_take_an_hour(&issued, step.call)
            && let Some(shorter) = self.for_an_hour(step.call, parent.as_ref(), steps.reuse)?
        {
            return Ok(entry(step.call, key, shorter.credentials, shorter.signed_by.as_ref()));
        }
        Ok(entry(step.call, key, issued?, parent.as_ref()))
    }

    /// One call of the plan, with a code if it takes one.
    fn call(&self, call: &StsCall, parent: Option<&Entry>) -> Result<SessionCredentials> {
        if call.mfa.is_some() { self.call_with_code(call) } else { self.send(call, parent, None) }
    }

    /// Sends one call, signed by the session before it or by the keys.
    pub(super) fn send(
        &self,
        call: &StsCall,
        parent: Option<&Entry>,
        code: Option<TokenCode>,
    ) -> Result<SessionCredentials> {
        let keys = match parent {
            Some(parent) => parent.credentials.keys(),
            None => self.keys(call)?,
        };
        let waiting = |host: &str| self.context.report.notice(&format!("waiting for {}", printable(host)));
        let issued = self.sts.call(call, keys, code, waiting)?;
        if let Some(offset) = self.sts.take_clock_offset() {
            self.context.warnings.add(Warning::ClockDiffers(offset));
        }
        Ok(issued)
    }

    /// The keys that sign the first call of all.
    pub(super) fn keys(&self, call: &StsCall) -> Result<Keys> {
        source::resolve(call.source())
    }

    fn report_waiting(&self, holder: &str, call: &StsCall) {
        let target = call.mfa.as_ref().map_or("the same role", |device| device.value.name());
        let (holder, target) = (printable(holder), printable(target));
        self.context.report.notice(&format!("waiting: {holder} is signing in with {target}"));
    }
}

/// The session as it is cached. One that took a code has a new MFA session behind it, the others have that of the
/// session that signed.
fn entry(call: &StsCall, key: &SessionKey, credentials: SessionCredentials, signed_by: Option<&Entry>) -> Entry {
    let made = clock::now_ms();
    let older = signed_by.filter(|_| call.mfa.is_none());
    Entry { key: key.text(), credentials, made, mfa_made: older.map_or(made, |signer| signer.mfa_made) }
}
