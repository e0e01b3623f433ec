//! The federation endpoint of AWS Sign-In, which exchanges a role session for a token that opens the console.

use crate::credentials::{Secret, SessionCredentials};
use crate::error::{ConsoleError, Error, NetworkCause, NetworkError, Result, UnexpectedResponse};
use crate::http;
use crate::network::Network;
use crate::plan::{ConsoleLink, Endpoint};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, Limited};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// A call that takes longer than this is announced to the user.
const NOTICE_AFTER: Duration = Duration::from_secs(2);
/// The size limit of a response in bytes; a token has less than 4 KB.
const MAX_RESPONSE_SIZE: usize = 1_000_000;
/// How much of an error's text is shown, in characters.
const MAX_MESSAGE: usize = 200;

/// The parameter `Session`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Session<'a> {
    session_id: &'a str,
    session_key: &'a str,
    session_token: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    signin_token: String,
}

/// The token for these credentials. `endpoint` says which certificates are trusted. If it takes more than two seconds,
/// `on_wait` is called once with the host.
///
/// # Errors
/// AWS refuses the credentials, cannot be reached, or sends an unusable response.
pub fn sign_in_token(
    link: &ConsoleLink,
    credentials: &SessionCredentials,
    endpoint: &Endpoint,
    network: &Network,
    on_wait: impl FnOnce(&str),
) -> Result<Secret> {
    let (url, host) = (link.federation.clone(), host(&link.federation).to_owned());
    let (form, endpoint, on_thread) = (form(credentials, link.duration), endpoint.clone(), host.clone());
    let (reply, result) = channel();
    network.spawn(move || async move {
        // If nobody waits any more, the result is not needed.
        let _ = reply.send(post(&url, &form, &endpoint, &on_thread).await);
    })?;
    let gone = || Error::Unexpected("the network thread ended".to_owned());
    match result.recv_timeout(NOTICE_AFTER) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => {
            on_wait(&host);
            result.recv().map_err(|_| gone())?
        }
        Err(RecvTimeoutError::Disconnected) => Err(gone()),
    }
}

/// The body of the request. In a body, the secrets are in no log of addresses.
fn form(credentials: &SessionCredentials, duration: Option<u32>) -> Zeroizing<String> {
    let session = Session {
        session_id: &credentials.access_key_id,
        session_key: credentials.secret_access_key.expose(),
        session_token: credentials.session_token.expose(),
    };
    let session = Zeroizing::new(serde_json::to_string(&session).expect("text is JSON"));
    let duration = duration.map_or_else(String::new, |seconds| format!("&SessionDuration={seconds}"));
    let session = utf8_percent_encode(&session, NON_ALPHANUMERIC);
    Zeroizing::new(format!("Action=getSigninToken{duration}&Session={session}"))
}

async fn post(url: &str, form: &str, endpoint: &Endpoint, host: &str) -> Result<Secret> {
    let connector = http::connector(endpoint, http::is_tls(Some(url)))?;
    let mut request = HttpRequest::new(SdkBody::from(form));
    let valid = "constants and a checked URL are valid";
    request.set_method("POST").expect(valid);
    request.set_uri(url).expect(valid);
    request.headers_mut().insert("content-type", "application/x-www-form-urlencoded");
    request.headers_mut().insert("content-length", form.len().to_string());
    request.headers_mut().insert("user-agent", concat!("mfa-env/", env!("CARGO_PKG_VERSION")));
    let exchange = async {
        let response = connector.call(request).await.map_err(|e| {
            if e.is_timeout() {
                NetworkCause::Timeout
            } else {
                http::connection(Some(&e), http::proxy_of(url).as_deref(), "AWS")
            }
        })?;
        let status = response.status().as_u16();
        let headers = ["location", "content-type"].map(|name| response.headers().get(name).map(str::to_owned));
        let body = Limited::new(response.into_body(), MAX_RESPONSE_SIZE).collect().await;
        Ok((status, headers, body.map(|body| body.to_bytes()).map_err(|_| UnexpectedResponse::CutOff)))
    };
    let response = timeout(http::OPERATION_TIMEOUT, exchange).await.unwrap_or(Err(NetworkCause::Timeout));
    let unexpected = |response| ConsoleError::NotAnswered { host: host.to_owned(), response };
    let (status, headers, body) = response.map_err(|problem| match problem {
        NetworkCause::NotAws { response, .. } => Error::from(unexpected(response)),
        problem => NetworkError { host: host.to_owned(), problem, is_sent: false, code_may_be_used: false }.into(),
    })?;
    token(status, headers, &body.map_err(unexpected)?, host)
}

/// The token in a response.
fn token(status: u16, headers: [Option<String>; 2], body: &[u8], host: &str) -> Result<Secret> {
    let is_token = |text: &String| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    let parsed = serde_json::from_slice::<Response>(body).ok().map(|response| response.signin_token);
    match (status, parsed.filter(is_token)) {
        (200, Some(token)) => Ok(Secret::new(token)),
        (400..500, _) => {
            let text = String::from_utf8_lossy(body);
            // A page is for a browser; its first line says nothing.
            let is_page = text.trim_start().starts_with('<');
            let message = if is_page { String::new() } else { text.trim().chars().take(MAX_MESSAGE).collect() };
            Err(ConsoleError::Refused { host: host.to_owned(), status, message }.into())
        }
        _ => {
            let [location, content_type] = headers;
            let response = match location {
                Some(to) if (300..400).contains(&status) => {
                    UnexpectedResponse::Redirect { status, to: to.chars().take(MAX_MESSAGE).collect() }
                }
                _ => UnexpectedResponse::Page { status, content_type },
            };
            Err(ConsoleError::NotAnswered { host: host.to_owned(), response }.into())
        }
    }
}

/// The host and port of a URL.
pub fn host(url: &str) -> &str {
    url.split('/').nth(2).unwrap_or(url)
}
