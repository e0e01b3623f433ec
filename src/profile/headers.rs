//! The headers of an AWS file as they are in it, and as botocore reads them. A sign-in needs this only for errors.

use super::file::{AwsFile, Section, lines, trimmed};
use super::section::{self, BLANKS, SectionKind, botocore_name};
use crate::origin::Origin;
use std::borrow::Cow;

impl<'a> AwsFile<'a> {
    /// What looks like a section with an indented header, but continues the setting above it.
    pub(super) fn continuing_sections(&self) -> Vec<Section<'a>> {
        let text: &'a str = &self.text().text;
        let is_after_blank = |at: usize| at > 0 && matches!(text.as_bytes()[at - 1], b' ' | b'\t');
        if !memchr::memchr_iter(b'[', text.as_bytes()).any(is_after_blank) {
            return Vec::new();
        }
        let mut found: Vec<Section<'a>> = Vec::new();
        let mut at = 0;
        for line in lines(text) {
            let header = at + (line.len() - line.trim_start_matches(BLANKS).len());
            let is_indented = header > at;
            at += line.len() + 1;
            if !text[header..].starts_with('[') {
                continue;
            }
            if let Some(above) = found.last_mut().filter(|above| above.body.end == text.len()) {
                above.body.end = header;
            }
            if is_indented
                && !self.sections.iter().any(|section| section.header == header)
                && let Ok(Some((kind, name))) = section::parse(line.trim_start_matches(BLANKS), self.kind())
            {
                found.push(Section { kind, name, header, body: text.len().min(at)..text.len() });
            }
        }
        found
    }

    /// The first section whose header is indented.
    pub(super) fn indented_section(&self) -> Option<&Section<'a>> {
        let text = self.text().text.as_bytes();
        self.sections.iter().find(|section| section.header > 0 && text[section.header - 1] != b'\n')
    }

    /// Whether the header of a section is one that every tool reads in the same way, and not that of `default`. Without
    /// this shortcut, `list` takes 4 % more instructions.
    pub(super) fn has_usual_header(&self, section: &Section<'_>) -> bool {
        let start = match section.kind {
            SectionKind::Profile { prefixed: true } => "[profile ",
            SectionKind::Profile { prefixed: false } => "[",
            _ => return false,
        };
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        let rest = self.text().text[section.header..].strip_prefix(start);
        let rest = rest.and_then(|rest| rest.strip_prefix(&*section.name));
        rest.is_some_and(|rest| rest.starts_with("]\n"))
            && section.name.bytes().all(is_plain)
            && !section.name.eq_ignore_ascii_case("default")
    }

    /// The header of a section as it is in the file, without its indentation and what follows the last `]`.
    pub(super) fn header_text(&self, section: &Section<'_>) -> &'a str {
        let line = self.header_line(section);
        line.rfind(']').map_or(line, |end| &line[..=end])
    }

    /// The first indented comment of a section.
    pub(super) fn indented_comment(&self, section: &Section<'_>) -> Option<Origin> {
        let body = &self.text().text[section.body.clone()];
        let mut start = section.body.start;
        let comment = lines(body).find_map(|line| {
            let at = start;
            start += line.len() + 1;
            (line.starts_with(BLANKS) && trimmed(line).starts_with(['#', ';'])).then_some(at)
        })?;
        Some(self.origin(self.line_at(comment)))
    }

    /// The name of the profile that botocore reads in the header of a section.
    pub(super) fn botocore_name(&self, section: &Section<'_>) -> Option<Cow<'a, str>> {
        botocore_name(self.header_line(section), self.kind())
    }

    fn header_line(&self, section: &Section<'_>) -> &'a str {
        let text: &'a str = &self.text().text;
        let line = &text[section.header..];
        memchr::memchr(b'\n', line.as_bytes()).map_or(line, |end| &line[..end])
    }
}
