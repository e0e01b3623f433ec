//! A section of an AWS file that other tools read differently, as a warning describes it.

use crate::origin::Origin;
use crate::printable::printable;
use std::fmt::{self, Display, Formatter};

/// A section that other tools read differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionDifference {
    /// The profile concerned; `None` if it is every profile of the file.
    pub profile: Option<String>,
    /// The header as it is in the file.
    pub header: String,
    /// The line of the header.
    pub origin: Origin,
    /// What differs.
    pub kind: SectionDifferenceKind,
}

/// How other tools read a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SectionDifferenceKind {
    /// Not as the section of its profile. With the header `right`, it does.
    NotThisProfile { right: String, read_by_sdks: bool },
    /// `[default]` below `[profile default]`, which is at `prefixed`: the AWS CLI uses the last one.
    LastDefault { prefixed: Origin },
    /// `[DEFAULT]`: its settings apply to every profile of the file.
    ForAllProfiles,
    /// The first section whose header is indented: some SDKs reject the file.
    Indented,
    /// The AWS CLI and mfa-env read an indented comment, which is at `origin`, as a comment; the SDKs do not.
    IndentedComment,
}

/// What each tool reads, and what makes them agree.
impl Display for SectionDifference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        use SectionDifferenceKind as Kind;
        let SectionDifference { profile, header, origin, kind } = self;
        let (profile, header) = (printable(profile.as_deref().unwrap_or_default()), printable(header));
        match kind {
            Kind::NotThisProfile { right, read_by_sdks } => write!(
                f,
                "{} {header} ({origin}) as profile {profile}, the AWS CLI{} not; write {}",
                if *read_by_sdks { "mfa-env and the SDKs read" } else { "mfa-env reads" },
                if *read_by_sdks { " does" } else { " and the SDKs do" },
                printable(right)
            ),
            Kind::LastDefault { prefixed } => write!(
                f,
                "mfa-env and the SDKs use [profile default] ({prefixed}), the AWS CLI {header} ({origin}), because it \
                 comes last; remove one of them"
            ),
            Kind::ForAllProfiles => write!(
                f,
                "the AWS CLI applies the settings of {header} ({origin}) to every profile of the file, mfa-env and \
                 the SDKs do not; move them to the profiles that need them"
            ),
            Kind::IndentedComment => write!(
                f,
                "mfa-env and the AWS CLI read the indented line {origin} as a comment, the SDKs as part of a setting, or \
                 they reject the file; remove its indentation"
            ),
            Kind::Indented => write!(
                f,
                "mfa-env and the AWS CLI read {header} ({origin}) as a section although it is indented, but some SDKs \
                 reject the file; remove the indentation"
            ),
        }
    }
}
