//! Both AWS files together: finding the sections of a profile, and merging them.

use super::ProfileName;
use super::file::{AwsFile, Duplicate, Section, Setting, Settings};
use super::merged::Profile;
use super::section::SectionKind;
use super::similar::similar_names;
use super::text::{FileKind, FileText, Locations};
use super::view::ViewHeader;
use crate::error::{ConfigError, MissingFile, Result};
use crate::origin::{Origin, Sourced};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The AWS files, split into sections.
#[derive(Debug)]
pub struct AwsFiles<'a> {
    /// The config file first.
    files: Vec<AwsFile<'a>>,
    /// The sections by name. Building it pays off only if every profile is looked up, as by `list`.
    by_name: Option<HashMap<Cow<'a, str>, NamedSections<'a>>>,
    /// The first section of each profile, in the order of the files; filled together with `by_name`.
    profiles: Vec<(usize, usize)>,
}

/// The sections with one name.
#[derive(Debug)]
struct NamedSections<'a> {
    /// The index of the file, and that of the section in it.
    first: (usize, usize),
    more: Vec<(usize, usize)>,
    /// Whether one of them is a section of a profile that is read.
    has_profile: bool,
    /// The profile, read when the first other profile refers to it: many may have the same source profile.
    shared: OnceCell<Option<Rc<Profile<'a>>>>,
}

impl<'a> AwsFiles<'a> {
    /// Reads the two files. The second part of the result is the files that variables name but that do not exist.
    ///
    /// # Errors
    /// Neither file exists, or one cannot be read.
    pub fn read(locations: &Locations) -> Result<(Vec<FileText>, Vec<MissingFile>)> {
        let mut texts = Vec::new();
        let mut missing = Vec::new();
        for (kind, path) in [(FileKind::Config, &locations.config), (FileKind::Credentials, &locations.credentials)] {
            match FileText::read(kind, path)? {
                Some(text) => texts.push(text),
                None => {
                    let named = locations.variable_of(kind);
                    let was_view = ViewHeader::may_be_at(path);
                    missing.extend(named.map(|variable| MissingFile { variable, path: path.clone(), was_view }));
                }
            }
        }
        if texts.is_empty() {
            let Locations { config, credentials, .. } = locations.clone();
            return Err(ConfigError::NoFiles { config, credentials, named: missing }.into());
        }
        Ok((texts, missing))
    }

    /// Splits the files into sections.
    pub fn index(texts: &'a [FileText]) -> Self {
        AwsFiles { files: texts.iter().map(AwsFile::index).collect(), by_name: None, profiles: Vec::new() }
    }

    /// Prepares for looking up every profile: lookups become fast, and errors give no hints.
    #[must_use]
    pub fn for_listing(mut self) -> Self {
        let count = self.files.iter().map(|file| file.sections.len()).sum();
        let mut by_name: HashMap<_, NamedSections<'_>> = HashMap::with_capacity(count);
        let mut profiles = Vec::with_capacity(count);
        for (number, file) in self.files.iter().enumerate() {
            for (place, section) in file.sections.iter().enumerate() {
                let place = (number, place);
                let mut is_first = section.is_profile();
                let entry = by_name.entry(section.name.clone()).and_modify(|sections| {
                    is_first &= !sections.has_profile;
                    sections.has_profile |= section.is_profile();
                    sections.more.push(place);
                });
                let (more, shared) = (Vec::new(), OnceCell::new());
                entry.or_insert(NamedSections { first: place, more, has_profile: section.is_profile(), shared });
                if is_first {
                    profiles.push(place);
                }
            }
        }
        (self.by_name, self.profiles) = (Some(by_name), profiles);
        self
    }

    /// Whether [`AwsFiles::for_listing`] was called.
    pub(super) fn is_for_listing(&self) -> bool {
        self.by_name.is_some()
    }

    /// The files that exist, the config file first.
    pub fn files(&self) -> &[AwsFile<'a>] {
        &self.files
    }

    /// The sections with this name, in the order of the files.
    fn sections(&self, name: &str) -> Vec<(&AwsFile<'a>, &Section<'a>)> {
        match &self.by_name {
            Some(by_name) => by_name.get(name).map_or_else(Vec::new, |sections| {
                let places = std::iter::once(&sections.first).chain(&sections.more);
                places.map(|(file, place)| (&self.files[*file], &self.files[*file].sections[*place])).collect()
            }),
            None => {
                let files = self.files.iter().flat_map(|file| file.sections.iter().map(move |section| (file, section)));
                files.filter(|(_, section)| section.name == name).collect()
            }
        }
    }

    /// The section with this name, if it is known that there is only one: without the list of all sections that
    /// [`AwsFiles::sections`] allocates, `list` takes 1 % fewer instructions.
    fn only_section(&self, name: &str) -> Option<(&AwsFile<'a>, &Section<'a>)> {
        let sections = self.by_name.as_ref()?.get(name).filter(|sections| sections.more.is_empty())?;
        let file = &self.files[sections.first.0];
        Some((file, &file.sections[sections.first.1]))
    }

