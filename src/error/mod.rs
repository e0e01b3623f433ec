//! Everything that can go wrong: what happened, what to do about it, and the exit status.
//!
//! Variants carry data; their texts are written in this module and nowhere else. The exit statuses are an interface:
//! 0 success, 1 a bug, 2 usage, 3 profile or configuration, 4 rejected by AWS (MFA included), 5 no MFA code, 6 network,
//! 7 a file that cannot be read, written or trusted, 128 + n killed by signal n.

mod access_key;
mod aws;
mod cause;
mod config;
mod console;
mod device;
mod file;
mod iam;
mod network;
mod no_code;
mod no_match;
mod refusal;
mod rotation;
mod save;
mod setup;
mod syntax;
mod usage;
mod value;

pub use access_key::{AccessKeyIdProblem, KeyTextProblem};
pub use aws::{AwsRefusal, CallDescription, KeyOwner, Refusal};
pub use cause::{IgnoredSection, IgnoredSetting, MissingFile, NameHint, SectionFix};
pub use config::{ConfigError, SessionHistory, SourceKind};
pub use console::ConsoleError;
pub use device::DeviceError;
pub(crate) use device::deletion as device_deletion;
pub use file::FileError;
pub use iam::IamRefusal;
pub use network::{NetworkCause, NetworkError, ProxyCause, UnexpectedResponse};
pub use no_code::NoCode;
pub use no_match::NoMatch;
pub use rotation::{KeyState, RotationError};
pub use save::SaveError;
pub use setup::SetupError;
pub use syntax::SyntaxError;
pub use usage::{LongName, UsageError};
pub use value::{InvalidValue, ValueError, continues_with_header, is_likely_region, is_region_name, similar_region};

use crate::origin::Origin;
use crate::printable::{printable, printable_lines};
use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

/// The result of everything that can fail with an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Why a run failed. The kind decides the exit status.
#[derive(Debug)]
pub enum Error {
    /// The command line is wrong. Exit status 2.
    Usage(UsageError),
    /// The AWS files do not say how to sign in. Exit status 3.
    Config(ConfigError),
    /// A value breaks a rule of STS. Exit status 3 if it is in a file, otherwise 2.
    Value(InvalidValue),
    /// STS rejected the call. Exit status 4.
    Aws(Box<AwsRefusal>),
    /// An MFA code is needed, but there is none. Exit status 5.
    NoCode(NoCode),
    /// STS could not be reached, or something else responded. Exit status 6.
    Network(NetworkError),
    /// A file or stream that cannot be read, written or trusted. Exit status 7.
    File(FileError),
    /// No profile is left to run a command for. Exit status 3.
    NoMatch(NoMatch),
    /// `save` would replace something of the user. Exit status 3.
    Save(SaveError),
    /// The console cannot be opened. Exit status 3, 4, 6 or 7.
    Console(ConsoleError),
    /// The user's MFA devices do not allow what was asked for. Exit status 3 or 4.
    Device(DeviceError),
    /// An access key cannot be replaced, or was replaced only in part. The exit status is that of its cause.
    Rotation(Box<RotationError>),
    /// `setup` cannot begin or go on. Exit status 2, 3 or 5.
    Setup(SetupError),
    /// A state that should not exist. Exit status 1.
    Unexpected(String),
}

/// What happened, and what to do about it.
pub struct Message {
    /// One line without a full stop.
    pub what: String,
    /// Lines in the imperative.
    pub advice: Option<String>,
}

impl Message {
    fn new(what: impl Into<String>) -> Self {
        Message { what: what.into(), advice: None }
    }

    fn advise(self, advice: impl Into<String>) -> Self {
        Message { advice: Some(advice.into()), ..self }
    }
}

