//! AWS could not be reached, or something else responded.

use crate::support::messages::{Case, HOST, case};
use mfa_env::error::{NetworkCause as E, NetworkError, ProxyCause, UnexpectedResponse as Response};

pub fn cases() -> Vec<Case> {
    let error = |problem| NetworkError { host: HOST.to_owned(), problem, is_sent: false, code_may_be_used: false };
    let not_aws = |response| error(E::NotAws { service: "STS", response });
    let proxy = |problem| error(E::Proxy { proxy: Some("proxy.example.com:3128".to_owned()), problem });
    let refused = || "connection refused".to_owned();
    vec![
        case("no name server", error(E::Dns)),
        case("a misspelt region", NetworkError { host: "sts.eu-centrl-1.amazonaws.com".to_owned(), ..error(E::Dns) }),
        case("no connection", error(E::Connect(refused()))),
        case("a certificate that is not trusted", error(E::Tls("unknown issuer".to_owned()))),
        case("no response", error(E::Timeout)),
        case(
            "no response, after a code was sent",
            NetworkError { is_sent: true, code_may_be_used: true, ..error(E::Timeout) },
        ),
        case("throttling", error(E::Busy("Throttling".to_owned()))),
        case("a page", not_aws(Response::Page { status: 200, content_type: Some("text/html".to_owned()) })),
        case("a page without a type", not_aws(Response::Page { status: 502, content_type: None })),
        case(
            "a captive portal",
            not_aws(Response::Redirect { status: 302, to: "https://portal.example.com/".to_owned() }),
        ),
        case("another protocol", not_aws(Response::NotHttp)),
        case("half a response", not_aws(Response::CutOff)),
        case("an endless response", not_aws(Response::TooLong)),
        case(
            "the file of certificates",
            error(E::CaBundle { path: "/etc/ssl/corporate.pem".to_owned(), problem: "no such file".to_owned() }),
        ),
        case("the proxy's name", proxy(ProxyCause::Dns)),
        case("the proxy is down", proxy(ProxyCause::Connect(refused()))),
        case("the proxy refuses", proxy(ProxyCause::Refused)),
        case("a proxy that is not known", error(E::Proxy { proxy: None, problem: ProxyCause::Refused })),
    ]
}
