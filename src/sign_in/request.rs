//! What is asked for, checked as far as it can be without files.

use super::steps::Reuse;
use crate::context::Context;
use crate::credentials::TokenCode;
use crate::error::Result;
use crate::mfa::{self, CodeSource, PromptStyle};
use crate::origin::Sourced;
use crate::plan::{Overrides, Plan};
use crate::platform;
use crate::profile::ProfileName;
use crate::session::Cache;
use crate::variables::Variables;

/// A code that many processes are given at once is used by one of them; for this long, in ms, the others take its
/// session for theirs.
const SAME_CODE_MS: i64 = 90_000;

/// One sign-in that is asked for.
pub struct Request {
    pub profile: Sourced<ProfileName>,
    /// The profile was a lone word of digits that is not six long: if there is no such profile, it was meant as a code.
    pub may_be_code: bool,
    pub code: CodeOption,
    pub overrides: Overrides,
    pub options: Options,
}

/// How a session is to be had, whatever it is.
pub struct Options {
    /// Seconds that a cached session must have left to be handed out.
    pub min_ttl: u32,
    /// Get new sessions, including the MFA session.
    pub renew: bool,
    /// Neither read nor write the cache.
    pub no_cache: bool,
    /// Do not check the keys while the code is typed.
    pub no_preflight: bool,
}

/// Where the code is to come from. stdin is read only when everything else is known to be right.
pub enum CodeOption {
    Given(TokenCode),
    Stdin,
    Ask,
}

impl CodeOption {
    pub(super) fn source(self, variables: &Variables) -> Result<CodeSource> {
        Ok(match self {
            CodeOption::Given(code) => CodeSource::Given(code),
            CodeOption::Stdin => CodeSource::Given(mfa::read_code(&mut platform::stdin())?),
            CodeOption::Ask => CodeSource::Interactive(PromptStyle {
                echo: variables.os("MFA_ENV_ECHO").is_some_and(|v| v == "1"),
                can_repaint: variables.os("TERM").is_some_and(|term| term != "dumb"),
            }),
        })
    }
}

impl Options {
    /// The cache that this sign-in uses.
    pub fn cache<'a>(&self, context: &'a Context) -> Cache<'a> {
        if self.no_cache { Cache::none(&context.warnings) } else { Cache::of(&context.variables, &context.warnings) }
    }

    /// Which cached sessions this sign-in may reuse. A code that is given is always used, and `--renew` wants new
    /// sessions.
    pub fn reuse(&self, is_code_given: bool, plan: &Plan, context: &Context) -> Reuse {
        let mfa_made_since = if self.renew {
            Some(context.started)
        } else {
            (is_code_given && plan.call.device().is_some()).then_some(context.started - SAME_CODE_MS)
        };
        Reuse { min_ttl: self.min_ttl, mfa_made_since }
    }
}