impl Error {
    /// The exit status of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Unexpected(_) => 1,
            Error::Usage(_) => 2,
            Error::Value(e) => e.exit_code(),
            Error::Config(_) | Error::NoMatch(_) | Error::Save(_) => 3,
            Error::Console(e) => e.exit_code(),
            Error::Device(e) => e.exit_code(),
            Error::Rotation(e) => e.exit_code(),
            Error::Setup(e) => e.exit_code(),
            Error::Aws(_) => 4,
            Error::NoCode(_) => 5,
            Error::Network(e) if matches!(e.problem, NetworkCause::CaBundle { .. }) => 7,
            Error::Network(_) => 6,
            Error::File(e) => e.exit_code(),
        }
    }

    /// What happened, in one line, without advice.
    pub fn what(&self) -> String {
        printable(&self.message().what).to_string()
    }

    /// What to do, in one or more lines.
    pub fn advice(&self) -> Option<String> {
        self.message().advice.map(|advice| printable_lines(&advice).to_string())
    }

    /// What happened and the first line of advice, in one line: shown above the prompt that asks again.
    pub fn in_one_line(&self) -> String {
        let Message { what, advice } = self.message();
        let first = advice.as_deref().and_then(|advice| advice.lines().next());
        let more = match self {
            Error::Aws(_) | Error::NoCode(NoCode::UsedAlready { .. }) => first,
            Error::Network(_) => Some("the code may have been used; enter the next one"),
            _ => None,
        };
        let text = more.map_or(what.clone(), |more| format!("{what}: {more}"));
        printable(&text).to_string()
    }

    /// Whether the call may succeed with another code.
    pub fn asks_for_another_code(&self) -> bool {
        match self {
            Error::Aws(refusal) => matches!(refusal.reason, Refusal::WrongCode(_) | Refusal::WrongCodeBefore),
            Error::Network(e) => e.code_may_be_used && e.problem.is_transient(),
            _ => false,
        }
    }

    /// The text, in which untrusted parts are not escaped yet.
    fn message(&self) -> Message {
        match self {
            Error::Usage(e) => e.message(),
            Error::Config(e) => e.message(),
            Error::Value(e) => e.message(),
            Error::Aws(e) => e.message(),
            Error::NoCode(e) => e.message(),
            Error::Network(e) => e.message(),
            Error::File(e) => e.message(),
            Error::NoMatch(e) => e.message(),
            Error::Save(e) => e.message(),
            Error::Console(e) => e.message(),
            Error::Device(e) => e.message(),
            Error::Rotation(e) => e.message(),
            Error::Setup(e) => e.message(),
            Error::Unexpected(what) => {
                Message::new(what.clone()).advise("this is a bug in mfa-env; report it with the command that you ran")
            }
        }
    }

    /// If the error is that a profile was not found, adds the variable that its name was taken from: the user did not
    /// type it.
    #[must_use]
    pub fn named_by(mut self, origin: &Origin) -> Self {
        if let (Error::Config(ConfigError::ProfileNotFound { variable, .. }), Origin::Variable(name)) =
            (&mut self, origin)
        {
            *variable = Some(name);
        }
        self
    }

    /// If the error is that something is not in the AWS files, adds the files that variables name but do not exist.
    #[must_use]
    pub fn with_missing(self, files: Vec<MissingFile>) -> Self {
        match self {
            Error::Config(problem) if problem.is_absence() && !files.is_empty() => {
                ConfigError::WithoutFile { problem: Box::new(problem), files }.into()
            }
            other => other,
        }
    }

    /// Whether the error is not reported, because the program that reads stdout has exited.
    pub fn is_silent(&self) -> bool {
        matches!(self, Error::File(FileError::StdoutClosed))
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Message { what, advice } = self.message();
        write!(f, "{}", printable(&what))?;
        if let Some(advice) = advice {
            write!(f, "\n  {}", printable_lines(&advice.replace('\n', "\n  ")))?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Quotes an argument of a command that advice tells the user to run.
///
/// `shell_escape::escape` picks the quoting from the platform and the environment; the target decides here, so that a
/// message is the same wherever it is printed. On Windows the quoting is that of cmd.exe: double quotes, which
/// PowerShell understands too, while cmd.exe would pass single quotes on.
fn quoted(argument: &str) -> Cow<'_, str> {
    if cfg!(windows) {
        shell_escape::windows::escape(argument.into())
    } else {
        shell_escape::unix::escape(argument.into())
    }
}

macro_rules! from_kind {
    ($($kind:ident($type:ty)),+ $(,)?) => {$(
        impl From<$type> for Error {
            fn from(e: $type) -> Self {
                Error::$kind(e)
            }
        }
    )+};
}
impl From<AwsRefusal> for Error {
    fn from(e: AwsRefusal) -> Self {
        Error::Aws(Box::new(e))
    }
}

impl From<RotationError> for Error {
    fn from(e: RotationError) -> Self {
        Error::Rotation(Box::new(e))
    }
}

from_kind!(
    Usage(UsageError),
    Config(ConfigError),
    Value(InvalidValue),
    NoCode(NoCode),
    NoMatch(NoMatch),
    Network(NetworkError),
    File(FileError),
    Save(SaveError),
    Console(ConsoleError),
    Device(DeviceError),
    Setup(SetupError),
);
