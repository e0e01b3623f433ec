//! The AWS files before and after setup: what a profile has already, and what is added to it.

use crate::changed_file::ChangedFile;
use crate::context::Context;
use crate::credentials::Secret;
use crate::error::{ConfigError, Error, FileError, Result, SetupError};
use crate::origin::Origin;
use crate::platform;
use crate::profile::{
    AwsFile, AwsFiles, FileKind, FileText, Locations, ProfileName, Region, RoleArn, Settings, section_header,
    with_section, with_setting,
};
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// An access key to be written.
#[derive(Clone, Copy)]
pub(super) struct Key<'a> {
    pub id: &'a str,
    pub secret: &'a Secret,
}

/// The texts of the files; none of a file that does not exist.
///
/// # Errors
/// A file cannot be read.
pub(super) fn read(locations: &Locations) -> Result<Vec<FileText>> {
    match AwsFiles::read(locations) {
        Ok((texts, _)) => Ok(texts),
        Err(Error::Config(ConfigError::NoFiles { .. })) => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}

/// The path of a file.
pub(super) fn path_of(kind: FileKind, locations: &Locations) -> &Path {
    match kind {
        FileKind::Config => &locations.config,
        FileKind::Credentials => &locations.credentials,
    }
}

/// What is added to the files for a profile.
pub(super) struct Addition<'a> {
    pub name: &'a ProfileName,
    pub locations: &'a Locations,
    pub context: &'a Context,
}

impl Addition<'_> {
    /// The files as they would be with this key and region, to try them before they are written.
    ///
    /// # Errors
    /// The files cannot be read, or they have something else in the place.
    pub(super) fn preview(&self, key: Key<'_>, region: Option<&Region>) -> Result<Vec<FileText>> {
        let mut texts = Vec::new();
        for kind in [FileKind::Config, FileKind::Credentials] {
            let path = self.path(kind);
            let text = match FileText::read(kind, path)? {
                Some(text) => text,
                None => FileText::from_bytes(kind, Arc::from(path), Vec::new())?,
            };
            let edited = match kind {
                FileKind::Credentials => Some(self.with_key(&AwsFile::index(&text), &text.text, key)?),
                FileKind::Config => match region {
                    Some(region) => self.with_region(&AwsFile::index(&text), &text.text, region)?,
                    None => None,
                },
            };
            texts.push(match edited {
                Some(mut edited) => {
                    let bytes = std::mem::take(&mut *edited).into_bytes();
                    FileText::from_bytes(kind, Arc::from(path), bytes)?
                }
                None => text,
            });
        }
        Ok(texts)
    }

    /// Writes the key into the credentials file.
    ///
    /// # Errors
    /// The file cannot be changed, or the profile has keys there by now.
    pub(super) fn write_key(&self, key: Key<'_>) -> Result<()> {
        self.file(FileKind::Credentials).change(|file, text| Ok((Some(self.with_key(file, text, key)?), ())))
    }

    /// Writes the region into the config file.
    ///
    /// # Errors
    /// The file cannot be changed.
    pub(super) fn write_region(&self, region: &Region) -> Result<()> {
        self.file(FileKind::Config).change(|file, text| Ok((self.with_region(file, text, region)?, ())))
    }

    /// Adds a profile with a role of this one to the config file.
    ///
    /// # Errors
    /// The file cannot be changed, or there is such a profile by now.
    pub(super) fn write_role(&self, name: &ProfileName, role: &RoleArn, region: Option<&str>) -> Result<()> {
        let mut lines = vec![
            header(name, FileKind::Config)?,
            format!("role_arn = {}", role.as_str()),
            format!("source_profile = {}", self.name),
        ];
        lines.extend(region.map(|region| format!("region = {region}")));
        self.file(FileKind::Config).change(|file, text| match file.profile_sections(name.as_str()).next() {
            Some(section) => Err(taken(name, file.header_origin(section))),
            None => Ok((Some(with_section(text, None, &lines)), ())),
        })
    }

    /// The path of a file.
    pub(super) fn path(&self, kind: FileKind) -> &Path {
        path_of(kind, self.locations)
    }

    fn file(&self, kind: FileKind) -> ChangedFile<'_> {
        ChangedFile { path: self.path(kind), kind, context: self.context }
    }

    /// Looks at a file that something is to be written to. A folder that does not exist is created only with the file.
    ///
    /// # Errors
    /// It must not or cannot be changed.
    pub(super) fn look_at(&self, kind: FileKind) -> Result<()> {
        let path = self.path(kind);
        let folder = path.canonicalize().ok().and_then(|real| Some(real.parent()?.to_owned()));
        let folder = folder.or_else(|| path.parent().map(Path::to_owned)).unwrap_or_default();
        if folder.exists() {
            self.file(kind).check()?;
        }
        platform::check_folder(&folder).map_err(|e| {
            let problem = format!("cannot be written: {e}");
            FileError::NotReplaced { path: path.into(), variable: kind.variable(), problem }.into()
        })
    }

    /// At the end of the profile's section, or in a new one.
    fn with_key(&self, file: &AwsFile<'_>, text: &str, key: Key<'_>) -> Result<Zeroizing<String>> {
        let mut lines =
            vec![format!("aws_access_key_id = {}", key.id), format!("aws_secret_access_key = {}", key.secret.expose())];
        let mut place = None;
        for section in file.profile_sections(self.name.as_str()) {
            let mut settings = Settings::default();
            file.settings_into(section, &mut settings, &mut Vec::new())?;
            let keys = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];
            if let Some(found) = keys.iter().find_map(|key| settings.get(key)) {
                return Err(taken(self.name, found.origin.clone()));
            }
            let end = file.lines_of(section).end;
            place = Some(end..end);
        }
        if place.is_none() {
            lines.insert(0, header(self.name, FileKind::Credentials)?);
        }
        let edited = with_section(text, place.as_ref(), &lines);
        for line in lines {
            drop(Zeroizing::new(line));
        }
        Ok(edited)
    }

    fn with_region(&self, file: &AwsFile<'_>, text: &str, region: &Region) -> Result<Option<Zeroizing<String>>> {
        let header = header(self.name, FileKind::Config)?;
        with_setting(text, file, &header, self.name, ("region", region.as_str()))
    }
}

fn taken(name: &ProfileName, origin: Origin) -> Error {
    SetupError::Taken { name: name.to_string(), origin }.into()
}

fn header(name: &ProfileName, kind: FileKind) -> Result<String> {
    section_header(name, kind).ok_or_else(|| {
        let problem = "not every program can read a section with that name".to_owned();
        SetupError::NotAProfile { name: name.to_string(), problem }.into()
    })
}
