//! The profile at the end of a role chain, and what the AWS files say about where its keys come from.

use super::section::header;
use super::{FileKind, MfaSerial, ProfileName, SessionDuration, Setting};
use crate::credentials::Keys;
use crate::origin::{Origin, Sourced};
use std::borrow::Cow;

/// The profile whose keys sign the first call.
#[derive(Clone, Debug)]
pub struct SourceProfile {
    /// The profile.
    pub profile: ProfileName,
    /// Where its keys come from.
    pub source: Source,
    /// The setting that names the source.
    pub setting: &'static str,
    /// The line of that setting.
    pub origin: Origin,
    /// Whether the profile is `default` and has the header `[profile default]` in the config file.
    pub(super) is_prefixed_default: bool,
    /// The profile's `aws_account_id`.
    pub account: Option<String>,
    /// The profile's `mfa_serial`.
    pub mfa_serial: Option<Sourced<MfaSerial>>,
    /// Whether the profile has an empty `mfa_serial`: no MFA with these keys.
    pub has_no_device: bool,
    /// The profile's `duration_seconds`, for the MFA session. `None` if the profile also assumes a role, to which
    /// the setting then applies.
    pub duration: Option<Sourced<SessionDuration>>,
}

/// Where keys come from. Each variant is resolved by a file of [`crate::source`].
#[derive(Clone, Debug)]
pub enum Source {
    /// Keys in the files.
    AccessKey(AccessKey),
}

/// An access key in the files.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// The keys, with a session token if they are temporary.
    pub keys: Keys,
    /// See [`Source::stray_token`].
    pub(super) stray_token: Option<Origin>,
}

/// The settings from which programs take credentials.
const CREDENTIALS_SETTINGS: [&str; 10] = [
    "role_arn",
    "source_profile",
    "credential_source",
    "credential_process",
    "web_identity_token_file",
    "sso_session",
    "sso_start_url",
    "login_session",
    "aws_access_key_id",
    "aws_secret_access_key",
];

/// The setting from which programs take the credentials of a profile or section, given how to look up its settings.
pub fn credentials_setting<'a, 'b: 'a>(
    get: impl Fn(&'static str) -> Option<&'a Setting<'b>>,
) -> Option<&'a Setting<'b>> {
    CREDENTIALS_SETTINGS.into_iter().find_map(get)
}

/// What distinguishes a source from all others. It is known without running anything, and is part of the key of every
/// cached session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceIdentity<'a> {
    /// What the value is, such as `access_key_id`.
    pub name: &'static str,
    /// Not a secret, and without spaces.
    pub value: Cow<'a, str>,
}

/// Whether keys are long-term. Only long-term keys may sign GetSessionToken, or AssumeRole for more than 1 h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLifetime {
    /// An IAM user's access key.
    LongTerm,
    /// The keys of a session.
    Temporary,
    /// Known only when the source is resolved. The plan treats such keys as temporary, because long-term keys can do
    /// whatever temporary keys can.
    Unknown,
}

impl SourceProfile {
    /// The keys in the variables of a shell, which belong to no profile.
    ///
    /// # Panics
    /// Never: the name is a constant.
    pub fn of_variables(keys: Keys) -> Self {
        SourceProfile {
            profile: ProfileName::parse("this shell").expect("constants are valid"),
            source: Source::AccessKey(AccessKey { keys, stray_token: None }),
            setting: "AWS_ACCESS_KEY_ID",
            origin: Origin::Variable("AWS_ACCESS_KEY_ID"),
            is_prefixed_default: false,
            account: None,
            mfa_serial: None,
            has_no_device: false,
            duration: None,
        }
    }

    /// The header of the profile in the config file, for advice: `[default]` or `[profile NAME]`.
    pub fn config_header(&self) -> String {
        header(self.profile.as_str(), FileKind::Config, self.is_prefixed_default)
    }
}

impl Source {
    /// The identity under which sessions of this source are cached.
    pub fn identity(&self) -> SourceIdentity<'_> {
        match self {
            Source::AccessKey(key) => {
                SourceIdentity { name: "access_key_id", value: key.keys.access_key_id.as_str().into() }
            }
        }
    }

    /// The access key ID, such as `AKIA…` or `ASIA…`, if it is known without running anything.
    pub fn access_key_id(&self) -> Option<&str> {
        match self {
            Source::AccessKey(key) => Some(&key.keys.access_key_id),
        }
    }

    /// Whether the keys are long-term, if that is known without running anything.
    pub fn lifetime(&self) -> KeyLifetime {
        match self {
            Source::AccessKey(key) if key.keys.are_temporary() => KeyLifetime::Temporary,
            Source::AccessKey(_) => KeyLifetime::LongTerm,
        }
    }

    /// Where the files have a session token next to a long-term key. It is not used, because AWS would reject the pair.
    pub fn stray_token(&self) -> Option<&Origin> {
        match self {
            Source::AccessKey(key) => key.stray_token.as_ref(),
        }
    }

    /// The kind that `list` shows for a profile with this source and no role.
    pub fn kind(&self) -> &'static str {
        match self {
            Source::AccessKey(key) if key.keys.are_temporary() => "session",
            Source::AccessKey(_) => "keys",
        }
    }
}

impl KeyLifetime {
    /// Whether the keys are certainly long-term.
    pub fn is_long_term(self) -> bool {
        self == KeyLifetime::LongTerm
    }
}
