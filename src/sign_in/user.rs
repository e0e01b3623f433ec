//! The user that the keys belong to. Trust policies may require that a role session has the user's name
//! (`sts:RoleSessionName` = `${aws:username}`), and people search for it in CloudTrail.
//!
//! An access key never changes its user, so AWS is asked once per key. That costs no time if the keys are checked while
//! the code is typed, or if another call is made meanwhile.

use super::execute::Execution;
use crate::error::Result;
use crate::mfa::CodeSource;
use crate::plan::{FactKey, Operation, Plan, StsCall};
use crate::printable::printable;
use crate::profile::RoleSessionName;
use crate::session::Cache;

/// The name of the user that the keys of a plan belong to, if an earlier sign-in has learned it.
pub fn cached_user_name(plan: &Plan, cache: &Cache<'_>) -> Option<RoleSessionName> {
    // Temporary keys are soon replaced, so they are not remembered.
    let is_long_term = plan.call.source().source.lifetime().is_long_term();
    let arn = if is_long_term { cache.user(&FactKey::user(plan)) } else { None };
    RoleSessionName::of_user(&arn?)
}

impl Execution<'_> {
    /// The name of the role session that a call makes if the plan sets none, and whether it is not that of the user. Waits
    /// for AWS if it is not known.
    pub(super) fn default_session_name(&self, call: &StsCall) -> Result<(RoleSessionName, bool)> {
        let needs_user = has_default_name(call);
        let user = if needs_user { self.user_name(call)? } else { None };
        let is_guessed = needs_user && user.is_none();
        Ok((user.unwrap_or_else(|| self.plan.name_without_user()), is_guessed))
    }

    /// Waits until the name is known, and remembers it; `None` if AWS does not say it.
    pub(super) fn user_name(&self, call: &StsCall) -> Result<Option<RoleSessionName>> {
        if let Some(name) = self.cached_user_name() {
            return Ok(Some(name.clone()));
        }
        let waiting = |host: &str| self.context.report.notice(&format!("waiting for {}", printable(host)));
        let arn = match self.sts.user_arn() {
            Some(arn) => Some(arn),
            None => self.sts.identified(call, Self::keys(call)?, waiting)?,
        };
        self.remember_user();
        Ok(arn.as_deref().and_then(RoleSessionName::of_user))
    }

    /// Starts to learn the name before a call with a code, if a later call needs it and the keys are not checked anyway.
    /// Returns whether it has.
    pub(super) fn learn_user_name(&self, call: &StsCall) -> Result<bool> {
        let is_checked = !self.options.no_preflight && !matches!(self.code, CodeSource::Given(_));
        let mut calls = std::iter::successors(Some(&self.plan.call), |call| call.parent());
        if is_checked || !calls.any(has_default_name) || self.cached_user_name().is_some() {
            return Ok(false);
        }
        self.sts.identify(call, Self::keys(call)?)?;
        Ok(true)
    }

    fn cached_user_name(&self) -> Option<&RoleSessionName> {
        self.user_name.get_or_init(|| cached_user_name(self.plan, self.cache)).as_ref()
    }

    /// Remembers the user, if a call of this sign-in has shown it.
    pub(super) fn remember_user(&self) {
        if let Some(arn) = self.sts.user_arn()
            && RoleSessionName::of_user(&arn).is_some()
            && self.plan.call.source().source.lifetime().is_long_term()
        {
            self.cache.add_user(&FactKey::user(self.plan), &arn);
        }
    }
}

/// Whether the call makes a role session with the name of the user.
fn has_default_name(call: &StsCall) -> bool {
    matches!(call.operation, Operation::AssumeRole { role_session_name: None, .. })
}
