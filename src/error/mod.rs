//! Everything that can go wrong: what happened, what to do about it, and the exit code.
//!
//! Variants carry data; their words are written here and nowhere else. The exit codes are an interface:
//! 0 done, 1 unexpected, 2 usage, 3 profile or configuration, 4 AWS refused (MFA included), 5 no code to be had,
//! 6 network, 7 a file that cannot be read, written or trusted, 128 + n ended by signal n.

mod aws;
mod config;
mod file;
mod network;
mod no_code;
mod refusal;
mod usage;
mod value;

pub use aws::{AwsRefusal, CallDescription, KeyOwner, Refusal};
pub use config::{ConfigError, MisplacedSection, SourceKind, SyntaxError};
pub use file::FileError;
pub use network::{NetworkCause, NetworkError, ProxyCause, UnexpectedResponse};
pub use no_code::NoCode;
pub use usage::UsageError;
pub use value::{InvalidValue, ValueError};

use crate::printable::printable_lines;
use std::fmt::{self, Display, Formatter};

pub type Result<T> = std::result::Result<T, Error>;

/// Why a run failed. The kind decides the exit code.
#[derive(Debug)]
pub enum Error {
    /// What was typed makes no sense. Exit code 2.
    Usage(UsageError),
    /// The AWS files do not say how to sign in. Exit code 3.
    Config(ConfigError),
    /// A value breaks a rule of STS. Exit code 2 where it was typed, 3 where it stands in a file.
    Value(InvalidValue),
    /// STS answered, and the answer is no. Exit code 4.
    Aws(Box<AwsRefusal>),
    /// A code is needed and there is none. Exit code 5.
    NoCode(NoCode),
    /// STS could not be reached, or something else answered. Exit code 6.
    Network(NetworkError),
    /// A file or stream that cannot be read, written or trusted. Exit code 7.
    File(FileError),
    /// A state that should not exist. Exit code 1.
    Unexpected(String),
}

/// What happened, and what to do about it.
pub struct Message {
    pub what: String,
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
    /// The status that the process ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Unexpected(_) => 1,
            Error::Usage(_) => 2,
            Error::Value(bad) => bad.exit_code(),
            Error::Config(_) => 3,
            Error::Aws(_) => 4,
            Error::NoCode(_) => 5,
            Error::Network(_) => 6,
            Error::File(e) => e.exit_code(),
        }
    }

    /// What happened, in one line, without what to do about it.
    pub fn what(&self) -> String {
        crate::printable::printable(&self.message().what).to_string()
    }

    /// What happened and the first thing to know about it, in one line, for where the person is asked again.
    pub fn in_one_line(&self) -> String {
        let Message { what, advice } = self.message();
        let first = advice.as_deref().and_then(|advice| advice.lines().next());
        let more = match self {
            Error::Aws(_) | Error::NoCode(NoCode::UsedAlready { .. }) => first,
            Error::Network(_) => Some("the code may be used up"),
            _ => None,
        };
        let text = more.map_or(what.clone(), |more| format!("{what}: {more}"));
        crate::printable::printable(&text).to_string()
    }

    /// Whether another code may fare better than the one that was sent.
    pub fn asks_for_another_code(&self) -> bool {
        match self {
            Error::Aws(refusal) => matches!(refusal.reason, Refusal::WrongCode(_)),
            Error::Network(e) => e.code_spent && e.problem.passes(),
            _ => false,
        }
    }

    /// The text, foreign parts not yet escaped.
    fn message(&self) -> Message {
        match self {
            Error::Usage(e) => e.message(),
            Error::Config(e) => e.message(),
            Error::Value(e) => e.message(),
            Error::Aws(e) => e.message(),
            Error::NoCode(e) => e.message(),
            Error::Network(e) => e.message(),
            Error::File(e) => e.message(),
            Error::Unexpected(what) => Message::new(what.clone())
                .advise("this is a defect of mfa-env; please report it with the command you typed"),
        }
    }

    /// Whether nobody is left to read the error: the reader of a pipe went away.
    pub fn is_silent(&self) -> bool {
        matches!(self, Error::File(FileError::ReaderGone))
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let words = self.message();
        write!(f, "{}", crate::printable::printable(&words.what))?;
        if let Some(advice) = words.advice {
            write!(f, "\n  {}", printable_lines(&advice.replace('\n', "\n  ")))?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

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

from_kind!(
    Usage(UsageError),
    Config(ConfigError),
    Value(InvalidValue),
    NoCode(NoCode),
    Network(NetworkError),
    File(FileError)
);
