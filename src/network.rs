//! The thread on which all network work runs. It has a current-thread runtime and starts on first use, so a run whose
//! session is cached never starts it.

use crate::error::{Error, FileError, Result};
use crate::platform;
use std::cell::OnceCell;
use std::future::Future;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{LocalSet, spawn_local};

/// Creates a task on the network thread.
type Job = Box<dyn FnOnce() + Send>;

/// The network thread. Dropping this ends it.
#[derive(Default)]
pub struct Network(OnceCell<UnboundedSender<Job>>);

impl Network {
    /// Runs a task on the thread. `task` is called there, so what the task holds need not be `Send`.
    ///
    /// # Errors
    /// The system cannot create a thread or the runtime's file descriptors.
    pub fn spawn<F: Future<Output = ()> + 'static>(&self, task: impl FnOnce() -> F + Send + 'static) -> Result<()> {
        let jobs = match self.0.get() {
            Some(jobs) => jobs,
            None => {
                let jobs = start()?;
                self.0.get_or_init(|| jobs)
            }
        };
        let job = Box::new(|| drop(spawn_local(task())));
        // The thread runs as long as this exists, and a panic in it ends the process.
        jobs.send(job).map_err(|_| Error::Unexpected("the network thread ended".to_owned()))
    }
}

fn start() -> Result<UnboundedSender<Job>> {
    let (sender, jobs) = unbounded_channel();
    let no_thread = |e: std::io::Error| Error::File(FileError::Exhausted(e.to_string()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
    let run = move || {
        // Entered before `tasks` is created, so that `tasks` is dropped while the runtime is still entered: it may hold a
        // preflight with a pooled connection, for which hyper spawns a task when it is dropped. That panics outside a
        // runtime.
        let _entered = runtime.enter();
        let tasks = LocalSet::new();
        tasks.block_on(&runtime, run_jobs(jobs));
    };
    platform::spawn_thread("network", run).map_err(no_thread)?;
    Ok(sender)
}

/// Starts tasks until the [`Network`] is dropped.
async fn run_jobs(mut jobs: UnboundedReceiver<Job>) {
    while let Some(job) = jobs.recv().await {
        job();
    }
}
