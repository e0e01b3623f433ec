//! A role: whom its trust policy lets in, under which conditions, and for how long.

use super::key::{Caller, SignedWith};

/// What a role asks of its callers. The default trusts every principal of its own account and asks
/// nothing.
#[derive(Clone, Debug)]
pub struct RoleSpec {
    pub partition: String,
    pub account: String,
    /// `/` or `/team/ops/`: part of the role's ARN, not of the ARNs of its sessions.
    pub path: String,
    /// ARNs of users, roles or sessions, or `…:root` for every principal of that account.
    /// Empty: every principal of the role's own account.
    pub trusts: Vec<String>,
    /// The condition `aws:MultiFactorAuthPresent`.
    pub requires_mfa: bool,
    /// The condition `sts:ExternalId`.
    pub external_id: Option<String>,
    /// 3600 to 43200 seconds, as IAM keeps it.
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
    /// The trust policy's verdict; STS answers all of its refusals with the same words.
    pub fn lets_in(&self, caller: &Caller, mfa_in_this_call: bool, external_id: Option<&str>) -> bool {
        self.trusts(caller)
            && (!self.spec.requires_mfa || mfa_present(caller, mfa_in_this_call))
            && self.spec.external_id.as_deref().is_none_or(|wanted| external_id == Some(wanted))
    }

    pub fn session_arn(&self, session_name: &str) -> String {
        let RoleSpec { partition, account, .. } = &self.spec;
        format!("arn:{partition}:sts::{account}:assumed-role/{}/{session_name}", self.name)
    }

    fn trusts(&self, caller: &Caller) -> bool {
        // Nobody is known across partitions; a trust policy cannot name them.
        if caller.partition != self.spec.partition {
            return false;
        }
        let root = |account: &str| format!("arn:{}:iam::{account}:root", caller.partition);
        let named = |principal: &String| {
            *principal == caller.arn
                || *principal == root(&caller.account)
                || matches!(&caller.signed_with, SignedWith::RoleSession { role } if role == principal)
        };
        match self.spec.trusts.as_slice() {
            [] => caller.account == self.spec.account,
            principals => principals.iter().any(named),
        }
    }
}

/// A role session never carries MFA, however its own caller signed in: that context is lost over a chain.
fn mfa_present(caller: &Caller, mfa_in_this_call: bool) -> bool {
    match caller.signed_with {
        SignedWith::LongTermKeys => mfa_in_this_call,
        SignedWith::UserSession { mfa } => mfa,
        SignedWith::RoleSession { .. } => false,
    }
}
