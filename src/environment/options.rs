//! `MFA_ENV_OPTIONS`: the options that made a session what it is, in the environment, so that signing in again without
//! a profile gets the same session and never another identity.
//!
//! The format is `1:` and comma-separated `option=value`, percent-encoded. It is untrusted input: its values are
//! checked as if they had been typed, and text that mfa-env would not have written is not used at all.

use super::encoding;
use crate::error::ValueError;
use crate::origin::{Origin, Sourced};
use crate::plan::Overrides;
use crate::profile::{DeviceChoice, ExternalId, Region, RoleArn, RoleSessionName, SessionDuration};

pub(super) const OPTIONS: &str = "MFA_ENV_OPTIONS";

/// The text if the options do not fit: the session cannot be renewed without typing them again.
pub(super) const TOO_LONG: &str = "1:";
const VERSION: &str = "1:";
const NO_SESSION: &str = "no-session";
/// In bytes.
const MAX_LENGTH: usize = 4096;

/// The text for the variable; `None` if no option changed the session. The origin tells what was typed from what a
/// variable such as `MFA_ENV_MFA_SERIAL` sets, which is still there at the next sign-in.
pub(super) fn write(overrides: &Overrides) -> Option<String> {
    let seconds = overrides.duration.as_ref().map(|typed| typed.value.seconds().to_string());
    let options = [
        part("role-arn", overrides.role_arn.as_ref(), RoleArn::as_str),
        part("region", overrides.region.as_ref(), Region::as_str),
        part("role-session-name", overrides.role_session_name.as_ref(), RoleSessionName::as_str),
        part("external-id", overrides.external_id.as_ref(), ExternalId::as_str),
        part("mfa-serial", overrides.mfa_serial.as_ref(), DeviceChoice::as_str),
        seconds.as_deref().map(|seconds| ("duration", seconds)),
        overrides.no_session.then_some((NO_SESSION, "true")),
    ];
    let options: Vec<String> =
        options.into_iter().flatten().map(|(o, v)| format!("{o}={}", encoding::encode(v))).collect();
    if options.is_empty() {
        return None;
    }
    let text = format!("{VERSION}{}", options.join(","));
    Some(if text.len() > MAX_LENGTH { TOO_LONG.to_owned() } else { text })
}

fn part<'a, T>(
    option: &'static str,
    value: Option<&'a Sourced<T>>,
    text: impl Fn(&'a T) -> &'a str,
) -> Option<(&'static str, &'a str)> {
    value.filter(|value| value.origin.is_option()).map(|value| (option, text(&value.value)))
}

/// The options. `None` for anything that [`write`] would not have written, and for [`TOO_LONG`].
pub fn parse(text: &str) -> Option<Overrides> {
    let options = text.strip_prefix(VERSION).filter(|_| text.len() <= MAX_LENGTH)?;
    let mut overrides = Overrides::default();
    for option in options.split(',') {
        let (option, value) = option.split_once('=')?;
        let value = encoding::decode(value)?;
        match option {
            "role-arn" => overrides.role_arn = Some(checked("--role-arn", &value, RoleArn::parse)?),
            "region" => overrides.region = Some(checked("--region", &value, Region::parse)?),
            "role-session-name" => {
                overrides.role_session_name = Some(checked("--role-session-name", &value, RoleSessionName::parse)?);
            }
            "external-id" => overrides.external_id = Some(checked("--external-id", &value, ExternalId::parse)?),
            "mfa-serial" => overrides.mfa_serial = Some(checked("--mfa-serial", &value, DeviceChoice::parse)?),
            "duration" => overrides.duration = Some(checked("--duration", &value, SessionDuration::parse_seconds)?),
            NO_SESSION => overrides.no_session = value == "true",
            _ => return None,
        }
    }
    // Also rejects options in another order, or given twice.
    (write(&overrides).as_deref() == Some(text)).then_some(overrides)
}

fn checked<T>(option: &'static str, value: &str, parse: impl Fn(&str) -> Result<T, ValueError>) -> Option<Sourced<T>> {
    Some(Sourced::new(parse(value).ok()?, Origin::Renewed(option)))
}
