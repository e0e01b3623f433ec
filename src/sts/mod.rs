//! The only network: STS, called from a thread of its own.
//!
//! The main thread owns the terminal and the signals and is synchronous. Everything that is sent goes through one
//! thread with a current-thread runtime and one client, started at first use, so that a connection can be made ready
//! while a code is typed.

mod client;
mod clock;
mod devices;
mod failure;
mod http;
mod issued_session;
mod limit;
mod request_sent;
mod worker;

use crate::clock::ClockOffset;
use crate::credentials::{Keys, SessionCredentials, TokenCode};
use crate::error::{CallDescription, Error, NetworkCause, NetworkError, Result};
use crate::origin::Sourced;
use crate::plan::{Endpoint, Operation, StsCall};
use crate::platform::Waker;
use crate::profile::{ExternalId, MfaSerial, RoleArn, RoleSessionName};
use clock::ServerClock;
use std::cell::OnceCell;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A call that takes longer than this is spoken of.
const PATIENCE: Duration = Duration::from_secs(2);

/// STS at one endpoint; nothing is started before the first call.
pub struct Sts {
    endpoint: Endpoint,
    clock: ServerClock,
    worker: OnceCell<worker::Worker>,
}

/// The parameters of a call, without who signs it.
#[derive(Clone, Debug)]
struct Parameters {
    role: Option<Role>,
    serial: Option<MfaSerial>,
    seconds: i32,
}

#[derive(Clone, Debug)]
struct Role {
    arn: RoleArn,
    session_name: RoleSessionName,
    external_id: Option<ExternalId>,
}

/// What is found out while the code is typed.
pub enum Verdict {
    /// Signing in cannot succeed: these keys can never sign, or nothing can be called at all.
    Objection(Error),
    /// STS was not reached; by the time of the call it may be.
    Trouble(Error),
}

/// The check that runs while the code is typed.
pub struct Preflight(Arc<Mutex<Option<Verdict>>>);

impl Preflight {
    /// What it came to, once; `None` as long as nothing speaks against signing in.
    pub fn verdict(&self) -> Option<Verdict> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Sts {
    pub fn at(endpoint: Endpoint) -> Self {
        Sts { endpoint, clock: ServerClock::default(), worker: OnceCell::new() }
    }

    /// STS's clock less ours in seconds, once something was answered.
    pub fn clock_offset(&self) -> Option<i64> {
        self.clock.seconds()
    }

    /// How far the clocks are apart, once: every answer of a sign-in shows it.
    pub fn take_clock_offset(&self) -> Option<ClockOffset> {
        self.clock.take_difference()
    }

    /// Makes one call, signed with `keys`. `waiting` is called once if it takes long.
    ///
    /// # Errors
    /// STS refuses, cannot be reached, or answers something unusable.
    pub fn call(
        &self,
        call: &StsCall,
        keys: Keys,
        code: Option<TokenCode>,
        waiting: impl FnOnce(&str),
    ) -> Result<SessionCredentials> {
        let (reply, answer) = channel();
        let parameters = Parameters::of(call);
        self.send(worker::Request::Call { parameters, keys, code, description: self.describe(call), reply })?;
        match answer.recv_timeout(PATIENCE) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                waiting(&self.endpoint.host());
                answer.recv().unwrap_or_else(|_| Err(worker_gone()))
            }
            Err(RecvTimeoutError::Disconnected) => Err(worker_gone()),
        }
    }

    /// Makes the connection ready with GetCallerIdentity, which needs no permission: bad keys are found before the code
    /// is typed, and the client learns how far the clocks are apart. Rings `waker` when the verdict is there. A call
    /// that comes while it runs waits for it.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn preflight(&self, call: &StsCall, keys: Keys, waker: Waker) -> Result<Preflight> {
        let verdict = Arc::new(Mutex::new(None));
        let description = CallDescription { operation: "GetCallerIdentity", ..self.describe(call) };
        self.send(worker::Request::Preflight { keys, description, verdict: verdict.clone(), waker })?;
        Ok(Preflight(verdict))
    }

    /// Loads what every call needs, the certificates above all, without calling anybody.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn load(&self) -> Result<()> {
        self.send(worker::Request::Load)
    }

    fn send(&self, request: worker::Request) -> Result<()> {
        let worker = match self.worker.get() {
            Some(worker) => worker,
            None => {
                let worker = worker::Worker::start(self.endpoint.clone(), self.clock.clone())?;
                self.worker.get_or_init(|| worker)
            }
        };
        worker.send(request).map_err(|()| worker_gone())
    }

    fn describe(&self, call: &StsCall) -> CallDescription {
        let source = &call.source().source;
        CallDescription {
            operation: call.name(),
            host: self.endpoint.host(),
            region: self.endpoint.region.value.to_string(),
            signer: call.source().profile.to_string(),
            access_key_id: source.access_key_id().unwrap_or_default().to_owned(),
            by_session: call.parent().is_some(),
            role: call.role_arn().map(|r| r.as_str().to_owned()),
            role_profile: match &call.operation {
                Operation::GetSessionToken => None,
                Operation::AssumeRole { profile, .. } => Some(profile.to_string()),
            },
            lacks_device: call.device().is_none() && source.lifetime().is_long_term(),
            device: call.mfa.as_ref().map(|d| Sourced::new(d.value.as_str().to_owned(), d.origin.clone())),
            duration: call.duration.value.seconds(),
            duration_by_flag: matches!(call.duration.origin, crate::origin::Origin::Flag(_)),
        }
    }
}

impl Parameters {
    fn of(call: &StsCall) -> Self {
        let role = match &call.operation {
            Operation::GetSessionToken => None,
            Operation::AssumeRole { role_arn, role_session_name, external_id, .. } => Some(Role {
                arn: role_arn.value.clone(),
                session_name: role_session_name.value.clone(),
                external_id: external_id.as_ref().map(|e| e.value.clone()),
            }),
        };
        let seconds = i32::try_from(call.duration.value.seconds()).unwrap_or(i32::MAX);
        Parameters { role, serial: call.mfa.as_ref().map(|d| d.value.clone()), seconds }
    }
}

/// The thread only ends when we let go of it; a panic in it ends the process.
fn worker_gone() -> Error {
    Error::Unexpected("the network thread ended".to_owned())
}

fn network(host: String, problem: NetworkCause, code_spent: bool) -> Error {
    NetworkError { host, problem, code_spent }.into()
}
