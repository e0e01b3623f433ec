//! The network thread: takes requests one after another, so that a call finds the connection that the preflight made.

use super::client::StsClient;
use super::{Answer, Parameters};
use crate::credentials::{Keys, TokenCode};
use crate::error::{Asked, Error, Refusal, Result};
use crate::plan::Endpoint;
use crate::platform::Waker;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A preflight that takes longer is given up: the call with the code stands behind it, and codes age.
const VERDICT: Duration = Duration::from_secs(3);

pub(super) enum Request {
    Call { parameters: Parameters, keys: Keys, code: Option<TokenCode>, asked: Asked, reply: Sender<Result<Answer>> },
    Preflight { keys: Keys, asked: Asked, reply: Sender<Option<Error>>, waker: Waker },
}

pub(super) struct Worker(UnboundedSender<Request>);

impl Worker {
    /// # Errors
    /// The CA bundle is unusable, or the system gives us no thread.
    pub(super) fn start(endpoint: &Endpoint) -> Result<Self> {
        let client = StsClient::new(endpoint)?;
        let (sender, requests) = unbounded_channel();
        let no_thread = |e: std::io::Error| Error::Unexpected(format!("no network thread: {e}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
        std::thread::Builder::new()
            .name("sts".to_owned())
            .spawn(move || runtime.block_on(serve(client, requests)))
            .map_err(no_thread)?;
        Ok(Worker(sender))
    }

    pub(super) fn send(&self, request: Request) -> std::result::Result<(), ()> {
        self.0.send(request).map_err(|_| ())
    }
}

async fn serve(client: StsClient, mut requests: UnboundedReceiver<Request>) {
    while let Some(request) = requests.recv().await {
        match request {
            // Who asked may have stopped waiting; then the answer is nobody's.
            Request::Call { parameters, keys, code, asked, reply } => {
                let _ = reply.send(client.call(&parameters, &keys, code.as_ref(), &asked).await);
            }
            Request::Preflight { keys, asked, reply, mut waker } => {
                let verdict = tokio::time::timeout(VERDICT, client.check(&keys, &asked)).await;
                let _ = reply.send(verdict.ok().and_then(std::result::Result::err).filter(is_final));
                waker.ring();
            }
        }
    }
}

/// Only what says that these keys can never sign in. All else is the business of the call itself, which may fare better.
fn is_final(e: &Error) -> bool {
    matches!(e, Error::Aws(refusal) if matches!(refusal.reason, Refusal::UnknownKey | Refusal::WrongSecret | Refusal::Expired))
}
