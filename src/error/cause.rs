//! Why a profile or a setting is not read although the AWS files have it, and the line that changes that.

use super::value::remove_quotes;
use crate::origin::Origin;
use crate::printable::printable_path;
use std::path::PathBuf;

/// A section that is meant for a profile, but is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredSection {
    /// The header as it is in the file, such as `[prod]`.
    pub header: String,
    /// The line of the header.
    pub origin: Origin,
    /// What makes its settings count.
    pub fix: SectionFix,
}

/// What makes the settings of an ignored section count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SectionFix {
    /// The header must be this one in this file, which is `config` or `credentials`.
    Rewrite { header: String, file: &'static str },
    /// The header must not be indented.
    Unindent,
    /// The settings must be in the section of this header, which is read.
    Move { header: String, origin: Origin },
}

/// A setting that a profile lacks because it is in an ignored section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredSetting {
    /// The key.
    pub key: &'static str,
    /// Its line.
    pub origin: Origin,
    /// Where it is.
    pub section: IgnoredSection,
}

/// What may be meant by the name of a profile that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameHint {
    /// A section of this name that is not read.
    Ignored(IgnoredSection),
    /// The name without its quotes, which exists.
    Unquoted(String),
    /// Profiles with similar names; there may be none.
    Similar(Vec<String>),
    /// The name is the word of a command. Profiles with similar names; there may be none.
    Word {
        /// What for, and what to type.
        meaning: String,
        similar: Vec<String>,
    },
}

/// A variable that names an AWS file which does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingFile {
    /// The variable.
    pub variable: &'static str,
    /// The file.
    pub path: PathBuf,
    /// Whether it was a view of all profiles.
    pub was_view: bool,
}

impl IgnoredSection {
    /// What is wrong, and what to write, in one line.
    pub fn advice(&self) -> String {
        let IgnoredSection { header, origin, fix } = self;
        match fix {
            SectionFix::Rewrite { header: right, file } => {
                format!("{origin} has {header}; in the {file} file, write {right}")
            }
            SectionFix::Unindent => format!("{origin} has {header}, but indented; remove the indentation"),
            SectionFix::Move { header: other, origin: at } => {
                format!("{origin} has {header}; move its settings to {other} ({at})")
            }
        }
    }
}

impl IgnoredSetting {
    pub(super) fn advice(&self) -> String {
        let IgnoredSetting { key, origin, section } = self;
        let IgnoredSection { header, origin: at, fix } = section;
        let fix = match fix {
            SectionFix::Rewrite { header, file } => format!("in the {file} file, write {header} ({at})"),
            SectionFix::Unindent => format!("remove the indentation of the header ({at})"),
            SectionFix::Move { header, origin } => format!("move it to {header} ({origin})"),
        };
        format!("{key} ({origin}) is in {header}, which is not read: {fix}")
    }
}

impl NameHint {
    /// The advice; `None` if nothing is similar. `variable` is where the name was taken from.
    pub(super) fn advice(&self, variable: Option<&'static str>) -> Option<String> {
        match (self, variable) {
            (NameHint::Ignored(section), _) => Some(section.advice()),
            (NameHint::Unquoted(_), Some(variable)) => Some(remove_quotes(&Origin::Variable(variable))),
            (NameHint::Unquoted(name), None) => Some(format!("did you mean {name}, without the quotes?")),
            (NameHint::Similar(names), _) => did_you_mean(names),
            (NameHint::Word { meaning, similar }, _) => {
                Some(did_you_mean(similar).into_iter().chain([meaning.clone()]).collect::<Vec<_>>().join("\n"))
            }
        }
    }
}

fn did_you_mean(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

impl MissingFile {
    /// What is wrong, and what to do, in one line.
    pub fn advice(&self) -> String {
        let MissingFile { variable, path, was_view } = self;
        let path = printable_path(path);
        if *was_view {
            format!("{variable} names {path}, a view of your profiles that was removed; unset {variable}")
        } else {
            format!("{variable} names {path}, which does not exist; correct or unset {variable}")
        }
    }
}
