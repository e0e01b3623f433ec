//! The cached sessions, and which profile each one belongs to.

use crate::clock;
use crate::environment;
use crate::error::Result;
use crate::origin::{Origin, Sourced};
use crate::plan::{FactKey, Overrides, Plan, SessionKey};
use crate::profile::{Chain, DeviceChoice, MfaSerial, checked};
use crate::session::{Cache, Entry};
use crate::variables::Variables;
use crate::warning::Warnings;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;

/// The variable that names the MFA device of every sign-in.
const DEVICE: &str = "MFA_ENV_MFA_SERIAL";

/// Cached sessions by role and source. Without this index, each of 2,000 profiles would search all sessions.
pub(super) struct CachedSessions<'a> {
    sessions: BTreeMap<RoleAndSource<'a>, Vec<CachedSession<'a>>>,
    cache: &'a Cache<'a>,
    /// When access keys were created, by their IDs, in seconds since 1970.
    key_times: BTreeMap<String, i64>,
    /// The environment as it would be without a session in it.
    variables: Cow<'a, Variables>,
    /// The device that a variable names for every sign-in.
    device: Option<Sourced<DeviceChoice>>,
}

struct CachedSession<'a> {
    entry: &'a Entry,
    /// Whether a sign-in to a profile of the AWS files would use it.
    has_profile: Cell<bool>,
}

/// The ARN of the role, which differs most often, and the identity of the source, as name and value; `None` if an entry has
/// none.
type RoleAndSource<'a> = (Option<&'a str>, Option<(&'a str, &'a str)>);

impl<'a> CachedSessions<'a> {
    pub(super) fn of(entries: &'a [Entry], cache: &'a Cache<'a>, variables: &'a Variables) -> Self {
        let mut sessions: BTreeMap<_, Vec<CachedSession<'_>>> = BTreeMap::new();
        for entry in entries {
            let session = CachedSession { entry, has_profile: Cell::new(false) };
            sessions.entry((entry.field("role_arn"), entry.source())).or_default().push(session);
        }
        let named = variables.text(DEVICE).ok().flatten();
        let device = named.and_then(|d| checked("mfa_serial", d, &Origin::Variable(DEVICE), DeviceChoice::parse).ok());
        let key_times = cache.access_key_times();
        CachedSessions { sessions, cache, key_times, variables: environment::without_session(variables), device }
    }

    /// When an access key was created, in seconds since 1970, if that is known.
    pub(super) fn key_created(&self, access_key_id: &str) -> Option<i64> {
        self.key_times.get(access_key_id).copied()
    }

    /// Seconds left on the cached session that a sign-in without options would use. A plan is made only for profiles whose
    /// keys and role occur in the cache.
    pub(super) fn seconds_left(&self, chain: &Chain) -> Option<i64> {
        let source = chain.source.source.identity();
        let role = chain.roles.first().map(|role| role.role_arn.value.as_str());
        let candidates = self.sessions.get(&(role, Some((source.name, &source.value))))?;
        let left = |listed_device| {
            let plan = self.plan(chain, listed_device).ok()?;
            let key = SessionKey::of(&plan.call, &plan).text();
            let session = candidates.iter().find(|session| session.entry.key == key);
            let left = session.map(|session| {
                session.has_profile.set(true);
                session.entry.seconds_left(clock::now())
            });
            Some((left, FactKey::device(&plan)))
        };
        if self.device.is_some() || chain.device().is_some() || chain.excludes_device() {
            return left(None)?.0;
        }
        // A sign-in may have looked up the device.
        let without_device = left(None).and_then(|(seconds, _)| seconds);
        without_device.or_else(|| left(self.cache.device(&left(Some(MfaSerial::not_listed_yet()))?.1))?.0)
    }

    /// The sessions that no profile would use: those of removed profiles and of sign-ins with options. Only after all
    /// profiles have asked for theirs.
    pub(super) fn without_profile(&self) -> impl Iterator<Item = &'a Entry> {
        let all = self.sessions.values().flatten();
        all.filter(|session| !session.has_profile.get()).map(|session| session.entry)
    }

    /// The ARN of the user that the keys of a profile without a role belong to, if a sign-in has learned it.
    ///
    /// # Errors
    /// A sign-in is not possible.
    pub(super) fn user(&self, chain: &Chain) -> Result<Option<String>> {
        let plan = self.plan(chain, Some(MfaSerial::not_listed_yet()))?;
        Ok(self.cache.user(&FactKey::user(&plan)))
    }

    /// The plan of a sign-in without options. Only a sign-in warns about its profile.
    fn plan(&self, chain: &Chain, listed_device: Option<MfaSerial>) -> Result<Plan> {
        let ambient_region = environment::ambient_region(&self.variables)?;
        let listed_device = listed_device.map(|device| Sourced::new(device, Origin::Listed));
        let overrides = Overrides { listed_device, mfa_serial: self.device.clone(), ..Overrides::default() };
        Plan::make(chain.clone(), &overrides, ambient_region, &self.variables, &Warnings::default())
    }
}
