//! The variables that a session may change and `unset` restores, and which values each of them can have. A value that
//! its rule rejects is never recorded, because the record is untrusted input when it is read. None of them contains a
//! secret.

use crate::plan::is_endpoint_url;
use crate::profile::{ProfileName, Region, RoleArn, RoleSessionName, is_account};
use std::borrow::Cow;

pub(super) const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
pub(super) const ACCOUNT: &str = "AWS_ACCOUNT_ID";
/// The variables that a session clears because some tool would use another identity.
pub(super) const SELECTORS: [&str; 5] =
    ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_EB_PROFILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME"];

/// Whether a value is possible for a variable.
type Rule = fn(&str) -> bool;

const RESTORABLE: [(&str, Rule); 16] = [
    (SELECTORS[0], is_profile),
    (SELECTORS[1], is_profile),
    (SELECTORS[2], is_profile),
    (REGIONS[0], is_region),
    (REGIONS[1], is_region),
    (ACCOUNT, is_account),
    (SELECTORS[3], |value| RoleArn::parse(value).is_ok()),
    (SELECTORS[4], |value| RoleSessionName::parse(value).is_ok()),
    ("AWS_CONFIG_FILE", is_path),
    ("AWS_SHARED_CREDENTIALS_FILE", is_path),
    ("AWS_ENDPOINT_URL", is_endpoint_url),
    ("AWS_USE_FIPS_ENDPOINT", is_boolean),
    ("AWS_USE_DUALSTACK_ENDPOINT", is_boolean),
    ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", is_boolean),
    ("AWS_CA_BUNDLE", is_path),
    ("AWS_STS_REGIONAL_ENDPOINTS", |value| matches!(value, "legacy" | "regional")),
];

/// The start of a variable with the endpoint of one service.
const SERVICE_PREFIX: &str = "AWS_ENDPOINT_URL_";
/// How many such variables are recorded.
pub(super) const MAX_SERVICES: usize = 32;

/// In bytes.
const MAX_PATH: usize = 4096;

/// The name of a restorable variable; `None` for any other name.
pub(super) fn name(text: &str) -> Option<Cow<'static, str>> {
    match RESTORABLE.iter().find(|(name, _)| *name == text) {
        Some((name, _)) => Some(Cow::Borrowed(name)),
        None => is_of_service(text).then(|| Cow::Owned(text.to_owned())),
    }
}

/// Whether a variable has the endpoint of one service: the prefix and 1 to 40 characters of `[A-Z0-9_]`.
pub(super) fn is_of_service(name: &str) -> bool {
    let is_character = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    name.strip_prefix(SERVICE_PREFIX).is_some_and(|id| (1..=40).contains(&id.len()) && id.bytes().all(is_character))
}

/// Whether a variable can have this value. Every variable may be empty, which AWS reads as unset.
pub(super) fn is_valid(name: &str, value: &str) -> bool {
    let rule = RESTORABLE.iter().find(|(known, _)| *known == name).map_or(is_endpoint_url as Rule, |(_, rule)| *rule);
    value.is_empty() || rule(value)
}

fn is_profile(value: &str) -> bool {
    ProfileName::parse(value).is_ok()
}

fn is_region(value: &str) -> bool {
    Region::parse(value).is_ok()
}

fn is_boolean(value: &str) -> bool {
    ["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

fn is_path(value: &str) -> bool {
    value.len() <= MAX_PATH && !value.chars().any(char::is_control)
}
