//! Signing in to all profiles: what needs a code before anything runs, so that nobody is asked for one in the middle; the
//! rest right before each command starts, so that no session grows old in the queue.

use super::super::request;
use super::results::Failure;
use crate::cli::SignInArgs;
use crate::clock;
use crate::context::Context;
use crate::environment;
use crate::error::{Error, Result, UsageError};
use crate::mfa;
use crate::platform;
use crate::profile::{AwsFiles, Chain, ProfileName};
use crate::session::Memory;
use crate::sign_in::{Asking, CodeOption, Request, SignedIn, code_to_ask_for, plan_for, sign_in_from};
use crate::warning::Warnings;
use std::collections::HashSet;
use std::rc::Rc;

/// In seconds. A role session that is older when its command starts is replaced.
const NEW: u32 = 60;

/// The sign-ins to the matching profiles.
pub(super) struct SignIns<'a> {
    args: &'a SignInArgs,
    files: AwsFiles<'a>,
    context: &'a Context,
    memory: Rc<Memory>,
    states: Vec<(&'a str, State)>,
}

/// How far the sign-in to a profile is.
enum State {
    /// It needs no code; see [`crate::plan::Overrides::shares_code`].
    Waiting { shares_code: bool },
    /// A code was needed, so it was done before anything runs.
    SignedIn(Box<SignedIn>),
    /// It has failed.
    Failed(Failure),
}

