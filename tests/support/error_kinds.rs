//! The kinds of errors about the AWS files, so that a test can tell that it has a case of each.

use mfa_env::error::{
    AccessKeyIdProblem, ConfigError, Error, FileError, KeyTextProblem, SourceKind, SyntaxError, ValueError,
};

/// The kinds of errors about the AWS files. A new one needs a case in `tests/files`.
pub const KINDS: [&str; 64] = [
    "NoFiles",
    "NotUtf8",
    "NulByte",
    "UnclosedSection",
    "BeforeFirstSection",
    "NoEqualsSign",
    "EmptyKey",
    "NestedNoEqualsSign",
    "NestedEmptyKey",
    "HomeRelative",
    "ProfileNotFound",
    "SourceNotFound",
    "SourceEmpty",
    "NoCredentials",
    "SourceWithoutRole",
    "PartialKeys",
    "TemporaryWithoutToken",
    "id Swapped",
    "id Quoted",
    "id Characters",
    "key Continued",
    "key Quoted",
    "key Character",
    "RoleWithoutSource",
    "TwoSources",
    "Loop",
    "TooManyHops",
    "NoDevice",
    "SessionCannotStartSession",
    "from Sso",
    "from Login",
    "from WebIdentity",
    "from Process",
    "from CredentialSource",
    "from MfaEnv",
    "PartitionMismatch",
    "EndpointWithVariants",
    "EndpointNotUrl",
    "EndpointPlainHttp",
    "BadSetting",
    "ServicesNotFound",
    "Misspelled",
    "Ignored",
    "WithoutFile",
    "value Empty",
    "value Length",
    "value Characters",
    "value Control",
    "value NotSeconds",
    "value NotADuration",
    "value Range",
    "value NotARoleArn",
    "value UserArn",
    "value AccountDigits",
    "value Quoted",
    "value NotADevice",
    "value U2fDevice",
    "value UserAsDevice",
    "value NotARegion",
    "file Unreadable",
    "file NotAFile",
    "file TooLarge",
    "value Continued",
    "NoHome",
];

/// The kind of an error. The match is exhaustive, so that a new kind does not compile without a name here.
pub fn kind(error: &Error) -> &'static str {
    use ConfigError as E;
    match error {
        Error::Config(e) => match e {
            E::NoFiles { .. } => "NoFiles",
            E::NoHome => "NoHome",
            E::HomeRelative { .. } => "HomeRelative",
            E::NotUtf8 { .. } => "NotUtf8",
            E::NulByte { .. } => "NulByte",
            E::Syntax { problem, .. } => match problem {
                SyntaxError::UnclosedSection => "UnclosedSection",
                SyntaxError::BeforeFirstSection => "BeforeFirstSection",
                SyntaxError::NoEqualsSign => "NoEqualsSign",
                SyntaxError::EmptyKey => "EmptyKey",
                SyntaxError::NestedNoEqualsSign => "NestedNoEqualsSign",
                SyntaxError::NestedEmptyKey => "NestedEmptyKey",
            },
            E::ProfileNotFound { .. } => "ProfileNotFound",
            E::SourceNotFound { .. } => "SourceNotFound",
            E::SourceEmpty { .. } => "SourceEmpty",
            E::NoCredentials { .. } => "NoCredentials",
            E::SourceWithoutRole { .. } => "SourceWithoutRole",
            E::PartialKeys { .. } => "PartialKeys",
            E::TemporaryWithoutToken { .. } => "TemporaryWithoutToken",
            E::BadAccessKeyId { problem, .. } => match problem {
                AccessKeyIdProblem::Swapped { .. } => "id Swapped",
                AccessKeyIdProblem::Quoted => "id Quoted",
                AccessKeyIdProblem::Characters => "id Characters",
            },
            E::BadKeyText { problem, .. } => match problem {
                KeyTextProblem::Continued { .. } => "key Continued",
                KeyTextProblem::Quoted => "key Quoted",
                KeyTextProblem::Character { .. } => "key Character",
            },
            E::RoleWithoutSource { .. } => "RoleWithoutSource",
            E::TwoSources { .. } => "TwoSources",
            E::Loop { .. } => "Loop",
            E::TooManyHops { .. } => "TooManyHops",
            E::NoDevice { .. } => "NoDevice",
            E::SessionCannotStartSession { .. } => "SessionCannotStartSession",
            E::SourceUnsupported { kind, .. } => match kind {
                SourceKind::Sso => "from Sso",
                SourceKind::Login => "from Login",
                SourceKind::WebIdentity => "from WebIdentity",
                SourceKind::Process => "from Process",
                SourceKind::CredentialSource => "from CredentialSource",
                SourceKind::MfaEnv => "from MfaEnv",
            },
            E::PartitionMismatch { .. } => "PartitionMismatch",
            E::EndpointWithVariants { .. } => "EndpointWithVariants",
            E::EndpointNotUrl { .. } => "EndpointNotUrl",
            E::EndpointPlainHttp { .. } => "EndpointPlainHttp",
            // Only what calls IAM meets it.
            E::NoIamEndpoint { .. } => "not about the AWS files",
            E::BadSetting { .. } => "BadSetting",
            E::ServicesNotFound { .. } => "ServicesNotFound",
            E::Misspelled { .. } => "Misspelled",
            E::Ignored { .. } => "Ignored",
            E::WithoutFile { .. } => "WithoutFile",
        },
        Error::Value(e) if e.value.contains('\n') => "value Continued",
        Error::Value(e) => match e.problem {
            ValueError::Empty => "value Empty",
            ValueError::Length { .. } => "value Length",
            ValueError::Characters { .. } => "value Characters",
            ValueError::Control => "value Control",
            ValueError::NotSeconds => "value NotSeconds",
            ValueError::NotADuration => "value NotADuration",
            ValueError::Range { .. } => "value Range",
            ValueError::NotARoleArn => "value NotARoleArn",
            ValueError::UserArn => "value UserArn",
            ValueError::AccountDigits => "value AccountDigits",
            ValueError::Quoted => "value Quoted",
            ValueError::NotADevice => "value NotADevice",
            ValueError::U2fDevice => "value U2fDevice",
            ValueError::UserAsDevice => "value UserAsDevice",
            ValueError::NotARegion => "value NotARegion",
        },
        Error::File(e) => match e {
            FileError::Unreadable { .. } => "file Unreadable",
            FileError::NotAFile { .. } => "file NotAFile",
            FileError::TooLarge { .. } => "file TooLarge",
            FileError::Exhausted(_)
            | FileError::Stdout(_)
            | FileError::Stdin(_)
            | FileError::NotStarted { .. }
            | FileError::NotWritten { .. }
            | FileError::NotReplaced { .. }
            | FileError::NotStored(_)
            | FileError::NoTokenFile { .. }
            | FileError::NoView { .. }
            | FileError::NotRestorable { .. }
            | FileError::NotListening { .. }
            | FileError::CallerGone
            | FileError::StdoutClosed
            | FileError::TextNotRead(_)
            | FileError::TextUnreadable { .. } => "not about the AWS files",
        },
        Error::Save(_)
        | Error::Console(_)
        | Error::Device(_)
        | Error::Rotation(_)
        | Error::Setup(_)
        | Error::NoMatch(_) => "not about reading the AWS files",
        Error::Usage(_) | Error::Aws(_) | Error::NoCode(_) | Error::Network(_) | Error::Unexpected(_) => {
            "not about the AWS files"
        }
    }
}
