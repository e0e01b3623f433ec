//! The AWS files that have an access key.

use crate::changed_file::{BACKUP, ChangedFile};
use crate::context::Context;
use crate::credentials::Keys;
use crate::error::{Error, Result, RotationError};
use crate::origin::Origin;
use crate::printable::printable;
use crate::profile::{AwsFile, FileKind, FileText, KeyLines, Locations};
use crate::sign_in::locations;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The files in which a key is replaced.
pub struct KeyFiles<'a> {
    /// The key that is there now.
    pub keys: Keys,
    /// Where the ID of the profile's own key is.
    pub place: Origin,
    /// The profiles that have the key, each with its line; the own one is among them.
    pub profiles: Vec<(String, Origin)>,
    locations: Locations,
    context: &'a Context,
}

/// A failure to write the files.
pub(super) struct NotWritten {
    pub problem: Error,
    /// If the other file was written already: its path, and that of the one that was not.
    pub written: Option<(Arc<Path>, Arc<Path>)>,
}

impl<'a> KeyFiles<'a> {
    /// Finds the key in the files, and whether they can be changed. `place` is the line of its ID.
    ///
    /// # Errors
    /// A file that has the key must not be replaced, or the file at `place` does not have it any more.
    pub fn of(keys: Keys, place: &Origin, context: &'a Context) -> Result<Self> {
        let (locations, place) = (locations(&context.variables)?, place.clone());
        let files = KeyFiles { keys, place, profiles: Vec::new(), locations, context };
        let mut profiles = Vec::new();
        for (path, kind) in files.in_order() {
            if files.has_key(path, kind)? {
                let lines = |file: &AwsFile<'_>| KeyLines::of(file, &files.keys).profiles(file);
                let file = ChangedFile { path, kind, context };
                profiles.extend(file.change_secret(|file, _| Ok((None, lines(file))))?);
            }
        }
        Ok(KeyFiles { profiles, ..files })
    }

    /// The path of the file with the profile's own key.
    pub fn path(&self) -> &Path {
        self.in_order()[0].0
    }

    /// Where another key is in the files.
    pub fn places_of(&self, id: &str) -> Vec<(String, Origin)> {
        let places = |(path, kind)| {
            let text = FileText::read(kind, path).ok().flatten()?;
            let file = AwsFile::index(&text);
            Some(KeyLines::of_id(&file, id).profiles(&file))
        };
        self.in_order().into_iter().filter_map(places).flatten().collect()
    }

    /// Writes the new key in place of the old one wherever that is, the profile's own file first. Says where the old one
    /// still occurs, as in a comment.
    pub(super) fn replace(&self, new: &Keys) -> std::result::Result<(), Box<NotWritten>> {
        let mut written: Option<Arc<Path>> = None;
        for (path, kind) in self.in_order() {
            let file = ChangedFile { path, kind, context: self.context };
            let replaced = match self.has_key(path, kind) {
                Ok(true) => file.change_secret(|file, text| self.edit(file, text, path, new)),
                Ok(false) => continue,
                Err(e) => Err(e),
            };
            match replaced {
                Ok(mentions) => {
                    self.mention(&mentions);
                    written = Some(path.into());
                }
                Err(problem) => {
                    let written = written.map(|written| (written, path.into()));
                    return Err(NotWritten { problem, written }.into());
                }
            }
        }
        let backup = self.locations.credentials.with_file_name(BACKUP);
        if let Ok(Some(text)) = FileText::read(FileKind::Credentials, &backup) {
            self.mention(&AwsFile::index(&text).mentions(&self.keys));
        }
        Ok(())
    }

    /// Whether the file has the new key, and not the old one.
    pub(super) fn have(&self, new: &Keys) -> bool {
        let (path, kind) = self.in_order()[0];
        let text = FileText::read(kind, path).ok().flatten();
        text.is_some_and(|text| {
            let file = AwsFile::index(&text);
            KeyLines::of(&file, new).is_complete() && !KeyLines::of(&file, &self.keys).is_complete()
        })
    }

    /// Whether a file has the key. Only such a file must be one that can be changed.
    ///
    /// # Errors
    /// The profile's own file does not have it, or a file cannot be read.
    fn has_key(&self, path: &Path, kind: FileKind) -> Result<bool> {
        let text = FileText::read(kind, path)?;
        let has_key = text.is_some_and(|text| KeyLines::of(&AwsFile::index(&text), &self.keys).is_complete());
        if !has_key && self.is_own(path) { Err(self.not_in_file(path)) } else { Ok(has_key) }
    }

    /// The text of a file with the new key, and where it still mentions the old one.
    fn edit(
        &self,
        file: &AwsFile<'_>,
        text: &str,
        path: &Path,
        new: &Keys,
    ) -> Result<(Option<Zeroizing<String>>, Vec<Origin>)> {
        let lines = KeyLines::of(file, &self.keys);
        if !lines.is_complete() {
            return Err(self.not_in_file(path));
        }
        let edited = lines.with_key(text, &self.keys, new);
        let read = FileText::from_bytes(file.kind(), path.into(), edited.as_bytes().to_vec())?;
        let read = AwsFile::index(&read);
        if KeyLines::of(&read, new) != lines {
            return Err(RotationError::Unwritable { id: new.access_key_id.clone(), path: path.into() }.into());
        }
        let mentions = read.mentions(&self.keys);
        Ok((Some(edited), mentions))
    }

    fn mention(&self, places: &[Origin]) {
        if !places.is_empty() {
            let places: Vec<String> = places.iter().map(Origin::to_string).collect();
            let (id, places) = (printable(&self.keys.access_key_id), places.join(", "));
            self.context.report.notice(&format!("access key {id} still occurs at {places}"));
        }
    }

    fn not_in_file(&self, path: &Path) -> Error {
        RotationError::NotInFile { id: self.keys.access_key_id.clone(), path: path.into() }.into()
    }

    /// Whether this is the file with the profile's own key.
    fn is_own(&self, path: &Path) -> bool {
        matches!(&self.place, Origin::File { path: own, .. } if **own == *path)
    }

    /// The files, the one with the profile's own key first.
    fn in_order(&self) -> Vec<(&Path, FileKind)> {
        let config = (self.locations.config.as_path(), FileKind::Config);
        let credentials = (self.locations.credentials.as_path(), FileKind::Credentials);
        match (self.is_own(config.0), self.is_own(credentials.0)) {
            // Both variables name the same file.
            (true, true) => vec![credentials],
            (true, false) => vec![config, credentials],
            (false, _) => vec![credentials, config],
        }
    }
}
