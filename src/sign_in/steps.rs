//! The calls of a plan, each with its cached session: the list that `explain` prints and a sign-in executes.

use crate::clock;
use crate::credentials::Expiration;
use crate::origin::Origin;
use crate::plan::{FactKey, Operation, Plan, SessionKey, StsCall};
use crate::profile::RoleArn;
use crate::session::{Cache, Entry, MfaAge, ReuseCriteria};

/// In seconds. A session that only signs the next call needs no more time left than this.
const MIN_TTL_TO_SIGN: u32 = 60;

/// Which cached sessions may be used.
#[derive(Clone, Copy, Debug)]
pub struct Reuse {
    /// Seconds that the session of the last step must have left.
    pub min_ttl: u32,
    /// If set, the MFA session must be at least this new, in milliseconds since 1970, and so must the one from which a
    /// cached role session was made.
    pub mfa_made_since: Option<i64>,
    /// The same for the MFA session alone. A role session that was made while it was younger is as good as a new one.
    pub mfa_session_made_since: Option<i64>,
}

/// How old the MFA session of a call may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaxAge {
    /// In seconds.
    pub seconds: i64,
    /// The setting or option; `None` if the role has refused a session of this age.
    pub origin: Option<Origin>,
    /// Whether a session is cached that only its age rules out.
    pub excludes_cached: bool,
}

/// The steps of a sign-in, beginning at the keys. The session of the last step is the one to export. There is always at
/// least one step.
pub struct Steps<'a> {
    /// The steps in the order of their calls.
    pub list: Vec<Step<'a>>,
    /// The rule by which cached sessions were chosen.
    pub reuse: Reuse,
}

/// One call, and whether it will be made.
pub struct Step<'a> {
    /// The call of the plan.
    pub call: &'a StsCall,
    /// The criteria that a cached session must meet to be used for this step.
    pub criteria: ReuseCriteria,
    /// For an MFA session, how old it may be.
    pub max_age: Option<MaxAge>,
    /// Whether the call will be made.
    pub state: StepState,
}

/// Whether a call will be made.
pub enum StepState {
    /// It will be made.
    ToMake,
    /// Its session is in the cache.
    Cached(Box<Entry>),
    /// The session of a later call is in the cache.
    NotNeeded,
}

impl<'a> Steps<'a> {
    /// Looks up the session of each call in the cache, from the last one towards the keys, until one is found.
    pub fn of(plan: &'a Plan, cache: &Cache<'_>, reuse: Reuse) -> Self {
        let mut list = Vec::with_capacity(2);
        let mut is_needed = true;
        let mut next = Some(&plan.call);
        let mut role_to_assume = None;
        while let Some(call) = next {
            let min_ttl = if list.is_empty() { reuse.min_ttl } else { MIN_TTL_TO_SIGN };
            let mut criteria = reuse.criteria(call, min_ttl);
            let mut cached = if is_needed { cached_session(call, plan, cache, &criteria) } else { None };
            let role = role_to_assume.filter(|_| cached.is_some());
            let mut max_age = if is_needed { max_age(call, role, plan, cache) } else { None };
            if let Some(MaxAge { seconds, origin: None, excludes_cached }) = &mut max_age {
                criteria.made_after(clock::now_ms() - *seconds * 1000);
                let found = cached.take();
                let is_found = found.is_some();
                cached = found.filter(|entry| entry.meets(&criteria, clock::now()));
                *excludes_cached = is_found && cached.is_none();
            }
            let state = match cached {
                Some(entry) => StepState::Cached(Box::new(entry)),
                None if is_needed => StepState::ToMake,
                None => StepState::NotNeeded,
            };
            is_needed &= matches!(state, StepState::ToMake);
            list.push(Step { call, criteria, max_age, state });
            role_to_assume = call.role_arn();
            next = call.parent();
        }
        list.reverse();
        Steps { list, reuse }
    }

    /// The session of the last step, if it is cached.
    pub(super) fn cached_target(&self) -> Option<&Entry> {
        match &self.list.last()?.state {
            StepState::Cached(entry) => Some(entry),
            StepState::ToMake | StepState::NotNeeded => None,
        }
    }

    /// Takes the session of the last step, if it is cached.
    pub(super) fn take_cached_target(&mut self) -> Option<Entry> {
        let target = self.list.last_mut().filter(|step| matches!(step.state, StepState::Cached(_)))?;
        match std::mem::replace(&mut target.state, StepState::NotNeeded) {
            StepState::Cached(entry) => Some(*entry),
            StepState::ToMake | StepState::NotNeeded => None,
        }
    }

