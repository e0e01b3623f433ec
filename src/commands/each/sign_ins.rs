//! Signing in to all profiles before anything runs, so that nobody is asked for a code in the middle.

use super::super::request;
use super::results::Failure;
use crate::cli::SignInArgs;
use crate::clock;
use crate::context::Context;
use crate::environment;
use crate::error::{Error, Result, UsageError};
use crate::profile::{AwsFiles, Chain, ProfileName};
use crate::sign_in::{Asking, CodeOption, Request, SignedIn, code_to_ask_for, sign_in_from};
use crate::warning::Warnings;
use std::collections::HashSet;

/// The sign-ins to the matching profiles.
pub(super) struct SignIns<'a> {
    args: &'a SignInArgs,
    files: AwsFiles<'a>,
    context: &'a Context,
    /// Each profile with its session, or with how its sign-in has failed.
    sessions: Vec<(&'a str, std::result::Result<SignedIn, Failure>)>,
}

impl<'a> SignIns<'a> {
    /// Signs in to each profile in turn. The code of a device is asked for once: if there is none, all profiles that need it
    /// fail, and the others go on. Failures are reported.
    ///
    /// # Errors
    /// The options are wrong, or a code was passed for profiles of several devices.
    pub(super) fn of(
        profiles: &[&'a str],
        args: &'a SignInArgs,
        files: AwsFiles<'a>,
        context: &'a Context,
    ) -> Result<Self> {
        let mut sign_ins = SignIns { args, files, context, sessions: Vec::new() };
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
            let is_again = code.is_some_and(|code| !asked_for.insert(code));
            if is_again {
                request.options.asking = Asking::Forbidden;
            }
            let session = sign_in_from(&sign_ins.files, request, context).map_err(|e| {
                // The first one has said why there is no code.
                if !(is_again && matches!(e, Error::NoCode(_))) {
                    context.report.error_of(profile, &e);
                }
                Failure::of_sign_in(&e)
            });
            if let Ok(session) = &session {
                // For its warnings.
                environment::sign_in(&session.session(), &context.variables, &context.warnings);
            }
            sign_ins.sessions.push((profile, session));
        }
        context.show_warnings();
        if is_reduced {
            context.report.notice("roles are assumed for 1 h, so that one code is enough for all");
        }
        Ok(sign_ins)
    }

    /// The session of a profile, right before its command starts: renewed if it is about to expire, without a code.
    ///
    /// # Errors
    /// There is none, or none any more, which is reported.
    pub(super) fn session(&mut self, at: usize) -> std::result::Result<SignedIn, Failure> {
        let (profile, session) = &mut self.sessions[at];
        let profile = *profile;
        let session = std::mem::replace(session, Err(Failure::Status(0)))?;
        let mut renewal = self.request(profile).map_err(|e| Failure::of_sign_in(&e))?;
        let half = session.plan.call.duration.value.seconds() / 2;
        let min_ttl = renewal.options.min_ttl.unwrap_or(renewal.options.default_min_ttl.min(half));
        if session.credentials.expiration.unix() - clock::now() >= min_ttl.into() {
            return Ok(session);
        }
        renewal.options.renew = false;
        renewal.options.asking = Asking::Forbidden;
        renewal.overrides.shares_code = session.plan.overrides.shares_code;
        renewal.overrides.no_mfa_process = true;
        // The user has seen the warnings of the first sign-in.
        sign_in_from(&self.files, renewal, &self.context.for_renewal(true)).map_err(|e| {
            self.context.report.error_of(profile, &e);
            Failure::of_sign_in(&e)
        })
    }

    /// What was typed, for this profile, without a code.
    fn request(&self, profile: &str) -> Result<Request> {
        let args = SignInArgs { profile: Some(profile.to_owned()), code: None, ..self.args.clone() };
        request::from_arguments(None, None, &args, &self.context.variables)
    }

    /// Gives the code that was typed to the first profile that has a device.
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
        requests[first].code = request::from_arguments(None, None, &args, &self.context.variables)?.code;
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
