//! The AWS files do not say how to sign in.

use super::Message;
use crate::origin::Origin;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, PartialEq, Eq)]
pub enum ConfigError {
    NoFiles {
        config: PathBuf,
        credentials: PathBuf,
    },
    NoHome,
    HomeRelative {
        home: String,
    },
    NotUtf8 {
        path: Arc<Path>,
        line: usize,
    },
    NulByte {
        path: Arc<Path>,
        line: usize,
    },
    Syntax {
        path: Arc<Path>,
        line: usize,
        problem: SyntaxError,
    },
    ProfileNotFound {
        name: String,
        near: Vec<String>,
        count: usize,
        misplaced: Option<MisplacedSection>,
    },
    SourceNotFound {
        profile: String,
        source: String,
        origin: Origin,
        near: Vec<String>,
    },
    SourceEmpty {
        profile: String,
        origin: Origin,
    },
    /// Neither keys nor a role nor any other source of credentials.
    NoCredentials {
        profile: String,
        source_of: Option<String>,
    },
    PartialKeys {
        profile: String,
        missing: &'static str,
        found: Origin,
        elsewhere: Option<Origin>,
    },
    /// A temporary access key (ASIA) without its session token.
    TemporaryWithoutToken {
        profile: String,
        found: Origin,
    },
    BadAccessKeyId {
        origin: Origin,
    },
    RoleWithoutSource {
        profile: String,
        origin: Origin,
        has_keys: bool,
    },
    TwoSources {
        profile: String,
        first: Origin,
        second: Origin,
    },
    Loop {
        names: Vec<String>,
    },
    TooManyHops {
        limit: usize,
    },
    /// Keys, but no device anywhere on the walk, and no role.
    NoDevice {
        profile: String,
        default_has_one: Option<Origin>,
    },
    /// GetSessionToken asked of keys that are themselves a session.
    SessionCannotStartSession {
        profile: String,
        found: Origin,
    },
    /// A source of credentials that this version cannot use.
    SourceUnsupported {
        profile: String,
        kind: SourceKind,
        origin: Origin,
    },
    PartitionMismatch {
        first: String,
        first_origin: Origin,
        second: String,
        second_origin: Origin,
    },
    EndpointWithVariants {
        origin: Origin,
        variant: Origin,
    },
    EndpointNotUrl {
        url: String,
        origin: Origin,
    },
    EndpointPlainHttp {
        url: String,
        origin: Origin,
    },
    BadSetting {
        name: &'static str,
        value: String,
        origin: Origin,
        valid: &'static str,
    },
}

/// A line of an AWS file that breaks the grammar. The line itself is not shown: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyntaxError {
    UnclosedSection,
    BeforeFirstSection,
    NoEqualsSign,
    EmptyKey,
    ContinuationOfNothing,
    NestedNoEqualsSign,
    NestedEmptyKey,
}

/// A section of the right name in the wrong form for its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MisplacedSection {
    /// `[NAME]` in the config file.
    BareInConfig(Origin),
    /// `[profile NAME]` in the credentials file.
    PrefixedInCredentials(Origin),
}

/// Sources of credentials other than long-term keys in the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    Sso,
    Login,
    WebIdentity,
    Process,
    CredentialSource,
}

