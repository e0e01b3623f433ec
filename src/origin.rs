//! Where a value came from: a flag, a variable, a line of a file, or nobody said.

use crate::printable::printable;
use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::sync::Arc;

/// The place that a value was read from; errors and `explain` show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An option of the command line, with its dashes.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A line of one of the AWS files, counted from 1.
    File { path: Arc<Path>, line: usize },
    /// Nobody said it: our own or AWS's default.
    Default,
}

impl Display for Origin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(name) | Origin::Variable(name) => f.write_str(name),
            Origin::File { path, line } => write!(f, "{}:{line}", printable(&path.to_string_lossy())),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A value together with its [`Origin`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Sourced<T> {
    pub fn new(value: T, origin: Origin) -> Self {
        Sourced { value, origin }
    }

    /// A value that nobody gave.
    pub fn default_of(value: T) -> Self {
        Sourced { value, origin: Origin::Default }
    }
}
