//! Recovery from three refusals: AWS says that a cached session has expired, a role does not allow the duration that its
//! profile asks for, and a role may require a younger MFA session than the cached one.

use super::execute::Execution;
use super::steps::{Reuse, Step, StepState, Steps};
use crate::clock::{self, HumanDuration};
use crate::credentials::SessionCredentials;
use crate::error::{Error, Refusal, Result};
use crate::mfa::CodeSource;
use crate::origin::{Origin, Sourced};
use crate::plan::{FactKey, SessionKey, Signer, StsCall};
use crate::printable::printable;
use crate::profile::SessionDuration;
use crate::session::{Entry, MfaAge};
use crate::warning::Warning;

/// In milliseconds. For this long after a role has refused a new MFA session, nobody is asked for another one.
const REFUSAL_VALIDITY_MS: i64 = 600_000;
/// In seconds. No role requires a session that is younger than this: the code alone takes half a minute.
const YOUNGEST_LIMIT: i64 = 60;

/// A role session of one hour instead of the requested duration, and the session that signed its call.
pub(super) struct ShorterSession {
    pub credentials: SessionCredentials,
    pub signed_by: Option<Entry>,
}

impl Execution<'_> {
    /// Whether AWS says that the cached session that signed a call has expired. A session that was made after the
    /// sign-in `started` (ms since 1970) is not replaced: a new one would be refused as well, and would need another
    /// code.
    pub(super) fn parent_ended_early(issued: &Result<Entry>, parent: Option<&Entry>, started: i64) -> bool {
        is_refused(issued, &Refusal::Expired) && parent.is_some_and(|parent| parent.made < started)
    }

    /// Removes the session that AWS says has expired, and gets a new one to sign step `at`.
    pub(super) fn replace_parent(&self, steps: &Steps<'_>, at: usize, ended: Option<&Entry>) -> Result<Entry> {
        let key = SessionKey::of(steps.list[at - 1].call, self.plan);
        let ended = ended.map(|entry| entry.credentials.access_key_id.as_str());
        // Another process may have replaced it by now, and the new one must stay.
        self.cache.remove(|e| e.is_of(&key) && Some(e.credentials.access_key_id.as_str()) == ended);
        self.make_once(steps, at - 1)
    }

    /// Whether a role may have refused the cached MFA session because of its age (`aws:MultiFactorAuthAge`). AWS does not
    /// say why it refuses, so this is only tried if a new MFA session was not refused a while ago.
    pub(super) fn may_be_too_old(
        &self,
        issued: &Result<Entry>,
        call: &StsCall,
        parent: Option<&Entry>,
        started: i64,
    ) -> bool {
        let signed_by_user = call.parent().is_some_and(|parent| parent.role_arn().is_none());
        let (Some(role), Some(parent), true) = (call.role_arn(), parent, signed_by_user) else { return false };
        if !is_refused(issued, &Refusal::RoleNotAssumable) {
            return false;
        }
        let key = FactKey::mfa_age(role, self.plan);
        if parent.made >= started {
            self.remember_refusal(&key);
            return false;
        }
        if parent.mfa_age(clock::now()).is_none_or(|age| age < YOUNGEST_LIMIT) {
            return false;
        }
        let is_recent = |time| (0..REFUSAL_VALIDITY_MS).contains(&(clock::now_ms() - time));
        let refused_new = matches!(self.cache.mfa_age(&key), Some(MfaAge::RefusedNew(time)) if is_recent(time));
        let can_ask = match self.code {
            CodeSource::Interactive(_) => true,
            CodeSource::Unattended => self.plan.mfa_process.is_some(),
            CodeSource::Given(_) => false,
        };
        can_ask && !refused_new
    }

    /// Remembers that a role has refused a new MFA session, so that the age was not the reason. A limit that is known
    /// stays.
    fn remember_refusal(&self, key: &FactKey) {
        if !matches!(self.cache.mfa_age(key), Some(MfaAge::Below(_))) {
            self.cache.add_mfa_age(key, MfaAge::RefusedNew(clock::now_ms()));
        }
    }

    /// Gets a new MFA session and assumes the role of step `at` with it. If the role accepts it, the age of the other one
    /// is remembered. Returns the first refusal if nobody can be asked for a code.
    ///
    /// # Errors
    /// Somebody was asked, but there is no code.
    pub(super) fn retry_with_new_mfa_session(
        &self,
        refused: Result<Entry>,
        steps: &Steps<'_>,
        at: usize,
        parent: Option<Entry>,
    ) -> Result<(Result<Entry>, Option<Entry>)> {
        let (step, mfa_step) = (&steps.list[at], &steps.list[at - 1]);
        let (Some(old), Some(role)) = (&parent, step.call.role_arn()) else { return Ok((refused, parent)) };
        let age = (clock::now_ms() - old.mfa_made) / 1000;
        self.context.report.notice(&format!(
            "role `{}` refused the MFA session, which is {} old; it may require a younger one",
            printable(role.name()),
            HumanDuration(age.unsigned_abs())
        ));
        let mut criteria = mfa_step.criteria;
        criteria.made_after(old.mfa_made);
        let (call, max_age) = (mfa_step.call, mfa_step.max_age.clone());
        let renewed = Step { call, criteria, max_age, state: StepState::ToMake };
        let new = match self.make_once(&Steps { list: vec![renewed], reuse: steps.reuse }, 0) {
            Err(Error::NoCode(no_code)) if no_code.is_nobody_there() => return Ok((refused, parent)),
            new => new?,
        };
        let issued = self.call(step, Some(&new));
        let key = FactKey::mfa_age(role, self.plan);
        if issued.is_ok() {
            self.cache.add_mfa_age(&key, MfaAge::Below(age));
        } else if is_refused(&issued, &Refusal::RoleNotAssumable) {
            self.remember_refusal(&key);
        }
        Ok((issued, Some(new)))
    }

    /// Whether a role refused a duration that comes from its profile. If the user typed the duration, the sign-in fails
    /// instead.
    pub(super) fn may_retry_for_one_hour(issued: &Result<Entry>, call: &StsCall) -> bool {
        is_refused(issued, &Refusal::DurationOverRole) && matches!(call.duration.origin, Origin::File { .. })
    }

    /// Assumes the role for one hour, which every role allows, provided that this needs no second code: the call is
    /// signed with the same parent, or with a cached MFA session. `None` if no MFA session is cached.
    pub(super) fn retry_for_one_hour(
        &self,
        call: &StsCall,
        parent: Option<&Entry>,
        reuse: Reuse,
    ) -> Result<Option<ShorterSession>> {
        let hour = Sourced::default_of(SessionDuration::ONE_HOUR);
        let (shorter, signed_by) = match &call.mfa {
            None => (StsCall { duration: hour, ..call.clone() }, parent.cloned()),
            Some(device) => {
                let mfa_session = StsCall::mfa_session(call.source().clone(), device.clone(), None);
                // The code is used up, so even an MFA session from before it is acceptable, unless an option forbids it.
                let is_forbidden = self.options.renew || self.plan.overrides.mfa_max_age.is_some();
                let mfa_made_since = reuse.mfa_made_since.filter(|_| is_forbidden);
                let criteria = Reuse { mfa_made_since, ..reuse }.to_sign(&mfa_session);
                let Some(cached) = self.cache.fetch(&SessionKey::of(&mfa_session, self.plan), &criteria) else {
                    return Ok(None);
                };
                let signer = Signer::Session(Box::new(mfa_session));
                (StsCall { duration: hour, mfa: None, signer, ..call.clone() }, Some(cached))
            }
        };
        self.context.warnings.add(Warning::DurationRefused {
            profile: self.plan.profile.to_string(),
            origin: call.duration.origin.clone(),
            from: call.duration.value.seconds(),
        });
        let credentials = self.send(&shorter, signed_by.as_ref(), None)?;
        Ok(Some(ShorterSession { credentials, signed_by }))
    }
}

fn is_refused(issued: &Result<Entry>, reason: &Refusal) -> bool {
    matches!(issued, Err(Error::Aws(refusal)) if refusal.reason == *reason)
}