impl ConfigError {
    pub(super) fn message(&self) -> Message {
        use ConfigError as E;
        match self {
            E::NoFiles { config, credentials } => {
                Message::new(format!("no AWS config found at {} or {}", config.display(), credentials.display()))
                    .advise("write one with: aws configure")
            }
            E::NoHome => Message::new("HOME is not set, so there is no place to look for the AWS files")
                .advise("set HOME, or AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE"),
            E::HomeRelative { home } => Message::new(format!("HOME is a relative path: {home}"))
                .advise("set HOME to an absolute path, or AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE"),
            E::NotUtf8 { path, line } => Message::new(format!("file {} is not UTF-8 (line {line})", path.display()))
                .advise("save it again as UTF-8; Windows PowerShell 5 writes UTF-16 with `>`"),
            E::NulByte { path, line } => {
                Message::new(format!("file {} is not UTF-8 text: it holds a NUL byte (line {line})", path.display()))
                    .advise("save it again as UTF-8; Windows PowerShell 5 writes UTF-16 with `>`")
            }
            E::Syntax { path, line, problem } => {
                let (what, advice) = problem.message();
                Message::new(format!("{}:{line}: {what}", path.display())).advise(advice)
            }
            E::ProfileNotFound { name, near, count, misplaced } => not_found(name, near, *count, misplaced.as_ref()),
            E::SourceNotFound { profile, source, origin, near } => {
                let words =
                    Message::new(format!("{origin}: the source_profile {source} of profile {profile} does not exist"));
                match near.as_slice() {
                    [] => words.advise("name a profile that is in the AWS files"),
                    near => words.advise(format!("did you mean {}?", near.join(" or "))),
                }
            }
            E::SourceEmpty { profile, origin } => {
                Message::new(format!("{origin}: source_profile of profile {profile} is empty"))
                    .advise("name the profile that holds the keys")
            }
            E::NoCredentials { profile, source_of } => {
                let what = match source_of {
                    Some(of) => format!("profile {profile}, the source_profile of {of}, has no credentials"),
                    None => format!("profile {profile} has no credentials: neither keys nor role_arn"),
                };
                Message::new(what).advise(format!("give it keys with: aws configure --profile {}", quoted(profile)))
            }
            E::PartialKeys { profile, missing, found, elsewhere } => {
                let words = Message::new(format!("partial credentials in [{profile}] ({found}): {missing} missing"));
                match elsewhere {
                    Some(other) => words
                        .advise(format!("{other} has one, but keys are never mixed from two files: put them together")),
                    None => {
                        words.advise(format!("add it, or write both with: aws configure --profile {}", quoted(profile)))
                    }
                }
            }
            E::TemporaryWithoutToken { profile, found } => Message::new(format!(
                "partial credentials in [{profile}] ({found}): a temporary key (ASIA…) without aws_session_token"
            ))
            .advise("add its aws_session_token, or use the long-term key of an IAM user (AKIA…)"),
            E::BadAccessKeyId { origin } => {
                Message::new(format!("{origin}: that is no access key id (letters and digits, AKIA…)"))
                    .advise("have aws_access_key_id and aws_secret_access_key changed places?")
            }
            E::RoleWithoutSource { profile, origin, has_keys } => {
                let words = Message::new(format!(
                    "{origin}: profile {profile} has role_arn but neither source_profile nor credential_source"
                ));
                if *has_keys {
                    words.advise(format!(
                        "to assume the role with this profile's own keys add: source_profile = {profile}"
                    ))
                } else {
                    words.advise("add: source_profile = the profile that holds the keys")
                }
            }
            E::TwoSources { profile, first, second } => Message::new(format!(
                "profile {profile} contains both source_profile ({first}) and credential_source ({second})"
            ))
            .advise("remove one of them"),
            E::Loop { names } => Message::new(format!("source_profile runs in a loop: {}", names.join(" → ")))
                .advise("one of these profiles must hold the keys"),
            E::TooManyHops { limit } => Message::new(format!("more than {limit} roles one after another"))
                .advise("shorten the chain of source_profile"),
            E::NoDevice { profile, default_has_one } => no_device(profile, default_has_one.as_ref()),
            E::SessionCannotStartSession { profile, found } => Message::new(format!(
                "profile {profile} ({found}) holds temporary keys: a session cannot start from a session"
            ))
            .advise("use the long-term key of an IAM user (AKIA…), or assume a role: role_arn, or --role-arn ARN"),
            E::SourceUnsupported { profile, kind, origin } => kind.message(profile, origin),
            E::PartitionMismatch { first, first_origin, second, second_origin } => Message::new(format!(
                "{first} ({first_origin}) and {second} ({second_origin}) are of different AWS partitions"
            ))
            .advise("credentials of one partition are unknown in every other: correct one of the two"),
            E::EndpointWithVariants { origin, variant } => Message::new(format!(
                "an endpoint URL ({origin}) and FIPS or dual-stack endpoints ({variant}) exclude each other"
            ))
            .advise("remove one of the two settings"),
            E::EndpointNotUrl { url, origin } => Message::new(format!("{origin}: not an endpoint URL: {url}"))
                .advise("an endpoint is https://HOST[:PORT]"),
            E::EndpointPlainHttp { url, origin } => {
                Message::new(format!("{origin}: {url} would carry the code unencrypted"))
                    .advise("use https://; http:// only reaches this machine (localhost, 127.0.0.1, [::1])")
            }
            E::BadSetting { name, value, origin, valid } => {
                Message::new(format!("{origin}: {name} cannot be `{value}`")).advise(format!("it takes {valid}"))
            }
        }
    }
}

