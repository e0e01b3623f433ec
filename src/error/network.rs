//! AWS could not be reached, or something else responded in its place.

use super::Message;
use super::value::similar_region;
use crate::printable::{printable_path, shown_value};
use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::path::Path;

/// Why there was no response from AWS.
#[derive(Debug, PartialEq, Eq)]
pub struct NetworkError {
    /// The endpoint's host and port; never a proxy's credentials.
    pub host: String,
    /// What failed.
    pub problem: NetworkCause,
    /// Whether a request was sent, so that AWS may have done what it asks for.
    pub is_sent: bool,
    /// Whether a request with a code was sent, so that AWS may have used the code.
    pub code_may_be_used: bool,
}

/// What failed. Texts are the messages of the system or of a library.
#[derive(Debug, PartialEq, Eq)]
pub enum NetworkCause {
    /// The endpoint's name cannot be resolved.
    Dns,
    /// No connection, or the connection broke.
    Connect(String),
    /// The endpoint's certificate is not trusted.
    Tls(String),
    /// There was no response in time.
    Timeout,
    /// Status 5xx or throttling, with STS's own error code.
    Busy(String),
    /// A response that is not from this service of AWS: a captive portal, a proxy's error page.
    NotAws { service: &'static str, response: UnexpectedResponse },
    /// The file with the trusted certificates cannot be used.
    CaBundle { path: String, problem: String },
    /// The proxy's host and port, if known.
    Proxy { proxy: Option<String>, problem: ProxyCause },
}

/// Why the proxy does not lead to the endpoint.
#[derive(Debug, PartialEq, Eq)]
pub enum ProxyCause {
    /// The proxy's name cannot be resolved.
    Dns,
    /// No connection to the proxy.
    Connect(String),
    /// The proxy did not open a tunnel to the endpoint.
    Refused,
}

/// What came instead of a response from AWS.
#[derive(Debug, PartialEq, Eq)]
pub enum UnexpectedResponse {
    /// A response that is not in the format of the service.
    Page { status: u16, content_type: Option<String> },
    /// A redirect, which AWS never sends.
    Redirect { status: u16, to: String },
    /// Something other than HTTP.
    NotHttp,
    /// The connection was closed before the end of the response.
    CutOff,
    /// The response exceeds the size limit.
    TooLong,
}

/// For the parentheses at the end of the message.
impl Display for UnexpectedResponse {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            UnexpectedResponse::Page { status, content_type: Some(kind) } => write!(f, "status {status}, {kind}"),
            UnexpectedResponse::Page { status, content_type: None } => write!(f, "status {status}"),
            UnexpectedResponse::Redirect { status, to } => write!(f, "status {status}, redirects to {to}"),
            UnexpectedResponse::NotHttp => f.write_str("not HTTP"),
            UnexpectedResponse::CutOff => f.write_str("incomplete"),
            UnexpectedResponse::TooLong => f.write_str("too long"),
        }
    }
}

impl NetworkCause {
    /// Whether trying again in a moment may succeed.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, NetworkCause::Connect(_) | NetworkCause::Timeout | NetworkCause::Busy(_))
    }

    fn message(&self, host: &str) -> (String, Cow<'static, str>) {
        let (what, advice) = match self {
            NetworkCause::Dns => {
                let region = host.ends_with(".amazonaws.com").then(|| host.split('.').nth(1)).flatten();
                let advice = match region.and_then(similar_region) {
                    Some(meant) => format!("check the region (did you mean {meant}?) and the network"),
                    None => "check the network, the region and the endpoint URL".to_owned(),
                };
                return (format!("{host} cannot be resolved (DNS)"), advice.into());
            }
            NetworkCause::Connect(why) => (
                format!("{host} cannot be reached: {why}"),
                "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint URL",
            ),
            NetworkCause::Tls(why) => (
                format!("the certificate of {host} is not trusted: {why}"),
                "behind a corporate proxy, set AWS_CA_BUNDLE to its CA certificate;\n\
                 otherwise, someone may be intercepting the connection",
            ),
            NetworkCause::Timeout => (format!("{host} did not respond in time"), "check the network and try again"),
            NetworkCause::Busy(code) => (format!("{host} is busy ({code})"), "try again in a minute"),
            NetworkCause::NotAws { service, response } => (
                format!("the response from {host} is not from {service} ({response})"),
                "check the network and the endpoint URL; a captive portal or a proxy may have responded",
            ),
            NetworkCause::CaBundle { path, problem } => (
                format!("the CA bundle {} cannot be used: {problem}", printable_path(Path::new(&*shown_value(path)))),
                "correct AWS_CA_BUNDLE or ca_bundle",
            ),
            NetworkCause::Proxy { proxy, problem } => {
                let proxy = proxy.as_ref().map_or("the proxy".to_owned(), |proxy| format!("the proxy {proxy}"));
                let what = match problem {
                    ProxyCause::Dns => format!("{proxy} for {host} cannot be resolved (DNS)"),
                    ProxyCause::Connect(why) => format!("{proxy} for {host} cannot be reached: {why}"),
                    ProxyCause::Refused => format!("{proxy} refused to connect to {host}"),
                };
                (what, "check HTTPS_PROXY and its credentials, or add the host to NO_PROXY")
            }
        };
        (what, advice.into())
    }
}

impl NetworkError {
    pub(super) fn message(&self) -> Message {
        let (what, advice) = self.problem.message(&self.host);
        let code = if self.code_may_be_used { "\nthe code may have been used; enter the next one" } else { "" };
        Message::new(what).advise(format!("{advice}{code}"))
    }
}
