//! The operations of STS: GetSessionToken, AssumeRole and GetCallerIdentity.
//!
//! The checks of a call, in order: parameters, kind of key, MFA, trust policy, duration. AWS does not document an
//! order. Here, a code is used as soon as MFA succeeds, so a call that is refused later (no trust, duration too long)
//! has used it up, which is the harder case for the program under test.

use super::account::Accounts;
use super::iam;
use super::key::{Caller, SignedWith};
use super::refusal::Refusal;
use super::role::AssumeRequest;
use super::success::Success;
use super::validation::{EXTERNAL_ID, ROLE_ARN, ROLE_SESSION_NAME, SERIAL_NUMBER, TOKEN_CODE, Validation};
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

const VERSION: &str = "2011-06-15";
/// The longest session of a chained role, in seconds.
const MAX_CHAINED_DURATION: u32 = 3600;

type Params = BTreeMap<String, String>;

pub fn perform(
    accounts: &mut Accounts,
    caller: &Caller,
    params: &Params,
    now: OffsetDateTime,
) -> Result<Success, Refusal> {
    let action = params.get("Action").map(String::as_str).unwrap_or_default();
    let version = params.get("Version").map_or("NO_VERSION_SPECIFIED", String::as_str);
    match action {
        "GetSessionToken" if version == VERSION => get_session_token(accounts, caller, params, now),
        "AssumeRole" if version == VERSION => assume_role(accounts, caller, params, now),
        "GetCallerIdentity" if version == VERSION => Ok(Success::Identity {
            arn: caller.arn.clone(),
            account: caller.account.clone(),
            unique_id: caller.unique_id.clone(),
        }),
        action if iam::is_operation(action) && version == iam::VERSION => {
            iam::perform(accounts, caller, action, params, now)
        }
        _ => {
            let message = format!("Could not find operation {action} for version {version}");
            Err(Refusal::new(400, "InvalidAction", &message))
        }
    }
}

/// The service that the signature's scope must name.
pub fn service_of(action: &str) -> &'static str {
    if iam::is_operation(action) { "iam" } else { "sts" }
}

fn get_session_token(
    accounts: &mut Accounts,
    caller: &Caller,
    params: &Params,
    now: OffsetDateTime,
) -> Result<Success, Refusal> {
    let mut validation = Validation::of(params);
    let duration = validation.duration(900..=129_600, 43_200);
    let serial = validation.optional("SerialNumber", &SERIAL_NUMBER);
    let code = validation.optional("TokenCode", &TOKEN_CODE);
    validation.finish()?;

    if !matches!(caller.signed_with, SignedWith::LongTermKeys) {
        return Err(Refusal::access_denied("Cannot call GetSessionToken with session credentials"));
    }
    let mfa = check_mfa(accounts, caller, serial, code, now)?;
    let holder = Caller { signed_with: SignedWith::UserSession { mfa_at: mfa.then_some(now) }, ..caller.clone() };
    Ok(Success::SessionToken { session: accounts.issue(holder, now + Duration::seconds(duration.into())) })
}

fn assume_role(
    accounts: &mut Accounts,
    caller: &Caller,
    params: &Params,
    now: OffsetDateTime,
) -> Result<Success, Refusal> {
    let mut validation = Validation::of(params);
    let role_arn = validation.required("RoleArn", &ROLE_ARN);
    let session_name = validation.required("RoleSessionName", &ROLE_SESSION_NAME);
    let duration = validation.duration(900..=43_200, 3600);
    let external_id = validation.optional("ExternalId", &EXTERNAL_ID);
    let source_identity = validation.optional("SourceIdentity", &ROLE_SESSION_NAME);
    let serial = validation.optional("SerialNumber", &SERIAL_NUMBER);
    let code = validation.optional("TokenCode", &TOKEN_CODE);
    validation.finish()?;
    if !names_role(role_arn) {
        return Err(Refusal::validation(&format!("{role_arn} is invalid")));
    }

    let mfa = check_mfa(accounts, caller, serial, code, now)?;
    // A missing role gets the same error as one that does not trust the caller, so that the two cannot be told apart.
    let request = AssumeRequest { has_code: mfa, session_name, external_id, now };
    let may_assume = accounts.principal(&caller.arn).is_none_or(|user| {
        // The code of this call is MFA like that of a session.
        let signed_with = if mfa { SignedWith::UserSession { mfa_at: Some(now) } } else { caller.signed_with.clone() };
        user.policy.allows("sts:AssumeRole", role_arn, &Caller { signed_with, ..caller.clone() })
    });
    let role = accounts.role(role_arn).filter(|role| may_assume && role.allows(caller, &request));
    let Some(role) = role.cloned() else {
        return Err(Refusal::access_denied(&format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
            caller.arn
        )));
    };
    let chained = !matches!(caller.signed_with, SignedWith::LongTermKeys);
    if chained && duration > MAX_CHAINED_DURATION {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    if duration > role.spec.max_session_duration {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    let unique_id = format!("{}:{session_name}", role.unique_id);
    let holder = Caller {
        arn: role.session_arn(session_name),
        unique_id: unique_id.clone(),
        signed_with: SignedWith::RoleSession { role: role.arn, chained },
        partition: role.spec.partition,
        account: role.spec.account,
    };
    let session = accounts.issue(holder, now + Duration::seconds(duration.into()));
    Ok(Success::AssumedRole { session, unique_id, source_identity: source_identity.map(str::to_owned) })
}

/// Whether this call carries MFA; an error if it carries an invalid code. Only success uses up the code.
fn check_mfa(
    accounts: &mut Accounts,
    caller: &Caller,
    serial: Option<&str>,
    code: Option<&str>,
    now: OffsetDateTime,
) -> Result<bool, Refusal> {
    let (serial, code) = match (serial, code) {
        (None, None) => return Ok(false),
        (Some(serial), Some(code)) => (serial, code),
        _ => {
            return Err(Refusal::access_denied(
                "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
            ));
        }
    };
    // Only users own devices; the ARN of a role session never equals that of a user.
    let Some(device) = accounts
        .device_mut(serial)
        .filter(|device| device.owner == caller.arn && !device.is_security_key() && !device.is_out_of_sync())
    else {
        return Err(Refusal::access_denied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is \
             valid and associated with this user.",
        ));
    };
    if !device.accept(code, now.unix_timestamp().unsigned_abs()) {
        return Err(Refusal::access_denied("MultiFactorAuthentication failed with invalid MFA one time pass code. "));
    }
    Ok(true)
}

/// `arn:aws:iam::123456789012:role/path/name`
fn names_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [scheme, partition, service, region, account, resource] = parts[..] else {
        return false;
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let name = resource.strip_prefix("role/").unwrap_or_default();
    scheme == "arn"
        && partition.starts_with("aws")
        && service == "iam"
        && region.is_empty()
        && is_account
        && !name.is_empty()
}
