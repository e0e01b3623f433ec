//! The credentials in a shell's variables, compared with the cache.

use crate::clock;
use crate::credentials::{Expiration, Secret};
use crate::environment::{SessionOptions, ShellSession, display_name, warn_about_bearer_tokens};
use crate::error::Result;
use crate::plan::{FactKey, Overrides, SessionKey};
use crate::profile::{AwsFiles, ProfileName, RoleSessionName};
use crate::session::{Cache, Entry};
use crate::sign_in::{plan_by_name, read_aws_files};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use std::ffi::OsStr;

const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";
const EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";

/// The credentials in this shell's variables.
pub struct ShellCredentials<'a> {
    /// The profile of the session, if mfa-env put it there.
    pub profile: Option<&'a str>,
    /// The name for shell prompts, if an option gave the role.
    pub role: Option<String>,
    /// Whether mfa-env put them there, or has cached them.
    pub is_ours: bool,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: Option<&'a str>,
    /// The region in the variables.
    pub region: Option<&'a str>,
    /// The first variable of the credentials that is not set.
    pub missing: Option<&'static str>,
    /// When they expire, as far as that is known.
    pub expiration: Option<Expiration>,
    /// Whether `AWS_CREDENTIAL_EXPIRATION` is set, but not for these credentials, or not to a time.
    pub has_other_expiration: bool,
    /// The cached session with the same credentials, if there is one.
    pub cached: Option<Entry>,
    /// The name of the IAM user, for such a session of a user, if a sign-in has learned it.
    pub user: Option<RoleSessionName>,
    /// Whether a view was replaced since the sign-in.
    pub has_lost_view: bool,
    /// The variable that is of another session than the access key, as far as the cache knows.
    pub mixed: Option<&'static str>,
    /// When the cached session of this profile expires, if the one in the variables is not cached.
    pub other_expiration: Option<Expiration>,
}

impl<'a> ShellCredentials<'a> {
    /// Reads the variables, and the cache unless `is_quiet` and the variables are enough to say whether the shell is
    /// signed in. Adds warnings about what is wrong with them.
    ///
    /// # Errors
    /// A variable is not UTF-8.
    pub fn read(is_quiet: bool, variables: &'a Variables, warnings: &Warnings) -> Result<Self> {
        let session = ShellSession::read(variables, warnings);
        let is_ours = session.has_our_keys();
        let profile = variables.text("MFA_ENV_PROFILE")?.filter(|_| is_ours);
        let options = match session.options() {
            SessionOptions::None => Some(Overrides::default()),
            SessionOptions::Some(overrides) => Some(*overrides),
            SessionOptions::Unknown(_) => None,
        };
        // The region is only shown, so one that is not UTF-8 is not an error.
        let region =
            ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| variables.text(name).ok().flatten());
        let access_key_id = variables.text("AWS_ACCESS_KEY_ID")?;
        let missing = [SECRET, TOKEN].into_iter().find(|name| variables.os(name).is_none());
        let text = variables.os(EXPIRATION).filter(|_| access_key_id.is_some());
        // Next to other keys, it is that of the session that was there before.
        let stated = text.filter(|_| !session.is_replaced()).and_then(|text| stated_expiration(text, warnings));

