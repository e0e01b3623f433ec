//! HTTP servers on loopback: the container credentials endpoint of `serve`, and a page that redirects, of `console`.
//!
//! A server is a task on the network thread. It answers from the session that it was given last, so it answers even while
//! the main thread waits for STS or for a person, and asks the main thread for a session when that one is about to expire.

mod exchange;
mod head;
mod redirect;

pub use head::{PATH, RefusedRequest, check};
pub use redirect::Redirect;

use crate::credentials::Secret;
use crate::error::{Error, FileError, Result};
use crate::network::Network;
use crate::platform::{self, Termination};
use crate::session::TokenFile;
use exchange::respond;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::net::{Ipv4Addr, TcpListener};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

/// How long a client may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long requests that are being answered may take when the server ends.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
/// The size limit of the head of a request in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// Connections at a time; more wait until one of them ends.
const MAX_CONNECTIONS: usize = 256;

/// A port on 127.0.0.1 that accepts connections.
pub struct Port {
    listener: TcpListener,
    number: u16,
}

impl Port {
    /// Takes this port; with 0, a free one.
    ///
    /// # Errors
    /// It is in use, or this user may not have it.
    pub fn take(number: u16) -> Result<Self> {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, number)).and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok(Port { number: listener.local_addr()?.port(), listener })
        });
        taken.map_err(|e| FileError::NotListening { port: number, problem: e.kind() }.into())
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The URL of the endpoint.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.number)
    }
}

/// A session as it is handed out. Times are in seconds since 1970.
pub struct Served {
    /// The JSON of the container credentials endpoint.
    pub body: Zeroizing<String>,
    /// When the session expires.
    pub expires: i64,
    /// From when on a request asks for a newer one.
    pub renew_at: i64,
}

/// The session that is handed out. The main thread and the server share it.
#[derive(Clone, Default)]
pub struct Current(Arc<Mutex<Option<Arc<Served>>>>);

impl Current {
    /// The session, which may have expired.
    pub fn get(&self) -> Option<Arc<Served>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces it.
    pub fn set(&self, served: Option<Arc<Served>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = served;
    }
}

/// What the server tells the main thread.
pub enum Event {
    /// A request needs a session that lasts longer. Many may be waiting.
    Wanted(oneshot::Sender<Answer>),
    /// A program got the session; the text is the name that it gave itself, which is untrusted.
    HandedOut(String),
    /// A request was refused.
    Refused(RefusedRequest),
}

/// A session, or why there is none, for the program that asked.
pub type Answer = std::result::Result<Arc<Served>, String>;

/// The container credentials endpoint (AWS SDKs and Tools Reference Guide, "Container credential provider").
pub struct CredentialsEndpoint<F> {
    /// What a request must have in its Authorization header.
    pub token: Secret,
    /// The file with the token. It is removed when the server ends.
    pub token_file: Option<TokenFile>,
    /// The session to hand out.
    pub current: Current,
    /// Called on the network thread.
    pub on_event: F,
    /// The signal that ends the server and then this process.
    pub termination: Option<Termination>,
}

/// A server that was started.
pub struct Running {
    stop: oneshot::Sender<()>,
    stopped: Receiver<()>,
}

impl Running {
    /// Ends the server: it accepts no more connections, and answers the requests that it has.
    pub fn stop(self) {
        let _ = self.stop.send(());
        // The other end is dropped when the server has ended.
        let _ = self.stopped.recv_timeout(2 * SHUTDOWN_TIMEOUT);
    }
}

impl<F: Fn(Event) + Send + 'static> CredentialsEndpoint<F> {
    /// Starts to answer.
    ///
    /// # Errors
    /// The network thread cannot be started.
    pub fn start(self, port: Port, network: &Network) -> Result<Running> {
        let (stop, is_stopped) = oneshot::channel();
        let (ended, stopped) = channel();
        network.spawn(move || self.serve(port, is_stopped, ended))?;
        Ok(Running { stop, stopped })
    }

    async fn serve(mut self, port: Port, stop: oneshot::Receiver<()>, _ended: Sender<()>) {
        let (termination, token_file) = (self.termination.take(), self.token_file.take());
        let endpoint = Rc::new(self);
        let mut connections = JoinSet::new();
        let accepting = accept(port, &mut connections, |stream| {
            let endpoint = endpoint.clone();
            async move { endpoint.converse(stream).await }
        });
        let signal = tokio::select! {
            signal = received(termination) => Some(signal),
            _ = stop => None,
            e = accepting => panic!("the port cannot be used any more: {e}"),
        };
        let _ =
            tokio::time::timeout(SHUTDOWN_TIMEOUT, async { while connections.join_next().await.is_some() {} }).await;
        drop(token_file);
        if let Some(signal) = signal {
            platform::die_of(signal);
        }
    }

    /// Answers one request.
    async fn converse(&self, stream: TcpStream) {
        let service = service_fn(async |request| Ok::<_, Infallible>(respond(&request, self).await));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(REQUEST_TIMEOUT).max_buf_size(MAX_HEAD).keep_alive(false);
        // The client may send something that is not HTTP, or close the connection.
        let _ = http.serve_connection(TokioIo::new(stream), service).await;
    }
}

/// The termination signal; never, if there is none to wait for.
async fn received(termination: Option<Termination>) -> i32 {
    match termination {
        Some(termination) => termination.received().await,
        None => std::future::pending().await,
    }
}

/// Accepts connections. Returns only if the port cannot be used.
async fn accept<F: Future<Output = ()> + 'static>(
    port: Port,
    connections: &mut JoinSet<()>,
    mut handle: impl FnMut(TcpStream) -> F,
) -> Error {
    let listener = match tokio::net::TcpListener::from_std(port.listener) {
        Ok(listener) => listener,
        Err(e) => return Error::Unexpected(e.to_string()),
    };
    loop {
        while connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn_local(handle(stream))),
            // A client that is gone already, or too many open files.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}
