//! Signing in: from a request to a session. Every command that needs a session calls [`sign_in`]; `explain` shows the
//! [`Steps`].
//!
//! A plan says which calls lead to the session, and the [`Steps`] add which of their sessions are cached. Executing a
//! step follows one rule: use the cached session. If there is none, take the lock and look again; if there is still
//! none, make the call and cache its session.

mod codes;
mod device;
mod device_setting;
mod execute;
mod planning;
mod recovery;
mod request;
mod steps;
mod user;

pub use device::{plan_without_lookup, terminal_for};
pub use device_setting::DeviceSetting;
pub use planning::{locations, plan_by_name, plan_for, plan_with, read_aws_files, view_parts};
pub use request::{Asking, CodeOption, Options, Request};
pub use steps::{MaxAge, MfaSession, Reuse, Step, StepState, Steps, has_mfa_session_beside};
pub use user::cached_user_name;

use crate::context::Context;
use crate::credentials::{Expiration, Keys, SessionCredentials};
use crate::environment::{Session, SessionOptions, ShellSession};
use crate::error::{Error, Refusal, Result};
use crate::mfa::CodeSource;
use crate::origin::{Origin, Sourced};
use crate::plan::{DeviceLock, Overrides, Plan, device_lock};
use crate::platform::{self, OwnForeground};
use crate::printable::printable;
use crate::profile::{AwsFiles, DeviceChoice};
use crate::session::{Cache, Entry};
use crate::shell::not_to_interrupt;
use crate::source;
use crate::warning::{Warning, Warnings};
use device::{Lookup, PlanWithDevice};
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
        Session::of(&self.plan, &self.credentials)
    }
}

/// What programs get: a session, or with `--no-session` the keys of the profile as they are.
pub enum HandedOut {
    /// A session.
    Session(Box<SignedIn>),
    /// Keys.
    Keys {
        /// The plan, of which no call was made.
        plan: Box<Plan>,
        /// The keys of the profile.
        keys: Keys,
        /// When they expire, if the files say so.
        expiration: Option<Expiration>,
    },
}

impl HandedOut {
    /// What is exported to the environment.
    pub fn session(&self) -> Session<'_> {
        match self {
            HandedOut::Session(signed_in) => signed_in.session(),
            HandedOut::Keys { plan, keys, expiration } => Session::of_keys(plan, keys, *expiration),
        }
    }
}

/// Gets the requested session, or the keys of the profile if the request says so. Warnings as in [`sign_in`].
///
/// # Errors
/// As [`sign_in`].
pub fn hand_out(request: Request, context: &Context) -> Result<HandedOut> {
    if !request.overrides.no_session {
        return sign_in(request, context).map(|signed_in| HandedOut::Session(signed_in.into()));
    }
    let Context { variables, warnings, .. } = context;
    let texts = read_aws_files(variables, warnings)?;
    let files = AwsFiles::index(&texts);
    let plan = plan_for(&files, &request, variables, warnings)?;
    let source = plan.call.source();
    let (profile, are_temporary) = (source.profile.to_string(), !source.source.lifetime().is_long_term());
    warnings.add(Warning::KeysAsTheyAre { profile, are_temporary });
    if request.code.is_given() {
        warnings.add(Warning::CodeNotNeeded);
    }
    let keys = source::resolve(source)?;
    let expiration = if are_temporary { files.stated_expiration(&source.profile) } else { None };
    Ok(HandedOut::Keys { plan: plan.into(), keys, expiration })
}

