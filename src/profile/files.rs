//! Both AWS files together: a profile is what the config file says, overlaid key by key by the credentials file.

use super::file::{AwsFile, Duplicate, Section, Setting, Settings};
use super::near::near_names;
use super::section::SectionKind;
use super::text::{FileKind, FileText, Locations};
use super::{MfaSerial, ProfileName};
use crate::error::{BadValue, ConfigError, Flaw, Misplaced, Result};
use crate::origin::{Origin, Sourced};
use std::collections::{HashMap, HashSet};

/// The indexed files, config first.
#[derive(Debug)]
pub struct AwsFiles<'a> {
    files: Vec<AwsFile<'a>>,
    /// For a listing: where in each file the sections of a name are. To look up one profile it is not worth making.
    places: Option<Vec<HashMap<String, Vec<usize>>>>,
}

/// One profile with its settings.
#[derive(Debug)]
pub struct Profile<'a> {
    pub name: ProfileName,
    settings: Settings<'a>,
    /// Settings of the config file that the credentials file hides: keys are never mixed from two files.
    hidden: Settings<'a>,
    pub duplicates: Vec<Duplicate>,
}

impl<'a> AwsFiles<'a> {
    /// Reads the two files; a missing one is empty.
    ///
    /// # Errors
    /// Neither exists, or one cannot be read. The second part lists missing files that a variable names.
    pub fn read(locations: &Locations) -> Result<(Vec<FileText>, Vec<&'static str>)> {
        let mut texts = Vec::new();
        let mut missing = Vec::new();
        for (kind, path) in [(FileKind::Config, &locations.config), (FileKind::Credentials, &locations.credentials)] {
            match FileText::read(kind, path)? {
                Some(text) => texts.push(text),
                None => missing.extend(locations.variable_of(path)),
            }
        }
        if texts.is_empty() {
            let Locations { config, credentials, .. } = locations.clone();
            return Err(ConfigError::NoFiles { config, credentials }.into());
        }
        Ok((texts, missing))
    }

    /// # Errors
    /// A section header that cannot be read.
    pub fn index(texts: &'a [FileText]) -> Result<Self> {
        Ok(AwsFiles { files: texts.iter().map(AwsFile::index).collect::<Result<_>>()?, places: None })
    }

    /// Made ready to look up every profile there is, and to suggest nothing where one is missing.
    #[must_use]
    pub fn for_listing(mut self) -> Self {
        let places = self.files.iter().map(|file| {
            let mut places: HashMap<String, Vec<usize>> = HashMap::with_capacity(file.sections.len());
            for (place, section) in file.sections.iter().enumerate() {
                places.entry(section.name.clone().into_owned()).or_default().push(place);
            }
            places
        });
        self.places = Some(places.collect());
        self
    }

    /// Names like one that is missing, for an error's advice.
    pub fn near(&self, name: &ProfileName) -> Vec<String> {
        if self.places.is_some() {
            return Vec::new();
        }
        near_names(name.as_str(), self.names().into_iter(), 3).into_iter().map(str::to_owned).collect()
    }

