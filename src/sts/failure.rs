//! What a failed call means. STS says most by a code and the beginning of a message; `AccessDenied` alone stands for
//! six different things.

use super::network;
use crate::clock::ClockOffset;
use crate::error::{
    AwsRefusal, CallDescription, Error, KeyOwner, NetworkCause, ProxyCause, Refusal, UnexpectedResponse,
};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use http_body_util::LengthLimitError;
use std::error::Error as StdError;
use std::io::ErrorKind;

/// What is known of a call that failed, besides the error.
pub(super) struct CallContext<'a> {
    pub call: &'a CallDescription,
    /// Whether the call went out.
    pub is_sent: bool,
    /// Whether a code stood in it.
    pub has_code: bool,
    pub clock: Option<ClockOffset>,
    /// Host and port of the proxy on the way.
    pub proxy: Option<&'a str>,
}

/// Turns the SDK's error into ours.
pub(super) fn explain<E>(error: &SdkError<E>, context: &CallContext<'_>) -> Error
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let CallContext { call, is_sent, has_code, clock, .. } = *context;
    let unreachable = |problem| network(call.host.clone(), problem, has_code && is_sent);
    match error {
        SdkError::ServiceError(service) => {
            let (code, message) =
                (service.err().code().unwrap_or_default(), service.err().message().unwrap_or_default());
            if code.is_empty() {
                return unreachable(NetworkCause::NotSts(foreign(service.raw())));
            }
            if THROTTLING.contains(&code) || service.raw().status().as_u16() >= 500 {
                return unreachable(NetworkCause::Busy(code.to_owned()));
            }
            let reason = refusal(code, message, call, clock);
            AwsRefusal { reason, call: call.clone(), code: code.to_owned(), message: message.to_owned() }.into()
        }
        SdkError::ResponseError(response) => {
            let broken = match chain(error.source()).find_map(why_unread) {
                Some(broken) => broken,
                None => foreign(response.raw()),
            };
            unreachable(NetworkCause::NotSts(broken))
        }
        SdkError::TimeoutError(_) => unreachable(NetworkCause::Timeout),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => unreachable(NetworkCause::Timeout),
        SdkError::DispatchFailure(failure) => {
            // After the proxy has opened the way, what fails is behind it.
            let proxy = context.proxy.filter(|_| !is_sent);
            unreachable(connection(failure.as_connector_error().map(|e| e as _), proxy))
        }
        other => Error::Unexpected(format!("the call could not be made: {}", causes(Some(other)))),
    }
}

/// Codes that say "later", with a status that says "never".
const THROTTLING: [&str; 5] =
    ["Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestThrottled", "TooManyRequestsException"];

/// Messages end as they like, with a full stop, a blank or neither, so only their beginnings count.
fn refusal(code: &str, message: &str, call: &CallDescription, clock: Option<ClockOffset>) -> Refusal {
    let begins = |with: &str| message.trim_start().starts_with(with);
    match code {
        "AccessDenied" | "AccessDeniedException" => {
            if begins("MultiFactorAuthentication failed, unable to validate MFA code") {
                Refusal::WrongDevice(KeyOwner::default())
            } else if begins("MultiFactorAuthentication failed, must provide both") {
                Refusal::MfaIncomplete
            } else if begins("MultiFactorAuthentication failed") {
                Refusal::WrongCode(clock.map(|clock| clock.seconds))
            } else if begins("Cannot call GetSessionToken with session credentials") {
                Refusal::SessionCannotStartSession
            } else if begins("Roles may not be assumed by root accounts") {
                Refusal::RootCannotAssume
            } else if call.role.is_some() {
                Refusal::RoleNotAssumable
            } else {
                Refusal::Denied
            }
        }
        "ValidationError" if begins("The requested DurationSeconds exceeds the MaxSessionDuration") => {
            Refusal::DurationOverRole
        }
        "ValidationError" if begins("The requested DurationSeconds exceeds the 1 hour session limit") => {
            Refusal::DurationOverChain
        }
        "ValidationError" | "InvalidParameterValue" => Refusal::InvalidParameter,
        "InvalidClientTokenId" | "UnrecognizedClientException" => Refusal::UnknownKey,
        "SignatureDoesNotMatch" | "InvalidSignatureException" => {
            if begins("Signature expired") || begins("Signature not yet current") {
                Refusal::ClockSkew(clock)
            } else if begins("Credential should be scoped to") {
                Refusal::BadScope
            } else if begins("The request signature we calculated") || message.trim().is_empty() {
                Refusal::WrongSecret
            } else {
                Refusal::Other
            }
        }
        "IncompleteSignature" => Refusal::UnreadableKeyId,
        "MissingAuthenticationToken" => Refusal::Unsigned,
        "RequestExpired" | "RequestTimeTooSkewed" => Refusal::ClockSkew(clock),
        "ExpiredToken" | "ExpiredTokenException" => Refusal::Expired,
        "RegionDisabledException" => Refusal::RegionDisabled,
        _ => Refusal::Other,
    }
}

