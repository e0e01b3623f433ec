//! The AWS files do not say how to sign in.

use super::access_key::{AccessKeyIdProblem, KeyTextProblem};
use super::cause::{IgnoredSetting, MissingFile, NameHint};
use super::syntax::SyntaxError;
use super::value::remove_quotes;
use super::{Message, quoted};
use crate::function_name::function_name;
use crate::origin::Origin;
use crate::printable::{looks_like_secret, printable, printable_path, shown_value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is wrong with the AWS files or the settings of a profile. `profile` is the profile concerned, and origins are
/// where the settings are.
#[derive(Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// Neither AWS file exists.
    NoFiles {
        config: PathBuf,
        credentials: PathBuf,
        /// The variables that name them, if any.
        named: Vec<MissingFile>,
    },
    /// The home directory is unknown, and the path of an AWS file depends on it.
    NoHome,
    /// `HOME` is a relative path.
    HomeRelative { home: String },
    /// A line of an AWS file is not UTF-8.
    NotUtf8 { path: Arc<Path>, line: usize },
    /// A line of an AWS file contains a NUL byte.
    NulByte { path: Arc<Path>, line: usize },
    /// A line of an AWS file breaks the grammar.
    Syntax {
        path: Arc<Path>,
        line: usize,
        problem: SyntaxError,
        /// Whether it is the config file, whose headers have the prefix `profile`.
        is_config: bool,
    },
    /// The requested profile does not exist.
    ProfileNotFound {
        name: String,
        /// The variable that the name was taken from; `None` if it was typed.
        variable: Option<&'static str>,
        /// What may be meant by it.
        hint: Box<NameHint>,
        /// The number of profiles in the AWS files.
        count: usize,
    },
    /// A `source_profile` names a profile that does not exist.
    SourceNotFound {
        /// `source_profile`, or the setting that includes a profile.
        setting: String,
        profile: String,
        source: String,
        origin: Origin,
        hint: Box<NameHint>,
    },
    /// A `source_profile` is blank.
    SourceEmpty { profile: String, origin: Origin },
    /// Neither keys nor a role nor any other source of credentials.
    NoCredentials {
        profile: String,
        /// The profile whose `source_profile` this one is.
        source_of: Option<String>,
    },
    /// A `source_profile` without `role_arn`, and no keys. Only roles are followed to another profile's keys.
    SourceWithoutRole {
        profile: String,
        source: String,
        origin: Origin,
        /// The profile whose `source_profile` this one is.
        source_of: Option<String>,
    },
    /// An access key ID without its secret, or a secret without its ID.
    PartialKeys {
        profile: String,
        missing: &'static str,
        found: Origin,
        /// Where the other AWS file sets the missing part.
        elsewhere: Option<Origin>,
    },
    /// A temporary access key (ASIA…) without its session token.
    TemporaryWithoutToken { profile: String, found: Origin },
    /// The access key ID is too long or contains an invalid character. It is not shown, because it may be the secret.
    BadAccessKeyId { origin: Origin, problem: AccessKeyIdProblem },
    /// A key or token that is not one word of printable ASCII.
    BadKeyText { setting: &'static str, origin: Origin, problem: KeyTextProblem },
    /// A role without `source_profile`, so that nothing says which keys assume it.
    RoleWithoutSource {
        profile: String,
        origin: Origin,
        has_keys: bool,
        /// The only profile that can be meant.
        only_source: Option<String>,
    },
    /// Both `source_profile` and `credential_source`.
    TwoSources { profile: String, first: Origin, second: Origin },
    /// A chain that comes back to one of its profiles.
    Loop { names: Vec<String> },
    /// A chain with more than `limit` roles.
    TooManyHops { limit: usize },
    /// Long-term keys without a role, and no MFA device on the way to them.
    NoDevice {
        profile: String,
        /// The header of the profile in the config file.
        header: String,
        default_has_one: Option<Origin>,
        /// The device in `AWS_MFA_SERIAL`, which other tools read.
        of_other_tools: Option<String>,
    },
    /// GetSessionToken would have to be signed with temporary keys.
    SessionCannotStartSession {
        profile: String,
        found: Origin,
        /// What the files say about that session, if another tool has written it.
        history: Option<Box<SessionHistory>>,
    },
    /// A source of credentials that this version does not support.
    SourceUnsupported { profile: String, kind: SourceKind, origin: Origin },
    /// Two values that belong to different partitions.
    PartitionMismatch { first: String, first_origin: Origin, second: String, second_origin: Origin },
    /// A custom endpoint URL together with FIPS or dual-stack endpoints.
    EndpointWithVariants { origin: Origin, variant: Origin },
    /// An endpoint URL that is invalid or ambiguous.
    EndpointNotUrl { url: String, origin: Origin },
    /// An `http://` URL of another machine.
    EndpointPlainHttp { url: String, origin: Origin },
    /// STS has a custom endpoint, and IAM has none; with the setting of STS's.
    NoIamEndpoint { sts: Option<Origin> },
    /// A setting with a fixed set of values has another one.
    BadSetting {
        name: &'static str,
        value: String,
        origin: Origin,
        /// The values that it may have, as in `true or false`.
        valid: &'static str,
    },
    /// A `services` that names no section.
    ServicesNotFound {
        name: String,
        origin: Origin,
        /// Sections with similar names.
        similar: Vec<String>,
    },
    /// What is missing is set under another name.
    Misspelled {
        problem: Box<ConfigError>,
        /// The key as it is in the file.
        key: String,
        origin: Origin,
        meant: &'static str,
    },
    /// What is missing is in a section that is not read.
    Ignored { problem: Box<ConfigError>, setting: Box<IgnoredSetting> },
    /// What is missing may be in a file that does not exist.
    WithoutFile { problem: Box<ConfigError>, files: Vec<MissingFile> },
}

/// What the AWS files say about a session that another tool has written to them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct SessionHistory {
    /// When it ended, as the section says, with the line.
    pub ended: Option<(String, Origin)>,
    /// The profile with the keys that it was made from.
    pub made_from: Option<String>,
    /// Whether that profile names its MFA device.
    pub has_device: bool,
}

