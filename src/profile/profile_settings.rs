//! The settings of the profiles of a chain as the files have them, for `explain`. A sign-in does not need them and does
//! not collect them.

use super::file::without_comment;
use super::{AwsFiles, Chain, ProfileName, Setting};
use crate::error::Result;
use crate::origin::Origin;
use crate::printable::shown_value;

/// The settings that `explain` shows, in this order. None of them is a secret.
pub(super) const SHOWN: [&str; 9] = [
    "role_arn",
    "source_profile",
    "external_id",
    "role_session_name",
    "duration_seconds",
    "mfa_serial",
    "mfa_max_age",
    "aws_account_id",
    "region",
];

/// The other settings that a sign-in reads. Some are secrets, so `explain` never shows their values, only their lines.
pub(super) const READ: [&str; 11] = [
    "mfa_process",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "endpoint_url",
    "services",
    "ca_bundle",
    "use_fips_endpoint",
    "use_dualstack_endpoint",
    "sts_regional_endpoints",
    "ignore_configured_endpoint_urls",
];

/// The settings of one profile of a role chain: the requested profile, its source profile and so on.
#[derive(Clone, Debug)]
pub struct ProfileSettings {
    /// The profile.
    pub profile: ProfileName,
    /// Those that `explain` shows and the profile sets, in the order in which they are shown.
    pub settings: Vec<ShownSetting>,
    /// Settings that another tool reads differently: the key, its line, and the difference.
    pub read_differently: Vec<(&'static str, Origin, ParserDifference)>,
}

/// A setting that may be shown; never a secret.
#[derive(Clone, Debug)]
pub struct ShownSetting {
    /// The key.
    pub name: &'static str,
    /// The value as it is in the file, without what may be a secret.
    pub value: String,
    /// Where it is set.
    pub origin: Origin,
}

/// How another tool reads a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParserDifference {
    /// botocore reads as part of the value what mfa-env and the SDKs read as a comment.
    WithComment,
    /// The SDK for Go removes the quotes around the value; mfa-env and botocore keep them.
    WithoutQuotes,
}

impl ProfileSettings {
    /// The settings of the profiles of `chain`, from the requested profile to the one with the access key. A profile
    /// that is its own source profile is listed once.
    ///
    /// # Errors
    /// A line of a profile is malformed. Making the chain has already reported that.
    pub fn of(chain: &Chain, files: &AwsFiles<'_>) -> Result<Vec<Self>> {
        chain.profiles().into_iter().filter_map(|name| ProfileSettings::profile(name, files).transpose()).collect()
    }

    fn profile(name: &ProfileName, files: &AwsFiles<'_>) -> Result<Option<Self>> {
        let Some(profile) = files.profile(name)? else { return Ok(None) };
        let shown = SHOWN.into_iter().filter_map(|name| profile.get(name).map(|s| (name, s)));
        let settings = shown
            .clone()
            .map(|(name, s)| ShownSetting { name, value: without_secret(&s.value), origin: s.origin.clone() })
            .collect();
        let read = shown.chain(READ.into_iter().filter_map(|name| profile.get(name).map(|s| (name, s))));
        let read_differently =
            read.filter_map(|(name, s)| difference(s, files).map(|d| (name, s.origin.clone(), d))).collect();
        Ok(Some(ProfileSettings { profile: name.clone(), settings, read_differently }))
    }

    /// A setting by its key; `None` if the profile does not set it, or if it may not be shown.
    pub fn get(&self, name: &str) -> Option<&ShownSetting> {
        self.settings.iter().find(|s| s.name == name)
    }
}

/// A value without what may be a secret in the wrong place. An ARN has parts that are as long.
fn without_secret(value: &str) -> String {
    if value.starts_with("arn:") { value.to_owned() } else { shown_value(value).into_owned() }
}

/// How another tool reads a setting differently, if one does.
fn difference(setting: &Setting<'_>, files: &AwsFiles<'_>) -> Option<ParserDifference> {
    let Origin::File { path, line } = &setting.origin else { return None };
    let text = files.files().iter().map(super::AwsFile::text).find(|text| text.kind == setting.file)?;
    debug_assert_eq!(&text.path, path);
    let line = text.text.split('\n').nth(line - 1)?.trim_matches([' ', '\t']);
    if without_comment(line) != line {
        return Some(ParserDifference::WithComment);
    }
    let is_in = |quote| setting.value.len() > 1 && setting.value.starts_with(quote) && setting.value.ends_with(quote);
    (is_in('"') || is_in('\'')).then_some(ParserDifference::WithoutQuotes)
}
