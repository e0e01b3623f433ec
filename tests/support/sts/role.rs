//! A role: whom its trust policy allows, under which conditions, and for how long.

use super::key::{Caller, SignedWith};

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
            external_id: None,
            max_session_duration: 3600,
        }
    }
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
    pub fn allows(&self, caller: &Caller, mfa_in_this_call: bool, external_id: Option<&str>) -> bool {
        self.trusts(caller)
            && (!self.spec.requires_mfa || mfa_present(caller, mfa_in_this_call))
            && self.spec.external_id.as_deref().is_none_or(|wanted| external_id == Some(wanted))
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

/// A role session never counts as MFA, even if its caller used MFA: chaining loses that context.
fn mfa_present(caller: &Caller, mfa_in_this_call: bool) -> bool {
    match caller.signed_with {
        SignedWith::LongTermKeys => mfa_in_this_call,
        SignedWith::UserSession { mfa } => mfa,
        SignedWith::RoleSession { .. } => false,
    }
}