/// Sources of credentials other than long-term keys in the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// IAM Identity Center.
    Sso,
    /// `aws login`.
    Login,
    /// A web identity token.
    WebIdentity,
    /// `credential_process`.
    Process,
    /// `credential_process` with mfa-env itself.
    MfaEnv,
    /// `credential_source`.
    CredentialSource,
}

impl ConfigError {
    pub(super) fn message(&self) -> Message {
        use ConfigError as E;
        match self {
            E::NoFiles { config, credentials, named } => Message::new(format!(
                "no AWS config found at {} or {}",
                printable_path(config),
                printable_path(credentials)
            ))
            .advise(with_missing(named, Some("create one with: mfa-env setup".to_owned()))),
            E::NoHome => Message::new("HOME is not set, so the AWS files cannot be located")
                .advise("set HOME, or both AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE"),
            E::HomeRelative { home } => Message::new(format!("HOME is `{home}`, which is a relative path"))
                .advise("set HOME to an absolute path, or set both AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE"),
            E::NotUtf8 { path, line } => Message::new(format!("{}:{line}: not valid UTF-8", printable_path(path)))
                .advise("save the file as UTF-8; Windows PowerShell 5 writes UTF-16 with `>`"),
            E::NulByte { path, line } => {
                Message::new(format!("{}:{line}: not valid UTF-8 text (NUL byte)", printable_path(path)))
                    .advise("save the file as UTF-8; Windows PowerShell 5 writes UTF-16 with `>`")
            }
            E::Syntax { path, line, problem, is_config } => {
                let (what, advice) = problem.message(*is_config);
                Message::new(format!("{}:{line}: {what}", printable_path(path))).advise(advice)
            }
            E::ProfileNotFound { name, variable, hint, count } => {
                let from = variable.map_or_else(String::new, |variable| format!(" (from {variable})"));
                Message::new(format!("profile `{}`{from} not found", shown_value(name)))
                    .advise(hint.advice(*variable).unwrap_or_else(|| other_profiles(*count)))
            }
            E::SourceNotFound { setting, profile, source, origin, hint } => {
                let source = shown_value(source);
                Message::new(format!("{origin}: {setting} `{source}` of profile {profile} does not exist")).advise(
                    hint.advice(None).unwrap_or_else(|| {
                        "use the name of an existing profile; list them with: mfa-env list".to_owned()
                    }),
                )
            }
            E::SourceWithoutRole { profile, source, origin, source_of } => Message::new(format!(
                "{origin}: profile {profile} sets source_profile, but neither role_arn nor access keys"
            ))
            .advise(match source_of {
                Some(of) => format!("add the role_arn to assume, or set source_profile of {of} to {source}"),
                None => format!(
                    "add the role_arn to assume, or sign in to its source profile: mfa-env --profile {}",
                    quoted(source)
                ),
            }),
            E::SourceEmpty { profile, origin } => {
                Message::new(format!("{origin}: source_profile of profile {profile} is empty"))
                    .advise("set it to the profile that has the access keys")
            }
            E::NoCredentials { profile, source_of } => Message::new(match source_of {
                Some(of) => format!("profile {profile}, the source_profile of {of}, has no credentials"),
                None => format!("profile {profile} has no credentials: it sets neither access keys nor role_arn"),
            })
            .advise(format!("add access keys with: aws configure --profile {}", quoted(profile))),
            E::PartialKeys { profile, missing, found, elsewhere } => Message::new(format!(
                "{found}: partial credentials in profile {profile}: {missing} is missing"
            ))
            .advise(match elsewhere {
                Some(other) => {
                    format!("{other} sets it, but keys are never combined from two files: put both in one file")
                }
                None => format!("add it, or configure both with: aws configure --profile {}", quoted(profile)),
            }),
            E::TemporaryWithoutToken { profile, found } => Message::new(format!(
                "{found}: partial credentials in profile {profile}: \
                 temporary access key (ASIA…) without aws_session_token"
            ))
            .advise("add aws_session_token, or use the access key of an IAM user (AKIA…)"),
            E::BadAccessKeyId { origin, problem } => problem.message(origin),
            E::BadKeyText { setting, origin, problem } => problem.message(setting, origin),
            E::RoleWithoutSource { profile, origin, has_keys, only_source } => Message::new(format!(
                "{origin}: profile {profile} sets role_arn, but neither source_profile nor credential_source"
            ))
            .advise(if *has_keys {
                format!("to assume the role with the profile's own access keys, add: source_profile = {profile}")
            } else if let Some(source) = only_source {
                format!("add to [profile {profile}]: source_profile = {source}")
            } else {
                "add source_profile with the name of the profile that has the access keys".to_owned()
            }),
            E::TwoSources { profile, first, second } => Message::new(format!(
                "profile {profile} sets both source_profile ({first}) and credential_source ({second})"
            ))
            .advise("remove credential_source, which this version does not support"),
            E::Loop { names } => Message::new(format!("source_profile forms a loop: {}", names.join(" → ")))
                .advise("set source_profile of one of these profiles to the profile that has the access keys"),
            E::TooManyHops { limit } => Message::new(format!("the role chain has more than {limit} roles"))
                .advise("shorten the chain of source_profile settings"),
            E::NoDevice { profile, header, default_has_one, of_other_tools } => {
                let of_default = default_has_one
                    .as_ref()
                    .map(|origin| format!("the mfa_serial of [default] ({origin}) does not apply to other profiles"));
                Message::new(format!("profile {profile} has no MFA device, and a session without MFA cannot call IAM"))
                    .advise(match of_other_tools {
                        Some(device) => format!(
                            "AWS_MFA_SERIAL is for other tools; add to {header}: mfa_serial = {}",
                            printable(device)
                        ),
                        None => lines([add_device(profile, header)].into_iter().chain(of_default)),
                    })
            }
            E::SessionCannotStartSession { profile, found, history } => {
                let SessionHistory { ended, made_from, has_device } = history.as_deref().cloned().unwrap_or_default();
                let what = match &ended {
                    Some((at, line)) => format!("profile {profile} is a session that expired at {at} ({line})"),
                    None => format!(
                        "profile {profile} has temporary credentials ({found}), for which AWS does not issue an MFA session"
                    ),
                };
                Message::new(what).advise(match made_from {
                    Some(keys) => format!(
                        "[{keys}] has the access key that another tool made it from{}; use that instead:\n{} {}",
                        if has_device { ", and its MFA device (aws_mfa_device)" } else { "" },
                        function_name(),
                        quoted(&keys)
                    ),
                    None if ended.is_some() => {
                        "get a new one with the tool that has written it, or use a profile with \
                         the access key of an IAM user (AKIA…)"
                            .to_owned()
                    }
                    None => format!(
                        "use the access key of an IAM user (AKIA…), or assume a role:\n\
                         --role-arn ARN, or role_arn and source_profile = {profile} in the profile"
                    ),
                })
            }
            E::SourceUnsupported { profile, kind, origin } => kind.message(profile, origin),
            E::PartitionMismatch { first, first_origin, second, second_origin } => {
                Message::new(format!("{first} ({first_origin}) does not match {second} ({second_origin})"))
                    .advise("correct one of them: credentials are valid in one AWS partition only")
            }
            E::EndpointWithVariants { origin, variant } => Message::new(format!(
                "an endpoint URL ({origin}) cannot be combined with FIPS or dual-stack endpoints ({variant})"
            ))
            .advise("remove one of the two settings"),
            E::EndpointNotUrl { url, origin } => {
                Message::new(format!("{origin}: `{}` is not an endpoint URL", shown_value(url))).advise(
                    if url.starts_with(['"', '\'']) {
                        remove_quotes(origin)
                    } else {
                        match without_scheme(url) {
                            Some(host) => format!("use https://{host}"),
                            None => "use https://HOST or https://HOST:PORT".to_owned(),
                        }
                    },
                )
            }
            E::EndpointPlainHttp { url, origin } => {
                Message::new(format!("{origin}: `{}` would send the MFA code unencrypted", shown_value(url)))
                    .advise("use https://; http:// is allowed only to this machine (localhost, 127.0.0.1, [::1])")
            }
            E::NoIamEndpoint { sts } => {
                let what = match sts {
                    Some(sts) => format!("STS has a custom endpoint ({sts}), but IAM has none"),
                    None => "the endpoint of IAM is not known".to_owned(),
                };
                Message::new(what)
                    .advise("the keys must not be sent to AWS; set AWS_ENDPOINT_URL_IAM, or AWS_ENDPOINT_URL for both")
            }
            E::BadSetting { name, value, origin, valid } => {
                Message::new(format!("{origin}: {name} is `{}`, which is not valid", shown_value(value)))
                    .advise(format!("use {valid}"))
            }
            E::ServicesNotFound { name, origin, similar } => {
                Message::new(format!("{origin}: there is no section [services {}]", shown_value(name))).advise(
                    match similar.as_slice() {
                        [] => "add it to the config file, or remove the setting".to_owned(),
                        similar => format!("did you mean {}?", similar.join(" or ")),
                    },
                )
            }
            E::Misspelled { problem, key, origin, meant } => {
                let message = problem.message();
                let rename = format!("{origin}: `{}` is not a setting; rename it to {meant}", shown_value(key));
                message.advise(rename)
            }
            E::Ignored { problem, setting } => problem.message().advise(setting.advice()),
            E::WithoutFile { problem, files } => {
                let message = problem.message();
                let advice = with_missing(files, message.advice.clone());
                message.advise(advice)
            }
        }
    }
}

