//! The task of one endpoint on the network thread. It handles requests in order, so that a call can use the connection
//! that the preflight opened.

use super::client::{CallerIdentity, KeyUser, StsClient};
use super::parameters::Parameters;
use super::preflight::{Preflight, PreflightFailure};
use crate::credentials::{Keys, SessionCredentials, TokenCode};
use crate::error::{CallDescription, Error, Result};
use crate::http::ServerClock;
use crate::network::Network;
use crate::plan::Endpoint;
use crate::platform::Waker;
use std::rc::Rc;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, spawn_local};

/// How long a call waits for the preflight and its connection. Then it opens its own, because its code is about to
/// expire.
const MAX_PREFLIGHT_WAIT: Duration = Duration::from_secs(3);

/// A message to the task.
pub(super) enum Request {
    /// Create the client, and send nothing.
    Load,
    /// Make a call, and send the result to `reply`.
    Call {
        parameters: Parameters,
        keys: Keys,
        code: Option<TokenCode>,
        description: CallDescription,
        reply: Sender<Result<SessionCredentials>>,
    },
    /// Learn which user the keys belong to, beside other calls; the ARN, if AWS says it, goes to `reply`.
    Identify { keys: Keys, description: CallDescription, reply: Sender<Option<String>> },
    /// Say who the keys belong to.
    Caller { keys: Keys, description: CallDescription, reply: Sender<Result<CallerIdentity>> },
    /// Check the keys, and record a failure in `preflight`.
    Preflight {
        keys: Keys,
        description: CallDescription,
        preflight: Preflight,
        /// Wakes the prompt if the preflight fails.
        waker: Waker,
    },
}

/// The sending end of the task; dropping it ends the task.
pub(super) struct Worker(UnboundedSender<Request>);

impl Worker {
    /// Starts the task.
    ///
    /// # Errors
    /// The network thread cannot be started.
    pub(super) fn start(network: &Network, endpoint: Endpoint, clock: ServerClock, user: KeyUser) -> Result<Self> {
        let (sender, requests) = unbounded_channel();
        network.spawn(move || serve(endpoint, clock, user, requests))?;
        Ok(Worker(sender))
    }

    /// Queues a request; fails if the task has ended.
    pub(super) fn send(&self, request: Request) -> std::result::Result<(), ()> {
        self.0.send(request).map_err(|_| ())
    }
}

/// Handles requests until the [`Worker`] is dropped.
async fn serve(endpoint: Endpoint, clock: ServerClock, user: KeyUser, mut requests: UnboundedReceiver<Request>) {
    let mut created: Option<Rc<StsClient>> = None;
    let mut running: Option<(JoinHandle<()>, Preflight)> = None;
    while let Some(request) = requests.recv().await {
        // Created on this thread, because loading the certificates takes a while and must not delay the prompt.
        let create = || StsClient::new(&endpoint, clock.clone(), user.clone()).map(Rc::new);
        let client = match created.clone().map_or_else(create, Ok) {
            Ok(client) => client,
            Err(e) => {
                request.fail(e);
                continue;
            }
        };
        created = Some(client.clone());
        match request {
            Request::Load => {}
            Request::Call { parameters, keys, code, description, reply } => {
                let result = match fatal_failure(running.take()).await {
                    Some(e) => Err(e),
                    None => client.call(&parameters, &keys, code.as_ref(), &description).await,
                };
                // If the receiver is gone, the result is no longer needed.
                let _ = reply.send(result);
            }
            Request::Identify { keys, description, reply } => {
                // The receiver may not have waited for it.
                drop(spawn_local(async move { reply.send(client.user_arn(&keys, &description).await) }));
            }
            Request::Caller { keys, description, reply } => {
                let _ = reply.send(client.caller(&keys, &description).await);
            }
            Request::Preflight { keys, description, preflight, waker } => {
                let shared = preflight.clone();
                let check = async move {
                    let error = client.check_keys(&keys, &description).await.err();
                    if let Some(failure) = error.and_then(PreflightFailure::from_error) {
                        preflight.fail(failure, waker);
                    }
                };
                running = Some((spawn_local(check), shared));
            }
        }
    }
}

impl Request {
    /// Fails the request, because no client could be created.
    fn fail(self, e: Error) {
        match self {
            // Whoever asks for the user makes a call as well, whose error says why.
            Request::Load | Request::Identify { .. } => {}
            Request::Call { reply, .. } => {
                let _ = reply.send(Err(e));
            }
            Request::Caller { reply, .. } => {
                let _ = reply.send(Err(e));
            }
            Request::Preflight { preflight, waker, .. } => preflight.fail(PreflightFailure::Fatal(e), waker),
        }
    }
}

/// Waits for a running preflight. Returns its fatal error, unless the prompt has already taken it.
async fn fatal_failure(running: Option<(JoinHandle<()>, Preflight)>) -> Option<Error> {
    let (task, preflight) = running?;
    let _ = tokio::time::timeout(MAX_PREFLIGHT_WAIT, task).await;
    match preflight.take_failure() {
        Some(PreflightFailure::Fatal(e)) => Some(e),
        // The call may reach STS.
        Some(PreflightFailure::Unreachable(_)) | None => None,
    }
}
