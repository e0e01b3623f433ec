//! Recovery from two refusals: AWS says that a cached session has expired, and a role does not allow the duration that
//! its profile asks for.

use super::execute::Execution;
use super::steps::{Reuse, Steps};
use crate::credentials::SessionCredentials;
use crate::error::{Error, Refusal, Result};
use crate::origin::{Origin, Sourced};
use crate::plan::{SessionKey, Signer, StsCall};
use crate::profile::SessionDuration;
use crate::session::Entry;
use crate::warning::Warning;

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
                // The code is used up, so even an MFA session from before it is acceptable, except with --renew.
                let mfa_made_since = reuse.mfa_made_since.filter(|_| self.options.renew);
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
