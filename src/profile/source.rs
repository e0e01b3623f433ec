//! The profile at the end of a role chain, and where its keys come from, as far as the files say.

use super::{FileKind, MfaSerial, Profile, ProfileName, SessionDuration};
use crate::credentials::{Keys, Secret};
use crate::error::{ConfigError, Result, SourceKind};
use crate::origin::{Origin, Sourced};
use std::borrow::Cow;
use std::sync::Arc;

/// The profile whose keys sign the first call.
#[derive(Clone, Debug)]
pub struct SourceProfile {
    pub profile: ProfileName,
    pub source: Source,
    /// The setting that names the source, and its line.
    pub setting: &'static str,
    pub origin: Origin,
    /// The account that `aws_account_id` states.
    pub account: Option<String>,
    pub mfa_serial: Option<Sourced<MfaSerial>>,
    /// The profile's `duration_seconds`; not if the same profile also assumes a role, whose duration it then is.
    pub duration: Option<Sourced<SessionDuration>>,
}

/// Where keys come from. Each variant is resolved by a file of [`crate::source`].
#[derive(Clone, Debug)]
pub enum Source {
    /// The files hold the keys themselves.
    AccessKey(AccessKey),
}

/// An access key pair in the files.
#[derive(Clone, Debug)]
pub struct AccessKey {
    pub keys: Keys,
    stray_token: Option<Origin>,
}

/// What tells a source from every other, known without running anything. Sessions are cached under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceIdentity<'a> {
    /// What the value is.
    pub name: &'static str,
    /// Not a secret, and without blanks.
    pub value: Cow<'a, str>,
}

/// Whether keys may sign GetSessionToken, and AssumeRole for more than an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLifetime {
    LongTerm,
    Temporary,
    /// Known only when the source is resolved. Planned for as temporary: what those may do, long-term keys may do as
    /// well.
    Unknown,
}

impl Source {
    /// What sessions made from this source are cached under.
    pub fn identity(&self) -> SourceIdentity<'_> {
        match self {
            Source::AccessKey(key) => {
                SourceIdentity { name: "access_key_id", value: key.keys.access_key_id.as_str().into() }
            }
        }
    }

    /// `AKIA…` or `ASIA…`, if it is known without running anything.
    pub fn access_key_id(&self) -> Option<&str> {
        match self {
            Source::AccessKey(key) => Some(&key.keys.access_key_id),
        }
    }

    /// Whether the keys are long-term, as far as it is known without running anything.
    pub fn lifetime(&self) -> KeyLifetime {
        match self {
            Source::AccessKey(key) if key.keys.are_temporary() => KeyLifetime::Temporary,
            Source::AccessKey(_) => KeyLifetime::LongTerm,
        }
    }

    /// A session token that is left out, because it is beside a long-term key and AWS would refuse the pair.
    pub fn stray_token(&self) -> Option<&Origin> {
        match self {
            Source::AccessKey(key) => key.stray_token.as_ref(),
        }
    }

    /// What `list` calls a profile that starts here and assumes no role.
    pub fn kind(&self) -> &'static str {
        match self {
            Source::AccessKey(key) if key.keys.are_temporary() => "session",
            Source::AccessKey(_) => "keys",
        }
    }
}

impl KeyLifetime {
    /// Whether the keys certainly are long-term.
    pub fn is_long_term(self) -> bool {
        self == KeyLifetime::LongTerm
    }
}

const ACCESS_KEY_ID: &str = "aws_access_key_id";
const SECRET_ACCESS_KEY: &str = "aws_secret_access_key";

/// Settings of sources that this version cannot start from.
const UNSUPPORTED: [(&str, SourceKind); 6] = [
    ("sso_session", SourceKind::Sso),
    ("sso_start_url", SourceKind::Sso),
    ("login_session", SourceKind::Login),
    ("web_identity_token_file", SourceKind::WebIdentity),
    ("credential_process", SourceKind::Process),
    ("credential_source", SourceKind::CredentialSource),
];

