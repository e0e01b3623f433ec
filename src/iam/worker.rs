//! The task of one endpoint of IAM on the network thread. It makes one call after the other with the same client.

use super::client::IamClient;
use crate::error::Result;
use crate::http::ServerClock;
use crate::network::{self, Network};
use crate::plan::Endpoint;
use std::future::Future;
use std::pin::Pin;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Makes a call with the client, or says that there is none.
type Job = Box<dyn FnOnce(Result<IamClient>) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// The sending end of the task; dropping it ends the task.
pub(super) struct Worker(UnboundedSender<Job>);

impl Worker {
    /// Starts the task.
    ///
    /// # Errors
    /// The network thread cannot be started.
    pub(super) fn start(network: &Network, endpoint: Endpoint, clock: ServerClock) -> Result<Self> {
        let (sender, jobs) = unbounded_channel();
        network.spawn(move || serve(endpoint, clock, jobs))?;
        Ok(Worker(sender))
    }

    /// Queues a job.
    ///
    /// # Errors
    /// The task has ended.
    pub(super) fn send(
        &self,
        job: impl FnOnce(Result<IamClient>) -> Pin<Box<dyn Future<Output = ()>>> + Send + 'static,
    ) -> Result<()> {
        self.0.send(Box::new(job)).map_err(|_| network::thread_ended())
    }
}

async fn serve(endpoint: Endpoint, clock: ServerClock, mut jobs: UnboundedReceiver<Job>) {
    let mut created: Option<IamClient> = None;
    while let Some(job) = jobs.recv().await {
        let client = created.clone().map_or_else(|| IamClient::new(&endpoint, clock.clone()), Ok);
        created = client.as_ref().ok().cloned();
        job(client).await;
    }
}
