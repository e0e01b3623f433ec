//! Interprets failed calls: why there was no response, or what the errors mean that every service shares.

use crate::clock::ClockOffset;
use crate::error::{
    AwsRefusal, CallDescription, Error, FileError, NetworkCause, NetworkError, ProxyCause, Refusal, UnexpectedResponse,
};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use http_body_util::LengthLimitError;
use std::error::Error as StdError;
use std::io::ErrorKind;

/// What is known about a failed call, apart from the error.
pub struct CallContext<'a> {
    /// What the service calls itself: `STS`.
    pub service: &'static str,
    pub call: &'a CallDescription,
    /// Whether the request was sent.
    pub is_sent: bool,
    /// Whether it contained a code.
    pub has_code: bool,
    /// Host and port of the proxy, if one is used.
    pub proxy: Option<&'a str>,
}

/// Interprets the SDK's error. `refusal` says what an error code and its message mean.
pub fn explain<E>(error: &SdkError<E>, context: &CallContext<'_>, refusal: impl FnOnce(&str, &str) -> Refusal) -> Error
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let CallContext { service, call, is_sent, has_code, .. } = *context;
    let not_aws = |response| NetworkCause::NotAws { service, response };
    let network = |problem| {
        NetworkError { host: call.host.clone(), problem, is_sent, code_may_be_used: has_code && is_sent }.into()
    };
    match error {
        SdkError::ServiceError(service) => {
            let (code, message) =
                (service.err().code().unwrap_or_default(), service.err().message().unwrap_or_default());
            if code.is_empty() {
                return network(not_aws(unexpected_response(service.raw())));
            }
            if THROTTLING_CODES.contains(&code) || service.raw().status().as_u16() >= 500 {
                return network(NetworkCause::Busy(code.to_owned()));
            }
            let reason = refusal(code, message);
            AwsRefusal { reason, call: call.clone(), code: code.to_owned(), message: message.to_owned() }.into()
        }
        SdkError::ResponseError(response) => {
            let unread = chain(error.source()).find_map(unread_response);
            network(not_aws(unread.unwrap_or_else(|| unexpected_response(response.raw()))))
        }
        SdkError::TimeoutError(_) => network(NetworkCause::Timeout),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => network(NetworkCause::Timeout),
        SdkError::DispatchFailure(failure) => {
            let connector = failure.as_connector_error().map(|e| e as _);
            if let Some(problem) = chain(connector).find_map(exhausted) {
                return Error::File(FileError::Exhausted(problem));
            }
            // Once a request was sent, the proxy has opened its tunnel, so the failure is beyond it.
            let proxy = context.proxy.filter(|_| !is_sent);
            network(connection(connector, proxy, service))
        }
        other => Error::Unexpected(format!("the call could not be made: {}", causes(Some(other)))),
    }
}

/// Error codes of throttling. Their status is 4xx, but the call can be retried.
const THROTTLING_CODES: [&str; 5] =
    ["Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestThrottled", "TooManyRequestsException"];

/// What AWS's error codes about keys and signatures mean, which every service shares. Only the beginnings of messages are
/// compared, because some end with a full stop or a space and some do not.
pub fn refused_signature(code: &str, message: &str, clock: Option<ClockOffset>) -> Option<Refusal> {
    let starts_with = |prefix: &str| message.trim_start().starts_with(prefix);
    Some(match code {
        "InvalidClientTokenId" | "UnrecognizedClientException" => Refusal::UnknownKey,
        "SignatureDoesNotMatch" | "InvalidSignatureException" => {
            if starts_with("Signature expired") || starts_with("Signature not yet current") {
                Refusal::ClockSkew(clock)
            } else if starts_with("Credential should be scoped to") {
                Refusal::BadScope
            } else if starts_with("The request signature we calculated") || message.trim().is_empty() {
                Refusal::WrongSecret
            } else {
                Refusal::Other
            }
        }
        "IncompleteSignature" => Refusal::UnreadableKeyId,
        "MissingAuthenticationToken" => Refusal::Unsigned,
        "RequestExpired" | "RequestTimeTooSkewed" => Refusal::ClockSkew(clock),
        "ExpiredToken" | "ExpiredTokenException" => Refusal::Expired,
        _ => return None,
    })
}

