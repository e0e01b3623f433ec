//! Which requests the container credentials endpoint answers.
//!
//! Any program of any user of this machine can connect, and so can a web page, through a browser. Therefore a request
//! needs the token, the name of this machine (a page whose host name was bound to 127.0.0.1 sends its own), and must not
//! come from a page.

use crate::credentials::Secret;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::{Method, StatusCode, Uri};
use sha2::{Digest, Sha256};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The path of the endpoint. Some SDKs refuse a URL without one.
pub const PATH: &str = "/credentials";

/// What browsers send with every request of a page.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedRequest {
    /// Its Host is not this machine.
    OtherHost,
    /// It comes from a web page.
    FromPage,
    /// It has no Authorization header.
    NoToken,
    /// Its token is not that of the endpoint.
    WrongToken,
    /// It is not a GET.
    NotGet,
    /// It asks for another path.
    OtherPath,
}

impl RefusedRequest {
    /// What the client is told: the status, and the `code` and `message` of the endpoint's errors.
    pub(super) fn response(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            RefusedRequest::OtherHost => {
                (StatusCode::FORBIDDEN, "HostNotAllowed", "the endpoint is called localhost or 127.0.0.1")
            }
            RefusedRequest::FromPage => (StatusCode::FORBIDDEN, "OriginNotAllowed", "web pages get no credentials"),
            RefusedRequest::NoToken => (
                StatusCode::UNAUTHORIZED,
                "TokenMissing",
                "the Authorization header must have the token of AWS_CONTAINER_AUTHORIZATION_TOKEN",
            ),
            RefusedRequest::WrongToken => {
                (StatusCode::FORBIDDEN, "TokenInvalid", "the token is not the one of this endpoint")
            }
            RefusedRequest::NotGet => (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "use GET"),
            RefusedRequest::OtherPath => (StatusCode::NOT_FOUND, "NotFound", "the credentials are at /credentials"),
        }
    }

    /// The reason, for the log.
    pub fn reason(self) -> &'static str {
        match self {
            RefusedRequest::OtherHost => "for another host",
            RefusedRequest::FromPage => "from a web page",
            RefusedRequest::NoToken => "without a token",
            RefusedRequest::WrongToken => "with a wrong token",
            RefusedRequest::NotGet => "that is not a GET",
            RefusedRequest::OtherPath => "for another path",
        }
    }
}

/// Checks the head of a request.
///
/// # Errors
/// The first reason to refuse it.
pub fn check(method: &Method, uri: &Uri, headers: &HeaderMap, token: &Secret) -> Result<(), RefusedRequest> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    // A proxy would be sent the whole URL, with a host of its own.
    if !host.is_some_and(is_this_machine) || hosts.next().is_some() || uri.host().is_some_and(|h| !is_this_machine(h)) {
        return Err(RefusedRequest::OtherHost);
    }
    if headers.contains_key(ORIGIN) || headers.contains_key(SEC_FETCH_SITE) {
        return Err(RefusedRequest::FromPage);
    }
    let mut tokens = headers.get_all(AUTHORIZATION).iter();
    let given = tokens.next().ok_or(RefusedRequest::NoToken)?;
    if tokens.next().is_some() || !is_equal(given.as_bytes(), token.expose().as_bytes()) {
        return Err(RefusedRequest::WrongToken);
    }
    if method != Method::GET {
        return Err(RefusedRequest::NotGet);
    }
    if uri.path() != PATH {
        return Err(RefusedRequest::OtherPath);
    }
    Ok(())
}

/// Compares without telling by its time how much is right: nobody can choose the hash of what they send.
fn is_equal(given: &[u8], token: &[u8]) -> bool {
    Sha256::digest(given) == Sha256::digest(token)
}

/// Whether a Host header names this machine: `localhost`, an address of 127.0.0.0/8, or `[::1]`. The port does not
/// matter, because a tunnel may have another one at its other end.
fn is_this_machine(host: &str) -> bool {
    let (name, port) = match host.rfind(']') {
        Some(end) => host.split_at(end + 1),
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let port_ok = port.is_empty() || port.strip_prefix(':').is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()));
    let v6 = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    port_ok
        && (name.eq_ignore_ascii_case("localhost")
            || name.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
            || v6.is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())))
}
