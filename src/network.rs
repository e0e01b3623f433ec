//! The thread on which all network work runs. It has a current-thread runtime and starts on first use, so a run whose
//! session is cached never starts it.

use crate::error::{Error, FileError, Result};
use crate::platform;
use std::cell::OnceCell;
use std::future::Future;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{LocalSet, spawn_local};

/// A call that takes longer than this is announced to the user.
const NOTICE_AFTER: Duration = Duration::from_secs(2);
/// How often a wait for a response looks for a signal that is held.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);
/// How long the wait goes on after such a signal.
const GRACE: Duration = Duration::from_millis(300);

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
        jobs.send(job).map_err(|_| thread_ended())
    }
}

/// Waits for what a task on the thread sends. If that takes more than two seconds, `on_wait` is called once.
///
/// # Errors
/// The task has ended without sending anything.
pub fn wait_for<T>(result: &Receiver<T>, on_wait: impl FnOnce()) -> Result<T> {
    let notice_at = Instant::now() + NOTICE_AFTER;
    let mut on_wait = Some(on_wait);
    loop {
        match result.recv_timeout(SIGNAL_INTERVAL) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Disconnected) => return Err(thread_ended()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        // The response may be here already, and with it the only session that the code will ever get.
        if platform::is_signal_held() {
            return result.recv_timeout(GRACE).map_err(|_| {
                platform::release_signal();
                thread_ended()
            });
        }
        if Instant::now() >= notice_at
            && let Some(on_wait) = on_wait.take()
        {
            on_wait();
        }
    }
}

/// Should not happen: the thread runs as long as its [`Network`] exists, and a panic in it ends the process.
pub fn thread_ended() -> Error {
    Error::Unexpected("the network thread ended".to_owned())
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