/// Says that the profile of this shell's session leads to another account than that session: somebody has changed the
/// AWS files, or selected others.
fn report_other_account(plan: &Plan, steps: &Steps<'_>, cache: &Cache<'_>, context: &Context) {
    let shell = ShellSession::read(&context.variables, &Warnings::default());
    let Some(key) = shell.access_key_id_of(&plan.profile) else { return };
    // With another role, another account is what the user asked for.
    let role = |overrides: &Overrides| overrides.role_arn.as_ref().map(|role| role.value.clone());
    let same_role = match shell.options() {
        SessionOptions::None => plan.overrides.role_arn.is_none(),
        SessionOptions::Some(options) => role(&options) == role(&plan.overrides),
        SessionOptions::Unknown(_) => false,
    };
    if !same_role {
        return;
    }
    // The usual case, in which nothing more is read: it is the session that this shell has.
    if steps.cached_target().is_some_and(|cached| cached.credentials.access_key_id.as_str() == key) {
        return;
    }
    let entries = cache.all_entries();
    let before = entries.iter().find(|entry| entry.credentials.access_key_id.as_str() == key).and_then(Entry::account);
    if let (Some(before), Some(now)) = (before, plan.call.account())
        && before != now
    {
        let profile = printable(plan.profile.as_str());
        context.report.notice(&format!(
            "{profile} is now in account {}; this replaces its session in account {}",
            printable(now),
            printable(before)
        ));
    }
}

/// Gets the requested session from the cache or from STS. On success, the warnings that are not serious are left to the
/// caller to show.
///
/// # Errors
/// The request or the AWS files are wrong, there is no code, or a call to AWS fails. Errors in the request and the
/// files are found before the user is prompted for a code.
pub fn sign_in(request: Request, context: &Context) -> Result<SignedIn> {
    let texts = read_aws_files(&context.variables, &context.warnings)?;
    sign_in_from(&AwsFiles::index(&texts), request, context)
}

/// The same, from AWS files that have been read.
///
/// # Errors
/// As [`sign_in`].
pub fn sign_in_from(files: &AwsFiles<'_>, mut request: Request, context: &Context) -> Result<SignedIn> {
    // A shell may have keys without a session; this is a request for one.
    request.overrides.no_session = false;
    let cache = request.options.cache(context);
    let lookup = Lookup { files, cache: &cache, context };
    let planned = lookup.plan(&request)?;
    context.show_serious_warnings();
    let code = std::mem::replace(&mut request.code, CodeOption::Ask);
    // Reading it may wait.
    let own_foreground_to_read = if code.is_given() { own_foreground(context) } else { None };
    let code = code.source(request.options.asking, &context.variables)?;
    drop(own_foreground_to_read);
    let is_code_given = matches!(code, CodeSource::Given(_));
    let Attempt { planned, session, is_code_used } = attempt(planned, &lookup, &request, &code);
    let PlanWithDevice { plan, is_new } = planned;
    if session.is_ok() && is_code_given && !is_code_used {
        let needs_code = plan.call.device().is_some();
        context.warnings.add(if needs_code { Warning::CodeNotUsed } else { Warning::CodeNotNeeded });
    }
    if session.as_ref().is_err_and(is_wrong_device) {
        lookup.forget(&plan);
    } else if is_new {
        let can_ask = session.is_ok() && is_code_used && matches!(code, CodeSource::Interactive(_));
        lookup.offer_setting(&plan, request.options.asking, can_ask);
    }
    let session = session.inspect_err(|_| context.show_warnings())?;
    Ok(SignedIn { plan, credentials: session.credentials })
}

/// While this exists, Ctrl-C is for this process only, if a PowerShell script waits for it: PowerShell ends a script that
/// receives the signal with status 0. `None` if that is not so, and the signal is for the whole job.
pub fn own_foreground(context: &Context) -> Option<OwnForeground> {
    // A command that is running must keep the foreground.
    if context.may_run_command {
        return None;
    }
    OwnForeground::take(|| {
        // The evaluation of the failure statement fails, and the function ends the script.
        let ends_itself = platform::hides_interrupt() || platform::is_in_function();
        let found = not_to_interrupt(platform::ancestors_in_group(), ends_itself);
        (!found.is_empty()).then_some(found)
    })
}

