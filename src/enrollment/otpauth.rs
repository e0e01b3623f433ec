//! The URI from which an authenticator app takes a device (Google Authenticator, "Key Uri Format").

use crate::credentials::Secret;
use crate::error::{Result, UsageError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is encoded in a label. Apps show `ISSUER:ACCOUNT`.
const LABEL: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@').remove(b':');
/// In characters. The ARN of the device, which has at most 256, contains it.
const MAX_NAME_LENGTH: usize = 128;

/// The name of a virtual device: letters, digits and `_+=,.@-` (IAM API reference, CreateVirtualMFADevice).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceName(String);

impl DeviceName {
    /// Checks a name.
    ///
    /// # Errors
    /// It has other characters, or is too long.
    pub fn parse(text: &str) -> Result<Self> {
        let is_valid = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        if text.is_empty() || text.len() > MAX_NAME_LENGTH || !text.chars().all(is_valid) {
            return Err(UsageError::DeviceName { typed: text.chars().take(80).collect() }.into());
        }
        Ok(DeviceName(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the device that replaces the one of this name: the next number, because the old one is still in use.
    ///
    /// # Errors
    /// As [`DeviceName::parse`].
    pub fn after(old: &str) -> Result<Self> {
        let (stem, number) = DeviceName::without_number(old);
        DeviceName::parse(&format!("{stem}-{}", number.map_or(2, |number| number.saturating_add(1))))
    }

    /// A name in its parts: `phone-2` is the second device that is called `phone`.
    pub fn without_number(name: &str) -> (&str, Option<u32>) {
        let split = name.rsplit_once('-').filter(|(stem, _)| !stem.is_empty());
        match split.and_then(|(stem, number)| Some((stem, number.parse().ok()?))) {
            Some((stem, number)) => (stem, Some(number)),
            None => (name, None),
        }
    }

    /// How apps may show the device, from the clearest label to the shortest.
    pub(super) fn labels(&self, account: &str) -> [String; 3] {
        let name = &self.0;
        [format!("AWS:{name}@{account}"), format!("AWS:{name}"), name.clone()]
    }
}

/// The URI. Algorithm, digits and period are those that apps assume, so they are left out.
pub fn otpauth_uri(label: &str, seed: &Secret) -> Secret {
    Secret::new(format!("otpauth://totp/{}?secret={}", utf8_percent_encode(label, LABEL), seed.expose()))
}
