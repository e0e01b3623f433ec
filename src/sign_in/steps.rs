//! The calls of a plan with what the cache has of each: what `explain` prints and a sign-in performs.

use crate::clock;
use crate::credentials::Expiration;
use crate::plan::{Plan, SessionKey, StsCall};
use crate::session::{Cache, Entry, ReuseCriteria};

/// A session that only signs the next call needs no more time than this, in seconds.
const MIN_TTL_TO_SIGN: u32 = 60;

/// Which cached sessions may be used.
#[derive(Clone, Copy, Debug)]
pub struct Reuse {
    /// Seconds that the session that is handed out must have left.
    pub min_ttl: u32,
    /// The MFA session must have been made since then, in ms since 1970.
    pub mfa_made_since: Option<i64>,
}

/// The steps to the session, from the keys on; the last one is the session that is handed out.
pub struct Steps<'a> {
    pub list: Vec<Step<'a>>,
    pub reuse: Reuse,
}

/// One call, and whether it will be made.
pub struct Step<'a> {
    pub call: &'a StsCall,
    /// What a cached session must be like to be used for this step.
    pub criteria: ReuseCriteria,
    pub state: StepState,
}

/// Whether a call will be made.
pub enum StepState {
    ToMake,
    /// Its session is in the cache.
    Cached(Box<Entry>),
    /// The session of a later call is in the cache.
    NotNeeded,
}

impl<'a> Steps<'a> {
    /// Looks each call's session up in the cache, from the one that is handed out towards the keys, as far as it is
    /// needed.
    pub fn of(plan: &'a Plan, cache: &Cache<'_>, reuse: Reuse) -> Self {
        let mut list = Vec::with_capacity(2);
        let mut is_needed = true;
        let mut next = Some(&plan.call);
        while let Some(call) = next {
            let min_ttl = if list.is_empty() { reuse.min_ttl } else { MIN_TTL_TO_SIGN };
            let criteria = reuse.criteria(call, min_ttl);
            let state = match is_needed.then(|| cache.fetch(&SessionKey::of(call, plan), &criteria)) {
                Some(Some(entry)) => StepState::Cached(Box::new(entry)),
                Some(None) => StepState::ToMake,
                None => StepState::NotNeeded,
            };
            is_needed &= matches!(state, StepState::ToMake);
            list.push(Step { call, criteria, state });
            next = call.parent();
        }
        list.reverse();
        Steps { list, reuse }
    }

    /// Takes the session that is handed out, if it is in the cache.
    pub(super) fn take_cached_target(&mut self) -> Option<Entry> {
        let target = self.list.last_mut().filter(|step| matches!(step.state, StepState::Cached(_)))?;
        match std::mem::replace(&mut target.state, StepState::NotNeeded) {
            StepState::Cached(entry) => Some(*entry),
            StepState::ToMake | StepState::NotNeeded => None,
        }
    }

    /// Whether a call that takes a code will be made.
    pub fn need_code(&self) -> bool {
        self.list.iter().any(|step| step.call.mfa.is_some() && matches!(step.state, StepState::ToMake))
    }
}

impl Step<'_> {
    /// The cached session, as long as it still meets the criteria: a wait for a lock or a code may have taken minutes.
    pub(super) fn cached(&self) -> Option<Entry> {
        match &self.state {
            StepState::Cached(entry) if entry.meets(&self.criteria, clock::now()) => Some(Entry::clone(entry)),
            _ => None,
        }
    }

    /// When the cached session expires.
    pub fn cached_until(&self) -> Option<Expiration> {
        match &self.state {
            StepState::Cached(entry) => Some(entry.credentials.expiration),
            StepState::ToMake | StepState::NotNeeded => None,
        }
    }
}

impl Reuse {
    fn criteria(self, call: &StsCall, min_ttl: u32) -> ReuseCriteria {
        let duration = call.duration.value.seconds().into();
        ReuseCriteria { min_ttl: min_ttl.into(), mfa_made_since: self.mfa_made_since, duration }
    }

    /// For a session that only signs the next call.
    pub fn to_sign(self, call: &StsCall) -> ReuseCriteria {
        self.criteria(call, MIN_TTL_TO_SIGN)
    }
}
