//! The key under which a session is cached: everything that decides what the session is, and nothing else.
//!
//! The key of an MFA session consists of the partition, the source of the keys, the MFA device, the custom endpoint, the
//! trust anchors and a typed `--duration`. The region, the role and the profile do not matter, so three roles in three regions need only
//! one code. The key of a role session has its endpoint and the parameters of every role in the chain instead of the
//! `--duration`.

use super::{Endpoint, Operation, Plan, StsCall};
use crate::profile::{RoleArn, RoleSessionName};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// Raised whenever a field changes its meaning, so that older cache entries are no longer found.
const VERSION: &str = "2";

/// The index of the field that identifies the source of the keys.
pub const SOURCE_FIELD: usize = 3;

/// The key of a cached session. It contains no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionKey {
    /// Names and values in a fixed order: version and kind, the source at [`SOURCE_FIELD`], then the rest.
    pub fields: Vec<(&'static str, String)>,
    /// Whose session it is. It follows from the fields.
    pub identity: SessionIdentity,
}

/// Whose session it is, as STS's response says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionIdentity {
    /// A user's: the response to GetSessionToken does not say whose.
    User,
    /// That of a role, with this ARN.
    Role(String),
    /// That of a role whose session has the name of the IAM user: its ARN up to that name. An access key never changes
    /// its user, so the name need not be known to find the session again.
    RoleForUser(String),
}

impl SessionIdentity {
    fn of(call: &StsCall) -> Self {
        match &call.operation {
            Operation::GetSessionToken => SessionIdentity::User,
            Operation::AssumeRole { role_arn, role_session_name: Some(name), .. } => {
                SessionIdentity::Role(role_arn.value.session_arn(name.value.as_str()))
            }
            Operation::AssumeRole { role_arn, role_session_name: None, .. } => {
                SessionIdentity::RoleForUser(role_arn.value.session_arn(""))
            }
        }
    }

    /// Whether this ARN of a response names the session. `user_name` is the name that was requested for a session with
    /// the name of the user.
    pub fn matches(&self, arn: Option<&str>, user_name: Option<&str>) -> bool {
        match self {
            SessionIdentity::User => arn.is_none(),
            SessionIdentity::Role(expected) => arn == Some(expected),
            SessionIdentity::RoleForUser(role) => arn
                .and_then(|arn| arn.strip_prefix(role.as_str()))
                .is_some_and(|name| Some(name) == user_name && RoleSessionName::parse(name).is_ok()),
        }
    }
}

impl SessionKey {
    /// The key of the session that a call of this plan issues.
    pub fn of(call: &StsCall, plan: &Plan) -> Self {
        let mut fields = Vec::with_capacity(16);
        fields.push(("version", VERSION.to_owned()));
        fields.push(("kind", if call.role_arn().is_some() { "role" } else { "mfa" }.to_owned()));
        fields.push(("partition", plan.partition.clone()));
        let source = call.source().source.identity();
        fields.push((source.name, source.value.into_owned()));
        let device = call.device().map(|d| d.value.as_str().to_owned()).unwrap_or_default();
        fields.push(("device", device));
        fields.push(("custom_endpoint", custom_endpoint(&plan.endpoint)));
        fields.push(("trust_anchor", trust_anchor(&plan.endpoint)));
        // Not valid in opt-in regions, so it must not be found for a role there (IAM user guide, "Manage AWS STS in an AWS
        // Region").
        if call.role_arn().is_none() && plan.endpoint.legacy.is_some() {
            fields.push(("global_endpoint", "true".to_owned()));
        }
        match call.operation {
            Operation::GetSessionToken if call.duration.origin.is_option() => {
                fields.push(("duration", call.duration.value.seconds().to_string()));
            }
            Operation::GetSessionToken => {}
            Operation::AssumeRole { .. } => {
                fields.push(("endpoint", plan.endpoint.host()));
                push_roles(call, &mut fields);
            }
        }
        SessionKey { fields, identity: SessionIdentity::of(call) }
    }

    /// The key of a session that may be as good as the one of this call: a regional MFA session is valid everywhere, and
    /// the name that is set for a role session may be that of the user, which the identity of the session shows.
    pub fn alternative(call: &StsCall, plan: &Plan) -> Option<Self> {
        let mut key = SessionKey::of(call, plan);
        match call.operation {
            Operation::GetSessionToken => {
                let at = key.fields.iter().position(|(name, _)| *name == "global_endpoint")?;
                key.fields.remove(at);
            }
            Operation::AssumeRole { .. } => {
                let mut names = key.fields.iter_mut().rev().filter(|(name, _)| *name == "role_session_name");
                let (_, name) = names.next().filter(|(_, name)| !name.is_empty())?;
                name.clear();
                key.identity = SessionIdentity::RoleForUser(call.role_arn()?.session_arn(""));
            }
        }
        Some(key)
    }

    /// The fields in one line, as `name=value` separated by spaces. No value can contain a space.
    pub fn text(&self) -> String {
        text_of(&self.fields)
    }

