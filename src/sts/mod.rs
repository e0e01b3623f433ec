//! Calls to STS on the network thread.
//!
//! The main thread owns the terminal and the signals and is synchronous. The network thread can open the connection while
//! the code is typed.

mod client;
mod issued_session;
mod parameters;
mod preflight;
mod refusal;
mod worker;

pub use client::CallerIdentity;
pub use preflight::{Preflight, PreflightFailure};

use crate::clock::ClockOffset;
use crate::credentials::{Keys, SessionCredentials, TokenCode};
use crate::error::{AwsRefusal, CallDescription, Error, Refusal, Result};
use crate::http::{self, ServerClock};
use crate::network::{self, Network};
use crate::origin::Sourced;
use crate::plan::{Endpoint, Operation, StsCall};
use crate::platform::Waker;
use crate::profile::{RoleSessionName, SourceProfile};
use client::KeyUser;
use parameters::Parameters;
use std::cell::OnceCell;
use std::sync::mpsc::{Receiver, channel};
use worker::{Request, Worker};

/// STS at one endpoint.
pub struct Sts<'a> {
    network: &'a Network,
    endpoint: Endpoint,
    clock: ServerClock,
    user: KeyUser,
    worker: OnceCell<Worker>,
}

impl<'a> Sts<'a> {
    /// STS at this endpoint. Nothing is started before the first request.
    pub fn at(endpoint: Endpoint, network: &'a Network) -> Self {
        let (clock, user) = (ServerClock::default(), KeyUser::default());
        Sts { network, endpoint, clock, user, worker: OnceCell::new() }
    }

    /// AWS's time minus this machine's, in seconds; `None` before the first response.
    pub fn clock_offset(&self) -> Option<i64> {
        self.clock.seconds()
    }

    /// AWS's time minus this machine's, in milliseconds, with an error of half a second and the time of a response on the
    /// network; `None` before the first response.
    pub fn clock_offset_ms(&self) -> Option<i64> {
        self.clock.milliseconds()
    }

    /// The offset between the clocks, if it is worth a warning. Returned only once, because every response shows it.
    pub fn take_clock_offset(&self) -> Option<ClockOffset> {
        self.clock.take_offset()
    }

    /// Makes one call, signed with `keys`. A role session has the name `default_name` if the plan sets none. If the call
    /// takes more than two seconds, `on_wait` is called once with the host.
    ///
    /// # Errors
    /// STS rejects the call, cannot be reached, or sends an unusable response.
    pub fn call(
        &self,
        call: &StsCall,
        default_name: RoleSessionName,
        keys: Keys,
        code: Option<TokenCode>,
        on_wait: impl FnOnce(&str),
    ) -> Result<SessionCredentials> {
        let (reply, result) = channel();
        let parameters = Parameters::of(call, default_name);
        self.send(Request::Call { parameters, keys, code, description: self.describe(call), reply })?;
        self.wait_for(&result, on_wait)?
    }

    /// The ARN of the user that the keys belong to, if a call has shown it.
    pub fn user_arn(&self) -> Option<String> {
        self.user.arn()
    }

    /// Starts to learn which user `keys` belong to, while other calls are made.
    ///
    /// # Errors
    /// The network thread cannot be started.
    pub fn identify(&self, call: &StsCall, keys: Keys) -> Result<()> {
        self.start_identifying(call, keys).map(drop)
    }

    /// Waits until it is known which user `keys` belong to. Returns the ARN; `None` if AWS does not say it. If that
    /// takes more than two seconds, `on_wait` is called once with the host.
    ///
    /// # Errors
    /// The network thread cannot be started.
    pub fn identified(&self, call: &StsCall, keys: Keys, on_wait: impl FnOnce(&str)) -> Result<Option<String>> {
        let result = self.start_identifying(call, keys)?;
        // If no client can be created, the call that follows says why.
        Ok(self.wait_for(&result, on_wait).unwrap_or_default())
    }

    /// Who the keys belong to. `source` is the profile that they are of, or from which the session was made that they are
    /// of. If it takes more than two seconds, `on_wait` is called once with the host.
    ///
    /// # Errors
    /// STS rejects the keys, cannot be reached, or does not say whose they are.
    pub fn caller(&self, source: &SourceProfile, keys: Keys, on_wait: impl FnOnce(&str)) -> Result<CallerIdentity> {
        let result = self.ask_caller(source, keys)?;
        self.wait_for(&result, on_wait)?
    }

