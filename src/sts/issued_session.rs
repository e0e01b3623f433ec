//! What STS hands out, checked before anything is done with it.

use super::clock::ServerClock;
use crate::clock;
use crate::credentials::{Expiration, Secret, SessionCredentials, has_unfit_characters};
use crate::error::{AwsRefusal, CallDescription, Error, Refusal, Result};
use aws_sdk_sts::types::Credentials;

/// Takes the credentials of a good answer.
///
/// # Errors
/// A part is missing, has control characters (which no shell line may carry), or has expired.
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
    if parts.iter().any(|part| has_unfit_characters(part)) {
        return Err(unusable(Refusal::ControlCharacters));
    }
    // In this machine's time: that is what every tool will compare it with.
    let offset = server.offset();
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
