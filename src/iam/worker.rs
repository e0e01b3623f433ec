//! The task of one endpoint of IAM on the network thread. It makes one call after the other with the same client.

use super::answer::Answer;
use super::call::Call;
use super::client::IamClient;
use crate::credentials::Keys;
use crate::error::{CallDescription, Result};
use crate::http::ServerClock;
use crate::network::{self, Network};
use crate::plan::Endpoint;
use std::sync::mpsc::Sender;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A call to make.
pub(super) struct Request {
    pub call: Call,
    pub keys: Keys,
    pub description: CallDescription,
    /// Where the result goes.
    pub reply: Sender<Result<Answer>>,
}

/// The sending end of the task; dropping it ends the task.
pub(super) struct Worker(UnboundedSender<Request>);

impl Worker {
    /// Starts the task.
    ///
    /// # Errors
    /// The network thread cannot be started.
    pub(super) fn start(network: &Network, endpoint: Endpoint, clock: ServerClock) -> Result<Self> {
        let (sender, requests) = unbounded_channel();
        network.spawn(move || serve(endpoint, clock, requests))?;
        Ok(Worker(sender))
    }

    /// Queues a call.
    ///
    /// # Errors
    /// The task has ended.
    pub(super) fn send(&self, request: Request) -> Result<()> {
        self.0.send(request).map_err(|_| network::thread_ended())
    }
}

async fn serve(endpoint: Endpoint, clock: ServerClock, mut requests: UnboundedReceiver<Request>) {
    let mut created: Option<IamClient> = None;
    while let Some(Request { call, keys, description, reply }) = requests.recv().await {
        // Created on this thread, because loading the certificates takes a while.
        let client = created.clone().map_or_else(|| IamClient::new(&endpoint, clock.clone()), Ok);
        created = client.as_ref().ok().cloned();
        let answer = match client {
            Ok(client) => client.call(&call, &keys, &description).await,
            Err(e) => Err(e),
        };
        // If nobody waits any more, the result is not needed.
        let _ = reply.send(answer);
    }
}
