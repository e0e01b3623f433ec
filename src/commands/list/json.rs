//! The list for programs. `mfa-env help json` describes the fields.

use super::super::json_line::json_line;
use super::Row;
use crate::credentials::Expiration;
use crate::printable::shown_value;
use crate::profile::{MfaSerial, Region, RoleArn, RoleSessionName};
use serde::Serialize;
use std::borrow::Cow;

/// Raised when a field changes its meaning or is removed.
const VERSION: u32 = 1;

/// The fields are in alphabetical order, as in all JSON that mfa-env prints.
#[derive(Serialize)]
struct ListJson<'a> {
    profiles: Vec<ProfileJson<'a>>,
    /// Those that belong to no profile.
    sessions: Vec<SessionJson<'a>>,
    version: u32,
}

#[derive(Serialize)]
struct ProfileJson<'a> {
    access_key_created: Option<String>,
    account: Option<&'a str>,
    current: bool,
    kind: &'static str,
    mfa_serial: Option<&'a str>,
    problem: Option<Cow<'a, str>>,
    profile: Cow<'a, str>,
    region: Option<&'a str>,
    role_arn: Option<&'a str>,
    seconds_left: Option<i64>,
    source: Option<Cow<'a, str>>,
    user: Option<&'a str>,
}

#[derive(Serialize)]
struct SessionJson<'a> {
    access_key_id: Option<&'a str>,
    account: Option<&'a str>,
    current: bool,
    mfa_serial: Option<&'a str>,
    role_arn: Option<&'a str>,
    seconds_left: Option<i64>,
    user: Option<&'a str>,
}

/// The JSON object in one line.
pub(super) fn json(rows: &[Row<'_>]) -> String {
    json_line(&ListJson {
        profiles: rows.iter().filter_map(ProfileJson::of).collect(),
        sessions: rows.iter().filter(|row| row.profile.is_none()).map(SessionJson::of).collect(),
        version: VERSION,
    })
}

impl<'a> ProfileJson<'a> {
    fn of(row: &'a Row<'_>) -> Option<Self> {
        Some(ProfileJson {
            access_key_created: row.key_created.and_then(Expiration::from_unix).map(Expiration::rfc3339),
            account: row.account(),
            current: row.is_current,
            kind: row.kind,
            mfa_serial: row.device.as_ref().map(MfaSerial::as_str),
            problem: row.problem.as_deref().map(shown_value),
            profile: shown_value(row.profile?),
            region: row.region.as_ref().map(Region::as_str),
            role_arn: row.role.as_ref().map(RoleArn::as_str),
            seconds_left: row.seconds_left,
            source: row.source.as_ref().map(|source| shown_value(source.as_str())),
            user: row.user.as_ref().map(RoleSessionName::as_str),
        })
    }
}

impl<'a> SessionJson<'a> {
    fn of(row: &'a Row<'_>) -> Self {
        SessionJson {
            access_key_id: row.access_key_id,
            account: row.account(),
            current: row.is_current,
            mfa_serial: row.device.as_ref().map(MfaSerial::as_str),
            role_arn: row.role.as_ref().map(RoleArn::as_str),
            seconds_left: row.seconds_left,
            user: row.user.as_ref().map(RoleSessionName::as_str),
        }
    }
}
