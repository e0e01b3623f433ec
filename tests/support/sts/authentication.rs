//! Authenticates a request with STS's checks, in STS's order, before the parameters are read.

use super::account::Accounts;
use super::clock;
use super::http::Request;
use super::key::{Caller, LastUse};
use super::refusal::Refusal;
use super::signature::Authorization;
use time::{Duration, OffsetDateTime};

/// How far a signature's time may be off; also part of the error messages.
const TOLERANCE: Duration = Duration::minutes(15);

pub fn authenticate(
    accounts: &mut Accounts,
    request: &Request,
    authorization: &Authorization,
    service: &str,
    now: OffsetDateTime,
) -> Result<Caller, Refusal> {
    let key = accounts.key_mut(&authorization.access_key_id).ok_or_else(Refusal::invalid_token)?;
    if !key.is_active {
        return Err(Refusal::invalid_token());
    }
    if let Some(fewer) = key.unknown_for.checked_sub(1) {
        key.unknown_for = fewer;
        return Err(Refusal::invalid_token());
    }
    let token = request.header("x-amz-security-token");
    if token != key.session.as_ref().map(|session| session.text.as_str()) {
        return Err(Refusal::invalid_token());
    }
    if key.session.as_ref().is_some_and(|session| session.expires <= now) {
        return Err(Refusal::expired_token());
    }
    if let Some(name) = authorization.uncovered(request) {
        return Err(Refusal::signature(&format!(
            "'{name}' must be a 'SignedHeader' in the AWS Authorization header and must be sent."
        )));
    }
    check_scope(authorization, service)?;
    // A key is valid only in its own partition.
    if partition_of(&authorization.region) != key.caller.partition {
        return Err(Refusal::invalid_token());
    }
    check_time(authorization, request.header("x-amz-date").unwrap_or_default(), now)?;
    match authorization.expected(request, &key.secret_access_key) {
        Some(expected) if expected == authorization.signature => {
            let (service, region) = (service.to_owned(), authorization.region.clone());
            key.last_used = Some(LastUse { at: now, service, region });
            Ok(key.caller.clone())
        }
        _ => Err(Refusal::signature(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        )),
    }
}

fn check_scope(authorization: &Authorization, service: &str) -> Result<(), Refusal> {
    if authorization.terminator != "aws4_request" {
        return Err(Refusal::signature("Credential should be scoped with a valid terminator: 'aws4_request'."));
    }
    if authorization.service != service {
        return Err(Refusal::signature(&format!("Credential should be scoped to correct service: '{service}'. ")));
    }
    if !is_region(&authorization.region) {
        return Err(Refusal::signature("Credential should be scoped to a valid region. "));
    }
    Ok(())
}

fn check_time(authorization: &Authorization, signed_at: &str, now: OffsetDateTime) -> Result<(), Refusal> {
    let Some(at) = clock::parse_amz_date(signed_at) else {
        return Err(Refusal::incomplete_signature("Date must be in ISO-8601 'basic format'."));
    };
    if !signed_at.starts_with(&authorization.date) || authorization.date.len() != 8 {
        return Err(Refusal::signature(&format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', \
             from '{signed_at}'.",
            authorization.date,
            &clock::amz_date(at)[..8],
        )));
    }
    let (now_text, earliest, latest) =
        (clock::amz_date(now), clock::amz_date(now - TOLERANCE), clock::amz_date(now + TOLERANCE));
    if at < now - TOLERANCE {
        return Err(Refusal::signature(&format!(
            "Signature expired: {signed_at} is now earlier than {earliest} ({now_text} - 15 min.)"
        )));
    }
    if at > now + TOLERANCE {
        return Err(Refusal::signature(&format!(
            "Signature not yet current: {signed_at} is still later than {latest} ({now_text} + 15 min.)"
        )));
    }
    Ok(())
}

/// Matches `eu-central-1`, `us-gov-west-1`, `eusc-de-east-1`, and any future region of that form.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && words.len() >= 2 && words.iter().all(is_word)
}

fn partition_of(region: &str) -> &'static str {
    const BY_PREFIX: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("eusc-", "aws-eusc"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
    ];
    BY_PREFIX.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}
