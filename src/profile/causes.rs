//! Why a profile or a setting is not found: a similar name, quotes, or a section that is meant for the profile but not
//! read. Only errors look for it.

use super::file::{AwsFile, Section, Settings};
use super::section::{SectionKind, header};
use super::similar::similar_names;
use super::text::FileKind;
use super::{AwsFiles, Profile, ProfileName};
use crate::error::{ConfigError, Error, IgnoredSection, IgnoredSetting, NameHint, Result, SectionFix};
use crate::printable::is_safe;

/// `[profile NAME]` in the config file.
const PREFIXED: SectionKind = SectionKind::Profile { prefixed: true };

/// How many similar names are checked; each is followed to its keys.
const MOST_CHECKED: usize = 20;

/// In an error, more names would not be read.
const MOST_SIMILAR: usize = 3;

impl<'a> AwsFiles<'a> {
    /// The profile that the user has named.
    ///
    /// # Errors
    /// It does not exist, or a line in one of its sections is malformed.
    pub fn existing_profile(&self, name: &ProfileName) -> Result<Profile<'a>> {
        self.profile(name)?.ok_or_else(|| {
            let names = self.names();
            ConfigError::ProfileNotFound {
                name: name.to_string(),
                variable: None,
                hint: Box::new(self.hint_for(name, |_| true)),
                count: names.len(),
            }
            .into()
        })
    }

    /// What may be meant by the name of a profile that does not exist. Similar names are only those for which
    /// `is_right` holds.
    pub(super) fn hint_for(&self, name: &ProfileName, is_right: impl Fn(&ProfileName) -> bool) -> NameHint {
        if self.is_for_listing() {
            return NameHint::Similar(Vec::new());
        }
        if let Some((file, section, fix)) = self.ignored_sections(name).into_iter().next() {
            return NameHint::Ignored(ignored(file, &section, fix));
        }
        let unquoted = ProfileName::parse(without_quotes(name.as_str()));
        if let Ok(unquoted) = unquoted.as_ref()
            && unquoted != name
            && self.names().contains(&unquoted.as_str())
            && is_right(unquoted)
        {
            return NameHint::Unquoted(unquoted.to_string());
        }
        let similar = similar_names(name.as_str(), self.names().into_iter()).into_iter();
        // A name that is shown escaped could not be typed.
        let typed = similar.filter(|name| name.chars().all(is_safe));
        let right = typed.take(MOST_CHECKED).filter(|name| ProfileName::parse(name).is_ok_and(|name| is_right(&name)));
        NameHint::Similar(right.take(MOST_SIMILAR).map(str::to_owned).collect())
    }

    /// The error with its cause, if that is a setting in a section that is not read.
    #[must_use]
    pub fn with_cause(&self, error: Error) -> Error {
        let Error::Config(problem) = error else { return error };
        let (profile, keys): (&String, &[&'static str]) = match &problem {
            ConfigError::NoDevice { profile, .. } => (profile, &["mfa_serial"]),
            ConfigError::NoCredentials { profile, .. } => (profile, &["aws_access_key_id", "role_arn"]),
            ConfigError::SourceWithoutRole { profile, .. } => (profile, &["role_arn", "aws_access_key_id"]),
            ConfigError::PartialKeys { profile, missing, elsewhere: None, .. } => (profile, &[*missing]),
            ConfigError::TemporaryWithoutToken { profile, .. } => (profile, &["aws_session_token"]),
            ConfigError::RoleWithoutSource { profile, .. } => (profile, &["source_profile", "credential_source"]),
            _ => return problem.into(),
        };
        let setting = ProfileName::parse(profile).ok().and_then(|name| self.ignored_setting(&name, keys));
        match setting {
            Some(setting) => ConfigError::Ignored { problem: Box::new(problem), setting: Box::new(setting) }.into(),
            None => problem.into(),
        }
    }

    /// The first of these settings that is in an ignored section of a profile.
    fn ignored_setting(&self, name: &ProfileName, keys: &[&'static str]) -> Option<IgnoredSetting> {
        self.ignored_sections(name).into_iter().find_map(|(file, section, fix)| {
            let mut settings = Settings::default();
            file.settings_into(&section, &mut settings, &mut Vec::new()).ok()?;
            let (key, setting) = keys.iter().find_map(|key| settings.get(key).map(|setting| (*key, setting)))?;
            let origin = setting.origin.clone();
            let section = ignored(file, &section, fix);
            (!setting.value.trim().is_empty()).then_some(IgnoredSetting { key, origin, section })
        })
    }

    /// The sections that are meant for a profile but are not read, with what makes their settings count.
    fn ignored_sections(&self, name: &ProfileName) -> Vec<(&AwsFile<'a>, Section<'a>, SectionFix)> {
        let name = name.as_str();
        let mut found = Vec::new();
        for file in self.files() {
            let profiles = || file.sections.iter().filter(|section| section.name == name && section.is_profile());
            let prefixed = profiles().find(|section| section.kind == PREFIXED);
            let read = prefixed.or_else(|| profiles().next());
            let file_name = if file.kind() == FileKind::Config { "config" } else { "credentials" };
            let fix = || match read {
                Some(section) => SectionFix::Move {
                    header: file.header_text(section).to_owned(),
                    origin: file.header_origin(section),
                },
                None => SectionFix::Rewrite { header: header(name, file.kind(), false), file: file_name },
            };
            let ignored = file.sections.iter().filter(|section| match section.kind {
                // [default] next to [profile default].
                _ if section.name == name && section.is_profile() => {
                    name == "default" && section.kind != PREFIXED && prefixed.is_some()
                }
                // In the credentials file, quotes are part of the name.
                SectionKind::Profile { .. } => {
                    file.kind() == FileKind::Credentials && without_quotes(&section.name) == name
                }
                SectionKind::BareInConfig => {
                    section.name == name || name == "default" && section.name.eq_ignore_ascii_case(name)
                }
                SectionKind::MisspelledProfile | SectionKind::PrefixedInCredentials => section.name == name,
                SectionKind::Services => false,
            });
            found.extend(ignored.map(|section| (file, section.clone(), fix())));
            let indented = file.indented_sections().into_iter().filter(|section| section.name == name);
            let profiles = indented.filter(Section::is_profile);
            found.extend(profiles.map(|section| (file, section, SectionFix::Unindent)));
        }
        found
    }
}

fn ignored(file: &AwsFile<'_>, section: &Section<'_>, fix: SectionFix) -> IgnoredSection {
    IgnoredSection { header: file.header_text(section).to_owned(), origin: file.header_origin(section), fix }
}

/// The text without quotes around it, if it has any.
fn without_quotes(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}
