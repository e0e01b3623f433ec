//! Names that a person gives: profiles and regions.

use crate::error::ValueError;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

/// The longest profile name in bytes. AWS sets no limit; this one keeps `MFA_ENV_BEFORE` within its 4 KB.
const PROFILE_NAME_MAX: usize = 256;

/// The name of a profile of the AWS files; case counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileName(Arc<str>);

impl ProfileName {
    /// # Errors
    /// Empty or blank, over 256 bytes, or with control characters, which no section header can hold.
    pub fn parse(name: &str) -> Result<Self, ValueError> {
        if name.trim_matches([' ', '\t']).is_empty() {
            Err(ValueError::Empty)
        } else if name.chars().any(char::is_control) {
            Err(ValueError::Control)
        } else if name.len() > PROFILE_NAME_MAX {
            Err(ValueError::Length { min: 1, max: PROFILE_NAME_MAX })
        } else {
            Ok(ProfileName(name.into()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for ProfileName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a region. It becomes part of a host name, so it must be one label of it; which regions exist is AWS's to
/// say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    /// # Errors
    /// Anything but 1 to 63 letters, digits and inner hyphens.
    pub fn parse(name: &str) -> Result<Self, ValueError> {
        let label = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if name.len() > 1 && name.starts_with(['"', '\'']) {
            Err(ValueError::Quoted)
        } else if name.is_empty() {
            Err(ValueError::Empty)
        } else if name.len() > 63 || !name.bytes().all(label) || name.starts_with('-') || name.ends_with('-') {
            Err(ValueError::NotARegion)
        } else {
            Ok(Region(name.to_owned()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Region {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
