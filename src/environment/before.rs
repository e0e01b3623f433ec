//! `MFA_ENV_BEFORE`: a record, in the environment, of the values that a session replaced, so that `unset` can restore
//! them.
//!
//! The format is `1:` and comma-separated `NAME=before>after`, where values are percent-encoded and `-` means unset. It
//! is untrusted input: if it is not exactly what mfa-env would have written, all of it is ignored.

use crate::profile::{ProfileName, Region};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

pub(super) const AWS_VAULT: &str = "AWS_VAULT";
pub(super) const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
/// The variables that `unset` restores. None of them ever contains a secret.
pub(super) const RESTORED: [&str; 5] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", REGIONS[0], REGIONS[1], AWS_VAULT];

pub(super) const BEFORE: &str = "MFA_ENV_BEFORE";

const VERSION: &str = "1:";
/// In bytes. Longer text is ignored.
const MAX_LENGTH: usize = 4096;
/// Means that a variable was not set. The value `-` itself is therefore encoded.
const UNSET: &str = "-";
/// The characters to encode: the separators, and all that could be special in a shell or a terminal.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-');

/// The variables that a session changed, each with its value before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before(Vec<Replaced>);

/// The two values of one variable; `None` means unset.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Replaced {
    name: &'static str,
    before: Option<String>,
    after: Option<String>,
}

impl Before {
    /// Reads the record from the environment. `None` if there is none, or with a warning if it is invalid.
    pub(super) fn read(variables: &Variables, warnings: &Warnings) -> Option<Self> {
        let before = variables.os(BEFORE)?.to_str().and_then(Before::parse);
        if before.is_none() {
            warnings.add(Warning::BeforeIgnored);
        }
        before
    }

    /// Parses a record of at most 4096 bytes. `None` for anything that [`Before::write`] would not have written.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let entries = text.strip_prefix(VERSION)?;
        let mut before = Before::default();
        for entry in entries.split(',').filter(|_| !entries.is_empty()) {
            let (name, values) = entry.split_once('=')?;
            let name = RESTORED.into_iter().find(|known| *known == name)?;
            let (was, is) = values.split_once('>')?;
            let twice = before.0.iter().any(|d| d.name == name);
            if twice || !before.record(name, decode(was)?, decode(is)?) {
                return None;
            }
        }
        // mfa-env did not write it if it encodes the same values differently.
        (before.write() == text).then_some(before)
    }

    /// The text for the variable. Even an empty record is written, because it shows that mfa-env set the session.
    pub fn write(&self) -> String {
        let entries: Vec<String> = self
            .0
            .iter()
            .map(|d| format!("{}={}>{}", d.name, encode(d.before.as_deref()), encode(d.after.as_deref())))
            .collect();
        format!("{VERSION}{}", entries.join(","))
    }

    /// Adds a variable. Returns `false` and adds nothing if a value is not valid for this variable.
    pub(super) fn record(&mut self, name: &'static str, before: Option<String>, after: Option<String>) -> bool {
        let fits = |value: &Option<String>| value.as_deref().is_none_or(|v| v.is_empty() || is_valid(name, v));
        let is_recorded = fits(&before) && fits(&after);
        if is_recorded {
            self.0.push(Replaced { name, before, after });
        }
        is_recorded
    }

    /// The value that a variable with the value `now` would have without the session. If it is still as the session set
    /// it, that is the value before; otherwise the user has changed it since, so the new value stays.
    pub(super) fn without_session(&self, name: &str, now: Option<String>) -> Option<String> {
        match self.0.iter().find(|d| d.name == name) {
            Some(replaced) if replaced.after == now => replaced.before.clone(),
            _ => now,
        }
    }
}

/// Whether a value is a region or a profile name, depending on the variable.
fn is_valid(variable: &str, value: &str) -> bool {
    if REGIONS.contains(&variable) { Region::parse(value).is_ok() } else { ProfileName::parse(value).is_ok() }
}

fn encode(value: Option<&str>) -> String {
    match value {
        None => UNSET.to_owned(),
        Some(UNSET) => "%2D".to_owned(),
        Some(value) => utf8_percent_encode(value, ENCODED).to_string(),
    }
}

/// Decodes a value. It accepts more than [`encode`] writes; [`Before::parse`] rejects the rest by encoding it again.
fn decode(text: &str) -> Option<Option<String>> {
    if text == UNSET {
        return Some(None);
    }
    percent_decode_str(text).decode_utf8().ok().map(|value| Some(value.into_owned()))
}