/// In characters, to be shown.
const LONGEST_HEADER: usize = 200;

/// What can be said of an answer that is not STS's.
fn foreign(answer: &HttpResponse) -> UnexpectedResponse {
    let header = |name| answer.headers().get(name).map(|text| text.chars().take(LONGEST_HEADER).collect());
    let status = answer.status().as_u16();
    match header("location") {
        Some(to) if (300..400).contains(&status) => UnexpectedResponse::Redirect { status, to },
        _ => UnexpectedResponse::Page { status, content_type: header("content-type") },
    }
}

/// Why an answer could not be read to its end.
fn why_unread(cause: &(dyn StdError + 'static)) -> Option<UnexpectedResponse> {
    if cause.is::<LengthLimitError>() {
        return Some(UnexpectedResponse::TooLong);
    }
    let io = cause.downcast_ref::<std::io::Error>()?;
    (io.kind() == ErrorKind::UnexpectedEof).then_some(UnexpectedResponse::CutOff)
}

/// Why there was no answer. TLS and HTTP can be told by their types, DNS only by the resolver's words.
fn connection(error: Option<&(dyn StdError + 'static)>, proxy: Option<&str>) -> NetworkCause {
    for cause in chain(error) {
        match cause.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::InvalidCertificate(why)) => return NetworkCause::Tls(why.to_string()),
            // Something answered that does not speak TLS, or not ours.
            Some(other) => return NetworkCause::Connect(format!("TLS failed: {other}")),
            None => {}
        }
        if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return NetworkCause::NotSts(UnexpectedResponse::NotHttp);
        }
    }
    let said = causes(error);
    let of_proxy = |problem| NetworkCause::Proxy { proxy: proxy.map(str::to_owned), problem };
    if said.contains("dns error") || said.contains("lookup address") {
        // With a proxy, nobody else is looked up.
        if proxy.is_some() { of_proxy(ProxyCause::Dns) } else { NetworkCause::Dns }
    } else if proxy.is_some() && chain(error).any(is_of_first_step) {
        of_proxy(ProxyCause::Connect(innermost(error)))
    } else if said.contains("tunnel") || said.contains("proxy") {
        // hyper's words may repeat the proxy's URL, and that may hold a password.
        of_proxy(ProxyCause::Refused)
    } else {
        NetworkCause::Connect(innermost(error))
    }
}

/// Whether not even a connection came about.
fn is_of_first_step(cause: &(dyn StdError + 'static)) -> bool {
    cause.downcast_ref::<std::io::Error>().is_some_and(|e| {
        matches!(
            e.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::NetworkDown
                | ErrorKind::AddrNotAvailable
                | ErrorKind::TimedOut
        )
    })
}

/// An error and its causes. What an I/O error was made of comes after it: its own `source` leaves that out, and
/// rustls's errors lie in two of them.
fn chain<'a>(error: Option<&'a (dyn StdError + 'static)>) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error, |&error: &&'a (dyn StdError + 'static)| {
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner as _),
            None => error.source(),
        }
    })
}

fn causes(error: Option<&(dyn StdError + 'static)>) -> String {
    chain(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn innermost(error: Option<&(dyn StdError + 'static)>) -> String {
    chain(error).last().map_or_else(|| "no connection".to_owned(), ToString::to_string)
}
