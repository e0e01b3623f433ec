//! A row of the list: a profile, or a session that belongs to none.

use super::order::Group;
use super::sessions::CachedSessions;
use super::{kind_of, region_of};
use crate::clock;
use crate::error::{ConfigError, Error, Result};
use crate::plan::FactKey;
use crate::printable::{contains_secret, printable, shown_value};
use crate::profile::{AwsFiles, Chain, KeyLifetime, MfaSerial, ProfileName, RoleSessionName, SAVED_PROFILE};
use crate::session::{Cache, Entry};
use std::borrow::Cow;

/// A profile, or a cached session that no profile would use.
pub(super) struct Row<'a> {
    /// `None` for a session that belongs to no profile.
    pub profile: Option<&'a str>,
    /// How it gets its credentials, as `mfa-env help json` describes it.
    pub kind: &'static str,
    /// `None` if it is not known where the profile leads to.
    pub chain: Option<&'a Chain>,
    /// The account of the role or of the keys, if it is known.
    pub account: Option<Cow<'a, str>>,
    pub identity: Identity<'a>,
    pub region: Option<Cow<'a, str>>,
    /// The MFA device.
    pub device: Option<&'a str>,
    /// For a session that belongs to no profile.
    pub access_key_id: Option<&'a str>,
    /// Seconds left on the cached session; `None` if there is none.
    pub seconds_left: Option<i64>,
    /// Why this profile cannot sign in.
    pub problem: Option<String>,
    /// Whether this shell is signed in with it.
    pub is_current: bool,
    /// Where it is in the list.
    pub group: Group,
}

/// Whose session it is.
pub(super) enum Identity<'a> {
    /// The ARN of a role.
    Role(&'a str),
    /// The name of the IAM user, which an earlier sign-in has learned.
    User(String),
    /// A user whose name is not known; the ARN or serial number of the MFA device, if one is set.
    Keys(Option<&'a str>),
    /// A session that is in the AWS files.
    TemporaryKeys,
    /// The profile cannot sign in.
    None,
}

impl Identity<'_> {
    pub(super) fn role_arn(&self) -> Option<&str> {
        if let Identity::Role(arn) = self { Some(arn) } else { None }
    }

    pub(super) fn user(&self) -> Option<&str> {
        if let Identity::User(name) = self { Some(name) } else { None }
    }
}

impl<'a> Row<'a> {
    /// The row of a profile.
    pub(super) fn of(
        profile: &'a str,
        chain: &'a Result<Chain>,
        files: &AwsFiles<'_>,
        cached: &CachedSessions<'_>,
    ) -> Self {
        match chain {
            Ok(chain) if chain.roles.is_empty() => Row::of_keys(profile, chain, files, cached),
            Ok(chain) => Row::of_role(profile, chain, cached),
            Err(e) => Row::unusable(profile, kind_of(e), region_of(profile, files).map(Cow::from), e),
        }
    }

    fn of_role(profile: &'a str, chain: &'a Chain, cached: &CachedSessions<'_>) -> Self {
        let role = chain.roles.first().map(|role| &role.role_arn.value);
        Row {
            profile: Some(profile),
            kind: if chain.roles.len() == 1 { "role" } else { "chain" },
            chain: Some(chain),
            account: role.map(|role| role.account().into()),
            identity: role.map_or(Identity::None, |role| Identity::Role(role.as_str())),
            region: region(chain),
            device: chain.device().map(|device| device.value.as_str()),
            access_key_id: None,
            seconds_left: cached.seconds_left(chain),
            problem: None,
            is_current: false,
            group: Group::Usable,
        }
    }

    fn of_keys(profile: &'a str, chain: &'a Chain, files: &AwsFiles<'_>, cached: &CachedSessions<'_>) -> Self {
        let kind = chain.source.source.kind();
        let device = chain.device().map(|device| &device.value);
        let user = match cached.user(chain) {
            Ok(user) => user,
            // `save` wrote it, and a sign-in uses the profile that it came from.
            Err(Error::Config(ConfigError::SessionCannotStartSession { .. })) if is_saved(profile, files) => None,
            Err(e) => {
                let device = device.map(MfaSerial::as_str);
                return Row { chain: Some(chain), device, ..Row::unusable(profile, kind, region(chain), &e) };
            }
        };
        let account = chain.source.account.as_deref().or_else(|| device.and_then(MfaSerial::account)).map(Cow::from);
        let of_user = || user.as_deref().and_then(account_of).map(|account| account.to_owned().into());
        Row {
            profile: Some(profile),
            kind,
            chain: Some(chain),
            account: account.or_else(of_user),
            identity: match (user.as_deref().and_then(RoleSessionName::of_user), chain.source.source.lifetime()) {
                (Some(name), _) => Identity::User(name.as_str().to_owned()),
                (None, KeyLifetime::LongTerm) => Identity::Keys(device.map(MfaSerial::as_str)),
                (None, _) => Identity::TemporaryKeys,
            },
            region: region(chain),
            device: device.map(MfaSerial::as_str),
            access_key_id: None,
            seconds_left: cached.seconds_left(chain),
            problem: None,
            is_current: false,
            group: Group::Usable,
        }
    }