/// A host, with its port if it has one, that was written without `https://`.
fn without_scheme(url: &str) -> Option<&str> {
    let (host, port) = url.split_once(':').unwrap_or((url, "443"));
    let is_host = host.contains('.') && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    (is_host && port.parse::<u16>().is_ok() && !looks_like_secret(url)).then_some(url)
}

/// The advice about files that are missing, before other advice. If one was a view, the user has files, but they are not
/// known.
fn with_missing(files: &[MissingFile], advice: Option<String>) -> String {
    let advice = advice.filter(|_| !files.iter().any(|file| file.was_view));
    lines(files.iter().map(MissingFile::advice).chain(advice))
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}

fn other_profiles(count: usize) -> String {
    match count {
        0 => "the AWS files contain no profile; create one with: mfa-env setup".to_owned(),
        1 => "the AWS files contain 1 profile, with another name; list it with: mfa-env list".to_owned(),
        n => format!("the AWS files contain {n} profiles, none with a similar name; list them with: mfa-env list"),
    }
}

/// How to set the MFA device of the profile that has the access keys. `header` is that of the profile in the config
/// file.
pub(super) fn add_device(profile: &str, header: &str) -> String {
    format!(
        "add to {header}: mfa_serial = arn:aws:iam::ACCOUNT:mfa/DEVICE\nfind the ARN with: {}",
        list_devices(profile)
    )
}

