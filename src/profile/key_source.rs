//! The keys at the end of a walk.

use super::{FileKind, MfaSerial, Profile, ProfileName, SessionDuration};
use crate::credentials::{Keys, Secret};
use crate::error::{ConfigError, Result};
use crate::origin::{Origin, Sourced};
use std::sync::Arc;

/// The profile that holds the keys.
#[derive(Clone, Debug)]
pub struct KeySource {
    pub profile: ProfileName,
    pub keys: Keys,
    /// The line of the access key id.
    pub origin: Origin,
    /// The account that `aws_account_id` states.
    pub account: Option<String>,
    pub mfa_serial: Option<Sourced<MfaSerial>>,
    /// The profile's `duration_seconds`; not here when the same profile is also a role, whose duration it then is.
    pub duration: Option<Sourced<SessionDuration>>,
    /// A session token that stands beside a long-term key and is left out.
    pub stray_token: Option<Origin>,
}

impl Profile<'_> {
    /// The keys that this profile holds itself.
    ///
    /// # Errors
    /// There are some, and they are not whole.
    pub(super) fn keys(&self) -> Result<Option<Arc<KeySource>>> {
        if let Some(known) = self.keys.get() {
            return Ok(known.clone());
        }
        let found = KeySource::of(self)?.map(Arc::new);
        Ok(self.keys.get_or_init(|| found).clone())
    }
}

impl KeySource {
    /// Key id, secret and token of one file: the credentials file if it has any of the pair, else the config file. Never mixed:
    /// a token of one file beside the keys of the other is what makes AWS say InvalidClientTokenId.
    fn of(profile: &Profile<'_>) -> Result<Option<Self>> {
        const ID: &str = "aws_access_key_id";
        const SECRET: &str = "aws_secret_access_key";
        let has = |file| profile.get_in(file, ID).is_some() || profile.get_in(file, SECRET).is_some();
        let (file, other) = if has(FileKind::Credentials) {
            (FileKind::Credentials, FileKind::Config)
        } else if has(FileKind::Config) {
            (FileKind::Config, FileKind::Credentials)
        } else {
            return Ok(None);
        };
        let (id, secret) = match (profile.get_in(file, ID), profile.get_in(file, SECRET)) {
            (Some(id), Some(secret)) => (id, secret),
            (id, secret) => {
                let (missing, found) = if id.is_none() { (ID, secret) } else { (SECRET, id) };
                return Err(ConfigError::PartialKeys {
                    profile: profile.name.to_string(),
                    missing,
                    found: found.map_or(Origin::Default, |s| s.origin.clone()),
                    elsewhere: profile.get_in(other, missing).map(|s| s.origin.clone()),
                }
                .into());
            }
        };
        // The model says 16 to 128 characters of \w; endpoints that are not AWS's use shorter ones. The value is not shown:
        // people swap the two lines, and then it is the secret.
        if id.value.len() > 128 || !id.value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(ConfigError::BadAccessKeyId { origin: id.origin.clone() }.into());
        }
        let token = profile.get_in(file, "aws_session_token").or_else(|| profile.get_in(file, "aws_security_token"));
        let is_long_term = id.value.starts_with("AKIA");
        if id.value.starts_with("ASIA") && token.is_none() {
            return Err(ConfigError::TemporaryWithoutToken {
                profile: profile.name.to_string(),
                found: id.origin.clone(),
            }
            .into());
        }
        Ok(Some(KeySource {
            profile: profile.name.clone(),
            keys: Keys {
                access_key_id: id.value.clone().into_owned(),
                secret_access_key: Secret::new(secret.value.clone()),
                session_token: token.filter(|_| !is_long_term).map(|t| Secret::new(t.value.clone())),
            },
            origin: id.origin.clone(),
            account: profile.get("aws_account_id").map(|s| s.value.clone().into_owned()),
            mfa_serial: profile.mfa_serial()?,
            duration: profile.parsed("duration_seconds", SessionDuration::parse_seconds)?,
            stray_token: token.filter(|_| is_long_term).map(|t| t.origin.clone()),
        }))
    }
}
