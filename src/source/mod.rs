//! Where the keys at the end of a role chain come from, and how they are had. What the files say about a source is a
//! [`crate::profile::Source`], which has an identity that is known without running anything; each source is resolved
//! here, in a file of its own.

mod access_key;

use crate::credentials::Keys;
use crate::error::Result;
use crate::profile::{Source, SourceProfile};

/// The keys that sign the first call.
///
/// # Errors
/// The source has none to give.
pub fn resolve(profile: &SourceProfile) -> Result<Keys> {
    match &profile.source {
        Source::AccessKey(keys) => Ok(access_key::resolve(keys)),
    }
}