    /// Starts to ask the same, while other calls are made.
    ///
    /// # Errors
    /// The network thread cannot be started.
    pub fn ask_caller(&self, source: &SourceProfile, keys: Keys) -> Result<Receiver<Result<CallerIdentity>>> {
        let (reply, result) = channel();
        let by_session = keys.are_temporary();
        let description = http::describe("GetCallerIdentity", self.endpoint.host(), source, &self.endpoint);
        self.send(Request::Caller { keys, description: CallDescription { by_session, ..description }, reply })?;
        Ok(result)
    }

    /// The host, to show to the user. The text is untrusted.
    pub fn host(&self) -> String {
        self.endpoint.host()
    }

    fn start_identifying(&self, call: &StsCall, keys: Keys) -> Result<Receiver<Option<String>>> {
        let (reply, result) = channel();
        let description = CallDescription { operation: "GetCallerIdentity", ..self.describe(call) };
        self.send(Request::Identify { keys, description, reply })?;
        Ok(result)
    }

    /// Waits for the reply to a request.
    fn wait_for<T>(&self, result: &Receiver<T>, on_wait: impl FnOnce(&str)) -> Result<T> {
        network::wait_for(result, || on_wait(&self.endpoint.host()))
    }

    /// The error of a call whose code AWS has rejected before, so that it is not made.
    pub fn rejected_before(&self, call: &StsCall) -> Error {
        let (code, message) = (String::new(), String::new());
        AwsRefusal { reason: Refusal::WrongCodeBefore, call: self.describe(call), code, message }.into()
    }

    /// Starts a call of GetCallerIdentity, which needs no permissions: it finds invalid keys before the code is typed,
    /// opens the connection, and measures the clock offset. `waker` wakes the prompt if the preflight fails. Later
    /// calls wait for it, for at most three seconds.
    ///
    /// # Errors
    /// The network thread cannot be started.
    pub fn preflight(&self, call: &StsCall, keys: Keys, waker: Waker) -> Result<Preflight> {
        let preflight = Preflight::default();
        let description = CallDescription { operation: "GetCallerIdentity", ..self.describe(call) };
        self.send(Request::Preflight { keys, description, preflight: preflight.clone(), waker })?;
        Ok(preflight)
    }

    /// Loads what every call needs, mainly the certificates, without connecting.
    ///
    /// # Errors
    /// The network thread cannot be started.
    pub fn load(&self) -> Result<()> {
        self.send(Request::Load)
    }

    fn send(&self, request: Request) -> Result<()> {
        let worker = match self.worker.get() {
            Some(worker) => worker,
            None => {
                let worker = Worker::start(self.network, self.endpoint.clone(), self.clock.clone(), self.user.clone())?;
                self.worker.get_or_init(|| worker)
            }
        };
        worker.send(request).map_err(|()| network::thread_ended())
    }

    /// What an error message needs to know about the call.
    fn describe(&self, call: &StsCall) -> CallDescription {
        let source = &call.source().source;
        CallDescription {
            by_session: call.parent().is_some(),
            signed_by_role: call.parent().and_then(|parent| match &parent.operation {
                Operation::AssumeRole { profile, role_arn, .. } => {
                    Some((role_arn.value.name().to_owned(), profile.to_string()))
                }
                Operation::GetSessionToken => None,
            }),
            used_mfa: call.device().is_some(),
            role: call.role_arn().map(|r| r.as_str().to_owned()),
            role_profile: match &call.operation {
                Operation::GetSessionToken => None,
                Operation::AssumeRole { profile, .. } => Some(profile.to_string()),
            },
            lacks_device: call.device().is_none() && source.lifetime().is_long_term(),
            device: call.mfa.as_ref().map(|d| Sourced::new(d.value.as_str().to_owned(), d.origin.clone())),
            duration: call.duration.value.seconds(),
            duration_by_flag: call.duration.origin.is_option(),
            ..http::describe(call.name(), self.endpoint.host(), call.source(), &self.endpoint)
        }
    }
}