impl<'a> SignIns<'a> {
    /// Signs in to each profile that needs a code, in turn. The code of a device is asked for once: if there is none, all
    /// profiles that need it fail, and the others go on. Failures are reported, also those that the files cause.
    ///
    /// # Errors
    /// The options are wrong, the code that was to be passed is not one, or the profiles have several devices.
    pub(super) fn of(
        profiles: &[&'a str],
        args: &'a SignInArgs,
        files: AwsFiles<'a>,
        context: &'a Context,
    ) -> Result<Self> {
        let mut sign_ins = SignIns { args, files, context, memory: Rc::default(), states: Vec::new() };
        let mut requests = profiles.iter().map(|profile| sign_ins.request(profile)).collect::<Result<Vec<_>>>()?;
        sign_ins.pass_code(profiles, &mut requests)?;
        let mut asked_for = HashSet::new();
        let mut is_reduced = false;
        for (profile, mut request) in profiles.iter().copied().zip(requests) {
            let needs = |request: &Request| code_to_ask_for(&sign_ins.files, request, context);
            let mut code = needs(&request);
            if code.is_some() {
                request.overrides.shares_code = true;
                code = needs(&request);
                is_reduced |= sign_ins.is_long(profile);
            }
            let is_now = code.is_some() || request.code.is_given();
            let is_again = code.is_some_and(|code| !asked_for.insert(code));
            if is_again {
                request.options.asking = Asking::Forbidden;
            }
            let shares_code = request.overrides.shares_code;
            let state = if is_now {
                sign_in_from(&sign_ins.files, request, context).map(|session| State::SignedIn(session.into()))
            } else {
                sign_ins.check(&request).map(|()| State::Waiting { shares_code })
            };
            let state = state.unwrap_or_else(|e| {
                // The first one has said why there is no code.
                if !(is_again && matches!(e, Error::NoCode(_))) {
                    context.show_error_of(profile, &e);
                }
                State::Failed(Failure::of_sign_in(&e))
            });
            if let State::SignedIn(session) = &state {
                // For its warnings.
                environment::sign_in(&session.session(), &context.variables, &context.warnings);
            }
            sign_ins.states.push((profile, state));
        }
        context.show_warnings();
        if is_reduced {
            context.report.notice("roles are assumed for 1 h, so that one code is enough for all");
        }
        Ok(sign_ins)
    }

    /// Finds what is wrong with the files, and warns about what is known before a sign-in.
    fn check(&self, request: &Request) -> Result<()> {
        let Context { variables, warnings, .. } = self.context;
        let plan = plan_for(&self.files, request, variables, warnings)?;
        environment::preview(&plan, variables, warnings);
        Ok(())
    }

    /// The session of a profile, right before its command starts, without a code.
    ///
    /// # Errors
    /// There is none, or none any more, which is reported.
    pub(super) fn session(&mut self, at: usize) -> std::result::Result<SignedIn, Failure> {
        let (profile, state) = &mut self.states[at];
        let profile = *profile;
        let state = std::mem::replace(state, State::Failed(Failure::Status(0)));
        let mut request = self.request(profile).map_err(|e| Failure::of_sign_in(&e))?;
        request.options.asking = Asking::Forbidden;
        request.overrides.no_mfa_process = true;
        let older = match state {
            State::Failed(failure) => return Err(failure),
            State::Waiting { shares_code } => {
                request.overrides.shares_code = shares_code;
                None
            }
            State::SignedIn(session) => {
                request.overrides.shares_code = session.plan.overrides.shares_code;
                // Whatever the user has asked for is new already.
                request.options.renew = false;
                let duration = session.plan.call.duration.value.seconds();
                let needed = request.options.min_ttl.unwrap_or(request.options.default_min_ttl.min(duration / 2));
                let new = duration.saturating_sub(NEW).max(needed);
                match session.credentials.expiration.unix() - clock::now() {
                    left if left >= new.into() => return Ok(*session),
                    left if left >= needed.into() && !session.plan.has_role() => return Ok(*session),
                    left if left >= needed.into() => {
                        request.options.min_ttl = Some(new);
                        Some(*session)
                    }
                    _ => None,
                }
            }
        };
        // The user has seen the warnings of the plan. What is new since this run began is new enough for --renew.
        let context = Context { started: self.context.started, ..self.context.for_renewal(true) };
        match (sign_in_from(&self.files, request, &context), older) {
            (Ok(new), _) => {
                self.context.report.warnings(context.warnings.take(), &self.context.stderr());
                Ok(new)
            }
            (Err(_), Some(older)) => Ok(older),
            (Err(e), None) => {
                self.context.show_error_of(profile, &e);
                Err(Failure::of_sign_in(&e))
            }
        }
    }

    /// What was typed, for this profile, without a code.
    fn request(&self, profile: &str) -> Result<Request> {
        let args = SignInArgs { profile: Some(profile.to_owned()), code: None, ..self.args.clone() };
        let mut request = request::from_arguments(None, None, &args, &self.context.variables)?;
        request.options.memory = Some(self.memory.clone());
        Ok(request)
    }

    /// Gives the code that was passed to the first profile that has a device.
    ///
    /// # Errors
    /// There is none on stdin, or the profiles have several devices.
    fn pass_code(&self, profiles: &[&str], requests: &mut [Request]) -> Result<()> {
        let Some(code) = &self.args.code else { return Ok(()) };
        let chains: Vec<Option<Chain>> = profiles.iter().map(|profile| self.chain(profile)).collect();
        let device = |chain: &Option<Chain>| Some(chain.as_ref()?.device()?.value.as_str().to_owned());
        let devices: HashSet<String> = chains.iter().filter_map(device).collect();
        let is_overridden = requests.iter().any(|request| request.overrides.mfa_serial.is_some());
        if devices.len() > 1 && !is_overridden {
            return Err(UsageError::CodeForDevices { count: devices.len() }.into());
        }
        let first = chains.iter().position(|chain| device(chain).is_some()).unwrap_or_default();
        let args =
            SignInArgs { profile: Some(profiles[first].to_owned()), code: Some(code.clone()), ..SignInArgs::default() };
        let CodeOption::Ask = requests[first].code else { return Ok(()) };
        requests[first].code = match request::from_arguments(None, None, &args, &self.context.variables)?.code {
            // If there is none, nothing runs: the profiles that need no code would not be what the user asked for.
            CodeOption::Stdin => CodeOption::Given(mfa::read_code(&mut platform::stdin())?),
            code => code,
        };
        Ok(())
    }

    /// Whether a profile asks for more than the hour for which its role is assumed here.
    fn is_long(&self, profile: &str) -> bool {
        let chain = self.chain(profile);
        let role = chain.as_ref().and_then(|chain| chain.roles.first()).and_then(|role| role.duration.as_ref());
        role.is_some_and(|duration| duration.value > crate::profile::SessionDuration::ONE_HOUR)
    }

    fn chain(&self, profile: &str) -> Option<Chain> {
        Chain::walk(&self.files, &ProfileName::parse(profile).ok()?, None).ok()
    }
}

/// The changes of the environment for a command, whose warnings have been shown.
pub(super) fn changes(session: &SignedIn, context: &Context) -> Vec<environment::EnvChange> {
    environment::sign_in(&session.session(), &context.variables, &Warnings::default())
}
