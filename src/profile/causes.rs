//! Why a profile or a setting is not found: a similar name, quotes, or a section that is meant for the profile but not
//! read. Only errors look for it.

use super::file::{AwsFile, Section, Settings};
use super::section::{SectionKind, header};
use super::similar::similar_names;
use super::text::FileKind;
use super::{AwsFiles, Chain, Profile, ProfileName, profile_settings};
use crate::clock;
use crate::credentials::Expiration;
use crate::error::{
    ConfigError, Error, IgnoredSection, IgnoredSetting, NameHint, Result, SectionFix, SessionHistory, SyntaxError,
};
use crate::origin::Origin;
use crate::printable::is_safe;
use crate::timestamp::{self, NotATime};

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
            if let Some(error) = self.malformed_for(name.as_str()) {
                return error;
            }
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

    /// The malformed line because of which a profile, or a part of it, is not read: a header with its name, or settings
    /// before the first header.
    fn malformed_for(&self, name: &str) -> Option<Error> {
        let malformed = || self.files().iter().flat_map(|file| file.malformed.iter().map(move |line| (file, *line)));
        let has_name = |(file, (line, _)): &(&AwsFile<'_>, (usize, SyntaxError))| {
            file.text().text.lines().nth(line - 1).is_some_and(|line| line.contains(name))
        };
        let is_header = |problem| problem != SyntaxError::BeforeFirstSection;
        let header = malformed().find(|malformed| is_header(malformed.1.1) && has_name(malformed));
        let found = header.or_else(|| malformed().find(|malformed| !is_header(malformed.1.1)));
        found.map(|(file, (line, problem))| file.syntax_error(line, problem))
    }

    /// The malformed lines outside of sections, with what is wrong.
    pub fn malformed_lines(&self) -> Vec<(Origin, &'static str)> {
        let lines = self.files().iter().flat_map(|file| {
            let is_config = file.kind() == FileKind::Config;
            file.malformed.iter().map(move |(line, problem)| (file.origin(*line), problem.message(is_config).0))
        });
        lines.collect()
    }

    /// The sections that are meant for profiles of this chain, have settings, and are not read.
    pub fn unread_sections(&self, chain: &Chain) -> Vec<IgnoredSection> {
        if !self.files().iter().any(|file| file.has_ignored) {
            return Vec::new();
        }
        let names = chain.roles.iter().map(|role| &role.profile).chain([&chain.source.profile]);
        let all = names.flat_map(|name| self.ignored_sections(name));
        let has_settings = |file: &AwsFile<'_>, section: &Section<'_>| {
            let mut settings = Settings::default();
            let read = file.settings_into(section, &mut settings, &mut Vec::new());
            read.is_err() || settings.iter().next().is_some()
        };
        let mut found: Vec<IgnoredSection> = all
            .filter(|(file, section, _)| has_settings(file, section))
            .map(|(file, section, fix)| ignored(file, &section, fix))
            .collect();
        found.dedup();
        found
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
        let problem = match problem {
            ConfigError::SessionCannotStartSession { profile, found, .. } => {
                let history = self.session_history(&profile).map(Box::new);
                return ConfigError::SessionCannotStartSession { profile, found, history }.into();
            }
            problem => problem,
        };
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
        let misspelled = || {
            let name = ProfileName::parse(profile).ok()?;
            self.misspelled(&name, keys)
        };
        match setting {
            None if let Some(error) = self.malformed_for(profile) => error,
            None if let Some((key, origin, meant)) = misspelled() => {
                ConfigError::Misspelled { problem: Box::new(problem), key, origin, meant }.into()
            }
            Some(setting) => ConfigError::Ignored { problem: Box::new(problem), setting: Box::new(setting) }.into(),
            None => problem.into(),
        }
    }

    /// When the temporary keys of a profile expire, as the program that wrote them says; `None` if it says nothing that can
    /// be read, or a time that is past: the keys may be newer than that setting.
    pub fn stated_expiration(&self, profile: &ProfileName) -> Option<Expiration> {
        self.expiration(profile).map(|(end, _)| end).filter(|end| end.unix() > clock::now())
    }

    /// The same with its line, even if it is past.
    pub fn expiration(&self, profile: &ProfileName) -> Option<(Expiration, Origin)> {
        let session = self.profile(profile).ok()??;
        let end = EXPIRY.into_iter().find_map(|key| session.get(key))?;
        Some((Expiration::parse(&end.value).ok()?, end.origin.clone()))
    }

    /// What the files say about the session that is in a profile.
    fn session_history(&self, profile: &str) -> Option<SessionHistory> {
        let of = |name: &str| self.profile(&ProfileName::parse(name).ok()?).ok()?;
        let session = of(profile)?;
        let end = EXPIRY.into_iter().find_map(|key| session.get(key));
        let has_ended = |text: &str| is_past(text, clock::now());
        let ended = end.filter(|end| has_ended(&end.value)).map(|end| (end.value.to_string(), end.origin.clone()));
        // The names that the tool `aws-mfa` uses.
        let keys = format!("{}-long-term", profile.strip_suffix("-mfa").unwrap_or(profile));
        let found = of(&keys).filter(|keys| keys.source().is_ok_and(|source| source.is_some()));
        let has_device = found.as_ref().is_some_and(|keys| keys.mfa_serial().is_ok_and(|device| device.is_some()));
        let history = SessionHistory { ended, made_from: found.is_some().then_some(keys), has_device };
        (history != SessionHistory::default()).then_some(history)
    }

    /// The only profile with keys that a role without `source_profile` can mean: the only one at all, or the only one
    /// with the same device.
    pub(super) fn only_source(&self, role: &Profile<'_>) -> Option<String> {
        if self.is_for_listing() {
            return None;
        }
        let with_keys = |name: &&str| {
            let profile = ProfileName::parse(name).ok().and_then(|name| self.profile(&name).ok()?)?;
            let is_long_term = profile.source().ok()??.source.lifetime().is_long_term();
            is_long_term.then(|| (profile.name.to_string(), device_of(&profile)))
        };
        let found: Vec<_> = self.names().iter().filter_map(with_keys).collect();
        let same_device = || found.iter().filter(|(_, device)| device.is_some() && *device == device_of(role));
        match (found.as_slice(), same_device().count()) {
            ([(only, _)], _) => Some(only.clone()),
            (_, 1) => same_device().next().map(|(name, _)| name.clone()),
            _ => None,
        }
    }

    /// A setting of a profile that is meant to be one of these: its key, its line, and the right key.
    fn misspelled(&self, name: &ProfileName, keys: &[&'static str]) -> Option<(String, Origin, &'static str)> {
        let profile = self.profile(name).ok()??;
        keys.iter().find_map(|meant| {
            let is_meant = |key: &str| key != *meant && is_misspelling(key, meant);
            let found = profile.settings.iter().find(|setting| is_meant(&setting.key));
            found.map(|setting| (setting.key.to_string(), setting.origin.clone(), *meant))
        })
    }

    /// Settings of the profiles of a chain that nothing reads, because their names are misspelt: the key, its line, and the
    /// name that is meant, which the profile does not set otherwise.
    pub fn misspelt_settings(&self, chain: &Chain) -> Vec<(String, Origin, &'static str)> {
        chain.profiles().into_iter().flat_map(|name| self.misspelt_settings_in(name)).collect()
    }

    fn misspelt_settings_in(&self, name: &ProfileName) -> Vec<(String, Origin, &'static str)> {
        let Ok(Some(profile)) = self.profile(name) else { return Vec::new() };
        let names = || profile_settings::SHOWN.into_iter().chain(profile_settings::READ);
        let meant = |key: &str| {
            let is_read = names().any(|name| name == key) || OTHER_NAMES.contains(&key);
            names().filter(|_| !is_read).find(|name| is_misspelling(key, name) && profile.raw(name).is_none())
        };
        let found = profile.settings.iter().filter_map(|setting| Some((setting, meant(&setting.key)?)));
        found.map(|(setting, meant)| (setting.key.to_string(), setting.origin.clone(), meant)).collect()
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
            let continuing = file.continuing_sections().into_iter();
            let profiles = continuing.filter(|section| section.name == name && section.is_profile());
            found.extend(profiles.map(|section| (file, section, SectionFix::Unindent)));
        }
        found
    }
}

