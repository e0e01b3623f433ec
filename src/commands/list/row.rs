//! A row of the list: a profile, or a session that belongs to none.

use super::order::Group;
use super::sessions::CachedSessions;
use super::{chain_of, kind_of, of_invalid};
use crate::clock::{self, duration};
use crate::error::{ConfigError, Error};
use crate::plan::FactKey;
use crate::printable::{printable, shown_value};
use crate::profile::{AwsFiles, Chain, MfaSerial, ProfileName, Region, RoleArn, RoleSessionName, SAVED_PROFILE};
use crate::session::{Cache, Entry};
use std::borrow::Cow;

/// A profile, or a cached session that no profile would use.
pub(super) struct Row<'a> {
    /// `None` for a session that belongs to no profile.
    pub profile: Option<&'a str>,
    /// How it gets its credentials, as `mfa-env help json` describes it.
    pub kind: &'static str,
    /// The source profile, if the profile assumes a role.
    pub source: Option<ProfileName>,
    pub role: Option<RoleArn>,
    /// Without a role, the name of the IAM user, if a sign-in has learned it.
    pub user: Option<RoleSessionName>,
    pub device: Option<MfaSerial>,
    /// When the long-term key of the profile was created, in seconds since 1970, if that is known.
    pub key_created: Option<i64>,
    /// Without a role, the account of the keys, if it is known.
    account_of_keys: Option<String>,
    pub region: Option<Region>,
    /// For a session that belongs to no profile.
    pub access_key_id: Option<&'a str>,
    /// Seconds left on the cached session; `None` if there is none.
    pub seconds_left: Option<i64>,
    /// Why this profile cannot sign in.
    pub problem: Option<String>,
    /// Whether its sections have lines for which the AWS CLI may reject the file.
    pub has_odd_lines: bool,
    /// Whether this shell is signed in with it.
    pub is_current: bool,
    /// Where it is in the list.
    pub group: Group,
}

impl<'a> Row<'a> {
    /// The row of a profile.
    pub(super) fn of(profile: &'a str, files: &AwsFiles<'_>, cached: &CachedSessions<'_>) -> Self {
        match chain_of(profile, files) {
            Ok(chain) if chain.roles.is_empty() => Row::of_keys(profile, chain, files, cached),
            Ok(chain) => Row::of_role(profile, chain, cached),
            Err(e) => {
                let (region, has_odd_lines) = of_invalid(profile, files);
                let problem = Some(e.what());
                Row { profile: Some(profile), region, problem, has_odd_lines, ..Row::of_kind(kind_of(&e)) }
            }
        }
    }

    fn of_role(profile: &'a str, chain: Chain, cached: &CachedSessions<'_>) -> Self {
        let row = Row {
            profile: Some(profile),
            source: Some(chain.source.profile.clone()),
            role: chain.roles.first().map(|role| role.role_arn.value.clone()),
            device: chain.device().map(|device| device.value.clone()),
            seconds_left: cached.seconds_left(&chain),
            region: chain.service.region.map(|region| region.value),
            has_odd_lines: !chain.duplicates.is_empty(),
            ..Row::of_kind(if chain.roles.len() == 1 { "role" } else { "chain" })
        };
        // As the rows: dropping them would take 2 % of the run.
        std::mem::forget(chain.roles);
        row
    }

    fn of_keys(profile: &'a str, chain: Chain, files: &AwsFiles<'_>, cached: &CachedSessions<'_>) -> Self {
        let device = chain.device().map(|device| device.value.clone());
        let (user, problem) = match cached.user(&chain) {
            Ok(user) => (user, None),
            // `save` wrote it, and a sign-in uses the profile that it came from.
            Err(Error::Config(ConfigError::SessionCannotStartSession { .. })) if is_saved(profile, files) => {
                (None, None)
            }
            Err(e) => (None, Some(e.what())),
        };
        let stated = || chain.source.account.as_deref().filter(|account| is_account(account));
        let account = device.as_ref().and_then(MfaSerial::account).or_else(stated);
        let account_of_keys = account.or_else(|| account_of(user.as_deref()?)).map(str::to_owned);
        Row {
            profile: Some(profile),
            user: user.as_deref().and_then(RoleSessionName::of_user),
            device,
            key_created: chain.source.source.access_key_id().and_then(|id| cached.key_created(id)),
            account_of_keys,
            seconds_left: cached.seconds_left(&chain),
            region: chain.service.region.map(|region| region.value),
            has_odd_lines: !chain.duplicates.is_empty(),
            problem,
            ..Row::of_kind(chain.source.source.kind())
        }
    }