    /// A profile that another one refers to: like [`AwsFiles::profile`], but after [`AwsFiles::for_listing`] it is read
    /// only once.
    ///
    /// # Errors
    /// As [`AwsFiles::profile`].
    pub(super) fn shared_profile(&self, name: &ProfileName) -> Result<Option<Rc<Profile<'a>>>> {
        let read = || Ok(self.profile(name)?.map(Rc::new));
        let Some(by_name) = &self.by_name else { return read() };
        let Some(sections) = by_name.get(name.as_str()) else { return Ok(None) };
        if let Some(known) = sections.shared.get() {
            return Ok(known.clone());
        }
        let found = read()?;
        Ok(sections.shared.get_or_init(|| found).clone())
    }

    /// The line of the first header of a profile; `None` if it does not exist.
    pub fn header_origin(&self, name: &ProfileName) -> Option<Origin> {
        let found = self.sections(name.as_str()).into_iter().find(|(_, section)| section.is_profile())?;
        Some(found.0.header_origin(found.1))
    }

    /// The first header of a profile in the config file, as it is written there.
    pub(super) fn config_header(&self, name: &str) -> Option<&'a str> {
        let is_found =
            |(file, section): &(&AwsFile<'a>, &Section<'a>)| file.kind() == FileKind::Config && section.is_profile();
        let found = match self.only_section(name) {
            Some(only) => Some(only).filter(is_found),
            None => self.sections(name).into_iter().find(is_found),
        };
        found.map(|(file, section)| file.header_text(section))
    }

    /// The profile; `None` if it does not exist.
    ///
    /// # Errors
    /// A line in one of its sections is malformed.
    pub fn profile(&self, name: &ProfileName) -> Result<Option<Profile<'a>>> {
        let mut profile = Profile::empty(name.clone());
        let mut found = false;
        let only = self.only_section(name.as_str());
        let several;
        let all = if let Some(only) = &only {
            std::slice::from_ref(only)
        } else {
            several = self.sections(name.as_str());
            &several
        };
        for in_one_file in all.chunk_by(|(file, _), (next, _)| file.kind() == next.kind()) {
            let prefixed_default = name.as_str() == "default"
                && in_one_file.iter().any(|(_, s)| s.kind == SectionKind::Profile { prefixed: true });
            profile.is_prefixed_default |= prefixed_default;
            // As in the SDKs, [profile default] in the config file takes precedence over [default].
            let is_used = |section: &Section<'_>| match section.kind {
                SectionKind::Profile { prefixed } => prefixed || !prefixed_default,
                _ => false,
            };
            if in_one_file.iter().any(|(file, _)| file.kind() == FileKind::Credentials) {
                profile.config_settings = profile.settings.clone();
            }
            let mut first = None;
            let mut again = None;
            for (file, section) in in_one_file.iter().filter(|(_, section)| is_used(section)) {
                file.settings_into(section, &mut profile.settings, &mut profile.duplicates)?;
                match first {
                    None => first = Some(section),
                    Some(first) => again = Some((file, first, section)),
                }
            }
            found |= first.is_some();
            profile.duplicates.extend(again.map(|(file, first, last)| Duplicate {
                what: format!("[{name}]"),
                first: file.header_origin(first),
                last: file.header_origin(last),
            }));
        }
        Ok(found.then_some(profile))
    }

    /// The names of all profiles in the order of the files, without duplicates.
    pub fn names(&self) -> Vec<&str> {
        // With the set, `list` takes 2 % more instructions.
        if self.is_for_listing() {
            return self.profiles.iter().map(|(file, place)| &*self.files[*file].sections[*place].name).collect();
        }
        let mut seen = HashSet::with_capacity(self.files.iter().map(|file| file.sections.len()).sum());
        self.files
            .iter()
            .flat_map(|file| &file.sections)
            .filter(|s| matches!(s.kind, SectionKind::Profile { .. }))
            .map(|s| s.name.as_ref())
            .filter(|name| seen.insert(*name))
            .collect()
    }

    /// A setting for one service in `[services NAME]`, such as `endpoint_url` of `sts`; `None` if its value is blank.
    ///
    /// # Errors
    /// A line in that section is malformed.
    pub fn service_setting(&self, services: &str, service: &str, key: &str) -> Result<Option<Sourced<String>>> {
        Ok(self.services(services)?.get(service).and_then(|setting| nested(setting, key)))
    }

    /// Whether there is a section `[services NAME]`; if not, those with similar names.
    pub(super) fn check_services(&self, name: &str) -> std::result::Result<(), Vec<String>> {
        let of_services = |section: &&Section<'_>| section.kind == SectionKind::Services;
        if self.sections(name).iter().any(|(_, section)| of_services(section)) {
            return Ok(());
        }
        let names = self.files().iter().flat_map(|file| file.sections.iter()).filter(of_services);
        Err(similar_names(name, names.map(|section| &*section.name)).into_iter().map(str::to_owned).collect())
    }

    /// The `endpoint_url` of every service in `[services NAME]` that has one.
    ///
    /// # Errors
    /// A line in that section is malformed.
    pub fn service_endpoints(&self, services: &str) -> Result<Vec<(String, Sourced<String>)>> {
        let settings = self.services(services)?;
        let endpoint = |setting: &Setting<'_>| Some((setting.key.to_string(), nested(setting, "endpoint_url")?));
        Ok(settings.iter().filter_map(endpoint).collect())
    }

    /// The settings of `[services NAME]`.
    fn services(&self, name: &str) -> Result<Settings<'a>> {
        let mut settings = Settings::default();
        for (file, section) in self.sections(name) {
            if section.kind == SectionKind::Services {
                file.settings_into(section, &mut settings, &mut Vec::new())?;
            }
        }
        Ok(settings)
    }
}

/// A setting in the indented block of another one; `None` if its value is blank.
fn nested(setting: &Setting<'_>, key: &str) -> Option<Sourced<String>> {
    let lines = setting.value.lines().filter_map(|line| line.split_once('='));
    let (_, value) = lines.into_iter().rfind(|(k, _)| k.trim() == key).filter(|(_, v)| !v.trim().is_empty())?;
    Some(Sourced::new(value.trim().to_owned(), setting.origin.clone()))
}
