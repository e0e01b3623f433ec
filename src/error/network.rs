//! STS could not be reached, or something else answered in its place.

use super::Words;

#[derive(Debug, PartialEq, Eq)]
pub struct NetworkError {
    /// Host and port that were spoken to; never a proxy's credentials.
    pub host: String,
    pub problem: NetworkProblem,
    /// Whether a code went out to whoever was reached: it may be used up. False where no connection came about.
    pub code_spent: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum NetworkProblem {
    Dns,
    Connect(String),
    Tls(String),
    Timeout,
    /// Status 5xx or throttling, by STS's own code.
    Busy(String),
    /// An answer that is not STS's: a captive portal, a proxy's page.
    NotSts,
    CaBundle {
        path: String,
        problem: String,
    },
    Proxy(String),
}

impl NetworkProblem {
    /// Whether it may be over in a moment: something went wrong on the way, and not before it or for good.
    pub(super) fn passes(&self) -> bool {
        matches!(self, NetworkProblem::Connect(_) | NetworkProblem::Timeout | NetworkProblem::Busy(_))
    }
}

impl NetworkError {
    pub(super) fn words(&self) -> Words {
        let host = &self.host;
        let (what, advice) = match &self.problem {
            NetworkProblem::Dns => {
                (format!("{host} cannot be found (DNS)"), "check the network, the region and the endpoint".to_owned())
            }
            NetworkProblem::Connect(why) => (
                format!("{host} cannot be reached: {why}"),
                "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint".into(),
            ),
            NetworkProblem::Tls(why) => (
                format!("the certificate of {host} is not trusted: {why}"),
                "a company's proxy needs its certificate named in AWS_CA_BUNDLE; else somebody may be listening in"
                    .into(),
            ),
            NetworkProblem::Timeout => {
                (format!("{host} did not answer in time"), "check the network and try again".into())
            }
            NetworkProblem::Busy(code) => (format!("{host} is busy ({code})"), "try again in a minute".into()),
            NetworkProblem::NotSts => (
                format!("unexpected answer from {host}: not STS's"),
                "a captive portal or a proxy may stand between; check the network and the endpoint".into(),
            ),
            NetworkProblem::CaBundle { path, problem } => {
                (format!("the CA bundle {path} cannot be used: {problem}"), "correct AWS_CA_BUNDLE or ca_bundle".into())
            }
            NetworkProblem::Proxy(why) => (
                format!("the proxy on the way to {host} refused: {why}"),
                "check HTTPS_PROXY and its credentials, or NO_PROXY".into(),
            ),
        };
        let advice =
            if self.code_spent { format!("{advice}\nthe code may be used up: take the next one") } else { advice };
        Words::new(what).advise(advice)
    }
}
