//! Names of profiles and regions.

use crate::error::{ValueError, is_region_name};
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

/// In bytes. AWS documents no limit; this one keeps `MFA_ENV_BEFORE`, which holds several names, within its 4 KB.
const PROFILE_NAME_MAX: usize = 256;

/// The name of a profile in the AWS files. It is case-sensitive, and cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileName(Arc<str>);

impl ProfileName {
    /// Checks a name of 1 to 256 bytes.
    ///
    /// # Errors
    /// The name is blank, is too long, or has control characters, which a section header cannot contain.
    pub fn parse(name: &str) -> Result<Self, ValueError> {
        // Decoding the characters of ASCII would take 1 % of `list`.
        let is_printable_ascii = name.bytes().all(|b| matches!(b, b' '..=b'~'));
        if name.bytes().all(|b| matches!(b, b' ' | b'\t')) {
            Err(ValueError::Empty)
        } else if !is_printable_ascii && name.chars().any(char::is_control) {
            Err(ValueError::Control)
        } else if name.len() > PROFILE_NAME_MAX {
            Err(ValueError::Length { min: 1, max: PROFILE_NAME_MAX })
        } else {
            Ok(ProfileName(name.into()))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for ProfileName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a region, such as `eu-central-1`. Its form is checked, because it becomes part of a host name; whether
/// the region exists is not, because AWS keeps adding regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    /// Checks that a name has the form of a region's: at most 63 letters, digits and hyphens, with a number at the end.
    ///
    /// # Errors
    /// The name is empty, in quotes, or has another form.
    pub fn parse(name: &str) -> Result<Self, ValueError> {
        if name.len() > 1 && name.starts_with(['"', '\'']) {
            Err(ValueError::Quoted)
        } else if name.is_empty() {
            Err(ValueError::Empty)
        } else if name.len() > 63 || !is_region_name(name) {
            Err(ValueError::NotARegion)
        } else {
            Ok(Region(name.to_owned()))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Region {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
