//! The environment of this process as a value, read once; nothing else reads `std::env`.

use crate::error::{Error, UsageError};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::ops::Bound;

/// The environment variables that this process was started with.
///
/// For the few dozen variables of a process, a tree takes fewer instructions than hashing.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<OsString, OsString>);

impl Variables {
    /// A snapshot of the real environment.
    pub fn of_this_process() -> Self {
        Variables(std::env::vars_os().collect())
    }

    /// The value as it is, even if it is empty.
    pub fn raw(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The value; a blank one counts as unset, as in the AWS SDKs.
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        self.raw(name).filter(|value| !value.as_encoded_bytes().iter().all(|b| b.is_ascii_whitespace()))
    }

    /// Like [`Variables::os`], as text, without the blanks and line ends at its end, which programs of Windows leave.
    ///
    /// # Errors
    /// [`UsageError::VariableNotUtf8`]: no profile name, region or ARN contains such bytes.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Error> {
        let Some(value) = self.os(name) else { return Ok(None) };
        let text = value.to_str().ok_or(Error::from(UsageError::VariableNotUtf8 { name }))?;
        Ok(Some(text.trim_ascii_end()))
    }

    /// The names that begin with this text and have a value that is not blank.
    pub fn names_from<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a str> {
        let from = self.0.range::<OsStr, _>((Bound::Included(OsStr::new(start)), Bound::Unbounded));
        let names = from.map_while(move |(name, _)| name.to_str().filter(|name| name.starts_with(start)));
        names.filter(|name| self.os(name).is_some())
    }

    /// Sets a variable in the snapshot.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.into(), value.into());
    }

    /// Removes a variable from the snapshot.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(OsStr::new(name));
    }

    /// The value of a variable that AWS reads as a boolean. Case is ignored.
    ///
    /// # Errors
    /// It is neither `true` nor `false`: the AWS CLI then reads it as false, without a word, and the SDKs refuse it.
    pub fn boolean(&self, name: &'static str) -> Result<Option<bool>, Error> {
        Ok(match self.os(name) {
            None => None,
            Some(value) if value.eq_ignore_ascii_case("true") => Some(true),
            Some(value) if value.eq_ignore_ascii_case("false") => Some(false),
            Some(value) => {
                return Err(UsageError::NotABoolean { name, value: value.to_string_lossy().into_owned() }.into());
            }
        })
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Variables(pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }
}