    /// A file name for the session: SHA-256 over the values, each preceded by its length, as 64 hexadecimal digits. The
    /// names are left out, because version and kind, which come first, determine the order of the fields.
    pub fn digest(&self) -> String {
        digest_of(self.fields.iter().map(|(_, value)| value.as_str()))
    }
}

/// The key of a fact about a user or a role that earlier sign-ins have learned from AWS. It contains no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactKey(Vec<(&'static str, String)>);

impl FactKey {
    /// Of the user that the keys of a plan belong to.
    pub fn user(plan: &Plan) -> Self {
        FactKey::of_kind("user", plan)
    }

    /// Of the user that the keys belong to from which a cached session was made, given the fields of its [`SessionKey`].
    /// `None` if the keys are not an access key.
    pub fn user_of<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let names = ["partition", "access_key_id", "custom_endpoint", "trust_anchor"];
        let mut fields = vec![("version", VERSION.to_owned()), ("kind", "user".to_owned())];
        for name in names {
            fields.push((name, field(name)?.to_owned()));
        }
        Some(FactKey(fields))
    }

    /// Of the MFA device of that user.
    pub fn device(plan: &Plan) -> Self {
        FactKey::of_kind("device", plan)
    }

    /// Of an access key of that user, which need not be the one of the plan.
    pub fn access_key(id: &str, plan: &Plan) -> Self {
        let mut key = FactKey::of_kind("access-key", plan);
        id.clone_into(&mut key.0[SOURCE_FIELD].1);
        key
    }

    fn of_kind(kind: &str, plan: &Plan) -> Self {
        let source = plan.call.source().source.identity();
        FactKey(vec![
            ("version", VERSION.to_owned()),
            ("kind", kind.to_owned()),
            ("partition", plan.partition.clone()),
            (source.name, source.value.into_owned()),
            ("custom_endpoint", custom_endpoint(&plan.endpoint)),
            ("trust_anchor", trust_anchor(&plan.endpoint)),
        ])
    }

    /// Of the age of the MFA sessions with which this user may assume a role. Policies of both can limit it.
    pub fn mfa_age(role: &RoleArn, plan: &Plan) -> Self {
        let mut key = FactKey::of_kind("mfa-age", plan);
        key.0.push(("role_arn", role.as_str().to_owned()));
        key
    }

    /// The fields in one line, as in [`SessionKey::text`].
    pub fn text(&self) -> String {
        text_of(&self.0)
    }

    /// A file name for the fact, as in [`SessionKey::digest`].
    pub fn digest(&self) -> String {
        digest_of(self.0.iter().map(|(_, value)| value.as_str()))
    }
}

/// An MFA device's two locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceLock {
    /// Held while the user is asked for a code.
    Asking,
    /// Held while a code is sent and its session cached.
    Calling,
}

/// The name of one of an MFA device's locks, as 64 hexadecimal digits.
pub fn device_lock(lock: DeviceLock, call: &StsCall, plan: &Plan) -> String {
    let purpose = match lock {
        DeviceLock::Asking => "asking",
        DeviceLock::Calling => "device",
    };
    let device = call.device().map(|d| d.value.as_str()).unwrap_or_default();
    let endpoint = custom_endpoint(&plan.endpoint);
    let source = call.source().source.identity();
    digest_of([VERSION, purpose, &plan.partition, &source.value, device, &endpoint].into_iter())
}

/// Adds the parameters of every AssumeRole of the chain, beginning at the keys.
fn push_roles(call: &StsCall, fields: &mut Vec<(&'static str, String)>) {
    if let Some(parent) = call.parent() {
        push_roles(parent, fields);
    }
    if let Operation::AssumeRole { role_arn, role_session_name, external_id, .. } = &call.operation {
        fields.push(("role_arn", role_arn.value.as_str().to_owned()));
        let name = role_session_name.as_ref().map(|name| name.value.as_str().to_owned());
        fields.push(("role_session_name", name.unwrap_or_default()));
        fields.push(("external_id", external_id.as_ref().map(|e| e.value.as_str().to_owned()).unwrap_or_default()));
        fields.push(("duration", call.duration.value.seconds().to_string()));
    }
}

fn text_of(fields: &[(&'static str, String)]) -> String {
    let mut text = String::with_capacity(fields.len() * 32);
    for (name, value) in fields {
        let separator = if text.is_empty() { "" } else { " " };
        text.extend([separator, name, "=", value]);
    }
    text
}

fn custom_endpoint(endpoint: &Endpoint) -> String {
    endpoint.url.as_ref().map(|url| url.value.clone()).unwrap_or_default()
}

/// The paths of the trust anchors, encoded because no value may contain a space.
fn trust_anchor(endpoint: &Endpoint) -> String {
    let paths = endpoint.trust_anchors().iter().map(|anchor| {
        let path = std::path::absolute(&anchor.value).unwrap_or_else(|_| anchor.value.clone().into());
        utf8_percent_encode(&path.to_string_lossy(), NON_ALPHANUMERIC).to_string()
    });
    paths.collect::<Vec<_>>().join(",")
}

fn digest_of<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}
