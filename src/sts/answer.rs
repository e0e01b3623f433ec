//! What STS hands out, checked before anything is done with it.

use super::Answer;
use super::clock::ServerClock;
use crate::credentials::{Expiration, Secret, SessionCredentials};
use crate::error::{Asked, AwsRefusal, Error, Refusal, Result};
use aws_sdk_sts::types::Credentials;
use std::time::{SystemTime, UNIX_EPOCH};

/// Takes the credentials of a good answer.
///
/// # Errors
/// A part is missing, has control characters (which no shell line may carry), or has expired.
pub(super) fn session(
    credentials: Option<&Credentials>,
    identity: Option<String>,
    clock: &ServerClock,
    asked: &Asked,
) -> Result<Answer> {
    let unusable = |reason| refusal(reason, asked);
    let credentials = credentials.ok_or_else(|| unusable(Refusal::Unusable("it holds no credentials")))?;
    let parts = [credentials.access_key_id(), credentials.secret_access_key(), credentials.session_token()];
    if parts.iter().any(|part| part.is_empty()) {
        return Err(unusable(Refusal::Unusable("a part of the credentials is missing")));
    }
    // A tab stands in a shell's quotes as it is; everything else of the kind ends lines or moves the terminal's cursor.
    if parts.iter().any(|part| part.chars().any(|c| c.is_control() && c != '\t')) {
        return Err(unusable(Refusal::ControlCharacters));
    }
    // In this machine's time: that is what every tool will compare it with.
    let offset = clock.offset();
    let local = credentials.expiration().secs().saturating_sub(offset.unwrap_or(0));
    let now =
        SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_secs()).ok()).unwrap_or(0);
    let expiration =
        Expiration::from_unix(local).ok_or_else(|| unusable(Refusal::Unusable("its expiration is no time")))?;
    if expiration.unix() <= now {
        return Err(unusable(Refusal::Unusable("its session has expired already")));
    }
    Ok(Answer {
        credentials: SessionCredentials {
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: Secret::new(credentials.secret_access_key()),
            session_token: Secret::new(credentials.session_token()),
            expiration,
            identity,
        },
        remarks: clock.remark(now).into_iter().collect(),
    })
}

fn refusal(reason: Refusal, asked: &Asked) -> Error {
    AwsRefusal { reason, asked: asked.clone(), code: String::new(), message: String::new() }.into()
}
