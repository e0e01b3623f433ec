//! What a sign-in does about two refusals: AWS has ended a cached session early, and a role allows less than its
//! profile asks for.

use super::perform::Performance;
use super::steps::{Reuse, Steps};
use crate::credentials::SessionCredentials;
use crate::error::{Error, Refusal, Result};
use crate::origin::{Origin, Sourced};
use crate::plan::{SessionKey, Signer, StsCall};
use crate::profile::SessionDuration;
use crate::session::Entry;
use crate::warning::Warning;

/// A session that was made for one hour instead, and what signed it.
pub(super) struct Shorter {
    pub credentials: SessionCredentials,
    pub signed_by: Option<Entry>,
}

impl Performance<'_> {
    /// Whether AWS says that the session that signed a call has expired although it was in the cache. One that was made
    /// during this sign-in (`begun`, in ms since 1970) would fare no better if it were made again, and would need a
    /// code.
    pub(super) fn is_ended_early(issued: &Result<SessionCredentials>, parent: Option<&Entry>, begun: i64) -> bool {
        is_refused(issued, &Refusal::Expired) && parent.is_some_and(|parent| parent.made < begun)
    }

    /// Removes the session that AWS has ended, and makes the one that signs step `at` again.
    pub(super) fn replace_parent(&self, steps: &Steps<'_>, at: usize, ended: Option<&Entry>) -> Result<Entry> {
        let key = SessionKey::of(steps.list[at - 1].call, self.plan);
        let ended = ended.map(|entry| entry.credentials.access_key_id.as_str());
        // By now another process may have made the next one, which stays.
        self.cache.remove(|e| e.is_of(&key) && Some(e.credentials.access_key_id.as_str()) == ended);
        self.make_once(steps, at - 1)
    }

    /// Whether a role refuses the duration, and the duration is a profile's: one that was typed is not changed
    /// silently.
    pub(super) fn may_take_an_hour(issued: &Result<SessionCredentials>, call: &StsCall) -> bool {
        is_refused(issued, &Refusal::DurationOverRole) && matches!(call.duration.origin, Origin::File { .. })
    }

    /// The role for one hour, which every role allows, if that needs no other code: from what has signed already, or
    /// from a cached MFA session. `None` if there is none.
    pub(super) fn for_an_hour(&self, call: &StsCall, parent: Option<&Entry>, reuse: Reuse) -> Result<Option<Shorter>> {
        let hour = Sourced::default_of(SessionDuration::ONE_HOUR);
        let (shorter, signed_by) = match &call.mfa {
            None => (StsCall { duration: hour, ..call.clone() }, parent.cloned()),
            Some(device) => {
                let mfa_session = StsCall::mfa_session(call.source().clone(), device.clone(), None);
                // The code is used by now, so an older MFA session may serve, unless all are to be new.
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
        Ok(Some(Shorter { credentials, signed_by }))
    }
}

fn is_refused(issued: &Result<SessionCredentials>, reason: &Refusal) -> bool {
    matches!(issued, Err(Error::Aws(refusal)) if refusal.reason == *reason)
}
