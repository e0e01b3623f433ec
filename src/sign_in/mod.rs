//! Signing in: from a request to a session. Every command that needs a session calls [`sign_in`]; `explain` shows the
//! [`Steps`].
//!
//! A plan says which calls lead to the session, and the [`Steps`] add which of their sessions are cached. Executing a
//! step follows one rule: use the cached session. If there is none, take the lock and look again; if there is still
//! none, make the call and cache its session.

mod codes;
mod execute;
mod planning;
mod recovery;
mod request;
mod steps;

pub use planning::{plan_by_name, plan_for, read_aws_files};
pub use request::{CodeOption, Options, Request};
pub use steps::{Reuse, Step, StepState, Steps};

use crate::context::Context;
use crate::credentials::SessionCredentials;
use crate::environment::Session;
use crate::error::Result;
use crate::mfa::CodeSource;
use crate::plan::Plan;
use crate::profile::AwsFiles;
use crate::warning::Warning;
use execute::Execution;

/// The result of a sign-in: a session, and the plan that led to it.
pub struct SignedIn {
    /// The plan that was executed.
    pub plan: Plan,
    /// The credentials of the session.
    pub credentials: SessionCredentials,
}

impl SignedIn {
    /// The session as it is exported to the environment.
    pub fn session(&self) -> Session<'_> {
        Session { plan: &self.plan, credentials: &self.credentials }
    }
}

/// Gets the requested session from the cache or from STS. On success, the warnings that are not serious are left to the
/// caller to show.
///
/// # Errors
/// The request or the AWS files are wrong, there is no code, or a call to AWS fails. Errors in the request and the
/// files are found before the user is prompted for a code.
pub fn sign_in(request: Request, context: &Context) -> Result<SignedIn> {
    let Context { variables, warnings, .. } = context;
    let texts = read_aws_files(variables, warnings)?;
    let plan = plan_for(&AwsFiles::index(&texts)?, &request, variables, warnings)?;
    context.show_serious_warnings();
    let code = request.code.source(variables)?;
    let is_code_given = matches!(code, CodeSource::Given(_));
    let cache = request.options.cache(context);
    let mut steps = Steps::of(&plan, &cache, request.options.reuse(is_code_given, &plan, context));
    let (session, is_code_used) = match steps.take_cached_target() {
        Some(cached) => (Ok(cached), false),
        None => Execution::new(&plan, &cache, code, &request.options, context).session(&steps),
    };
    if session.is_ok() && is_code_given && !is_code_used {
        let needs_code = plan.call.device().is_some();
        warnings.add(if needs_code { Warning::CodeNotUsed } else { Warning::CodeNotNeeded });
    }
    let session = session.inspect_err(|_| context.show_warnings())?;
    Ok(SignedIn { plan, credentials: session.credentials })
}