fn not_found(name: &str, near: &[String], count: usize, misplaced: Option<&MisplacedSection>) -> Message {
    let words = Message::new(format!("profile {name} not found"));
    match (misplaced, near) {
        (Some(MisplacedSection::BareInConfig(at)), _) => {
            words.advise(format!("{at} has [{name}]; did you mean [profile {name}]?"))
        }
        (Some(MisplacedSection::PrefixedInCredentials(at)), _) => {
            words.advise(format!("{at} has [profile {name}]; in the credentials file that is [{name}]"))
        }
        (None, []) => words.advise(match count {
            0 => "the AWS files hold no profile; write one with: aws configure".to_owned(),
            1 => "the AWS files hold 1 profile, none of a similar name".to_owned(),
            n => format!("the AWS files hold {n} profiles, none of a similar name"),
        }),
        (None, near) => words.advise(format!(
            "did you mean {}? (the AWS files hold {count} profile{})",
            near.join(" or "),
            if count == 1 { "" } else { "s" }
        )),
    }
}

fn no_device(profile: &str, default_has_one: Option<&Origin>) -> Message {
    let section = if profile == "default" { profile.to_owned() } else { format!("profile {profile}") };
    let mut advice = format!(
        "add to [{section}]:   mfa_serial = arn:aws:iam::ACCOUNT:mfa/DEVICE\nthe value is shown by:   aws iam list-mfa-devices --profile {}",
        quoted(profile)
    );
    if let Some(origin) = default_has_one {
        advice.push_str(&format!("\n{origin} has an mfa_serial, but profiles do not inherit from [default]"));
    }
    Message::new(format!(
        "no MFA device is known for profile {profile}, and mfa-env makes no session without MFA: IAM refuses such a session"
    ))
    .advise(advice)
}

/// A name of the person's as an argument of a command that we show.
pub(super) fn quoted(name: &str) -> std::borrow::Cow<'_, str> {
    shell_escape::escape(name.into())
}

impl SyntaxError {
    fn message(self) -> (&'static str, &'static str) {
        match self {
            SyntaxError::UnclosedSection => ("the section's ] is missing", "write [default] or [profile NAME]"),
            SyntaxError::BeforeFirstSection => {
                ("a setting stands before the first section", "put [default] or [profile NAME] above it")
            }
            SyntaxError::NoEqualsSign => ("a line without =", "write key = value, or # before a comment"),
            SyntaxError::EmptyKey => ("a setting without a name before =", "write key = value"),
            SyntaxError::ContinuationOfNothing => {
                ("an indented line that continues nothing", "remove the blanks before it")
            }
            SyntaxError::NestedNoEqualsSign => ("a nested line without =", "write key = value"),
            SyntaxError::NestedEmptyKey => ("a nested setting without a name before =", "write key = value"),
        }
    }
}

impl SourceKind {
    fn message(self, profile: &str, origin: &Origin) -> Message {
        let how = match self {
            SourceKind::Sso => "IAM Identity Center (SSO)",
            SourceKind::Login => "aws login",
            SourceKind::WebIdentity => "a web identity token",
            SourceKind::Process => "credential_process",
            SourceKind::CredentialSource => "credential_source",
        };
        let words = Message::new(format!(
            "profile {profile} gets its credentials from {how} ({origin}), which this version cannot start from"
        ));
        match self {
            SourceKind::Sso => words.advise(format!(
                "mfa-env starts from the keys of an IAM user; for this profile: aws sso login --profile {}",
                quoted(profile)
            )),
            SourceKind::Login => words.advise(format!(
                "mfa-env starts from the keys of an IAM user; for this profile: aws login --profile {}",
                quoted(profile)
            )),
            _ => {
                words.advise("mfa-env starts from the keys of an IAM user: aws_access_key_id and aws_secret_access_key")
            }
        }
    }
}
