//! Changing an AWS file of the user: under a lock, and never a part of it.

use crate::context::Context;
use crate::error::{Error, FileError, Result};
use crate::platform::ReplacedFile;
use crate::printable::{printable, printable_path};
use crate::profile::{AwsFile, FileKind, FileText};
use crate::session::Cache;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The file to which `save --force` copies the credentials file before it replaces a section of the user.
pub const BACKUP: &str = "credentials.mfa-env-backup";

/// How often to begin again if another program writes the file at the same time.
const ATTEMPTS: u32 = 20;

/// One of the AWS files, which is to be changed.
pub struct ChangedFile<'a> {
    pub path: &'a Path,
    pub kind: FileKind,
    pub context: &'a Context,
}

impl ChangedFile<'_> {
    /// Looks at the file, to find out whether it can be replaced.
    ///
    /// # Errors
    /// It must not be replaced.
    pub fn look_at(&self) -> Result<ReplacedFile> {
        ReplacedFile::look_at(self.path).map_err(|problem| self.not_replaced(problem))
    }

    /// Looks at the file and its content, to find out whether it can be changed.
    ///
    /// # Errors
    /// It must not be replaced, or it is not text.
    pub fn check(&self) -> Result<()> {
        let bytes = self.look_at()?.read().map_err(|e| self.not_written(&e))?;
        self.text_of(bytes).map(drop)
    }

    /// The content as text, as it is on disk.
    fn text_of(&self, bytes: Vec<u8>) -> Result<Zeroizing<String>> {
        let problem = "is not valid UTF-8, so it cannot be changed without changing more of it";
        String::from_utf8(bytes).map(Zeroizing::new).map_err(|_| self.not_replaced(problem.to_owned()))
    }

    fn not_replaced(&self, problem: String) -> Error {
        FileError::NotReplaced { path: self.path.into(), variable: self.kind.variable(), problem }.into()
    }

    fn not_written(&self, e: &std::io::Error) -> Error {
        FileError::NotWritten { path: self.path.into(), problem: problem(e) }.into()
    }

    /// Changes the text of the file while no other process of mfa-env does, and again if another program writes it at the
    /// same time. `edit` gets the file as it is read, and its text as it is on disk; without a text, nothing is written.
    ///
    /// # Errors
    /// `edit` fails, or the file cannot be replaced; then it is as it was.
    pub fn change<T>(&self, edit: impl Fn(&AwsFile<'_>, &str) -> Result<(Option<Zeroizing<String>>, T)>) -> Result<T> {
        // What is written into the config file is usually not a secret.
        self.change_as(self.kind == FileKind::Credentials, edit)
    }

    /// The same for a change that writes a secret, so that only this user can read the file from then on.
    ///
    /// # Errors
    /// As [`ChangedFile::change`].
    pub fn change_secret<T>(
        &self,
        edit: impl Fn(&AwsFile<'_>, &str) -> Result<(Option<Zeroizing<String>>, T)>,
    ) -> Result<T> {
        self.change_as(true, edit)
    }

    fn change_as<T>(
        &self,
        is_secret: bool,
        edit: impl Fn(&AwsFile<'_>, &str) -> Result<(Option<Zeroizing<String>>, T)>,
    ) -> Result<T> {
        let path: Arc<Path> = self.path.into();
        let failed = |e: std::io::Error| self.not_written(&e);
        let cache = Cache::of(&self.context.variables, &self.context.warnings);
        let _lock = cache.lock_file(&self.look_at()?.path().to_string_lossy(), |holder| {
            self.context.report.notice(&format!("waiting for {}, which writes the same file", printable(holder)));
        })?;
        for _ in 0..ATTEMPTS {
            let file = self.look_at()?;
            let bytes = file.read().map_err(failed)?;
            // The line numbers are the same in the text with normalized line ends.
            let raw = self.text_of(bytes.clone())?;
            let text = FileText::from_bytes(self.kind, path.clone(), bytes)?;
            let index = AwsFile::index(&text);
            let (edited, result) = edit(&index, &raw)?;
            let Some(edited) = edited else { return Ok(result) };
            if let Some(lost) = file.replace(edited.as_bytes(), is_secret).map_err(failed)? {
                if is_secret && file.is_open() {
                    self.context.report.notice(&format!(
                        "{} was accessible to others; now only you can read it",
                        printable_path(self.path)
                    ));
                }
                if file.is_in_open_folder() {
                    self.context.report.notice(&format!(
                        "other users can replace {}; run: chmod go-w {}",
                        printable_path(self.path),
                        printable_path(self.path.parent().unwrap_or(self.path))
                    ));
                }
                if !lost.is_empty() {
                    self.context.report.notice(&format!(
                        "{} is a new file that could not keep these attributes: {}",
                        printable_path(self.path),
                        printable(&lost.join(", "))
                    ));
                }
                return Ok(result);
            }
        }
        Err(failed(std::io::Error::other("another program keeps writing it")))
    }
}

/// What prevents the replacement, in words that help.
fn problem(e: &std::io::Error) -> String {
    match e.kind() {
        std::io::ErrorKind::ResourceBusy | std::io::ErrorKind::CrossesDevices => {
            "it is a mount point of its own, so it cannot be replaced; mount its folder instead".to_owned()
        }
        std::io::ErrorKind::Other => e.to_string(),
        kind => kind.to_string(),
    }
}
