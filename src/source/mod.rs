//! How to get the keys at the end of a role chain. A [`crate::profile::Source`] is what the AWS files say about them,
//! and has an identity that is known without running anything. Here each kind of source is resolved, in a file of its
//! own.

mod access_key;

use crate::credentials::Keys;
use crate::error::Result;
use crate::profile::{Source, SourceProfile};

/// The keys that sign the first call.
///
/// # Errors
/// The source does not provide keys.
pub fn resolve(profile: &SourceProfile) -> Result<Keys> {
    match &profile.source {
        Source::AccessKey(keys) => Ok(access_key::resolve(keys)),
    }
}
