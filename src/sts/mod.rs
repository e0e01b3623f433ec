//! Calls to STS, and to IAM for one error message, on the network thread.
//!
//! The main thread owns the terminal and the signals and is synchronous. The network thread can open the connection while
//! the code is typed.

mod client;
mod clock;
mod devices;
mod failure;
pub mod http;
mod issued_session;
mod parameters;
mod preflight;
mod request_sent;
mod response_limit;
mod worker;

pub use failure::connection;
pub use http::proxy;
pub use preflight::{Preflight, PreflightFailure};

use crate::clock::ClockOffset;
use crate::credentials::{Keys, SessionCredentials, TokenCode};
use crate::error::{AwsRefusal, CallDescription, Error, Refusal, Result};
use crate::network::Network;
use crate::origin::Sourced;
use crate::plan::{Endpoint, Operation, StsCall};
use crate::platform::{self, Waker};
use crate::profile::RoleSessionName;
use client::KeyUser;
use clock::ServerClock;
use parameters::Parameters;
use std::cell::OnceCell;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use worker::{Request, Worker};

/// A call that takes longer than this is announced to the user.
const NOTICE_AFTER: Duration = Duration::from_secs(2);
/// How often a wait for a response looks for a signal that is held.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);
/// How long the wait goes on after such a signal.
const GRACE: Duration = Duration::from_millis(300);

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

    fn start_identifying(&self, call: &StsCall, keys: Keys) -> Result<Receiver<Option<String>>> {
        let (reply, result) = channel();
        let description = CallDescription { operation: "GetCallerIdentity", ..self.describe(call) };
        self.send(Request::Identify { keys, description, reply })?;
        Ok(result)
    }

    /// Waits for the reply to a request.
    fn wait_for<T>(&self, result: &Receiver<T>, on_wait: impl FnOnce(&str)) -> Result<T> {
        let notice_at = Instant::now() + NOTICE_AFTER;
        let mut on_wait = Some(on_wait);
        loop {
            match result.recv_timeout(SIGNAL_INTERVAL) {
                Ok(result) => return Ok(result),
                Err(RecvTimeoutError::Disconnected) => return Err(worker_gone()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            // The response may be here already, and with it the only session that the code will ever get.
            if platform::is_signal_held() {
                return result.recv_timeout(GRACE).map_err(|_| {
                    platform::release_signal();
                    worker_gone()
                });
            }
            if Instant::now() >= notice_at
                && let Some(on_wait) = on_wait.take()
            {
                on_wait(&self.endpoint.host());
            }
        }
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
        worker.send(request).map_err(|()| worker_gone())
    }

    /// What an error message needs to know about the call.
    fn describe(&self, call: &StsCall) -> CallDescription {
        let source = &call.source().source;
        CallDescription {
            operation: call.name(),
            host: self.endpoint.host(),
            region: self.endpoint.region.value.to_string(),
            signer: call.source().profile.to_string(),
            signer_header: call.source().config_header(),
            access_key_id: source.access_key_id().unwrap_or_default().to_owned(),
            account: call.source().account.clone(),
            by_session: call.parent().is_some(),
            signed_by_role: call.parent().and_then(|parent| match &parent.operation {
                Operation::AssumeRole { profile, role_arn, .. } => {
                    Some((role_arn.value.name().to_owned(), profile.to_string()))
                }
                Operation::GetSessionToken => None,
            }),
            mfa_age: None,
            guessed_name: None,
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
        }
    }
}

/// Should not happen: the task runs as long as its [`Sts`] exists, and a panic in it ends the process.
fn worker_gone() -> Error {
    Error::Unexpected("the network thread ended".to_owned())
}
