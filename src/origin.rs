//! Where a value came from: a flag, a variable, a line of a file, or a default.

use crate::printable::{printable, printable_path};
use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::sync::Arc;

/// The place that a value was read from, as errors, warnings and `explain` show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A command-line option, with its dashes.
    Flag(&'static str),
    /// A command-line option of the session that is renewed, from `MFA_ENV_OPTIONS`.
    Renewed(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A line of one of the AWS files, counted from 1.
    File { path: Arc<Path>, line: usize },
    /// AWS has said it: the user's MFA device, from IAM's list.
    Listed,
    /// Not set anywhere: our own default or AWS's.
    Default,
}

impl Origin {
    /// Whether the value was typed as an option, now or for the session that is renewed.
    pub fn is_option(&self) -> bool {
        matches!(self, Origin::Flag(_) | Origin::Renewed(_))
    }

    /// Whether nobody has set the value.
    pub fn is_default(&self) -> bool {
        *self == Origin::Default
    }

    /// For programs: like `Display`, but with the full path of a file.
    pub fn full(&self) -> String {
        match self {
            Origin::File { path, line } => format!("{}:{line}", printable(&path.to_string_lossy())),
            other => other.to_string(),
        }
    }
}

/// For people: `--region`, `AWS_REGION`, `~/.aws/config:17`.
impl Display for Origin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(name) | Origin::Variable(name) => f.write_str(name),
            Origin::Renewed(option) => write!(f, "{option} in MFA_ENV_OPTIONS"),
            Origin::File { path, line } => write!(f, "{}:{line}", printable_path(path)),
            Origin::Listed => f.write_str("iam:ListMFADevices"),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A value together with its [`Origin`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// A value with its origin.
    pub fn new(value: T, origin: Origin) -> Self {
        Sourced { value, origin }
    }

    /// A value that is not set anywhere.
    pub fn default_of(value: T) -> Self {
        Sourced { value, origin: Origin::Default }
    }
}
