//! The credentials of a successful response, checked before they are used.

use super::clock::ServerClock;
use crate::clock;
use crate::credentials::{Expiration, Secret, SessionCredentials, has_control_characters};
use crate::error::{AwsRefusal, CallDescription, Error, Refusal, Result};
use aws_sdk_sts::types::Credentials;

/// Returns the credentials of a successful response, with their expiration converted to this machine's clock.
///
/// # Errors
/// A part is missing or contains a control character, or the session has already expired.
pub(super) fn check(
    credentials: Option<&Credentials>,
    identity: Option<String>,
    server: &ServerClock,
    call: &CallDescription,
) -> Result<SessionCredentials> {
    let unusable = |reason| refusal(reason, call);
    let credentials = credentials.ok_or_else(|| unusable(Refusal::Unusable("it contains no credentials")))?;
    let parts = [credentials.access_key_id(), credentials.secret_access_key(), credentials.session_token()];
    if parts.iter().any(|part| part.is_empty()) {
        return Err(unusable(Refusal::Unusable("its credentials are incomplete")));
    }
    if parts.iter().any(|part| has_control_characters(part)) {
        return Err(unusable(Refusal::ControlCharacters));
    }
    // Every tool will compare the expiration with this machine's clock.
    let offset = server.significant_seconds();
    let local = credentials.expiration().secs().saturating_sub(offset.unwrap_or(0));
    let expiration = Expiration::from_unix(local)
        .ok_or_else(|| unusable(Refusal::Unusable("its expiration is not a valid time")))?;
    if expiration.unix() <= clock::now() {
        return Err(unusable(Refusal::Unusable("its session has already expired")));
    }
    Ok(SessionCredentials {
        access_key_id: credentials.access_key_id().to_owned(),
        secret_access_key: Secret::new(credentials.secret_access_key()),
        session_token: Secret::new(credentials.session_token()),
        expiration,
        identity,
    })
}

fn refusal(reason: Refusal, call: &CallDescription) -> Error {
    AwsRefusal { reason, call: call.clone(), code: String::new(), message: String::new() }.into()
}
