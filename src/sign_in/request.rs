//! What the user wants, checked as far as possible without the AWS files.

use super::steps::Reuse;
use crate::context::Context;
use crate::credentials::TokenCode;
use crate::error::Result;
use crate::mfa::{self, CodeSource, PromptStyle};
use crate::origin::Sourced;
use crate::plan::{Overrides, Plan};
use crate::platform;
use crate::profile::{MfaMaxAge, ProfileName};
use crate::session::{Cache, Memory};
use crate::variables::Variables;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// In milliseconds. If many processes are started with the same code, one of them uses it, and for this long the others
/// use the session that it got.
const SAME_CODE_MS: i64 = 90_000;

/// How long to wait for other processes and for the user while a caller waits: the AWS SDK for Go and Terraform kill the
/// program after a minute.
const TIMEOUT_FOR_CALLER: Duration = Duration::from_secs(50);

/// A request to sign in.
pub struct Request {
    /// The profile to sign in to.
    pub profile: Sourced<ProfileName>,
    /// Whether the profile is the only argument and looks like a mistyped code. If it does not exist, the error
    /// is about the code.
    pub may_be_code: bool,
    /// The first half of a code that was typed in two parts, where no profile was typed. It may be meant as the profile.
    pub first_half: Option<ProfileName>,
    /// Where the code comes from.
    pub code: CodeOption,
    /// Options that override settings of the profile.
    pub overrides: Overrides,
    /// Options that do not change what the session is.
    pub options: Options,
}

/// Options that decide how a session is obtained, but not what it is.
pub struct Options {
    /// Seconds that a cached session must have left to be used, if the user has typed a number.
    pub min_ttl: Option<u32>,
    /// The same if not, for sessions that last at least twice as long; for others, half their duration.
    pub default_min_ttl: u32,
    /// Get new sessions, including the MFA session.
    pub renew: bool,
    /// Neither read nor write the cache.
    pub no_cache: bool,
    /// Do not check the keys while the prompt waits.
    pub no_preflight: bool,
    /// Whether the user may be asked.
    pub asking: Asking,
    /// Where the sessions of this run are, if it signs in to several profiles.
    pub memory: Option<Rc<Memory>>,
}

/// Whether the user may be asked for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// At the terminal.
    Allowed,
    /// At the terminal, unless another program uses it for itself.
    IfFree,
    /// The same, but not for long: the program that has called this one has a timeout.
    ForCaller,
    /// The same, until the session that is in use expires.
    Until(Instant),
    /// Never; nor is a person waited for who has a prompt open elsewhere.
    Forbidden,
}

impl Asking {
    /// When to give up.
    pub(super) fn deadline(self) -> Option<Instant> {
        match self {
            Asking::ForCaller => Some(Instant::now() + TIMEOUT_FOR_CALLER),
            Asking::Until(end) => Some(end),
            Asking::Allowed | Asking::IfFree | Asking::Forbidden => None,
        }
    }
}

/// Where the code comes from, as requested. stdin is read only after everything else has been checked.
pub enum CodeOption {
    /// It was passed as an argument.
    Given(TokenCode),
    /// It is read from one line of stdin.
    Stdin,
    /// The profile's `mfa_process` or the user provides it when a call needs it.
    Ask,
}

impl CodeOption {
    /// Whether the user has passed it.
    pub fn is_given(&self) -> bool {
        matches!(self, CodeOption::Given(_) | CodeOption::Stdin)
    }

    /// Reads the code from stdin if that is requested, and the variables that decide how the prompt looks.
    ///
    /// # Errors
    /// stdin has no code.
    pub(super) fn source(self, asking: Asking, variables: &Variables) -> Result<CodeSource> {
        Ok(match self {
            CodeOption::Ask if asking == Asking::Forbidden => CodeSource::Unattended,
            CodeOption::Given(code) => CodeSource::Given(code),
            CodeOption::Stdin => CodeSource::Given(mfa::read_code(&mut platform::stdin())?),
            CodeOption::Ask => CodeSource::Interactive(PromptStyle {
                deadline: asking.deadline(),
                replaces_session: matches!(asking, Asking::Until(_)),
                needs_free_terminal: asking != Asking::Allowed,
                ..PromptStyle::on_terminal(variables)
            }),
        })
    }
}

impl Options {
    /// The cache for this sign-in; with `no_cache`, one that is always empty.
    pub fn cache<'a>(&'a self, context: &'a Context) -> Cache<'a> {
        let Context { variables, warnings, .. } = context;
        let cache = if self.no_cache { Cache::none(warnings) } else { Cache::of(variables, warnings) };
        cache.with_memory(self.memory.as_deref())
    }

    /// Which cached sessions this sign-in may use. A code that is passed is always used, and `--renew` gets new
    /// sessions.
    pub fn reuse(&self, is_code_given: bool, plan: &Plan, context: &Context) -> Reuse {
        let mfa_made_since = if self.renew {
            Some(context.started)
        } else {
            (is_code_given && plan.call.device().is_some()).then_some(context.started - SAME_CODE_MS)
        };
        let half = plan.call.duration.value.seconds() / 2;
        let oldest = |age: &Sourced<MfaMaxAge>| context.started - i64::from(age.value.seconds()) * 1000;
        let (typed, set) = match &plan.mfa_max_age {
            Some(age) if age.origin.is_option() => (Some(oldest(age)), None),
            age => (None, age.as_ref().map(oldest)),
        };
        Reuse {
            min_ttl: self.min_ttl.unwrap_or(self.default_min_ttl.min(half)),
            mfa_made_since: mfa_made_since.max(typed),
            mfa_session_made_since: set,
        }
    }
}
