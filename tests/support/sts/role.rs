//! A role: whom its trust policy allows, under which conditions, and for how long.

use super::key::{Caller, SignedWith};
use time::OffsetDateTime;

/// What a role requires of its callers. The default trusts every principal in its own account and requires nothing.
#[derive(Clone, Debug)]
pub struct RoleSpec {
    pub partition: String,
    pub account: String,
    /// `/` or `/team/ops/`; part of the role's ARN but not of its sessions' ARNs.
    pub path: String,
    /// ARNs of users, roles or sessions, or `…:root` for every principal in that account.
    /// Empty means every principal in the role's own account.
    pub trusts: Vec<String>,
    /// The condition `aws:MultiFactorAuthPresent`.
    pub requires_mfa: bool,
    /// The condition `aws:MultiFactorAuthAge`: only sessions whose code is younger than this, in seconds.
    pub max_mfa_age: Option<i64>,
    /// The condition that `sts:RoleSessionName` is `${aws:username}`.
    pub requires_user_name: bool,
    /// The condition `sts:ExternalId`.
    pub external_id: Option<String>,
    /// 3600 to 43200 seconds.
    pub max_session_duration: u32,
}

impl Default for RoleSpec {
    fn default() -> RoleSpec {
        RoleSpec {
            partition: "aws".into(),
            account: super::ACCOUNT.into(),
            path: "/".into(),
            trusts: Vec::new(),
            requires_mfa: false,
            max_mfa_age: None,
            requires_user_name: false,
            external_id: None,
            max_session_duration: 3600,
        }
    }
}

/// What a trust policy can look at, besides the caller.
pub struct AssumeRequest<'a> {
    /// Whether the call carries a valid code.
    pub has_code: bool,
    pub session_name: &'a str,
    pub external_id: Option<&'a str>,
    pub now: OffsetDateTime,
}

#[derive(Clone)]
pub struct Role {
    pub name: String,
    pub arn: String,
    pub unique_id: String,
    pub spec: RoleSpec,
}

impl Role {
    /// Whether the trust policy allows the call; STS reports every reason against it with the same message.
    pub fn allows(&self, caller: &Caller, request: &AssumeRequest<'_>) -> bool {
        let mfa_age = mfa_age(caller, request);
        self.trusts(caller)
            && (!self.spec.requires_mfa || mfa_age.is_some())
            && self.spec.max_mfa_age.is_none_or(|limit| mfa_age.is_some_and(|age| age < limit))
            && (!self.spec.requires_user_name || user_name(caller) == Some(request.session_name))
            && self.spec.external_id.as_deref().is_none_or(|wanted| request.external_id == Some(wanted))
    }

    pub fn session_arn(&self, session_name: &str) -> String {
        let RoleSpec { partition, account, .. } = &self.spec;
        // AWS leaves out the path.
        let name = self.name.rsplit('/').next().unwrap_or(&self.name);
        format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session_name}")
    }

    fn trusts(&self, caller: &Caller) -> bool {
        // A trust policy cannot name principals of another partition.
        if caller.partition != self.spec.partition {
            return false;
        }
        let root = |account: &str| format!("arn:{}:iam::{account}:root", caller.partition);
        let named = |principal: &String| {
            *principal == caller.arn
                || *principal == root(&caller.account)
                || matches!(&caller.signed_with, SignedWith::RoleSession { role, .. } if role == principal)
        };
        match self.spec.trusts.as_slice() {
            [] => caller.account == self.spec.account,
            principals => principals.iter().any(named),
        }
    }
}

/// `aws:MultiFactorAuthAge` in seconds; `None` without MFA. A role session never counts as MFA, even if its caller used
/// MFA: chaining loses that context.
fn mfa_age(caller: &Caller, request: &AssumeRequest<'_>) -> Option<i64> {
    match caller.signed_with {
        SignedWith::LongTermKeys => request.has_code.then_some(0),
        SignedWith::UserSession { mfa_at } => mfa_at.map(|at| (request.now - at).whole_seconds()),
        SignedWith::RoleSession { .. } => None,
    }
}

/// `aws:username`, which only users have.
fn user_name(caller: &Caller) -> Option<&str> {
    let is_user = !matches!(caller.signed_with, SignedWith::RoleSession { .. });
    caller.arn.rsplit('/').next().filter(|_| is_user)
}
