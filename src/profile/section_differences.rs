//! Sections that the AWS CLI reads differently from mfa-env, for `explain` and `list`. A sign-in ignores them.
//!
//! What the AWS CLI reads is what botocore reads, that is, what Python's `configparser` and `shlex` do.

use super::AwsFiles;
use super::file::{AwsFile, Section};
use super::section::{SectionKind, header, is_plain};
use super::text::FileKind;
use crate::section_difference::{SectionDifference, SectionDifferenceKind as Kind};

impl AwsFiles<'_> {
    /// The sections that the AWS CLI reads differently, in the order of the files.
    pub fn section_differences(&self) -> Vec<SectionDifference> {
        let mut all = Vec::new();
        for file in self.files() {
            let mut prefixed_default = None;
            for section in &file.sections {
                if section.name == "default" && section.kind == (SectionKind::Profile { prefixed: true }) {
                    prefixed_default = Some(section);
                }
                all.extend(difference(file, section, prefixed_default));
            }
            // Once per file: usually all of them are.
            all.extend(file.indented_section().map(|section| described(file, section, None, Kind::Indented)));
        }
        all
    }

    /// The first indented comment of each section of a profile or of services. botocore reads them as mfa-env does, but
    /// the SDKs do not.
    pub fn indented_comments(&self) -> Vec<SectionDifference> {
        let is_read = |section: &&Section<'_>| section.is_profile() || section.kind == SectionKind::Services;
        let sections =
            self.files().iter().flat_map(|file| file.sections.iter().filter(is_read).map(move |s| (file, s)));
        let comments = sections.filter_map(|(file, section)| {
            let origin = file.indented_comment(section)?;
            let profile = section.is_profile().then(|| section.name.to_string());
            Some(SectionDifference { origin, ..described(file, section, profile, Kind::IndentedComment) })
        });
        comments.collect()
    }
}

/// How the AWS CLI reads a section differently, given the `[profile default]` above it.
fn difference(
    file: &AwsFile<'_>,
    section: &Section<'_>,
    prefixed_default: Option<&Section<'_>>,
) -> Option<SectionDifference> {
    if file.has_usual_header(section) {
        return None;
    }
    let profile = || Some(section.name.to_string());
    match section.kind {
        SectionKind::Profile { .. } | SectionKind::BareInConfig if file.header_text(section) == "[DEFAULT]" => {
            Some(described(file, section, None, Kind::ForAllProfiles))
        }
        SectionKind::Profile { prefixed } => {
            if file.botocore_name(section).as_deref() != Some(&section.name) {
                let right = header(&section.name, file.kind(), prefixed);
                let read_by_sdks = is_plain(&section.name) && !file.header_text(section).contains(['"', '\'', '\\']);
                return Some(described(file, section, profile(), Kind::NotThisProfile { right, read_by_sdks }));
            }
            let is_last_default = section.name == "default" && !prefixed && file.kind() == FileKind::Config;
            let prefixed = prefixed_default.filter(|_| is_last_default)?;
            let prefixed = file.header_origin(prefixed);
            Some(described(file, section, profile(), Kind::LastDefault { prefixed }))
        }
        _ => None,
    }
}

fn described(file: &AwsFile<'_>, section: &Section<'_>, profile: Option<String>, kind: Kind) -> SectionDifference {
    SectionDifference {
        profile,
        header: file.header_text(section).to_owned(),
        origin: file.header_origin(section),
        kind,
    }
}
