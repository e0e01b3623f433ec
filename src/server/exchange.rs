//! One request to the container credentials endpoint, and its response.

use super::head::check;
use super::{Answer, CredentialsEndpoint, Event, Served};
use crate::clock;
use crate::printable::printable;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, USER_AGENT, WWW_AUTHENTICATE};
use hyper::{Request, Response, StatusCode};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long a request waits for a newer session while the current one can still be used. SDKs wait two seconds.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(1);
/// In seconds. A session with less time left is of no use to a program that has just started a request with it.
const MIN_USE: i64 = 10;
/// How many characters of a client's name are logged.
const MAX_AGENT: usize = 60;

/// Answers a request.
pub(super) async fn respond<F: Fn(Event)>(
    request: &Request<Incoming>,
    endpoint: &CredentialsEndpoint<F>,
) -> Response<Full<Bytes>> {
    if let Err(refused) = check(request.method(), request.uri(), request.headers(), &endpoint.token) {
        (endpoint.on_event)(Event::Refused(refused));
        let (status, code, message) = refused.response();
        return failure(status, code, message);
    }
    match session(endpoint).await {
        Ok(served) => {
            let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
            let name = agent.split(' ').next().unwrap_or_default();
            (endpoint.on_event)(Event::HandedOut(name.chars().take(MAX_AGENT).collect()));
            response(StatusCode::OK, Bytes::from_owner(Body(served)))
        }
        Err(message) => failure(StatusCode::SERVICE_UNAVAILABLE, "NoSession", &message),
    }
}

/// The bytes of a session on their way out. They are wiped with the session.
struct Body(Arc<Served>);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        self.0.body.as_bytes()
    }
}

/// The current session, or a newer one if it is about to expire.
async fn session<F: Fn(Event)>(endpoint: &CredentialsEndpoint<F>) -> Answer {
    let now = clock::now();
    let current = endpoint.current.get();
    if let Some(current) = current.as_ref().filter(|current| now < current.renew_at) {
        return Ok(current.clone());
    }
    let (reply, answer) = oneshot::channel();
    (endpoint.on_event)(Event::Wanted(reply));
    let answer = async { answer.await.unwrap_or_else(|_| Err("mfa-env is exiting".to_owned())) };
    match current.filter(|current| now + MIN_USE < current.expires) {
        None => answer.await,
        Some(current) => Ok(timeout(RENEWAL_TIMEOUT, answer).await.ok().and_then(Result::ok).unwrap_or(current)),
    }
}

/// An error as SDKs show it.
fn failure(status: StatusCode, code: &str, message: &str) -> Response<Full<Bytes>> {
    let body = json!({ "code": code, "message": printable(message).to_string() }).to_string();
    let mut response = response(status, body.into());
    let header = match status {
        StatusCode::METHOD_NOT_ALLOWED => Some((ALLOW, "GET")),
        // RFC 9110, section 11.6.1: required with this status.
        StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Token")),
        _ => None,
    };
    if let Some((name, value)) = header {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn response(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
