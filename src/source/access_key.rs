//! Keys that the AWS files hold themselves.

use crate::credentials::Keys;
use crate::profile::AccessKey;

pub(super) fn resolve(source: &AccessKey) -> Keys {
    source.keys.clone()
}
