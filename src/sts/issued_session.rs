//! The credentials of a successful response, checked before they are used.

use super::parameters::Parameters;
use crate::clock;
use crate::credentials::{Expiration, Secret, SessionCredentials, is_in_sts_alphabet};
use crate::error::{AwsRefusal, CallDescription, Error, Refusal, Result};
use crate::http::ServerClock;
use aws_sdk_sts::types::Credentials;

/// In seconds. How much longer than requested a session may last, because the response took a while.
const DURATION_TOLERANCE: i64 = 60;

/// Returns the credentials of a successful response, with their expiration converted to this machine's clock. `identity`
/// is the ARN in the response; GetSessionToken returns none.
///
/// # Errors
/// A part is missing or is not in STS's alphabet, the session has already expired or lasts longer than requested, or it
/// is not a session of the requested role.
pub(super) fn check(
    credentials: Option<&Credentials>,
    identity: Option<String>,
    parameters: &Parameters,
    server: &ServerClock,
    call: &CallDescription,
) -> Result<SessionCredentials> {
    let unusable = |reason| refusal(reason, call);
    if let Some(role) = &parameters.role
        && identity.as_deref() != Some(role.arn.session_arn(role.session_name.as_str()).as_str())
    {
        return Err(unusable(
            identity.map_or(Refusal::Unusable("it does not name the assumed role"), Refusal::OtherIdentity),
        ));
    }
    let credentials = credentials.ok_or_else(|| unusable(Refusal::Unusable("it contains no credentials")))?;
    let parts = [credentials.access_key_id(), credentials.secret_access_key(), credentials.session_token()];
    if parts.iter().any(|part| part.is_empty()) {
        return Err(unusable(Refusal::Unusable("its credentials are incomplete")));
    }
    if !parts.into_iter().all(is_in_sts_alphabet) {
        return Err(unusable(Refusal::Unusable("its credentials contain characters that STS never uses")));
    }
    // Every tool will compare the expiration with this machine's clock.
    let offset = server.significant_seconds();
    let local = credentials.expiration().secs().saturating_sub(offset.unwrap_or(0));
    let expiration = Expiration::from_unix(local)
        .ok_or_else(|| unusable(Refusal::Unusable("its expiration is not a valid time")))?;
    // Whether the response is plausible is decided by the clock of the server that wrote it.
    let left = credentials.expiration().secs() - (clock::now() + server.seconds().unwrap_or(0));
    if left <= 0 || expiration.unix() <= clock::now() {
        return Err(unusable(Refusal::Unusable("its session has already expired")));
    }
    if left > i64::from(parameters.seconds) + DURATION_TOLERANCE {
        return Err(unusable(Refusal::Unusable("its session lasts longer than requested")));
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
