//! What to type to sign in.

use super::selected_profile::{ProfileCredentials, process, profile_in_process};
use crate::environment::{SessionOptions, ShellSession};
use crate::error::{ConfigError, Error, Result};
use crate::profile::AwsFiles;
use crate::variables::Variables;
use crate::warning::Warnings;

/// The variables that name the profile of a sign-in, in the order of `mfa-env` without PROFILE.
const VARIABLES: [&str; 3] = ["AWS_PROFILE", "MFA_ENV_PROFILE", "AWS_DEFAULT_PROFILE"];

/// Among more profiles, it would take long to find out that only one can sign in, and it is unlikely.
const MOST_PROFILES: usize = 200;

/// What to type to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInLine {
    /// `aws-mfa`: this shell's session again, with its options.
    Renew,
    /// `aws-mfa NAME`.
    Profile(String),
    /// `aws-mfa PROFILE`: no variable selects a profile that can sign in, and there is not exactly one.
    AnyProfile,
    /// There are no AWS files here, so the session must come from elsewhere.
    Elsewhere,
    /// Nothing is set up yet.
    SetUp,
    /// The AWS files cannot be read, with what is wrong with them.
    Unreadable(String),
}

/// The variables that say that a process is in a container. Docker sets none.
const OF_CONTAINERS: [&str; 4] = [
    "container",
    "KUBERNETES_SERVICE_HOST",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

impl SignInLine {
    /// For this shell's session, else the profile that the variables select, else the only one.
    ///
    /// # Errors
    /// A variable is not UTF-8.
    pub(super) fn of(files: std::result::Result<&AwsFiles<'_>, &Error>, variables: &Variables) -> Result<Self> {
        let files = match files {
            Ok(files) => files,
            Err(Error::Config(ConfigError::NoFiles { .. })) => return Ok(SignInLine::without_files(variables)),
            Err(e) => return Ok(SignInLine::Unreadable(e.what())),
        };
        let shell = ShellSession::read(variables, &Warnings::default());
        let is_renewable = shell.has_our_keys() && !matches!(shell.options(), SessionOptions::Unknown(_));
        if is_renewable && variables.os("MFA_ENV_PROFILE").is_some() && variables.os("AWS_PROFILE").is_none() {
            return Ok(SignInLine::Renew);
        }
        for variable in VARIABLES {
            if let Some(line) = variables.text(variable)?.and_then(|name| SignInLine::to(name, files)) {
                return Ok(line);
            }
        }
        Ok(SignInLine::to("default", files).unwrap_or_else(|| SignInLine::to_only_one(files)))
    }

    /// Keys without AWS files were passed on from elsewhere, as into a container.
    fn without_files(variables: &Variables) -> Self {
        let has_keys = variables.os("AWS_ACCESS_KEY_ID").is_some();
        let is_container = OF_CONTAINERS.iter().any(|name| variables.os(name).is_some());
        if has_keys || is_container { SignInLine::Elsewhere } else { SignInLine::SetUp }
    }

    /// For this profile, or the one that it was made from by `save` or `credential-process --print-config`; `None` if
    /// mfa-env cannot sign in to it.
    pub(super) fn to(name: &str, files: &AwsFiles<'_>) -> Option<Self> {
        let Ok(credentials) = ProfileCredentials::of(name, files) else {
            let name = profile_in_process(&process(name, files)?)?;
            return ProfileCredentials::of(&name, files).ok()?.can_sign_in().then_some(SignInLine::Profile(name));
        };
        let (name, credentials) = match credentials.saved_from.clone() {
            Some(origin) => (origin.clone(), ProfileCredentials::of(&origin, files).ok()?),
            None => (name.to_owned(), credentials),
        };
        credentials.can_sign_in().then_some(SignInLine::Profile(name))
    }

    fn to_only_one(files: &AwsFiles<'_>) -> Self {
        let names = files.names();
        if names.len() > MOST_PROFILES {
            return SignInLine::AnyProfile;
        }
        let mut lines: Vec<SignInLine> = names.into_iter().filter_map(|name| SignInLine::to(name, files)).collect();
        match lines.len() {
            1 => lines.remove(0),
            _ => SignInLine::AnyProfile,
        }
    }
}
