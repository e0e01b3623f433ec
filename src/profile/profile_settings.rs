//! The profiles of a walk as their lines stand in the files, for `explain`. A sign-in has no need of it, so it costs
//! one nothing.

use super::file::without_comment;
use super::{AwsFiles, Chain, ProfileName, Setting};
use crate::error::Result;
use crate::origin::Origin;

/// What decides a session, in the order in which it is shown.
const SHOWN: [&str; 8] = [
    "role_arn",
    "source_profile",
    "external_id",
    "role_session_name",
    "duration_seconds",
    "mfa_serial",
    "aws_account_id",
    "region",
];

/// What else a sign-in reads. Secrets are among it, so it is shown by its place alone.
const READ: [&str; 11] = [
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

/// A profile between the one that was asked for and the keys, both included.
#[derive(Clone, Debug)]
pub struct ProfileSettings {
    pub profile: ProfileName,
    /// In the order in which they are shown; settings that are not there are left out.
    pub settings: Vec<ShownSetting>,
    /// Lines that another reader takes for something else.
    pub read_otherwise: Vec<(&'static str, Origin, ParserDifference)>,
}

/// A line of the files, never one with a secret.
#[derive(Clone, Debug)]
pub struct ShownSetting {
    pub name: &'static str,
    pub value: String,
    pub origin: Origin,
}

/// How another reader differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParserDifference {
    /// botocore keeps what we cut off as a comment.
    WithComment,
    /// The SDK for Go drops quotes that are part of the value to us and to botocore.
    WithoutQuotes,
}

impl ProfileSettings {
    /// The profiles of a chain in its order. One that is its own source comes once.
    ///
    /// # Errors
    /// None that the walk did not report before.
    pub fn of(chain: &Chain, files: &AwsFiles<'_>) -> Result<Vec<Self>> {
        let mut names: Vec<&ProfileName> = chain.roles.iter().map(|role| &role.profile).collect();
        if names.last() != Some(&&chain.source.profile) {
            names.push(&chain.source.profile);
        }
        names.into_iter().filter_map(|name| ProfileSettings::profile(name, files).transpose()).collect()
    }

    fn profile(name: &ProfileName, files: &AwsFiles<'_>) -> Result<Option<Self>> {
        let Some(profile) = files.profile(name)? else { return Ok(None) };
        let shown = SHOWN.into_iter().filter_map(|name| profile.get(name).map(|s| (name, s)));
        let settings = shown
            .clone()
            .map(|(name, s)| ShownSetting { name, value: s.value.clone().into_owned(), origin: s.origin.clone() })
            .collect();
        let read = shown.chain(READ.into_iter().filter_map(|name| profile.get(name).map(|s| (name, s))));
        let read_otherwise =
            read.filter_map(|(name, s)| how_otherwise(s, files).map(|how| (name, s.origin.clone(), how))).collect();
        Ok(Some(ProfileSettings { profile: name.clone(), settings, read_otherwise }))
    }

    pub fn get(&self, name: &str) -> Option<&ShownSetting> {
        self.settings.iter().find(|s| s.name == name)
    }
}

fn how_otherwise(setting: &Setting<'_>, files: &AwsFiles<'_>) -> Option<ParserDifference> {
    let Origin::File { path, line } = &setting.origin else { return None };
    let text = files.files().iter().map(super::AwsFile::text).find(|text| text.kind == setting.file)?;
    debug_assert_eq!(&text.path, path);
    let line = text.text.split('\n').nth(line - 1)?.trim_matches([' ', '\t']);
    if without_comment(line) != line {
        return Some(ParserDifference::WithComment);
    }
    let quoted = |quote| setting.value.len() > 1 && setting.value.starts_with(quote) && setting.value.ends_with(quote);
    (quoted('"') || quoted('\'')).then_some(ParserDifference::WithoutQuotes)
}