fn is_wrong_device(e: &Error) -> bool {
    matches!(e, Error::Aws(refusal) if matches!(refusal.reason, Refusal::WrongDevice(_)))
}

/// How a sign-in went.
struct Attempt {
    /// The plan that was executed last.
    planned: PlanWithDevice,
    session: Result<Entry>,
    is_code_used: bool,
}

/// Gets the session of a plan from the cache or from STS. For a role without a device, which may need one all the same,
/// this also tries the device that IAM lists.
fn attempt(planned: PlanWithDevice, lookup: &Lookup<'_, '_>, request: &Request, code: &CodeSource) -> Attempt {
    let (cache, context) = (lookup.cache, lookup.context);
    let is_code_given = matches!(code, CodeSource::Given(_));
    let reuse = |plan: &Plan| request.options.reuse(is_code_given, plan, context);
    let execute = |plan: &Plan, steps: &Steps<'_>| {
        let _own_foreground = own_foreground(context);
        let (session, is_used) = Execution::new(plan, cache, code.clone(), &request.options, context).session(steps);
        (session.map_err(|e| without_mfa(e, plan)), is_used)
    };
    let cached = |planned, entry| Attempt { planned, session: Ok(entry), is_code_used: false };

    let mut steps = Steps::of(&planned.plan, cache, reuse(&planned.plan));
    report_other_account(&planned.plan, &steps, cache, context);
    if let Some(entry) = steps.take_cached_target() {
        drop(steps);
        return cached(planned, entry);
    }
    let with_device = lookup.plan_with_remembered(&planned.plan, request);
    let entry = with_device.as_ref().and_then(|plan| Steps::of(plan, cache, reuse(plan)).take_cached_target());
    let with_device = match (with_device, entry) {
        (Some(plan), Some(entry)) => {
            drop(steps);
            return cached(PlanWithDevice { plan, is_new: false }, entry);
        }
        (plan, _) => plan,
    };
    for (key, origin, meant) in lookup.files.misspelt_settings(&planned.plan.chain) {
        context.warnings.add(Warning::SettingMisspelt { key, origin, meant });
    }
    let (session, is_code_used) = execute(&planned.plan, &steps);
    drop(steps);
    let mut session = session;
    let refused = session.as_mut().err();
    let better = refused.and_then(|e| lookup.plan_after_refusal(e, &planned.plan, with_device, request, code));
    let Some(better) = better else { return Attempt { planned, session, is_code_used } };
    let (session, is_code_used) = execute(&better.plan, &Steps::of(&better.plan, cache, reuse(&better.plan)));
    Attempt { planned: better, session, is_code_used }
}

/// Adds to an error of AWS who has said that there is to be no MFA.
fn without_mfa(mut e: Error, plan: &Plan) -> Error {
    if let Error::Aws(refusal) = &mut e {
        refusal.call.no_mfa = match &plan.overrides.mfa_serial {
            Some(Sourced { value: DeviceChoice::None, origin }) => Some(origin.clone()),
            None if plan.chain.excludes_device() => Some(Origin::Default),
            _ => None,
        };
    }
    e
}

/// If a sign-in needs a code: what it asks for. That is the same for all profiles that one code signs in to. `None` also if
/// it will fail before it asks.
pub fn code_to_ask_for(files: &AwsFiles<'_>, request: &Request, context: &Context) -> Option<String> {
    let cache = request.options.cache(context);
    let plan = plan_without_lookup(files, request, &cache, context, &Warnings::default()).ok()?;
    if plan.device.as_ref().is_some_and(|device| device.value.is_not_listed_yet()) {
        return None;
    }
    let steps = Steps::of(&plan, &cache, request.options.reuse(request.code.is_given(), &plan, context));
    let step = steps.list.iter().find(|step| step.call.mfa.is_some() && matches!(step.state, StepState::ToMake))?;
    Some(device_lock(DeviceLock::Asking, step.call, &plan))
}
