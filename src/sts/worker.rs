//! The network thread: takes requests one after another, so that a call finds the connection that the preflight made.

use super::client::StsClient;
use super::clock::ServerClock;
use super::{Parameters, Verdict};
use crate::credentials::{Keys, SessionCredentials, TokenCode};
use crate::error::{CallDescription, Error, Refusal, Result};
use crate::plan::Endpoint;
use crate::platform::Waker;
use std::rc::Rc;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, LocalSet, spawn_local};

/// How long a call waits for the preflight's connection before it opens one of its own: codes age.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) enum Request {
    /// Only what needs no call.
    Load,
    Call {
        parameters: Parameters,
        keys: Keys,
        code: Option<TokenCode>,
        description: CallDescription,
        reply: Sender<Result<SessionCredentials>>,
    },
    Preflight {
        keys: Keys,
        description: CallDescription,
        verdict: Slot,
        waker: Waker,
    },
}

/// Where the preflight leaves what it came to; whoever looks first takes it.
type Slot = Arc<Mutex<Option<Verdict>>>;

pub(super) struct Worker(UnboundedSender<Request>);

impl Worker {
    /// # Errors
    /// The system gives us no thread.
    pub(super) fn start(endpoint: Endpoint, clock: ServerClock) -> Result<Self> {
        let (sender, requests) = unbounded_channel();
        let no_thread = |e: std::io::Error| Error::Unexpected(format!("the network thread could not be started: {e}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
        std::thread::Builder::new()
            .name("sts".to_owned())
            .spawn(move || LocalSet::new().block_on(&runtime, serve(endpoint, clock, requests)))
            .map_err(no_thread)?;
        Ok(Worker(sender))
    }

    pub(super) fn send(&self, request: Request) -> std::result::Result<(), ()> {
        self.0.send(request).map_err(|_| ())
    }
}

async fn serve(endpoint: Endpoint, clock: ServerClock, mut requests: UnboundedReceiver<Request>) {
    let mut made: Option<Rc<StsClient>> = None;
    let mut preflight: Option<(JoinHandle<()>, Slot)> = None;
    while let Some(request) = requests.recv().await {
        // Made here and not where it is asked for: the certificates take a while, and the prompt does not wait for
        // them.
        let client = match made.clone().map_or_else(|| StsClient::new(&endpoint, clock.clone()).map(Rc::new), Ok) {
            Ok(client) => client,
            Err(e) => {
                request.fail(e);
                continue;
            }
        };
        made = Some(client.clone());
        match request {
            Request::Load => {}
            Request::Call { parameters, keys, code, description, reply } => {
                let answer = match objection(preflight.take()).await {
                    Some(e) => Err(e),
                    None => client.call(&parameters, &keys, code.as_ref(), &description).await,
                };
                // Who asked may have stopped waiting; then the answer is nobody's.
                let _ = reply.send(answer);
            }
            Request::Preflight { keys, description, verdict, waker } => {
                let slot = verdict.clone();
                let check = async move { settle(client.check(&keys, &description).await.err(), &verdict, waker) };
                preflight = Some((spawn_local(check), slot));
            }
        }
    }
}

impl Request {
    /// Nobody can be called at all.
    fn fail(self, e: Error) {
        match self {
            Request::Load => {}
            Request::Call { reply, .. } => {
                let _ = reply.send(Err(e));
            }
            Request::Preflight { verdict, waker, .. } => leave(Verdict::Objection(e), &verdict, waker),
        }
    }
}

/// Waits for a preflight that still runs. What it objects to, if nobody has heard of it yet.
async fn objection(preflight: Option<(JoinHandle<()>, Slot)>) -> Option<Error> {
    let (running, slot) = preflight?;
    let _ = tokio::time::timeout(PATIENCE, running).await;
    match slot.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(Verdict::Objection(e)) => Some(e),
        // The call finds out for itself.
        Some(Verdict::Trouble(_)) | None => None,
    }
}

/// Only what says that these keys can never sign in is final. All else is the business of the call itself, which may
/// fare better.
fn settle(found: Option<Error>, slot: &Slot, waker: Waker) {
    match found {
        Some(Error::Aws(refusal))
            if matches!(refusal.reason, Refusal::UnknownKey | Refusal::WrongSecret | Refusal::Expired) =>
        {
            leave(Verdict::Objection(Error::Aws(refusal)), slot, waker);
        }
        Some(e @ Error::Network(_)) => leave(Verdict::Trouble(e), slot, waker),
        _ => {}
    }
}

fn leave(verdict: Verdict, slot: &Slot, mut waker: Waker) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
    waker.ring();
}