    fn unusable(profile: &'a str, kind: &'static str, region: Option<Cow<'a, str>>, e: &Error) -> Self {
        Row {
            profile: Some(profile),
            kind,
            chain: None,
            account: None,
            identity: Identity::None,
            region,
            device: None,
            access_key_id: None,
            seconds_left: None,
            problem: Some(e.what()),
            is_current: false,
            group: Group::Usable,
        }
    }

    /// The row of a session that belongs to no profile.
    pub(super) fn of_session(entry: &'a Entry, cache: &Cache<'_>) -> Self {
        let role = entry.field("role_arn");
        let device = entry.field("device").filter(|device| !device.is_empty());
        let user = || RoleSessionName::of_user(&cache.user(&FactKey::user_of(|name| entry.field(name))?)?);
        Row {
            profile: None,
            kind: if role.is_some() { "role" } else { "keys" },
            chain: None,
            account: entry.account().map(Cow::from),
            identity: match role {
                Some(role) => Identity::Role(role),
                None => user().map_or(Identity::Keys(device), |user| Identity::User(user.as_str().to_owned())),
            },
            region: None,
            device,
            access_key_id: Some(&entry.credentials.access_key_id),
            seconds_left: Some(entry.seconds_left(clock::now())),
            problem: None,
            is_current: false,
            group: Group::Usable,
        }
    }

    /// The name, safe to show. A secret may even be in a header.
    pub(super) fn name(&self) -> Cow<'a, str> {
        match self.profile {
            None => "-".into(),
            Some(profile) if contains_secret(profile) => printable(&shown_value(profile)).to_string().into(),
            Some(profile) => printable(profile).into(),
        }
    }

    /// The role or user: `admin`, `user alice`.
    pub(super) fn role_or_user(&self) -> Cow<'_, str> {
        match &self.identity {
            Identity::Role(arn) => printable(arn.rsplit('/').next().unwrap_or(arn)).into(),
            Identity::User(name) => format!("user {}", printable(name)).into(),
            Identity::Keys(Some(serial)) => {
                let name = MfaSerial::parse(serial).map(|serial| printable(serial.name()).to_string());
                format!("MFA device {}", name.unwrap_or_else(|_| printable(serial).to_string())).into()
            }
            Identity::Keys(None) => "access key".into(),
            Identity::TemporaryKeys => "temporary keys".into(),
            Identity::None => "".into(),
        }
    }

    /// Why it cannot be used, without the name, which is in the same row, and with the place at its end:
    /// `has no credentials: it sets neither access keys nor role_arn`.
    pub(super) fn reason(&self) -> Option<String> {
        let problem = self.problem.as_deref()?;
        let is_place = |place: &str| place.rsplit_once(':').is_some_and(|(_, line)| line.parse::<usize>().is_ok());
        let (place, text) = match problem.split_once(": ").filter(|(place, _)| is_place(place)) {
            Some((place, text)) => (format!(" ({place})"), text),
            None => (String::new(), problem),
        };
        let subject = format!("profile {} ", self.name());
        Some(format!("{}{place}", text.strip_prefix(subject.as_str()).unwrap_or(text)))
    }
}

fn region(chain: &Chain) -> Option<Cow<'_, str>> {
    chain.service.region.as_ref().map(|region| region.value.as_str().into())
}

/// The account of the ARN of a user.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| account.len() == 12)
}

/// Whether `save` wrote this profile.
pub(super) fn is_saved(profile: &str, files: &AwsFiles<'_>) -> bool {
    let found = ProfileName::parse(profile).ok().and_then(|name| files.profile(&name).ok().flatten());
    found.is_some_and(|found| found.get(SAVED_PROFILE).is_some())
}
