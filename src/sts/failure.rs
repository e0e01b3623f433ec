//! What a failed call means. STS says most by a code and a prefix of a message; `AccessDenied` alone stands for six different things.

use super::network;
use crate::error::{Asked, AwsRefusal, Error, NetworkProblem, Refusal};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use std::error::Error as StdError;

/// Turns the SDK's error into ours. `code_sent`: a code stood in the call, and the call went out.
pub(super) fn explain<E>(error: &SdkError<E>, asked: &Asked, code_sent: bool, clock_offset: Option<i64>) -> Error
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let unreachable = |problem| network(asked.host.clone(), problem, code_sent);
    match error {
        SdkError::ServiceError(service) => {
            let (code, message) =
                (service.err().code().unwrap_or_default(), service.err().message().unwrap_or_default());
            let status = service.raw().status().as_u16();
            if code.is_empty() {
                return unreachable(NetworkProblem::NotSts);
            }
            if matches!(code, "Throttling" | "ThrottlingException" | "RequestLimitExceeded") || status >= 500 {
                return unreachable(NetworkProblem::Busy(code.to_owned()));
            }
            let reason = refusal(code, message, clock_offset);
            AwsRefusal { reason, asked: asked.clone(), code: code.to_owned(), message: message.to_owned() }.into()
        }
        SdkError::ResponseError(_) => unreachable(NetworkProblem::NotSts),
        SdkError::TimeoutError(_) => unreachable(NetworkProblem::Timeout),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => unreachable(NetworkProblem::Timeout),
        SdkError::DispatchFailure(failure) => unreachable(connection(failure.as_connector_error().map(|e| e as _))),
        other => Error::Unexpected(format!("the call could not be made: {}", causes(Some(other)))),
    }
}

fn refusal(code: &str, message: &str, clock_offset: Option<i64>) -> Refusal {
    let says = |part: &str| message.contains(part);
    match code {
        "AccessDenied" | "AccessDeniedException" => {
            if says("unable to validate MFA code") {
                Refusal::WrongDevice
            } else if says("must provide both MFA") {
                Refusal::MfaRequired
            } else if says("MultiFactorAuthentication failed") {
                Refusal::WrongCode
            } else if says("with session credentials") {
                Refusal::SessionCannotStartSession
            } else if says("may not be assumed by root") {
                Refusal::RootCannotAssume
            } else {
                Refusal::NotAuthorized
            }
        }
        "ValidationError" if says("exceeds the MaxSessionDuration") => Refusal::DurationOverRole,
        "ValidationError" if says("role chaining") => Refusal::DurationOverChain,
        "ValidationError" | "InvalidParameterValue" | "MalformedPolicyDocument" | "PackedPolicyTooLarge" => {
            Refusal::InvalidParameter
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" => Refusal::UnknownKey,
        "SignatureDoesNotMatch" | "InvalidSignatureException" => {
            if says("Signature expired") || says("not yet current") {
                Refusal::ClockSkew(clock_offset)
            } else if says("scoped to a valid region") {
                Refusal::BadScope
            } else {
                Refusal::WrongSecret
            }
        }
        "IncompleteSignature" => Refusal::WrongSecret,
        "RequestExpired" | "RequestTimeTooSkewed" => Refusal::ClockSkew(clock_offset),
        "ExpiredToken" | "ExpiredTokenException" => Refusal::Expired,
        "RegionDisabledException" => Refusal::RegionDisabled,
        _ => Refusal::Other,
    }
}

/// Why there was no connection. TLS can be told by its type, DNS only by the resolver's words.
fn connection(error: Option<&(dyn StdError + 'static)>) -> NetworkProblem {
    for cause in chain(error) {
        match cause.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::InvalidCertificate(why)) => return NetworkProblem::Tls(why.to_string()),
            // Something answered that does not speak TLS, or not ours.
            Some(other) => return NetworkProblem::Connect(format!("no TLS: {other}")),
            None => {}
        }
    }
    let said = causes(error);
    if said.contains("dns error") || said.contains("lookup address") {
        NetworkProblem::Dns
    } else if said.contains("tunnel") || said.contains("proxy") {
        // hyper's words may repeat the proxy's URL, and that may hold a password.
        NetworkProblem::Proxy("it did not open a way to the host".to_owned())
    } else {
        NetworkProblem::Connect(innermost(error))
    }
}

/// An error and its causes. What an I/O error was made of comes after it: its own `source` leaves that out, and rustls's errors lie in two of them.
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