/// The settings with which other tools say when a session expires.
const EXPIRY: [&str; 4] = ["expiration", "x_security_token_expires", "aws_expiration", "aws_session_expiration"];

/// Whether a time, as tools write it, is before `now`. Without a zone, as in `2023-02-01 09:14:21`, it is UTC.
fn is_past(text: &str, now: i64) -> bool {
    let end = match timestamp::parse(text) {
        Err(NotATime::NoZone) => timestamp::parse(&format!("{text} Z")),
        end => end,
    };
    end.is_ok_and(|end| end < now)
}

fn device_of(profile: &Profile<'_>) -> Option<String> {
    profile.mfa_serial().ok().flatten().map(|device| device.value.as_str().to_owned())
}

/// Settings whose names are close to each other, but mean different things.
const DIFFERENT: [&str; 4] = ["aws_session_token", "aws_security_token", "aws_secret_access_key", "aws_access_key_id"];

/// Settings that are read although their names are close to those of others.
const OTHER_NAMES: [&str; 2] = ["aws_mfa_serial", "aws_mfa_device"];

/// Whether a key is meant to be the other one: with other separators, without the prefix, or with a typing error.
fn is_misspelling(key: &str, meant: &str) -> bool {
    let plain = |text: &str| text.replace(['_', '-', '.'], "").trim_start_matches("aws").to_owned();
    let (key_plain, meant_plain) = (plain(key), plain(meant));
    // Two letters make another word of a short one.
    let allowed = if meant_plain.len() < 8 { 1 } else { 2 };
    !DIFFERENT.contains(&key) && (key_plain == meant_plain || strsim::osa_distance(&key_plain, &meant_plain) <= allowed)
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
