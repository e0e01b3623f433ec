//! The line of the config file that names the MFA device of a profile: shown, offered and written.

use super::planning::locations;
use crate::changed_file::ChangedFile;
use crate::context::Context;
use crate::error::{FileError, Result};
use crate::mfa;
use crate::origin::{Origin, Sourced};
use crate::platform::Terminal;
use crate::printable::{printable, printable_path};
use crate::profile::{FileKind, MfaSerial, SourceProfile, section_header, with_setting};
use std::path::PathBuf;

/// The device to set for a profile with keys.
pub struct DeviceSetting<'a> {
    /// The profile.
    pub source: &'a SourceProfile,
    /// The device.
    pub serial: &'a MfaSerial,
}

impl DeviceSetting<'_> {
    /// `mfa_serial = arn:…`
    pub fn line(&self) -> String {
        format!("mfa_serial = {}", self.serial.as_str())
    }

    /// The file to change: the one that sets a device now, or else the config file.
    fn place(&self, context: &Context) -> Result<(PathBuf, FileKind)> {
        let locations = locations(&context.variables)?;
        Ok(match &self.source.mfa_serial {
            Some(Sourced { origin: Origin::File { path, .. }, .. }) if **path == *locations.credentials => {
                (locations.credentials, FileKind::Credentials)
            }
            _ => (locations.config, FileKind::Config),
        })
    }

    /// Writes the line into the file, in which nothing else changes. Returns the path of the file.
    ///
    /// # Errors
    /// The file cannot be changed; then it is as it was.
    pub fn write(&self, context: &Context) -> Result<PathBuf> {
        let (path, kind) = self.place(context)?;
        let name = &self.source.profile;
        let header = section_header(name, kind).ok_or_else(|| FileError::NotWritten {
            path: path.as_path().into(),
            problem: "not every program would read the profile's name in a header".to_owned(),
        })?;
        ChangedFile { path: &path, kind, context }.change(|file, text| {
            let edited = with_setting(text, file, &header, name, ("mfa_serial", self.serial.as_str()))?;
            Ok((edited, ()))
        })?;
        Ok(path)
    }

    /// Asks whether to write the line, and writes it; shows it if the answer is no, if there is no terminal to ask on, or if
    /// it cannot be written.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn offer(&self, terminal: Option<&Terminal>, context: &Context) -> Result<()> {
        let Some(terminal) = terminal else {
            self.show(context);
            return Ok(());
        };
        let (path, _) = self.place(context)?;
        let (header, path) = (printable(&self.source.config_header()).to_string(), printable_path(&path));
        let verb = if self.source.mfa_serial.is_some() { "Change in" } else { "Add to" };
        let question = format!("{verb} {header} in {path}: {}?", printable(&self.line()));
        // Without an answer, the line is only shown.
        if !mfa::confirm(terminal, &question).unwrap_or(false) {
            self.show(context);
            return Ok(());
        }
        self.write(context).inspect_err(|_| self.show(context))?;
        context.report.notice(&format!("written to {header} in {path}"));
        Ok(())
    }

    /// Shows the line to add.
    pub fn show(&self, context: &Context) {
        let (header, line) = (self.source.config_header(), self.line());
        context.report.notice(&format!("add to {}: {}", printable(&header), printable(&line)));
    }
}
