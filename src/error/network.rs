//! STS could not be reached, or something else answered in its place.

use super::Message;
use std::fmt::{self, Display, Formatter};

#[derive(Debug, PartialEq, Eq)]
pub struct NetworkError {
    /// Host and port that were spoken to; never a proxy's credentials.
    pub host: String,
    pub problem: NetworkCause,
    /// Whether a code went out to whoever was reached: it may be used up. False where no connection came about.
    pub code_spent: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum NetworkCause {
    Dns,
    Connect(String),
    Tls(String),
    Timeout,
    /// Status 5xx or throttling, by STS's own code.
    Busy(String),
    /// An answer that is not STS's: a captive portal, a proxy's page.
    NotSts(UnexpectedResponse),
    CaBundle {
        path: String,
        problem: String,
    },
    /// The host and port of the proxy, where they are known.
    Proxy {
        proxy: Option<String>,
        problem: ProxyCause,
    },
}

/// Why there is no way through the proxy.
#[derive(Debug, PartialEq, Eq)]
pub enum ProxyCause {
    Dns,
    Connect(String),
    Refused,
}

/// What came instead of STS's answer.
#[derive(Debug, PartialEq, Eq)]
pub enum UnexpectedResponse {
    Page { status: u16, content_type: Option<String> },
    Redirect { status: u16, to: String },
    NotHttp,
    CutOff,
    TooLong,
}

/// As the end of a line.
impl Display for UnexpectedResponse {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            UnexpectedResponse::Page { status, content_type: Some(kind) } => write!(f, "status {status}, {kind}"),
            UnexpectedResponse::Page { status, content_type: None } => write!(f, "status {status}"),
            UnexpectedResponse::Redirect { status, to } => write!(f, "status {status}, a redirect to {to}"),
            UnexpectedResponse::NotHttp => f.write_str("it is not HTTP"),
            UnexpectedResponse::CutOff => f.write_str("it ends in the middle"),
            UnexpectedResponse::TooLong => f.write_str("it is too long"),
        }
    }
}

impl NetworkCause {
    /// Whether it may be over in a moment: something went wrong on the way, and not before it or for good.
    pub(super) fn passes(&self) -> bool {
        matches!(self, NetworkCause::Connect(_) | NetworkCause::Timeout | NetworkCause::Busy(_))
    }
}

impl NetworkError {
    pub(super) fn message(&self) -> Message {
        let host = &self.host;
        let (what, advice) = match &self.problem {
            NetworkCause::Dns => {
                (format!("{host} cannot be found (DNS)"), "check the network, the region and the endpoint".to_owned())
            }
            NetworkCause::Connect(why) => (
                format!("{host} cannot be reached: {why}"),
                "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint".into(),
            ),
            NetworkCause::Tls(why) => (
                format!("the certificate of {host} is not trusted: {why}"),
                "a company's proxy needs its certificate named in AWS_CA_BUNDLE; else somebody may be listening in"
                    .into(),
            ),
            NetworkCause::Timeout => {
                (format!("{host} did not answer in time"), "check the network and try again".into())
            }
            NetworkCause::Busy(code) => (format!("{host} is busy ({code})"), "try again in a minute".into()),
            NetworkCause::NotSts(answer) => (
                format!("unexpected answer from {host}: not STS's ({answer})"),
                "a captive portal or a proxy may stand between; check the network and the endpoint".into(),
            ),
            NetworkCause::CaBundle { path, problem } => {
                (format!("the CA bundle {path} cannot be used: {problem}"), "correct AWS_CA_BUNDLE or ca_bundle".into())
            }
            NetworkCause::Proxy { proxy, problem } => {
                let proxy = proxy.as_ref().map_or("the proxy".to_owned(), |proxy| format!("the proxy {proxy}"));
                let what = match problem {
                    ProxyCause::Dns => format!("{proxy} on the way to {host} cannot be found (DNS)"),
                    ProxyCause::Connect(why) => format!("{proxy} on the way to {host} cannot be reached: {why}"),
                    ProxyCause::Refused => format!("{proxy} on the way to {host} refused to open it"),
                };
                (what, "check HTTPS_PROXY and its credentials, or NO_PROXY".into())
            }
        };
        let advice =
            if self.code_spent { format!("{advice}\nthe code may be used up: take the next one") } else { advice };
        Message::new(what).advise(advice)
    }
}