        // `status --quiet` may run at every shell prompt, and the variables are usually enough for it.
        let needs_cache = !is_quiet || !is_ours || stated.is_none_or(Expiration::is_past);
        let cache = if needs_cache { Cache::of(variables, warnings) } else { Cache::none(warnings) };
        let entries = cache.entries();
        let same = entries.iter().find(|e| access_key_id == Some(e.credentials.access_key_id.as_str()));
        // The secret or the token of a session, with another ID.
        let is_other = |e: &&Entry| access_key_id.is_some() && has_secret_of(e, variables);
        let other_id = entries.iter().filter(|_| same.is_none()).find(is_other);
        if let Some(entry) = other_id {
            let (access_key_id, variable) = (entry.credentials.access_key_id.clone(), "AWS_ACCESS_KEY_ID");
            warnings.add(Warning::MixedKeys { access_key_id, variable });
        }
        // If the variables mix two sessions, the identity of the cached one does not apply to them.
        let differing = same.and_then(|entry| differing_variable(entry, variables));
        if let (Some(entry), Some(variable), None) = (same, differing, missing) {
            let access_key_id = entry.credentials.access_key_id.clone();
            warnings.add(Warning::MixedKeys { access_key_id, variable });
        }
        let other = profile.filter(|_| same.is_none());
        let other_expiration = other.zip(options.as_ref());
        let other_expiration = other_expiration.and_then(|(p, options)| expiration_of(p, options, &entries, variables));
        if let (Some(end), Some(profile)) = (other_expiration, other) {
            warnings.add(Warning::OtherSessionCached { profile: profile.to_owned(), end });
        }
        for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
            if let Some(value) = variables.text(name)?.filter(|_| access_key_id.is_some()) {
                warnings.add(Warning::ProfileAndSession { variable: name, profile: value.to_owned() });
            }
        }
        if access_key_id.is_some() {
            warn_about_bearer_tokens(variables, warnings);
        }
        let cached = same.filter(|_| differing.is_none()).cloned();
        let user = cached.as_ref().filter(|entry| entry.credentials.identity.is_none());
        let user = user.and_then(|entry| cache.user(&FactKey::user_of(|name| entry.field(name))?));
        // The one of the same access key; the variable may be that of another session.
        let expiration = cached.as_ref().map(|entry| entry.credentials.expiration).or(stated);
        let is_of_others = stated.is_none_or(|stated| expiration != Some(stated));
        let role = match options {
            Some(options) if options.role_arn.is_none() => None,
            // The options are not known, but the name that the sign-in set is.
            None => variables.text("AWSUME_PROFILE")?.filter(|_| is_ours).map(str::to_owned),
            Some(options) => {
                profile.and_then(|p| ProfileName::parse(p).ok()).map(|p| display_name(&p, &options).into())
            }
        };
        Ok(ShellCredentials {
            profile,
            role,
            is_ours: is_ours || cached.is_some(),
            access_key_id,
            region,
            missing,
            expiration,
            has_other_expiration: text.is_some() && is_of_others,
            cached,
            user: user.as_deref().and_then(RoleSessionName::of_user),
            has_lost_view: session.has_lost_view(),
            mixed: differing.filter(|_| missing.is_none()).or(other_id.map(|_| "AWS_ACCESS_KEY_ID")),
            other_expiration,
        })
    }

    /// Whether the credentials are complete and have not expired. Without an expiration they are not a session.
    pub fn is_signed_in(&self) -> bool {
        self.mixed.is_none()
            && self.is_ours
            && self.missing.is_none()
            && self.expiration.is_some_and(|expiration| !expiration.is_past())
    }

    /// The ARN of the session's role, if the session is cached.
    pub fn identity(&self) -> Option<&str> {
        self.cached.as_ref()?.credentials.identity.as_deref()
    }

    /// The account, if the cached session has it.
    pub fn account(&self) -> Option<&str> {
        self.cached.as_ref()?.account()
    }

    /// Seconds since the MFA code of the session was accepted, if the session is cached.
    pub fn mfa_age(&self) -> Option<i64> {
        self.cached.as_ref()?.mfa_age(clock::now())
    }
}

/// When the credentials expire, according to the variable. It warns about other text than a time.
fn stated_expiration(text: &OsStr, warnings: &Warnings) -> Option<Expiration> {
    let expiration = Expiration::parse(&text.to_string_lossy());
    expiration.map_err(|problem| warnings.add(Warning::ExpirationUnreadable { problem })).ok()
}

/// The variable that differs from the cached session with the same access key ID.
fn differing_variable(entry: &Entry, variables: &Variables) -> Option<&'static str> {
    let cached = [(SECRET, &entry.credentials.secret_access_key), (TOKEN, &entry.credentials.session_token)];
    let differs = |(name, value): &(&str, &Secret)| variables.os(name).is_none_or(|v| v != value.expose());
    cached.into_iter().find(differs).map(|(name, _)| name)
}

/// Whether the variables have the secret or the token of this session.
fn has_secret_of(entry: &Entry, variables: &Variables) -> bool {
    let cached = [(SECRET, &entry.credentials.secret_access_key), (TOKEN, &entry.credentials.session_token)];
    cached.into_iter().any(|(name, value)| variables.os(name).is_some_and(|v| v == value.expose()))
}

/// When the cached session of a profile expires. Errors in the AWS files are ignored, because `status` works without
/// them.
fn expiration_of(profile: &str, overrides: &Overrides, entries: &[Entry], variables: &Variables) -> Option<Expiration> {
    if entries.is_empty() {
        return None;
    }
    // Only a sign-in warns about its profile.
    let discarded = Warnings::default();
    let texts = read_aws_files(variables, &discarded).ok()?;
    let (files, name) = (AwsFiles::index(&texts), ProfileName::parse(profile).ok()?);
    let plan = plan_by_name(&files, &name, overrides, variables, &discarded).ok()?;
    let key = SessionKey::of(&plan.call, &plan);
    entries.iter().find(|entry| entry.is_of(&key)).map(|entry| entry.credentials.expiration)
}
