//! An AWS file that the AWS CLI and boto3 reject as a whole, as messages describe it.

use crate::origin::Origin;
use crate::printable::{printable, shown_value};
use std::fmt::{self, Display, Formatter};

/// The first line because of which botocore rejects a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedFile {
    /// The line.
    pub origin: Origin,
    /// What is wrong with it.
    pub problem: RejectedLine,
}

/// Why a line is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RejectedLine {
    /// The file begins with a byte order mark.
    ByteOrderMark,
    /// It is above the first header.
    NoSection,
    /// It is neither a header nor a setting.
    NotASetting,
    /// It is below a `key =`, and has no `=`.
    NotNested,
    /// A header that the file has already, at `first`.
    Section { header: String, first: Origin },
    /// A key that the section has already, at `first`.
    Key { key: String, first: Origin },
}

/// One line: what is wrong, what that means, and what to do.
impl Display for RejectedFile {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.origin)?;
        let fix = match &self.problem {
            RejectedLine::ByteOrderMark => {
                f.write_str("the file starts with a byte order mark")?;
                "save it without one"
            }
            RejectedLine::NoSection => {
                f.write_str("a line above the first section")?;
                "move it below a header, or remove it"
            }
            RejectedLine::NotASetting => {
                f.write_str("a line that is neither a header nor a setting")?;
                "correct or remove it"
            }
            RejectedLine::NotNested => {
                f.write_str("a line below a `key =` without `=`")?;
                "correct or remove it"
            }
            RejectedLine::Section { header, first } => {
                write!(f, "{} is defined twice (first {first})", printable(&shown_value(header)))?;
                "put its settings into one of them"
            }
            RejectedLine::Key { key, first } => {
                write!(f, "{} is set twice in its section (first {first})", printable(&shown_value(key)))?;
                "remove one of them"
            }
        };
        write!(f, "; the AWS CLI and boto3 reject the whole file, with every profile in it: {fix}")
    }
}
