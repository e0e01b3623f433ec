//! `MFA_ENV_BEFORE`: what a session displaced, kept in the shell so that `unset` can put it back.
//!
//! `1:` and comma-joined `NAME=before>after`, each value percent-encoded, `-` for a variable that was not set. It is
//! input from outside: anything that we would not have written makes the whole variable void.

use crate::profile::{ProfileName, Region};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

pub(super) const AWS_VAULT: &str = "AWS_VAULT";
pub(super) const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
/// The variables that come back. Never a secret; and of what other tools set only the name that stood there without
/// keys.
pub(super) const RESTORED: [&str; 5] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", REGIONS[0], REGIONS[1], AWS_VAULT];

const VERSION: &str = "1:";
const LONGEST: usize = 4096;
/// Stands for a variable that was not set; the value `-` itself is therefore encoded.
const UNSET: &str = "-";
/// The separators must be among them; the other characters make the variable safe to print anywhere.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-');

/// What each variable was before the session, and what the session made of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before(Vec<Displaced>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Displaced {
    name: &'static str,
    before: Option<String>,
    after: Option<String>,
}

impl Before {
    /// Reads the variable; what is not ours counts as not there, with a warning.
    pub(super) fn read(variables: &Variables, warnings: &Warnings) -> Option<Self> {
        let before = variables.os("MFA_ENV_BEFORE")?.to_str().and_then(Before::parse);
        if before.is_none() {
            warnings.add(Warning::BeforeIgnored);
        }
        before
    }

    /// `None` for anything that [`Before::write`] does not write.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
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
        // Any other spelling of the same values was not written by us.
        (before.write() == text).then_some(before)
    }

    /// The text for the variable; with nothing displaced it still says that the session is ours.
    pub fn write(&self) -> String {
        let entries: Vec<String> = self
            .0
            .iter()
            .map(|d| format!("{}={}>{}", d.name, encode(d.before.as_deref()), encode(d.after.as_deref())))
            .collect();
        format!("{VERSION}{}", entries.join(","))
    }

    /// Adds a variable; `false` if a value is not one that this variable can sensibly have.
    pub(super) fn record(&mut self, name: &'static str, before: Option<String>, after: Option<String>) -> bool {
        let fits = |value: &Option<String>| value.as_deref().is_none_or(|v| v.is_empty() || is_name(name, v));
        let ok = fits(&before) && fits(&after);
        if ok {
            self.0.push(Displaced { name, before, after });
        }
        ok
    }

    /// What the variable would be had there been no session: where it still is as the session left it, what it was
    /// before; otherwise the person has changed it, and that counts.
    pub(super) fn without_us(&self, name: &str, now: Option<String>) -> Option<String> {
        match self.0.iter().find(|d| d.name == name) {
            Some(displaced) if displaced.after == now => displaced.before.clone(),
            _ => now,
        }
    }
}

fn is_name(variable: &str, value: &str) -> bool {
    if REGIONS.contains(&variable) { Region::parse(value).is_ok() } else { ProfileName::parse(value).is_ok() }
}

fn encode(value: Option<&str>) -> String {
    match value {
        None => UNSET.to_owned(),
        Some(UNSET) => "%2D".to_owned(),
        Some(value) => utf8_percent_encode(value, ENCODED).to_string(),
    }
}

/// Reads what [`encode`] wrote, and more: what it would not have written is refused by [`Before::parse`], which writes
/// it again to compare.
fn decode(text: &str) -> Option<Option<String>> {
    if text == UNSET {
        return Some(None);
    }
    percent_decode_str(text).decode_utf8().ok().map(|value| Some(value.into_owned()))
}