    /// Whether a call that needs a code will be made.
    pub fn need_code(&self) -> bool {
        self.list.iter().any(|step| step.call.mfa.is_some() && matches!(step.state, StepState::ToMake))
    }
}

impl Step<'_> {
    /// The cached session, if it still meets the criteria: waiting for a lock or a code may have taken minutes.
    pub(super) fn cached(&self) -> Option<Entry> {
        match &self.state {
            StepState::Cached(entry) if entry.meets(&self.criteria, clock::now()) => Some(Entry::clone(entry)),
            _ => None,
        }
    }

    /// Seconds since the MFA code of the cached session was accepted; `None` if it was made without one.
    pub fn mfa_age(&self) -> Option<i64> {
        match &self.state {
            StepState::Cached(entry) => entry.mfa_age(clock::now()),
            StepState::ToMake | StepState::NotNeeded => None,
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

/// The cached session of a call, or one that is as good.
fn cached_session(call: &StsCall, plan: &Plan, cache: &Cache<'_>, criteria: &ReuseCriteria) -> Option<Entry> {
    let key = SessionKey::of(call, plan);
    cache.fetch(&key, criteria).or_else(|| {
        let entry = cache.fetch(&SessionKey::alternative(call, plan)?, criteria)?;
        key.identity.matches(entry.credentials.identity.as_deref(), None).then_some(entry)
    })
}

/// How old the MFA session of a call may be; `None` if it may have any age, or if the call makes no MFA session. What is
/// known about `role` counts if the session signs the call for it.
fn max_age(call: &StsCall, role: Option<&RoleArn>, plan: &Plan, cache: &Cache<'_>) -> Option<MaxAge> {
    if !matches!(call.operation, Operation::GetSessionToken) {
        return None;
    }
    let set = plan.mfa_max_age.as_ref();
    let set = set.map(|age| MaxAge {
        seconds: age.value.seconds().into(),
        origin: Some(age.origin.clone()),
        excludes_cached: false,
    });
    let learned = match role.and_then(|role| cache.mfa_age(&FactKey::mfa_age(role, plan))) {
        Some(MfaAge::Below(seconds)) => Some(MaxAge { seconds, origin: None, excludes_cached: false }),
        Some(MfaAge::RefusedNew(_)) | None => None,
    };
    set.into_iter().chain(learned).min_by_key(|age| age.seconds)
}

impl Reuse {
    fn criteria(self, call: &StsCall, min_ttl: u32) -> ReuseCriteria {
        let duration = call.duration.value.seconds().into();
        let mfa_made_since = match call.operation {
            Operation::GetSessionToken => self.mfa_made_since.max(self.mfa_session_made_since),
            Operation::AssumeRole { .. } => self.mfa_made_since,
        };
        ReuseCriteria { min_ttl: min_ttl.into(), mfa_made_since, duration }
    }

    /// The criteria for a session that only signs the next call.
    pub fn to_sign(self, call: &StsCall) -> ReuseCriteria {
        self.criteria(call, MIN_TTL_TO_SIGN)
    }
}

/// Whether an MFA session is cached that cannot sign this call, because the role session is for more than an hour: it takes
/// a code of its own.
pub fn has_mfa_session_beside(call: &StsCall, plan: &Plan, cache: &Cache<'_>, reuse: Reuse) -> bool {
    let Some(device) = call.mfa.as_ref().filter(|_| call.role_arn().is_some()) else { return false };
    let mfa_session = StsCall::mfa_session(call.source().clone(), device.clone(), None);
    cache.fetch(&SessionKey::of(&mfa_session, plan), &reuse.to_sign(&mfa_session)).is_some()
}

/// An MFA session that is cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MfaSession {
    /// When it expires.
    pub expiration: Expiration,
    /// How long such a session lasts, in seconds.
    pub duration: u32,
}

impl MfaSession {
    /// The one from which the calls of this plan are signed. If the call with the code is the last one, it is the session
    /// that the plan leads to.
    pub fn of(plan: &Plan, cache: &Cache<'_>) -> Option<Self> {
        let mut call = &plan.call;
        while call.mfa.is_none() {
            call = call.parent()?;
        }
        let duration = call.duration.value.seconds();
        let any = ReuseCriteria { min_ttl: 0, mfa_made_since: None, duration: duration.into() };
        let cached = cached_session(call, plan, cache, &any)?;
        Some(MfaSession { expiration: cached.credentials.expiration, duration })
    }
}
