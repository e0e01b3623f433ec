//! A page that redirects one visitor to a link, so that the link is in no argument of a program and in no file.

use super::{Port, accept};
use crate::credentials::Secret;
use crate::error::Result;
use crate::network::Network;
use crate::platform;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const REFERRER_POLICY: HeaderName = HeaderName::from_static("referrer-policy");

/// A page that redirects one visitor.
pub struct Redirect {
    /// Its path, which nobody can guess.
    pub path: String,
    /// Where it leads.
    pub to: Secret,
}

impl Redirect {
    /// Starts to serve the page. The receiver gets a message when the visitor was redirected.
    ///
    /// # Errors
    /// The network thread cannot be started.
    pub fn start(self, port: Port, network: &Network) -> Result<Receiver<()>> {
        let (visited, visits) = channel();
        network.spawn(move || async move {
            let page = Rc::new(Page { path: self.path, to: RefCell::new(Some(self.to)), visited });
            accept(port, &mut JoinSet::new(), |stream| page.clone().converse(stream)).await;
        })?;
        Ok(visits)
    }
}

struct Page {
    path: String,
    /// `None` after the first visit.
    to: RefCell<Option<Secret>>,
    visited: Sender<()>,
}

impl Page {
    async fn converse(self: Rc<Self>, stream: TcpStream) {
        // The path is an argument of the browser, and every user of this machine can see those.
        let is_own = match (stream.peer_addr(), stream.local_addr()) {
            (Ok(peer), Ok(own)) => platform::may_be_own_connection(peer, own),
            _ => false,
        };
        let service = service_fn(async |request| Ok::<_, Infallible>(self.respond(&request, is_own)));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(super::REQUEST_TIMEOUT).keep_alive(false);
        let is_sent = http.serve_connection(TokioIo::new(stream), service).await.is_ok();
        if is_sent && self.to.borrow().is_none() {
            let _ = self.visited.send(());
        }
    }

    fn respond<B>(&self, request: &Request<B>, is_own: bool) -> Response<Full<Bytes>> {
        let is_page = request.method() == Method::GET && request.uri().path() == self.path && is_own;
        let link = if is_page { self.to.borrow_mut().take() } else { None };
        let mut response = Response::new(Full::default());
        let Some(link) = link.and_then(|link| HeaderValue::from_str(link.expose()).ok()) else {
            *response.status_mut() = StatusCode::NOT_FOUND;
            return response;
        };
        *response.status_mut() = StatusCode::FOUND;
        let headers = response.headers_mut();
        headers.insert(LOCATION, link);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        response
    }
}
