//! The list for programs. `mfa-env help json` describes the fields.

use super::super::json_line::json_line;
use super::{KeyTimes, Row};
use crate::credentials::Expiration;
use crate::printable::shown_value;
use crate::profile::{MfaSerial, ProfileName, Region};
use serde::Serialize;
use std::borrow::Cow;

/// Raised when a field changes its meaning or is removed.
const VERSION: u32 = 1;

/// The fields are in alphabetical order, as in all JSON that mfa-env prints.
#[derive(Serialize)]
struct ListJson<'a> {
    profiles: Vec<ProfileJson<'a>>,
    version: u32,
}

#[derive(Serialize)]
struct ProfileJson<'a> {
    access_key_created: Option<String>,
    kind: &'static str,
    mfa_serial: Option<&'a str>,
    problem: Option<Cow<'a, str>>,
    profile: Cow<'a, str>,
    region: Option<&'a str>,
    seconds_left: Option<i64>,
    source: Option<&'a str>,
}

/// The JSON object in one line.
pub(super) fn json(rows: &[Row<'_>], key_times: &KeyTimes<'_>) -> String {
    let profiles = rows.iter().map(|row| ProfileJson {
        access_key_created: key_times
            .get(row.profile)
            .copied()
            .and_then(Expiration::from_unix)
            .map(Expiration::rfc3339),
        kind: row.kind,
        mfa_serial: row.device.as_ref().map(MfaSerial::as_str),
        problem: row.problem.as_deref().map(shown_value),
        profile: shown_value(row.profile),
        region: row.region.as_ref().map(Region::as_str),
        seconds_left: row.seconds_left,
        source: row.source.as_ref().map(ProfileName::as_str),
    });
    let list = ListJson { profiles: profiles.collect(), version: VERSION };
    json_line(&list)
}
