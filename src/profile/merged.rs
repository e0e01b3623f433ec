//! A profile: the settings of the config file, overlaid key by key by those of the credentials file.

use super::checked::checked;
use super::file::{Duplicate, Setting, Settings};
use super::text::FileKind;
use super::{MfaSerial, ProfileName, SourceProfile};
use crate::error::{Result, ValueError};
use crate::origin::Sourced;
use std::cell::OnceCell;
use std::sync::Arc;

/// The settings of one profile, from both files.
#[derive(Debug)]
pub struct Profile<'a> {
    /// The name, without the prefix `profile`.
    pub name: ProfileName,
    pub(super) settings: Settings<'a>,
    /// The settings of the config file alone, if the profile is also in the credentials file, which may override them.
    /// An access key and its secret are always taken from the same file.
    pub(super) config_settings: Settings<'a>,
    /// Whether the config file has `[profile default]` for it, which takes precedence over `[default]`.
    pub(super) is_prefixed_default: bool,
    /// Sections and keys of this profile that are defined twice.
    pub duplicates: Vec<Duplicate>,
    /// The profile's own source of keys, read on first use.
    pub(super) source: OnceCell<Option<Arc<SourceProfile>>>,
}

impl Profile<'_> {
    /// A profile without settings.
    pub(super) fn empty(name: ProfileName) -> Self {
        Profile {
            name,
            settings: Settings::default(),
            config_settings: Settings::default(),
            is_prefixed_default: false,
            duplicates: Vec::new(),
            source: OnceCell::new(),
        }
    }

    /// All settings, in the order of the files.
    pub(super) fn settings(&self) -> impl Iterator<Item = &Setting<'_>> {
        self.settings.iter()
    }

    /// A setting, even if its value is blank.
    pub fn raw(&self, key: &str) -> Option<&Setting<'_>> {
        self.settings.get(key).filter(|s| is_identifier(&s.key))
    }

    /// A setting; `None` if its value is blank.
    pub fn get(&self, key: &str) -> Option<&Setting<'_>> {
        self.raw(key).filter(|s| !s.value.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n')))
    }

    /// A setting of one file, even if the other file overrides it; `None` if its value is blank.
    pub fn get_in(&self, file: FileKind, key: &str) -> Option<&Setting<'_>> {
        let found = [&self.settings, &self.config_settings].into_iter().filter_map(|settings| settings.get(key));
        found.into_iter().find(|s| s.file == file && !s.value.chars().all(char::is_whitespace))
    }

    /// A setting as a parsed value; `None` if it is blank.
    ///
    /// # Errors
    /// The value is invalid.
    pub fn parsed<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> std::result::Result<T, ValueError>,
    ) -> Result<Option<Sourced<T>>> {
        self.get(key).map(|s| checked(key, &s.value, &s.origin, parse)).transpose()
    }

    /// The MFA device of this profile, also under the names that the tool `aws-mfa` uses.
    ///
    /// # Errors
    /// The value is not a device that shows codes.
    pub fn mfa_serial(&self) -> Result<Option<Sourced<MfaSerial>>> {
        Ok(self.device()?.0)
    }

    /// The same, and whether the setting is there, but blank. One lookup for both.
    pub(super) fn device(&self) -> Result<(Option<Sourced<MfaSerial>>, bool)> {
        let is_blank = |setting: &Setting<'_>| setting.value.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n'));
        let device = match self.raw("mfa_serial") {
            Some(setting) if is_blank(setting) => return Ok((None, true)),
            Some(setting) => setting,
            None => match self.named(["aws_mfa_device", "aws_mfa_serial"]) {
                Some(setting) => setting,
                None => return Ok((None, false)),
            },
        };
        Ok((Some(checked("mfa_serial", &device.value, &device.origin, MfaSerial::parse)?), false))
    }

    /// The first setting of another tool with one of these names, which have 14 or 15 characters; `None` if its value is
    /// blank. With a lookup for each name, `list` takes 4 % more instructions.
    fn named(&self, names: [&str; 2]) -> Option<&Setting<'_>> {
        if !self.settings.has_foreign {
            return None;
        }
        let found = self.settings.iter().find(|setting| names.contains(&&*setting.key))?;
        (!found.value.trim().is_empty()).then_some(found)
    }

    /// The setting that includes another profile, as in aws-vault, under its present or its former name.
    pub fn included(&self) -> Option<&Setting<'_>> {
        self.named(["include_profile", "parent_profile"])
    }
}

/// Whether a key consists of the characters that the AWS SDKs and Tools Reference Guide allows. Settings with other
/// keys are ignored.
fn is_identifier(key: &str) -> bool {
    key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-/.%@:+".contains(&b))
}