    /// The row of a session that belongs to no profile.
    pub(super) fn of_session(entry: &'a Entry, cache: &Cache<'_>) -> Self {
        let role = entry.field("role_arn").and_then(|arn| RoleArn::parse(arn).ok());
        let user = || cache.user(&FactKey::user_of(|name| entry.field(name))?);
        let user = if role.is_none() { user() } else { None };
        Row {
            user: user.as_deref().and_then(RoleSessionName::of_user),
            device: entry.field("device").and_then(|device| MfaSerial::parse(device).ok()),
            account_of_keys: entry.account().or_else(|| account_of(user.as_deref()?)).map(str::to_owned),
            access_key_id: Some(&entry.credentials.access_key_id),
            seconds_left: Some(entry.seconds_left(clock::now())),
            role,
            ..Row::of_kind("session")
        }
    }

    fn of_kind(kind: &'static str) -> Self {
        Row {
            profile: None,
            kind,
            source: None,
            role: None,
            user: None,
            device: None,
            key_created: None,
            account_of_keys: None,
            region: None,
            access_key_id: None,
            seconds_left: None,
            problem: None,
            has_odd_lines: false,
            is_current: false,
            group: Group::Usable,
        }
    }

    /// The name, safe to show. A secret may even be in a header.
    pub(super) fn name(&self) -> Cow<'a, str> {
        match self.profile {
            None => "-".into(),
            Some(profile) => printable(profile).into(),
        }
    }

    /// The account of the role or of the keys, if it is known.
    pub(super) fn account(&self) -> Option<&str> {
        self.role.as_ref().map(RoleArn::account).or(self.account_of_keys.as_deref())
    }

    /// The same, safe to show. That of an ARN was checked; with a second look, `list` takes 1 % more instructions.
    pub(super) fn shown_account(&self) -> Cow<'_, str> {
        match (&self.role, &self.account_of_keys) {
            (Some(role), _) => role.account().into(),
            (None, Some(account)) => printable(account).into(),
            (None, None) => "".into(),
        }
    }

    /// The role or user, safe to show: `admin`, `user alice`, `user alice, key 90 days old`.
    pub(super) fn role_or_user(&self) -> Cow<'_, str> {
        let identity = self.identity();
        match self.key_created {
            Some(at) if self.problem.is_none() => format!("{identity}, key {} old", duration(clock::now() - at)).into(),
            _ => identity,
        }
    }

    fn identity(&self) -> Cow<'_, str> {
        match self {
            Row { role: Some(role), .. } => printable(role.name()).into(),
            Row { user: Some(user), .. } => format!("user {}", user.as_str()).into(),
            Row { problem: Some(_), .. } => "".into(),
            // The name of the user is not known; people name devices as they like.
            Row { device: Some(device), .. } => format!("MFA device {}", printable(device.name())).into(),
            Row { kind: "session", profile: Some(_), .. } => "temporary keys".into(),
            _ => "access key".into(),
        }
    }

    /// Why it cannot sign in, without the name, which is in the same row, and with the place at its end:
    /// `has no credentials: it sets neither access keys nor role_arn`.
    pub(super) fn reason(&self) -> Option<String> {
        let problem = shown_value(self.problem.as_deref()?);
        let is_place = |place: &str| place.rsplit_once(':').is_some_and(|(_, line)| line.parse::<usize>().is_ok());
        let (place, text) = match problem.split_once(": ").filter(|(place, _)| is_place(place)) {
            Some((place, text)) => (format!(" ({place})"), text),
            None => (String::new(), &*problem),
        };
        let subject = format!("profile {} ", self.name());
        Some(format!("{}{place}", text.strip_prefix(subject.as_str()).unwrap_or(text)))
    }
}

/// The account of the ARN of a user.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| is_account(account))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `save` wrote this profile.
pub(super) fn is_saved(profile: &str, files: &AwsFiles<'_>) -> bool {
    let found = ProfileName::parse(profile).ok().and_then(|name| files.profile(&name).ok().flatten());
    found.is_some_and(|found| found.get(SAVED_PROFILE).is_some())
}
