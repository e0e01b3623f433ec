//! The settings of a profile that say where its keys come from.

use super::source::{AccessKey, Source, SourceProfile};
use super::{FileKind, Profile, SessionDuration, Setting};
use crate::credentials::{Keys, Secret};
use crate::error::{AccessKeyIdProblem, ConfigError, KeyTextProblem, Result, SourceKind, continues_with_header};
use crate::origin::Origin;
use crate::printable::contains_secret;
use std::sync::Arc;

const ACCESS_KEY_ID: &str = "aws_access_key_id";
const SECRET_ACCESS_KEY: &str = "aws_secret_access_key";

/// Settings that name a source of keys which is not supported.
const UNSUPPORTED: [(&str, SourceKind); 6] = [
    ("sso_session", SourceKind::Sso),
    ("sso_start_url", SourceKind::Sso),
    ("login_session", SourceKind::Login),
    ("web_identity_token_file", SourceKind::WebIdentity),
    ("credential_process", SourceKind::Process),
    ("credential_source", SourceKind::CredentialSource),
];

impl Profile<'_> {
    /// The profile's own source of keys, if it has one.
    ///
    /// # Errors
    /// The keys are incomplete or invalid.
    pub(super) fn source(&self) -> Result<Option<Arc<SourceProfile>>> {
        if let Some(known) = self.source.get() {
            return Ok(known.clone());
        }
        let found = self.read_source()?.map(Arc::new);
        Ok(self.source.get_or_init(|| found).clone())
    }

    /// The source of keys that this profile names but that is not supported, and the line of its setting.
    pub(super) fn unsupported_source(&self) -> Option<(SourceKind, Origin)> {
        let (setting, kind) = UNSUPPORTED.into_iter().find_map(|(key, kind)| Some((self.get(key)?, kind)))?;
        let calls_us = kind == SourceKind::Process
            && setting.value.contains("mfa-env")
            && setting.value.contains("credential-process");
        Some((if calls_us { SourceKind::MfaEnv } else { kind }, setting.origin.clone()))
    }

    fn read_source(&self) -> Result<Option<SourceProfile>> {
        let Some((key, origin)) = self.access_key()? else { return Ok(None) };
        let (mfa_serial, has_no_device) = self.device()?;
        Ok(Some(SourceProfile {
            profile: self.name.clone(),
            source: Source::AccessKey(key),
            setting: ACCESS_KEY_ID,
            origin,
            is_prefixed_default: self.is_prefixed_default,
            account: self
                .get("aws_account_id")
                .filter(|s| !contains_secret(&s.value) && !s.value.contains("://"))
                .map(|s| s.value.clone().into_owned()),
            mfa_serial,
            has_no_device,
            duration: self.parsed("duration_seconds", SessionDuration::parse_seconds)?,
        }))
    }

    /// The access key with its secret and token, and the line of its ID. All of them are taken from the same file: the
    /// credentials file if it has an ID or a secret, otherwise the config file. With a token from one file and keys
    /// from the other, AWS would respond with InvalidClientTokenId.
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
        check_key_text(ACCESS_KEY_ID, id)?;
        check_key_text(SECRET_ACCESS_KEY, secret)?;
        check_access_key_id(id, secret)?;
        let token = ["aws_session_token", "aws_security_token"];
        let token = token.into_iter().find_map(|name| self.get_in(file, name).map(|token| (name, token)));
        let is_long_term = id.value.starts_with("AKIA");
        if let Some((name, token)) = token.filter(|_| !is_long_term) {
            check_key_text(name, token)?;
        }
        let token = token.map(|(_, token)| token);
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

/// Checks that a key or token is one word of printable ASCII. AWS would reject any other as an invalid signature, or
/// the request could not even be sent.
fn check_key_text(name: &'static str, setting: &Setting<'_>) -> Result<()> {
    // No key contains them; the AWS CLI would send them along.
    let is_quoted = name != ACCESS_KEY_ID && setting.value.starts_with(['"', '\'']);
    if !is_quoted && setting.value.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(());
    }
    let found = setting.value.chars().zip(1..).find(|(c, _)| !c.is_ascii_graphic());
    let problem = match found {
        _ if is_quoted => KeyTextProblem::Quoted,
        Some(('\n', _)) | None => KeyTextProblem::Continued { with_header: continues_with_header(&setting.value) },
        Some((character, position)) => KeyTextProblem::Character { character, position },
    };
    Err(ConfigError::BadKeyText { setting: name, problem, origin: setting.origin.clone() }.into())
}

/// STS's API model says 16 to 128 characters of `\w`, but custom endpoints use shorter IDs. The error does not show the
/// value: if the user has swapped the two lines, it is the secret.
fn check_access_key_id(id: &Setting<'_>, secret: &Setting<'_>) -> Result<()> {
    let is_id = |text: &str| {
        (text.starts_with("AKIA") || text.starts_with("ASIA"))
            && (16..40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let is_swapped = is_id(&secret.value) && !is_id(&id.value);
    let is_valid = id.value.len() <= 128 && id.value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let problem = match () {
        () if is_swapped => AccessKeyIdProblem::Swapped { secret: secret.origin.clone() },
        () if is_valid => return Ok(()),
        () if id.value.starts_with(['"', '\'']) => AccessKeyIdProblem::Quoted,
        () => AccessKeyIdProblem::Characters,
    };
    Err(ConfigError::BadAccessKeyId { origin: id.origin.clone(), problem }.into())
}
