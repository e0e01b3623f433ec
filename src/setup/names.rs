//! Names of profiles: which one is proposed, and why one cannot be used.

use super::typed_key::misplaced_secret;
use crate::error::{ConfigError, Error};
use crate::profile::{AwsFiles, Chain, FileKind, ProfileName, section_header};
use crate::variables::Variables;

/// The name that is proposed where nothing else suggests one. Not `default`: every program that is not signed in would
/// use its keys, without MFA.
const PROPOSED: &str = "main";

/// What a profile has.
pub(super) enum Existing {
    /// Nothing from which programs get credentials.
    Nothing,
    /// The long-term keys of a user.
    Keys,
    /// A role that is assumed with the keys of this profile.
    RoleOf(ProfileName),
    /// Another source of credentials, as a clause for the message.
    Other(String),
}

impl Existing {
    /// What a profile of the files has.
    pub(super) fn of(name: &ProfileName, files: &AwsFiles<'_>) -> Self {
        if files.profile(name).is_ok_and(|found| found.is_none()) {
            return Existing::Nothing;
        }
        let chain = match Chain::walk(files, name, None) {
            Ok(chain) => chain,
            Err(Error::Config(ConfigError::NoCredentials { .. })) => return Existing::Nothing,
            Err(e) => return Existing::Other(e.what()),
        };
        let is_long_term = chain.source.source.lifetime().is_long_term();
        match chain.roles.first() {
            None if is_long_term => Existing::Keys,
            Some(_) if is_long_term => Existing::RoleOf(chain.source.profile.clone()),
            _ => Existing::Other(format!("it has the keys of a session ({})", chain.source.origin)),
        }
    }
}

/// The profile to propose: that of the shell, or the only one with keys, or `main`.
pub(super) fn proposed(files: &AwsFiles<'_>, variables: &Variables) -> ProfileName {
    let of_shell = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].into_iter().find_map(|name| variables.text(name).ok()?);
    if let Some(name) = of_shell.and_then(|name| ProfileName::parse(name).ok()) {
        return name;
    }
    let has_keys = |name: &ProfileName| matches!(Existing::of(name, files), Existing::Keys);
    let mut with_keys = files.names().into_iter().filter_map(|name| ProfileName::parse(name).ok()).filter(has_keys);
    match (with_keys.next(), with_keys.next()) {
        (Some(only), None) => only,
        _ => ProfileName::parse(PROPOSED).expect("it is a name"),
    }
}

/// The name of a new profile.
///
/// # Errors
/// It cannot be used, with the reason as a clause about it.
pub(super) fn new_name(typed: &str, is_reserved: &dyn Fn(&str) -> bool) -> std::result::Result<ProfileName, String> {
    if let Some(secret) = misplaced_secret(typed) {
        return Err(format!("{secret}, not a name"));
    }
    if typed.starts_with('-') {
        return Err("it would be read as an option".to_owned());
    }
    if is_reserved(typed) {
        return Err("mfa-env reads it as a command or a code".to_owned());
    }
    // What every AWS tool reads (AWS SDKs and Tools Reference Guide, "Shared config and credentials files").
    if let Some(c) = typed.chars().find(|c| !c.is_ascii_alphanumeric() && !"_-/.%@:+".contains(*c)) {
        let what = if c == ' ' { "a blank".to_owned() } else { format!("`{}`", c.escape_default()) };
        return Err(format!("not every AWS tool reads a name with {what} in it"));
    }
    ProfileName::parse(typed).map_err(|_| "it has no character, or too many".to_owned())
}

/// Whether the sections of an existing profile can be written to.
pub(super) fn can_be_written(name: &ProfileName) -> bool {
    [FileKind::Config, FileKind::Credentials].into_iter().all(|kind| section_header(name, kind).is_some())
}
