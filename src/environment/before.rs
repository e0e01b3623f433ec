//! `MFA_ENV_BEFORE`: a record, in the environment, of the values that a session replaced, so that `unset` can restore
//! them. It begins with the session's access key ID: the session is only there while that ID is in the environment. For a
//! view of all profiles there is no such ID.
//!
//! The format is `2:` and comma-separated `NAME=before>after`, where values are percent-encoded and `-` means unset. An
//! entry recorded while direnv was active ends in `@` and its directory. The variable is untrusted input: if it is not
//! exactly what mfa-env would have written, all of it is ignored.

use super::encoding;
use super::restorable::{MAX_SERVICES, is_of_service, is_valid, name};
use std::borrow::Cow;

pub(super) const BEFORE: &str = "MFA_ENV_BEFORE";
pub(super) const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
pub(super) const CONFIG_FILE: &str = "AWS_CONFIG_FILE";

const VERSION: &str = "2:";
/// In bytes. Longer text is ignored.
const MAX_LENGTH: usize = 8192;
/// In characters of `\w`, as in the STS API reference ("Credentials").
const MAX_KEY_ID: usize = 128;
/// Means that a variable was not set. The value `-` itself is therefore encoded.
const UNSET: &str = "-";

/// The variables that a session changed, each with its value before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// `None` for a view.
    access_key_id: Option<String>,
    replaced: Vec<Replaced>,
    /// The text for the variable.
    text: String,
}

/// The two values of one variable; `None` means unset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replaced {
    pub name: Cow<'static, str>,
    pub original: Original,
    pub after: Option<String>,
}

/// The value of a variable without a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Original {
    /// `None` means unset.
    pub value: Option<String>,
    /// The directory whose environment direnv had loaded. Elsewhere, the value does not apply.
    pub directory: Option<String>,
}

impl Before {
    /// An empty record for the session with this access key ID; `None` for a view.
    pub(super) fn of(access_key_id: Option<&str>) -> Self {
        let text = format!("{VERSION}{ACCESS_KEY_ID}=->{}", encode(access_key_id));
        Before { access_key_id: access_key_id.map(str::to_owned), replaced: Vec::new(), text }
    }

    /// Parses a record of at most 8192 bytes. `None` for anything that [`Before::write`] would not have written.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let mut entries = text.strip_prefix(VERSION)?.split(',');
        let first = entries.next()?.strip_prefix(ACCESS_KEY_ID)?.strip_prefix("=->")?;
        let access_key_id = decode(first)?;
        let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let is_key_id = |id: &str| !id.is_empty() && id.len() <= MAX_KEY_ID && id.bytes().all(is_word);
        if access_key_id.as_deref().is_some_and(|id| !is_key_id(id)) {
            return None;
        }
        let mut before = Before::of(access_key_id.as_deref());
        for entry in entries {
            if !before.record(Replaced::parse(entry)?) {
                return None;
            }
        }
        let names_view = before.replaced.iter().any(|replaced| replaced.name == CONFIG_FILE);
        // mfa-env did not write it if it encodes the same values differently, or without the file of a view.
        (before.write() == text && (before.access_key_id.is_some() || names_view)).then_some(before)
    }

    /// The text for the variable.
    pub fn write(&self) -> &str {
        &self.text
    }

    /// Adds a variable. Returns `false` and adds nothing if a value is not valid for this variable, if the variable is
    /// there already, or if the record would be too long.
    pub(super) fn record(&mut self, entry: Replaced) -> bool {
        let fits = |value: &Option<String>| value.as_deref().is_none_or(|value| is_valid(&entry.name, value));
        let is_there = self.replaced.iter().any(|other| other.name == entry.name);
        let services = self.replaced.iter().filter(|other| is_of_service(&other.name)).count();
        let has_room = !is_of_service(&entry.name) || services < MAX_SERVICES;
        let text = entry.write();
        let has_room = has_room && self.text.len() + 1 + text.len() <= MAX_LENGTH;
        let is_recorded = fits(&entry.original.value) && fits(&entry.after) && !is_there && has_room;
        if is_recorded {
            self.text.push(',');
            self.text.push_str(&text);
            self.replaced.push(entry);
        }
        is_recorded
    }

    /// The access key ID of the session; `None` for a view.
    pub(super) fn access_key_id(&self) -> Option<&str> {
        self.access_key_id.as_deref()
    }

    /// The variables that the session changed.
    pub(super) fn replaced(&self) -> &[Replaced] {
        &self.replaced
    }
}

impl Replaced {
    fn parse(entry: &str) -> Option<Self> {
        let (variable, values) = entry.split_once('=')?;
        let (was, is) = values.split_once('>')?;
        let (is, directory) = match is.split_once('@') {
            Some((is, directory)) => (is, Some(encoding::decode(directory)?)),
            None => (is, None),
        };
        Some(Replaced {
            name: name(variable)?,
            original: Original { value: decode(was)?, directory },
            after: decode(is)?,
        })
    }

    fn write(&self) -> String {
        let (was, is) = (encode(self.original.value.as_deref()), encode(self.after.as_deref()));
        match &self.original.directory {
            Some(directory) => format!("{}={was}>{is}@{}", self.name, encoding::encode(directory)),
            None => format!("{}={was}>{is}", self.name),
        }
    }
}

fn encode(value: Option<&str>) -> Cow<'static, str> {
    match value {
        None => UNSET.into(),
        Some(UNSET) => "%2D".into(),
        Some(value) => encoding::encode(value).into(),
    }
}

fn decode(text: &str) -> Option<Option<String>> {
    if text == UNSET { Some(None) } else { encoding::decode(text).map(Some) }
}