/// The command that lists the devices of the user of a profile.
pub(super) fn list_devices(profile: &str) -> String {
    // These words are actions of the command.
    let flag = if matches!(profile, "resync" | "remove" | "replace") { "-p " } else { "" };
    format!("mfa-env device {flag}{}", quoted(profile))
}

impl ConfigError {
    /// Whether something is not in the AWS files.
    pub(super) fn is_absence(&self) -> bool {
        use ConfigError as E;
        matches!(
            self,
            E::ProfileNotFound { .. }
                | E::SourceNotFound { .. }
                | E::NoCredentials { .. }
                | E::SourceWithoutRole { .. }
                | E::PartialKeys { .. }
                | E::TemporaryWithoutToken { .. }
                | E::RoleWithoutSource { .. }
                | E::NoDevice { .. }
                | E::Misspelled { .. }
                | E::Ignored { .. }
        )
    }
}

impl SourceKind {
    /// What it is, for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            SourceKind::Sso => "IAM Identity Center (SSO)",
            SourceKind::Login => "aws login",
            SourceKind::WebIdentity => "a web identity token",
            SourceKind::Process => "credential_process",
            SourceKind::MfaEnv => "mfa-env itself",
            SourceKind::CredentialSource => "credential_source",
        }
    }

    fn message(self, profile: &str, origin: &Origin) -> Message {
        let how = self.name();
        let advice = match self {
            SourceKind::Sso => format!("sign in with: aws sso login --profile {}", quoted(profile)),
            SourceKind::Login => format!("sign in with: aws login --profile {}", quoted(profile)),
            SourceKind::MfaEnv => "use the profile that its credential_process names".to_owned(),
            _ => "use a profile with the access keys of an IAM user (aws_access_key_id, aws_secret_access_key)"
                .to_owned(),
        };
        let but = if self == SourceKind::MfaEnv { "" } else { ", which this version does not support" };
        Message::new(format!("{origin}: profile {profile} gets its credentials from {how}{but}")).advise(advice)
    }
}
