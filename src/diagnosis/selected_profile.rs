//! The profile that programs in a shell use if it has no keys in its variables.

use super::shell_problem::ShellProblem;
use crate::credentials::Expiration;
use crate::error::{ConfigError, Error, NameHint, Result, SourceKind};
use crate::origin::{Origin, Sourced};
use crate::profile::{AwsFiles, Chain, ProfileName, SAVED_PROFILE};
use crate::variables::Variables;

/// The variables that select a profile, in the order of the AWS CLI.
const VARIABLES: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// The profile that programs use if they are told none.
#[derive(Debug)]
pub struct SelectedProfile {
    /// Its name, as it is in the variable.
    pub name: String,
    /// The variable that selects it; `None` for `default`.
    pub variable: Option<&'static str>,
    /// What the AWS files say about its credentials.
    pub credentials: Result<ProfileCredentials>,
    /// Its `credential_process`.
    pub process: Option<String>,
}

/// How a profile gets its credentials.
#[derive(Clone, Debug)]
pub struct ProfileCredentials {
    /// The access key ID, of the profile itself or of the profile at the end of its roles.
    pub access_key_id: String,
    /// Whether the profile assumes a role.
    pub has_role: bool,
    /// Whether the keys are those of a session.
    pub are_temporary: bool,
    /// When that session expires, as the program that wrote it says, and where.
    pub expiration: Option<(Expiration, Origin)>,
    /// The profile that has the keys.
    pub keys_of: String,
    /// The MFA device on the way to the keys.
    pub device: Option<Sourced<String>>,
    /// The profile that `save` made it from.
    pub saved_from: Option<String>,
    /// The region.
    pub region: Option<String>,
}

impl SelectedProfile {
    /// The profile that the variables select, or `default`. `None` without AWS files, if no variable names a profile.
    ///
    /// # Errors
    /// A variable is not UTF-8.
    pub(super) fn of(files: Option<&AwsFiles<'_>>, variables: &Variables) -> Result<Option<Self>> {
        let mut selected = None;
        for variable in VARIABLES {
            if selected.is_none() {
                selected = variables.text(variable)?.map(|name| (name.to_owned(), Some(variable)));
            }
        }
        let (name, variable) = selected.unwrap_or_else(|| ("default".to_owned(), None));
        let credentials = match files {
            Some(files) => ProfileCredentials::of(&name, files),
            None if variable.is_none() => return Ok(None),
            None => Err(ConfigError::ProfileNotFound {
                name: name.clone(),
                variable: None,
                hint: Box::new(NameHint::Similar(Vec::new())),
                count: 0,
            }
            .into()),
        };
        let origin = variable.map_or(Origin::Default, Origin::Variable);
        let credentials = credentials.map_err(|e| e.named_by(&origin));
        let process = files.and_then(|files| process(&name, files));
        Ok(Some(SelectedProfile { name, variable, credentials, process }))
    }

    /// Whether the AWS files have something for it from which programs would get credentials, however wrong it is.
    pub(super) fn has_credentials(&self) -> bool {
        let absent = |e: &Error| {
            matches!(e, Error::Config(ConfigError::ProfileNotFound { .. } | ConfigError::NoCredentials { .. }))
        };
        self.credentials.as_ref().err().is_none_or(|e| !absent(e))
    }

    /// How the profile gets credentials that mfa-env does not get for it.
    pub fn other_source(&self) -> Option<SourceKind> {
        match &self.credentials {
            Err(Error::Config(ConfigError::SourceUnsupported { kind, .. })) => Some(*kind),
            _ => None,
        }
    }

    /// What is wrong with it for programs.
    pub(super) fn problem(&self) -> Option<ShellProblem> {
        let (profile, variable) = (self.name.clone(), self.variable);
        match &self.credentials {
            Ok(ProfileCredentials { expiration: Some((at, origin)), .. }) if at.is_past() => {
                Some(ShellProblem::ProfileExpired { profile, at: *at, origin: origin.clone() })
            }
            Ok(credentials) if credentials.needs_code() => {
                let device = credentials.device.as_ref()?.origin.clone();
                Some(ShellProblem::ProfileNeedsCode { profile, variable, device })
            }
            Err(e) if self.other_source().is_none() => {
                Some(ShellProblem::ProfileUnusable { variable, what: e.what(), advice: e.advice() })
            }
            Ok(_) | Err(_) => None,
        }
    }
}

impl ProfileCredentials {
    /// # Errors
    /// The profile does not exist, or mfa-env does not get credentials from it.
    pub(super) fn of(name: &str, files: &AwsFiles<'_>) -> Result<Self> {
        let no_profile = || Error::from(ConfigError::NoCredentials { profile: name.to_owned(), source_of: None });
        let profile = ProfileName::parse(name).map_err(|_| no_profile())?;
        let chain = Chain::walk(files, &profile, None).map_err(|e| files.with_cause(e))?;
        let source = &chain.source;
        let are_temporary = !source.source.lifetime().is_long_term();
        let saved_from = files.profile(&profile)?.and_then(|p| p.get(SAVED_PROFILE).map(|s| s.value.to_string()));
        Ok(ProfileCredentials {
            access_key_id: source.source.access_key_id().unwrap_or_default().to_owned(),
            has_role: !chain.roles.is_empty(),
            are_temporary,
            expiration: files.expiration(&source.profile).filter(|_| are_temporary),
            keys_of: source.profile.to_string(),
            device: chain.device().map(|d| Sourced::new(d.value.as_str().to_owned(), d.origin.clone())),
            saved_from: saved_from.filter(|origin| origin != name),
            region: chain.service.region.map(|region| region.value.to_string()),
        })
    }

    /// Whether programs need an MFA code to use the profile, which most of them cannot ask for.
    pub fn needs_code(&self) -> bool {
        self.has_role && !self.are_temporary && self.device.is_some()
    }

    /// Whether mfa-env can sign in with its keys: from a session it gets no other one.
    pub fn can_sign_in(&self) -> bool {
        self.has_role || !self.are_temporary
    }
}

/// The `credential_process` of a profile.
pub(super) fn process(name: &str, files: &AwsFiles<'_>) -> Option<String> {
    let profile = files.profile(&ProfileName::parse(name).ok()?).ok()??;
    profile.get("credential_process").map(|setting| setting.value.to_string())
}

/// Where the `credential_process` of a profile is.
pub(super) fn process_origin(name: &str, files: &AwsFiles<'_>) -> Option<Origin> {
    let profile = files.profile(&ProfileName::parse(name).ok()?).ok()??;
    profile.get("credential_process").map(|setting| setting.origin.clone())
}

/// The profile to which mfa-env signs in, if this `credential_process` calls it.
pub(super) fn profile_in_process(line: &str) -> Option<String> {
    // Names with other characters than these are quoted, which every program reads differently.
    let mut words = line.split(' ').map(|word| word.trim_matches('"')).skip_while(|word| *word != "credential-process");
    words.next()?;
    while let Some(word) = words.next() {
        if matches!(word, "--profile" | "-p") {
            return words.next().map(str::to_owned);
        }
        if let Some(name) = word.strip_prefix("--profile=") {
            return Some(name.to_owned());
        }
        if !word.starts_with('-') {
            return Some(word.to_owned());
        }
    }
    None
}