/// How much of a header an error message shows, in characters.
const MAX_HEADER_LENGTH: usize = 200;

/// Describes a response that is not from AWS.
fn unexpected_response(response: &HttpResponse) -> UnexpectedResponse {
    let header = |name| response.headers().get(name).map(|text| text.chars().take(MAX_HEADER_LENGTH).collect());
    let status = response.status().as_u16();
    match header("location") {
        Some(to) if (300..400).contains(&status) => UnexpectedResponse::Redirect { status, to },
        _ => UnexpectedResponse::Page { status, content_type: header("content-type") },
    }
}

/// Describes a response that could not be read completely, if this is the cause.
fn unread_response(cause: &(dyn StdError + 'static)) -> Option<UnexpectedResponse> {
    if cause.is::<LengthLimitError>() {
        return Some(UnexpectedResponse::TooLong);
    }
    let io = cause.downcast_ref::<std::io::Error>()?;
    (io.kind() == ErrorKind::UnexpectedEof).then_some(UnexpectedResponse::CutOff)
}

/// Why there was no response. TLS and HTTP errors are recognized by type, DNS and proxy errors only by their text.
pub fn connection(
    error: Option<&(dyn StdError + 'static)>,
    proxy: Option<&str>,
    service: &'static str,
) -> NetworkCause {
    for cause in chain(error) {
        match cause.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::InvalidCertificate(why)) => return NetworkCause::Tls(why.to_string()),
            // The server does not use TLS, or supports no common version or cipher.
            Some(other) => return NetworkCause::Connect(format!("TLS failed: {other}")),
            None => {}
        }
        if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return NetworkCause::NotAws { service, response: UnexpectedResponse::NotHttp };
        }
    }
    let text = causes(error);
    let proxy_failed = |problem| NetworkCause::Proxy { proxy: proxy.map(str::to_owned), problem };
    if text.contains("dns error") || text.contains("lookup address") {
        // With a proxy, only the proxy's name is resolved here.
        if proxy.is_some() { proxy_failed(ProxyCause::Dns) } else { NetworkCause::Dns }
    } else if proxy.is_some() && chain(error).any(is_connect_error) {
        proxy_failed(ProxyCause::Connect(innermost(error)))
    } else if text.contains("tunnel") || text.contains("proxy") {
        // hyper's text is not shown: it may contain the proxy's URL, which may contain a password.
        proxy_failed(ProxyCause::Refused)
    } else {
        NetworkCause::Connect(innermost(error))
    }
}

/// Whether no connection could be opened.
fn is_connect_error(cause: &(dyn StdError + 'static)) -> bool {
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

/// An error and its causes. After an I/O error comes the error that it wraps, which its `source` skips: rustls's errors
/// are wrapped in two of them.
fn chain<'a>(error: Option<&'a (dyn StdError + 'static)>) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error, |&error: &&'a (dyn StdError + 'static)| {
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner as _),
            None => error.source(),
        }
    })
}

/// The system's message, if this process may not open more files.
fn exhausted(error: &(dyn StdError + 'static)) -> Option<String> {
    // EMFILE and ENFILE; std has no stable kind for them.
    let error =
        error.downcast_ref::<std::io::Error>().filter(|e| matches!(e.raw_os_error(), Some(23 | 24)) && cfg!(unix))?;
    Some(error.to_string())
}

/// The texts of an error and its causes.
fn causes(error: Option<&(dyn StdError + 'static)>) -> String {
    chain(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The text of the innermost cause.
fn innermost(error: Option<&(dyn StdError + 'static)>) -> String {
    chain(error).last().map_or_else(|| "no connection".to_owned(), ToString::to_string)
}
