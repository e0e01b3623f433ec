//! Keys that are in the AWS files.

use crate::credentials::Keys;
use crate::profile::AccessKey;

/// The keys as they are in the files.
pub(super) fn resolve(source: &AccessKey) -> Keys {
    source.keys.clone()
}
