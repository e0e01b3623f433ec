//! Changing one section of an AWS file and no other byte of it.

use super::file::{AwsFile, Section, Setting, Settings, is_blank_or_comment, lines};
use super::section::{self, BLANKS, SectionKind};
use super::text::BYTE_ORDER_MARK;
use super::{FileKind, ProfileName};
use crate::error::Result;
use crate::origin::Origin;
use std::ops::Range;
use zeroize::Zeroizing;

/// A profile with the prefix that only `[default]` can do without.
const PREFIXED: SectionKind = SectionKind::Profile { prefixed: true };

/// The setting of a section that `mfa-env save` wrote: the profile that its session is of.
pub const SAVED_PROFILE: &str = "mfa_env_profile";

impl<'a> AwsFile<'a> {
    /// The sections of a profile in this file.
    pub fn profile_sections<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Section<'a>> {
        self.sections.iter().filter(move |section| section.is_profile() && section.name == name)
    }

    /// The lines of a section, counted from 0: its header and what follows, without the comments and blank lines at its
    /// end, which may belong to the next section.
    pub fn lines_of(&self, section: &Section<'_>) -> Range<usize> {
        let header = self.line_at(section.header) - 1;
        let body = lines(&self.text().text[section.body.clone()]);
        let settings = body.enumerate().filter(|(_, line)| !is_blank_or_comment(line));
        header..settings.last().map_or(header + 1, |(at, _)| header + at + 2)
    }
}

/// Whether a section has keys that a session must not replace: an access key that is not temporary.
pub fn has_long_term_keys(settings: &Settings<'_>) -> bool {
    let is_temporary = |id: &str| id.starts_with("ASIA") || settings.get("aws_session_token").is_some();
    let id = settings.get("aws_access_key_id").map(|id| &*id.value);
    id.is_some_and(|id| id.starts_with("AKIA") || !is_temporary(id))
}

/// The header of a section for this profile. `None` if not every program reads this name in it: as another kind of
/// section, or as a comment.
pub fn section_header(name: &ProfileName, kind: FileKind) -> Option<String> {
    let header = section::header(name.as_str(), kind, false);
    let read = section::parse(&header, kind).ok().flatten();
    let is_read = read.is_some_and(|(kind, read)| matches!(kind, SectionKind::Profile { .. }) && read == name.as_str());
    (is_read && !name.as_str().contains(['#', ';', '[', ']'])).then_some(header)
}

/// The text of a file with these lines in the place of the lines `old`, or at its end if there are none. `text` is the
/// file as it is on disk; the new lines get the line ending of its first line, and the indentation that leaves the lines
/// after them what they are.
pub fn with_section(text: &str, old: Option<&Range<usize>>, new: &[String]) -> Zeroizing<String> {
    let starts = line_starts(text);
    let first_end = starts.get(1).copied().unwrap_or(text.len());
    let ending = if text[..first_end].ends_with("\r\n") { "\r\n" } else { "\n" };
    let length = new.iter().map(|line| line.len() + 2).sum::<usize>();
    // Large enough from the start: growing would leave copies behind.
    let mut edited = Zeroizing::new(String::with_capacity(text.len() + length + 4));
    let place = |line: usize| starts.get(line).copied().unwrap_or(text.len());
    let (before, after) = match old {
        Some(old) => (&text[..place(old.start)], &text[place(old.end)..]),
        None => (text, ""),
    };
    edited.push_str(before);
    if !before.is_empty() && !before.ends_with(['\n', '\r']) && !new.is_empty() {
        edited.push_str(ending);
    }
    if old.is_none() && !before.is_empty() {
        let last_line = before.trim_end_matches(['\n', '\r']).len();
        if before[last_line..].matches('\n').count() < 2 {
            edited.push_str(ending);
        }
    }
    let replaced = old.map_or("", |old| text[place(old.start)..place(old.end)].trim_start_matches(BYTE_ORDER_MARK));
    let is_header = |text: &str| text.trim_start_matches(BLANKS).starts_with('[');
    for line in new {
        // A header that follows a setting with less indentation would continue it.
        let is_same_kind = !replaced.is_empty() && is_header(replaced) == is_header(line);
        let indentation = if is_same_kind { indentation(replaced) } else { indentation_of_header(after) };
        edited.extend([indentation, line, ending]);
    }
    edited.push_str(after);
    edited
}

/// The blanks before the first line of a text.
fn indentation(text: &str) -> &str {
    &text[..text.len() - text.trim_start_matches(BLANKS).len()]
}

/// The blanks before a header; none if the text begins with something else.
fn indentation_of_header(text: &str) -> &str {
    let first = text.split(['\n', '\r']).find(|line| !is_blank_or_comment(line)).unwrap_or_default();
    let blanks = indentation(first);
    if first[blanks.len()..].starts_with('[') { blanks } else { "" }
}

/// The text of a file in which a setting of a profile has this value: instead of its line, or else at the end of the
/// profile's section, or in a new section. `None` if it has that value already.
///
/// # Errors
/// The section cannot be read.
pub fn with_setting(
    text: &str,
    file: &AwsFile<'_>,
    header: &str,
    name: &ProfileName,
    (setting, value): (&str, &str),
) -> Result<Option<Zeroizing<String>>> {
    let new = format!("{setting} = {value}");
    let mut place = None;
    // Of [default] and [profile default], only the second one is read.
    let has_prefixed = file.profile_sections(name.as_str()).any(|section| section.kind == PREFIXED);
    let is_read = |section: &&Section<'_>| !has_prefixed || section.kind == PREFIXED || name.as_str() != "default";
    for section in file.profile_sections(name.as_str()).filter(is_read) {
        let lines = file.lines_of(section);
        let mut settings = Settings::default();
        file.settings_into(section, &mut settings, &mut Vec::new())?;
        place = match settings.get(setting) {
            Some(found) if found.value == value => return Ok(None),
            // The line that counts is the last one, and other sections may follow.
            Some(Setting { origin: Origin::File { line, .. }, .. }) => Some(line - 1..*line),
            _ => place.or(Some(lines.end..lines.end)),
        };
    }
    Ok(Some(match place {
        Some(lines) => with_section(text, Some(&lines), &[new]),
        None => with_section(text, None, &[header.to_owned(), new]),
    }))
}

/// The text of a file without these lines, and without the blank line before them if there would be two. The header
/// stays if the next one is indented more: that would become a part of the setting above.
pub fn without_section(text: &str, lines: &Range<usize>) -> Zeroizing<String> {
    let starts = line_starts(text);
    let line = |at: usize| {
        let start = starts.get(at).copied()?;
        Some(text[start..starts.get(at + 1).copied().unwrap_or(text.len())].trim_matches(['\n', '\r']))
    };
    let is_blank_or_end = |at: usize| line(at).is_none_or(str::is_empty);
    let place = |line: usize| starts.get(line).copied().unwrap_or(text.len());
    if indentation_of_header(&text[place(lines.end)..]).len() > indentation(&text[place(lines.start)..]).len() {
        return with_section(text, Some(&(lines.start + 1..lines.end)), &[]);
    }
    let has_blank_before = lines.start > 0 && line(lines.start - 1) == Some("");
    let start = if has_blank_before && is_blank_or_end(lines.end) { lines.start - 1 } else { lines.start };
    with_section(text, Some(&(start..lines.end)), &[])
}

/// Where each line starts. Lines end in LF, CRLF or CR, as they are read.
pub(super) fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = (0..bytes.len()).filter(|at| match bytes[*at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    std::iter::once(0).chain(ends.map(|at| at + 1)).collect()
}
