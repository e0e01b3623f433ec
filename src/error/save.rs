//! `save` must not write a section.

use super::Message;
use crate::origin::Origin;

/// Why a section of an AWS file is not written. `name` is that of the profile.
#[derive(Debug, PartialEq, Eq)]
pub enum SaveError {
    /// The section has long-term keys.
    LongTermKeys { name: String, origin: Origin },
    /// The section has settings of the user.
    NotOurs { name: String, origin: Origin },
    /// The file has several sections of this name.
    SeveralSections {
        name: String,
        /// The first of them.
        origin: Origin,
    },
    /// The config file gives the profile a source of credentials, which programs would use.
    OtherSource { name: String, setting: String, origin: Origin },
    /// The config file gives the profile another region.
    OtherRegion { name: String, region: String, origin: Origin },
}

impl SaveError {
    pub(super) fn message(&self) -> Message {
        const OTHER_NAME: &str = "choose another name with --as NAME";
        match self {
            SaveError::LongTermKeys { name, origin } => {
                Message::new(format!("[{name}] has long-term keys ({origin}), which are never replaced"))
                    .advise(OTHER_NAME)
            }
            SaveError::NotOurs { name, origin } => {
                Message::new(format!("[{name}] was not written by mfa-env ({origin})"))
                    .advise(format!("{OTHER_NAME}, or replace the section with --force"))
            }
            SaveError::SeveralSections { name, origin } => {
                Message::new(format!("[{name}] is defined several times, first at {origin}"))
                    .advise(format!("remove all but one of them, or {OTHER_NAME}"))
            }
            SaveError::OtherSource { name, setting, origin } => Message::new(format!(
                "profile {name} has {setting} ({origin}), which programs would use instead of the session"
            ))
            .advise(OTHER_NAME),
            SaveError::OtherRegion { name, region, origin } => {
                Message::new(format!("profile {name} has the region {region} ({origin}); the session has been saved"))
                    .advise("correct that line, or omit --with-region")
            }
        }
    }
}