    /// The sections of a name in one of the files.
    fn sections(&self, file: usize, name: &ProfileName) -> Vec<&Section<'a>> {
        let all = &self.files[file].sections;
        match &self.places {
            Some(places) => places[file].get(name.as_str()).into_iter().flatten().map(|place| &all[*place]).collect(),
            None => all.iter().filter(|section| section.name == name.as_str()).collect(),
        }
    }

    pub fn files(&self) -> &[AwsFile<'a>] {
        &self.files
    }

    /// The profile, or `None` if no section has that name.
    ///
    /// # Errors
    /// A line of one of its sections breaks the grammar.
    pub fn profile(&self, name: &ProfileName) -> Result<Option<Profile<'a>>> {
        let mut profile = Profile {
            name: name.clone(),
            settings: Settings::default(),
            hidden: Settings::default(),
            duplicates: Vec::new(),
        };
        let mut found = false;
        for (number, file) in self.files.iter().enumerate() {
            let sections = self.sections(number, name);
            let prefixed_default = name.as_str() == "default"
                && sections.iter().any(|s| s.kind == SectionKind::Profile { prefixed: true });
            let mut first: Option<Origin> = None;
            let mut again: Option<Duplicate> = None;
            if file.kind() == FileKind::Credentials && !sections.is_empty() {
                profile.hidden = profile.settings.clone();
            }
            for section in sections {
                match section.kind {
                    SectionKind::Profile { prefixed } if prefixed || !prefixed_default => {}
                    _ => continue,
                }
                let place = file.place(section);
                match (&first, &mut again) {
                    (None, _) => first = Some(place),
                    (Some(_), Some(again)) => again.last = place,
                    (Some(first), again) => {
                        *again = Some(Duplicate { what: format!("[{name}]"), first: first.clone(), last: place });
                    }
                }
                file.settings_into(section, &mut profile.settings, &mut profile.duplicates)?;
                found = true;
            }
            profile.duplicates.extend(again);
        }
        Ok(found.then_some(profile))
    }

    /// The profile that a person asked for.
    ///
    /// # Errors
    /// Not found, with near names and sections that look like it but do not count.
    pub fn wanted(&self, name: &ProfileName) -> Result<Profile<'a>> {
        self.profile(name)?.ok_or_else(|| {
            let names = self.names();
            ConfigError::ProfileNotFound {
                name: name.to_string(),
                near: self.near(name),
                count: names.len(),
                misplaced: self.misplaced(name),
            }
            .into()
        })
    }

    /// Names of all profiles in the order of the files, each once.
    pub fn names(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        self.files
            .iter()
            .flat_map(|file| &file.sections)
            .filter(|s| matches!(s.kind, SectionKind::Profile { .. }))
            .map(|s| s.name.as_ref())
            .filter(|name| seen.insert(*name))
            .collect()
    }

    /// A value of a nested block in `[services NAME]`, as `sts` → `endpoint_url`.
    ///
    /// # Errors
    /// A line of the section breaks the grammar.
    pub fn service_setting(&self, services: &str, service: &str, key: &str) -> Result<Option<Sourced<String>>> {
        let mut settings = Settings::default();
        for file in &self.files {
            for section in file.sections.iter().filter(|s| s.kind == SectionKind::Services && s.name == services) {
                file.settings_into(section, &mut settings, &mut Vec::new())?;
            }
        }
        Ok(settings.get(service).and_then(|setting| {
            setting
                .value
                .lines()
                .filter_map(|line| line.split_once('='))
                .rfind(|(k, _)| k.trim() == key)
                .filter(|(_, v)| !v.trim().is_empty())
                .map(|(_, v)| Sourced::new(v.trim().to_owned(), setting.origin.clone()))
        }))
    }

    fn misplaced(&self, name: &ProfileName) -> Option<Misplaced> {
        self.files.iter().find_map(|file| {
            let section = file.sections.iter().find(|s| {
                s.name == name.as_str()
                    && matches!(s.kind, SectionKind::BareInConfig | SectionKind::PrefixedInCredentials)
            })?;
            let place = file.place(section);
            Some(match section.kind {
                SectionKind::BareInConfig => Misplaced::BareInConfig(place),
                _ => Misplaced::PrefixedInCredentials(place),
            })
        })
    }
}

impl Profile<'_> {
    /// A setting as it stands, an empty one included.
    pub fn raw(&self, key: &str) -> Option<&Setting<'_>> {
        self.settings.get(key).filter(|s| is_identifier(&s.key))
    }

    /// A setting with a value; a blank one counts as not there.
    pub fn get(&self, key: &str) -> Option<&Setting<'_>> {
        self.raw(key).filter(|s| !s.value.trim_matches([' ', '\t', '\n']).is_empty())
    }

    /// A setting of one file only, also where the other file hides it.
    pub fn get_in(&self, file: FileKind, key: &str) -> Option<&Setting<'_>> {
        let found = [&self.settings, &self.hidden].into_iter().filter_map(|settings| settings.get(key));
        found.into_iter().find(|s| s.file == file && !s.value.trim().is_empty())
    }

    /// A setting as a checked value.
    ///
    /// # Errors
    /// The value breaks its rule.
    pub fn parsed<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> std::result::Result<T, Flaw>,
    ) -> Result<Option<Sourced<T>>> {
        self.get(key).map(|s| checked(key, &s.value, &s.origin, parse)).transpose()
    }

    /// The device that this profile names.
    ///
    /// # Errors
    /// It is no device that gives codes.
    pub fn mfa_serial(&self) -> Result<Option<Sourced<MfaSerial>>> {
        self.parsed("mfa_serial", MfaSerial::parse)
    }
}

/// Checks a value by its rule and keeps where it came from.
///
/// # Errors
/// The value breaks the rule.
pub fn checked<T>(
    setting: &'static str,
    value: &str,
    origin: &Origin,
    parse: impl Fn(&str) -> std::result::Result<T, Flaw>,
) -> Result<Sourced<T>> {
    match parse(value) {
        Ok(value) => Ok(Sourced::new(value, origin.clone())),
        Err(flaw) => Err(BadValue { setting, value: value.to_owned(), flaw, origin: origin.clone() }.into()),
    }
}

/// What the SDKs' guide allows in a key; settings with other keys are ignored.
fn is_identifier(key: &str) -> bool {
    key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-/.%@:+".contains(&b))
}