impl Profile<'_> {
    /// The source of keys that this profile has itself.
    ///
    /// # Errors
    /// It has one that is incomplete.
    pub(super) fn source(&self) -> Result<Option<Arc<SourceProfile>>> {
        if let Some(known) = self.source.get() {
            return Ok(known.clone());
        }
        let found = self.read_source()?.map(Arc::new);
        Ok(self.source.get_or_init(|| found).clone())
    }

    /// The source of credentials that this profile names and that this version cannot start from.
    pub(super) fn unsupported_source(&self) -> Option<(SourceKind, Origin)> {
        UNSUPPORTED.into_iter().find_map(|(key, kind)| self.get(key).map(|setting| (kind, setting.origin.clone())))
    }

    fn read_source(&self) -> Result<Option<SourceProfile>> {
        let Some((key, origin)) = self.access_key()? else { return Ok(None) };
        Ok(Some(SourceProfile {
            profile: self.name.clone(),
            source: Source::AccessKey(key),
            setting: ACCESS_KEY_ID,
            origin,
            account: self.get("aws_account_id").map(|s| s.value.clone().into_owned()),
            mfa_serial: self.mfa_serial()?,
            duration: self.parsed("duration_seconds", SessionDuration::parse_seconds)?,
        }))
    }

    /// Key id, secret and token of one file, and the line of the key id: of the credentials file if it has any of the
    /// pair, else of the config file. They are never mixed: a token of one file with the keys of the other is what
    /// makes AWS say InvalidClientTokenId.
    fn access_key(&self) -> Result<Option<(AccessKey, Origin)>> {
        let has = |file| self.get_in(file, ACCESS_KEY_ID).is_some() || self.get_in(file, SECRET_ACCESS_KEY).is_some();
        let (file, other) = if has(FileKind::Credentials) {
            (FileKind::Credentials, FileKind::Config)
        } else if has(FileKind::Config) {
            (FileKind::Config, FileKind::Credentials)
        } else {
            return Ok(None);
        };
        let (id, secret) = match (self.get_in(file, ACCESS_KEY_ID), self.get_in(file, SECRET_ACCESS_KEY)) {
            (Some(id), Some(secret)) => (id, secret),
            (id, secret) => {
                let (missing, found) = if id.is_none() { (ACCESS_KEY_ID, secret) } else { (SECRET_ACCESS_KEY, id) };
                return Err(ConfigError::PartialKeys {
                    profile: self.name.to_string(),
                    missing,
                    found: found.map_or(Origin::Default, |s| s.origin.clone()),
                    elsewhere: self.get_in(other, missing).map(|s| s.origin.clone()),
                }
                .into());
            }
        };
        // The model says 16 to 128 characters of \w; endpoints that are not AWS's use shorter ones. The value is not
        // shown, because people swap the two lines, and then it is the secret.
        if id.value.len() > 128 || !id.value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(ConfigError::BadAccessKeyId { origin: id.origin.clone() }.into());
        }
        let token = self.get_in(file, "aws_session_token").or_else(|| self.get_in(file, "aws_security_token"));
        let is_long_term = id.value.starts_with("AKIA");
        if id.value.starts_with("ASIA") && token.is_none() {
            let (profile, found) = (self.name.to_string(), id.origin.clone());
            return Err(ConfigError::TemporaryWithoutToken { profile, found }.into());
        }
        let key = AccessKey {
            keys: Keys {
                access_key_id: id.value.clone().into_owned(),
                secret_access_key: Secret::new(secret.value.clone()),
                session_token: token.filter(|_| !is_long_term).map(|t| Secret::new(t.value.clone())),
            },
            stray_token: token.filter(|_| is_long_term).map(|t| t.origin.clone()),
        };
        Ok(Some((key, id.origin.clone())))
    }
}
