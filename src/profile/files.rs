//! Both AWS files together: a profile is what the config file says, overlaid key by key by the credentials file.

use super::file::{AwsFile, Duplicate, Section, Setting, Settings};
use super::section::SectionKind;
use super::similar::similar_names;
use super::text::{FileKind, FileText, Locations};
use super::{MfaSerial, ProfileName, SourceProfile};
use crate::error::{ConfigError, InvalidValue, MisplacedSection, Result, ValueError};
use crate::origin::{Origin, Sourced};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// The indexed files, config first.
#[derive(Debug)]
pub struct AwsFiles<'a> {
    files: Vec<AwsFile<'a>>,
    /// For a listing: what belongs to each name. To look up one profile it is not worth making.
    named: Option<HashMap<Cow<'a, str>, Named<'a>>>,
}

/// A name of a listing.
#[derive(Debug)]
struct Named<'a> {
    /// Which file, and which section of it.
    first: (usize, usize),
    more: Vec<(usize, usize)>,
    /// The profile once another one has led to it: it may be the source of all.
    source: OnceCell<Option<Rc<Profile<'a>>>>,
}

/// One profile with its settings.
#[derive(Debug)]
pub struct Profile<'a> {
    pub name: ProfileName,
    settings: Settings<'a>,
    /// Settings of the config file that the credentials file hides: keys are never mixed from two files.
    hidden: Settings<'a>,
    pub duplicates: Vec<Duplicate>,
    /// Its own source of keys, once it has been looked for.
    pub(super) source: OnceCell<Option<Arc<SourceProfile>>>,
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
        Ok(AwsFiles { files: texts.iter().map(AwsFile::index).collect::<Result<_>>()?, named: None })
    }

    /// Made ready to look up every profile there is, and to suggest nothing where one is missing.
    #[must_use]
    pub fn for_listing(mut self) -> Self {
        let count = self.files.iter().map(|file| file.sections.len()).sum();
        let mut named: HashMap<_, Named<'_>> = HashMap::with_capacity(count);
        for (number, file) in self.files.iter().enumerate() {
            for (place, section) in file.sections.iter().enumerate() {
                let place = (number, place);
                named.entry(section.name.clone()).and_modify(|named| named.more.push(place)).or_insert_with(|| Named {
                    first: place,
                    more: Vec::new(),
                    source: OnceCell::new(),
                });
            }
        }
        self.named = Some(named);
        self
    }

    /// Names like one that is missing, for an error's advice.
    pub fn near(&self, name: &ProfileName) -> Vec<String> {
        if self.named.is_some() {
            return Vec::new();
        }
        similar_names(name.as_str(), self.names().into_iter(), 3).into_iter().map(str::to_owned).collect()
    }

    pub fn files(&self) -> &[AwsFile<'a>] {
        &self.files
    }

    /// The sections of a name in the order of the files.
    fn sections(&self, name: &str) -> Vec<(&AwsFile<'a>, &Section<'a>)> {
        match &self.named {
            Some(named) => named.get(name).map_or_else(Vec::new, |named| {
                let places = std::iter::once(&named.first).chain(&named.more);
                places.map(|(file, place)| (&self.files[*file], &self.files[*file].sections[*place])).collect()
            }),
            None => {
                let files = self.files.iter().flat_map(|file| file.sections.iter().map(move |section| (file, section)));
                files.filter(|(_, section)| section.name == name).collect()
            }
        }
    }

    /// A profile that another one leads to: as [`AwsFiles::profile`], but for a listing it is read once for all of
    /// them.
    pub(super) fn source(&self, name: &ProfileName) -> Result<Option<Rc<Profile<'a>>>> {
        let read = || Ok(self.profile(name)?.map(Rc::new));
        let Some(named) = &self.named else { return read() };
        let Some(named) = named.get(name.as_str()) else { return Ok(None) };
        if let Some(known) = named.source.get() {
            return Ok(known.clone());
        }
        let found = read()?;
        Ok(named.source.get_or_init(|| found).clone())
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
            source: OnceCell::new(),
        };
        let mut found = false;
        let all = self.sections(name.as_str());
        for of_file in all.chunk_by(|(file, _), (next, _)| file.kind() == next.kind()) {
            let prefixed_default = name.as_str() == "default"
                && of_file.iter().any(|(_, s)| s.kind == SectionKind::Profile { prefixed: true });
            let counts = |section: &Section<'_>| match section.kind {
                SectionKind::Profile { prefixed } => prefixed || !prefixed_default,
                _ => false,
            };
            if of_file.iter().any(|(file, _)| file.kind() == FileKind::Credentials) {
                profile.hidden = profile.settings.clone();
            }
            let mut first = None;
            let mut again = None;
            for (file, section) in of_file.iter().filter(|(_, section)| counts(section)) {
                file.settings_into(section, &mut profile.settings, &mut profile.duplicates)?;
                match first {
                    None => first = Some(section),
                    Some(first) => again = Some((file, first, section)),
                }
            }
            found |= first.is_some();
            profile.duplicates.extend(again.map(|(file, first, last)| Duplicate {
                what: format!("[{name}]"),
                first: file.place(first),
                last: file.place(last),
            }));
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
                variable: None,
                near: self.near(name),
                count: names.len(),
                misplaced: self.misplaced(name),
            }
            .into()
        })
    }

    /// Names of all profiles in the order of the files, each once.
    pub fn names(&self) -> Vec<&str> {
        let mut seen = HashSet::with_capacity(self.files.iter().map(|file| file.sections.len()).sum());
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
        for (file, section) in self.sections(services) {
            if section.kind == SectionKind::Services {
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

    fn misplaced(&self, name: &ProfileName) -> Option<MisplacedSection> {
        self.files.iter().find_map(|file| {
            let section = file.sections.iter().find(|s| {
                s.name == name.as_str()
                    && matches!(s.kind, SectionKind::BareInConfig | SectionKind::PrefixedInCredentials)
            })?;
            let place = file.place(section);
            Some(match section.kind {
                SectionKind::BareInConfig => MisplacedSection::BareInConfig(place),
                _ => MisplacedSection::PrefixedInCredentials(place),
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
        self.raw(key).filter(|s| !s.value.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n')))
    }

    /// A setting of one file only, also where the other file hides it.
    pub fn get_in(&self, file: FileKind, key: &str) -> Option<&Setting<'_>> {
        let found = [&self.settings, &self.hidden].into_iter().filter_map(|settings| settings.get(key));
        found.into_iter().find(|s| s.file == file && !s.value.chars().all(char::is_whitespace))
    }

    /// A setting as a checked value.
    ///
    /// # Errors
    /// The value breaks its rule.
    pub fn parsed<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> std::result::Result<T, ValueError>,
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
    parse: impl Fn(&str) -> std::result::Result<T, ValueError>,
) -> Result<Sourced<T>> {
    match parse(value) {
        Ok(value) => Ok(Sourced::new(value, origin.clone())),
        Err(flaw) => Err(InvalidValue { setting, value: value.to_owned(), flaw, origin: origin.clone() }.into()),
    }
}

/// What the SDKs' guide allows in a key; settings with other keys are ignored.
fn is_identifier(key: &str) -> bool {
    key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-/.%@:+".contains(&b))
}
