//! One AWS file: an index of its sections, and the settings of a section on request.
//!
//! A sign-in needs a few of what may be thousands of profiles. The first pass therefore only finds the headers; the
//! lines of a section are read when that section is needed, so a malformed line elsewhere in the file does no harm.

use super::section::{self, BLANKS, SectionKind};
use super::text::{FileKind, FileText};
use crate::error::{ConfigError, Result, SyntaxError};
use crate::origin::Origin;
use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Debug, Formatter};
use std::ops::Range;
use zeroize::Zeroize;

/// One `key = value` and where it was read.
#[derive(Clone)]
pub struct Setting<'a> {
    /// In lower case: AWS's tools ignore the case of keys.
    pub key: Cow<'a, str>,
    /// Without blanks around it. Continuation lines follow, each after a `\n`.
    pub value: Cow<'a, str>,
    /// The file that it was read from.
    pub file: FileKind,
    /// The line of the key, not of a continuation.
    pub origin: Origin,
}

impl Setting<'_> {
    /// Appends a continuation line. If the value has to be moved to a larger buffer, the old one is wiped: it may hold
    /// a secret.
    fn push_line(&mut self, line: &str) {
        let length = self.value.len() + 1 + line.len();
        let has_room = matches!(&self.value, Cow::Owned(value) if value.capacity() >= length);
        if !has_room {
            let mut larger = String::with_capacity(2 * length);
            larger.push_str(&self.value);
            self.wipe();
            self.value = Cow::Owned(larger);
        }
        self.value.to_mut().extend(["\n", line]);
    }

    /// A borrowed value is part of the file's text, which is wiped as a whole.
    fn wipe(&mut self) {
        if let Cow::Owned(value) = &mut self.value {
            value.zeroize();
        }
    }
}

impl Drop for Setting<'_> {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// Omits the value, which may be a secret.
impl Debug for Setting<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("key", &self.key).field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// A section or a key that one file defines more than once. Like the SDKs, mfa-env uses the last definition; botocore
/// rejects the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// `[NAME]` for a section, or the key.
    pub what: String,
    /// Where it is first defined.
    pub first: Origin,
    /// Where the definition that is used is.
    pub last: Origin,
}

/// A section that the index found; its lines have not been read.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    pub kind: SectionKind,
    pub name: Cow<'a, str>,
    /// Where the header starts, in bytes.
    pub(super) header: usize,
    /// The bytes below the header, up to the next one.
    pub(super) body: Range<usize>,
}

impl Section<'_> {
    /// Whether it is a section of a profile that is read.
    pub(super) fn is_profile(&self) -> bool {
        matches!(self.kind, SectionKind::Profile { .. })
    }
}

/// The settings of one or more sections, each key once.
#[derive(Clone, Debug, Default)]
pub struct Settings<'a> {
    list: Vec<Setting<'a>>,
    /// Whether one of them may be a setting of another tool, so that others need not be searched for those.
    pub(super) has_foreign: bool,
    /// The place of each key in `list`; empty up to [`LINEAR`] settings.
    places: BTreeMap<Cow<'a, str>, usize>,
}

/// Up to this many settings, keys are compared one by one: with the map alone, `list` takes 14 % more instructions and
/// a cached session behind ten roles 1.3 %. Without the map, a section with many keys would take quadratic time.
const LINEAR: usize = 24;

impl<'a> Settings<'a> {
    /// All settings, in the order of their first lines.
    pub fn iter(&self) -> impl Iterator<Item = &Setting<'a>> {
        self.list.iter()
    }

    /// A setting by its key, which must be in lower case.
    pub fn get(&self, key: &str) -> Option<&Setting<'a>> {
        self.place(key).map(|place| &self.list[place])
    }

    /// Adds a setting or replaces the one with its key. Returns its place and what it replaced.
    fn put(&mut self, setting: Setting<'a>) -> (usize, Option<Setting<'a>>) {
        if let Some(place) = self.place(&setting.key) {
            return (place, Some(std::mem::replace(&mut self.list[place], setting)));
        }
        self.has_foreign |= matches!(setting.key.len(), 14 | 15) && setting.key != "source_profile";
        self.list.push(setting);
        if self.list.len() > LINEAR {
            let not_in_map = self.list.iter().enumerate().skip(self.places.len());
            self.places.extend(not_in_map.map(|(place, setting)| (setting.key.clone(), place)));
        }
        (self.list.len() - 1, None)
    }

    fn place(&self, key: &str) -> Option<usize> {
        if self.list.len() > LINEAR {
            self.places.get(key).copied()
        } else {
            self.list.iter().position(|setting| setting.key == key)
        }
    }
}

/// One AWS file with an index of its sections.
#[derive(Debug)]
pub struct AwsFile<'a> {
    source: &'a FileText,
    /// In the order of the file.
    pub sections: Vec<Section<'a>>,
    /// Lines outside of sections that are malformed, counted from 1. A malformed header ends the section above it.
    pub malformed: Vec<(usize, SyntaxError)>,
    /// Whether one of the sections is meant for a profile, but not read.
    pub(super) has_ignored: bool,
    /// Whether one of them is called `default`: without this, a cached sign-in with 2,000 profiles would search them once
    /// more, for 3 % more instructions.
    pub(super) has_default: bool,
    /// How many lines end before each block of [`BLOCK`] bytes, once many lines have been looked up.
    line_ends: OnceCell<Vec<usize>>,
    lookups: Cell<usize>,
}

/// Sections without a prefix that the AWS CLI reads.
const OF_AWS_CLI: [&str; 2] = ["plugins", "preview"];

/// In bytes. Without the blocks, `list` and a section that is defined many times would take quadratic time.
const BLOCK: usize = 512;

/// A sign-in looks up a few lines, and for those the blocks would take 7 % of a cached session with 2,000 profiles.
const LOOKUPS_WITHOUT_BLOCKS: usize = 8;

impl<'a> AwsFile<'a> {
    /// Finds the sections of a file. What is malformed outside of them is listed.
    pub fn index(source: &'a FileText) -> Self {
        let text: &'a str = &source.text;
        let (line_ends, lookups) = (OnceCell::new(), Cell::new(0));
        let mut file = AwsFile {
            source,
            sections: Vec::new(),
            malformed: Vec::new(),
            has_default: false,
            has_ignored: false,
            line_ends,
            lookups,
        };

        let mut headers = Headers::of(text);
        let mut header = headers.next();
        let before = &text[..header.as_ref().map_or(text.len(), |header| header.start)];
        if let Some((_, number)) = lines(before).zip(1..).find(|(line, _)| !is_blank_or_comment(line)) {
            file.malformed.push((number, SyntaxError::BeforeFirstSection));
        }
        while let Some(Header { at, end, .. }) = header {
            let next = headers.next();
            match section::parse(&text[at..end], source.kind) {
                Ok(Some((kind, name))) => {
                    let body = text.len().min(end + 1)..next.as_ref().map_or(text.len(), |next| next.start);
                    file.has_default |= name == "default";
                    file.has_ignored |= !matches!(kind, SectionKind::Profile { .. } | SectionKind::Services);
                    file.sections.push(Section { kind, name, header: at, body });
                }
                Ok(None) => {}
                Err(problem) => file.malformed.push((file.line_at(at), problem)),
            }
            header = next;
        }
        file
    }

    /// The sections of the config file that belong to no profile, such as `[sso-session x]`, and that some program reads.
    pub(super) fn other_sections(&self) -> Vec<Section<'a>> {
        let text: &'a str = &self.source.text;
        let mut found = Vec::new();
        let mut headers = Headers::of(text);
        let mut header = if self.kind() == FileKind::Config { headers.next() } else { None };
        while let Some(Header { at, end, .. }) = header {
            let next = headers.next();
            let kind = match section::parse(&text[at..end], FileKind::Config) {
                Ok(None) => Some(SectionKind::Services),
                Ok(Some((SectionKind::BareInConfig, name))) if !OF_AWS_CLI.contains(&&*name) => None,
                Ok(Some((kind @ (SectionKind::BareInConfig | SectionKind::Services), _))) => Some(kind),
                _ => None,
            };
            let body = text.len().min(end + 1)..next.as_ref().map_or(text.len(), |next| next.start);
            found.extend(kind.map(|kind| Section { kind, name: text[at..end].into(), header: at, body }));
            header = next;
        }
        found
    }

    /// Which of the two files this is.
    pub fn kind(&self) -> FileKind {
        self.source.kind
    }

    /// The file that the index was made from.
    pub fn text(&self) -> &'a FileText {
        self.source
    }

    /// The line of a section's header.
    pub fn header_origin(&self, section: &Section<'_>) -> Origin {
        self.origin(self.line_at(section.header))
    }

    /// Adds the settings of a section of this file to `settings`, replacing those with the same key, and its duplicate
    /// keys to `duplicates`.
    ///
    /// # Errors
    /// A line of the section is malformed; the error gives the line.
    pub fn settings_into(
        &self,
        section: &Section<'_>,
        settings: &mut Settings<'a>,
        duplicates: &mut Vec<Duplicate>,
    ) -> Result<()> {
        let text: &'a str = &self.source.text;
        let header = self.line_at(section.header);
        // The setting that a line continues if it is indented more, its own indentation, and whether such lines are settings
        // of their own (`s3 =` and then `key = value`). As in configparser, the settings below a header may be indented.
        let mut current: Option<(usize, usize, bool)> = None;
        // For each setting with a duplicate key, the place of the report in `duplicates`.
        let mut reported: HashMap<usize, usize> = HashMap::new();
        for (number, line) in (header + 1..).zip(lines(&text[section.body.clone()])) {
            let error = |problem| self.syntax_error(number, problem);
            if is_blank_or_comment(line) {
                continue;
            }
            let indentation =
                if line.starts_with(BLANKS) { line.len() - line.trim_start_matches(BLANKS).len() } else { 0 };
            if let Some((place, own, nested)) = current
                && indentation > own
            {
                if nested {
                    split_setting(line).map_err(|problem| error(problem.nested()))?;
                }
                settings.list[place].push_line(trimmed(line));
                continue;
            }
            if self.source.has_invalid && line.contains(char::REPLACEMENT_CHARACTER) {
                return Err(ConfigError::NotUtf8 { path: self.source.path.clone(), line: number }.into());
            }
            let (key, value) = split_setting(line).map_err(error)?;
            let key = if key.bytes().any(|b| b.is_ascii_uppercase()) {
                key.to_ascii_lowercase().into()
            } else {
                Cow::Borrowed(key)
            };
            let origin = self.origin(number);
            let (place, replaced) = settings.put(Setting { key, value: value.into(), file: self.kind(), origin });
            // Another section or the other file may override a setting; within one section that is a mistake.
            if let Some(first) = replaced.filter(|setting| self.is_below(header, setting)) {
                let last = self.origin(number);
                let report = *reported.entry(place).or_insert(duplicates.len());
                if let Some(duplicate) = duplicates.get_mut(report) {
                    duplicate.last = last;
                } else {
                    duplicates.push(Duplicate { what: first.key.to_string(), first: first.origin.clone(), last });
                }
            }
            current = Some((place, indentation, value.is_empty()));
        }
        Ok(())
    }

    /// Whether a setting is below the line `header` of this file. Sections are read in the order of the file, so while
    /// one is being read this means that the setting belongs to it.
    fn is_below(&self, header: usize, setting: &Setting<'_>) -> bool {
        setting.file == self.kind() && matches!(setting.origin, Origin::File { line, .. } if line > header)
    }

    /// The line of a place in the text, counted from 1.
    pub(super) fn line_at(&self, at: usize) -> usize {
        let text = self.source.text.as_bytes();
        let count = |from: usize| memchr::memchr_iter(b'\n', &text[from..at]).count();
        self.lookups.set(self.lookups.get() + 1);
        if self.lookups.get() <= LOOKUPS_WITHOUT_BLOCKS {
            return count(0) + 1;
        }
        let line_ends = self.line_ends.get_or_init(|| {
            let mut ends = 0;
            let blocks = text.chunks(BLOCK).map(|block| {
                let before = ends;
                ends += memchr::memchr_iter(b'\n', block).count();
                before
            });
            blocks.collect()
        });
        let block = at / BLOCK;
        line_ends.get(block).copied().unwrap_or_default() + count(block * BLOCK) + 1
    }

    pub(super) fn origin(&self, line: usize) -> Origin {
        Origin::File { path: self.source.path.clone(), line }
    }

    /// The error for a line.
    pub(super) fn syntax_error(&self, line: usize, problem: SyntaxError) -> crate::error::Error {
        let path = self.source.path.clone();
        ConfigError::Syntax { path, line, problem, is_config: self.kind() == FileKind::Config }.into()
    }
}

/// The headers of a file. As in configparser, one may be indented, unless it continues the setting above it.
struct Headers<'a> {
    text: &'a str,
    /// Where to look for the next one.
    at: usize,
    /// Where the lines begin that an indented one may continue.
    unread: usize,
    /// The indentation of the setting that deeper lines continue.
    setting: Option<usize>,
}

/// The line of a header.
struct Header {
    start: usize,
    /// Of the bracket.
    at: usize,
    end: usize,
}

impl<'a> Headers<'a> {
    fn of(text: &'a str) -> Self {
        Headers { text, at: 0, unread: 0, setting: None }
    }

    /// The start of the line, if the bracket at this place is the first character of a header.
    #[cold]
    fn start_of_indented(&mut self, at: usize) -> Option<usize> {
        let start = self.text[..at].trim_end_matches(BLANKS).len();
        if start > 0 && self.text.as_bytes()[start - 1] != b'\n' {
            return None;
        }
        for line in lines(&self.text[self.unread..start]).filter(|line| !is_blank_or_comment(line)) {
            let indentation = line.len() - line.trim_start_matches(BLANKS).len();
            if self.setting.is_none_or(|above| indentation <= above) {
                self.setting = Some(indentation);
            }
        }
        self.unread = start;
        self.setting.is_none_or(|above| at - start <= above).then_some(start)
    }
}

impl Iterator for Headers<'_> {
    type Item = Header;

    fn next(&mut self) -> Option<Header> {
        let bytes = self.text.as_bytes();
        loop {
            let at = self.at + memchr::memchr(b'[', &bytes[self.at..])?;
            let start = match at.checked_sub(1).map(|before| bytes[before]) {
                None | Some(b'\n') => Some(at),
                Some(b' ' | b'\t') => self.start_of_indented(at),
                Some(_) => None,
            };
            if let Some(start) = start {
                let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |i| at + i);
                (self.at, self.unread, self.setting) = (end, end, None);
                return Some(Header { start, at, end });
            }
            self.at = at + 1;
        }
    }
}

/// The lines of `text`, found with memchr: with `str::split`, `list` takes 4 % more instructions.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    ends.map(move |end| &text[std::mem::replace(&mut start, end + 1)..end])
}

/// Without the blanks around it, by bytes: with `str::trim_matches`, `list` takes 2 % more instructions.
pub(super) fn trimmed(text: &str) -> &str {
    let is_text = |b: &u8| !matches!(b, b' ' | b'\t');
    let bytes = text.as_bytes();
    match (bytes.iter().position(is_text), bytes.iter().rposition(is_text)) {
        (Some(first), Some(last)) => &text[first..=last],
        _ => "",
    }
}

/// As in botocore, a comment may be indented. The SDKs read an indented one as part of the value above it, which nobody
/// means.
pub(super) fn is_blank_or_comment(line: &str) -> bool {
    let is_blank = |b: &u8| matches!(b, b' ' | b'\t');
    match line.as_bytes().first() {
        None | Some(b'#' | b';') => true,
        Some(first) if is_blank(first) => {
            let text = line.bytes().find(|b| !is_blank(b));
            matches!(text, None | Some(b'#' | b';'))
        }
        Some(_) => false,
    }
}

/// The key and the value of a line, without its comment.
pub(super) fn split_setting(line: &str) -> std::result::Result<(&str, &str), SyntaxError> {
    let line = trimmed(line);
    let setting = match comment_at(line) {
        None => line,
        // A command is for a shell, and half of one must never run.
        Some(at) if is_command(&line[..at]) => line,
        Some(at) => trimmed(&line[..at]),
    };
    // As in the AWS CLI, the first of both separates. With a loop over the bytes, `list` takes 1.5 % more instructions.
    let at = memchr::memchr2(b'=', b':', setting.as_bytes()).ok_or(SyntaxError::NoEqualsSign)?;
    let (key, value) = (trimmed(&setting[..at]), trimmed(&setting[at + 1..]));
    match key {
        "" => Err(SyntaxError::EmptyKey),
        // An ARN or a URL, from which the `=` is missing.
        key if setting.as_bytes()[at] == b':' && key.contains(BLANKS) => Err(SyntaxError::NoEqualsSign),
        key => Ok((key, value)),
    }
}

/// Whether a line sets a command for a shell, in which `#` and `;` are not comments.
#[cold]
fn is_command(line: &str) -> bool {
    let key = line.split('=').next().unwrap_or_default();
    ["mfa_process", "credential_process"].iter().any(|command| trimmed(key).eq_ignore_ascii_case(command))
}

/// The line up to a `#` or `;` that follows white space; elsewhere these characters may be part of a secret key or a
/// URL. The SDKs read lines this way; botocore does not support comments after values.
pub(super) fn without_comment(line: &str) -> &str {
    let line = trimmed(line);
    comment_at(line).map_or(line, |at| trimmed(&line[..at]))
}

/// Where the comment of a line begins.
fn comment_at(line: &str) -> Option<usize> {
    memchr::memchr2_iter(b'#', b';', line.as_bytes())
        .find(|&at| line[..at].chars().next_back().is_some_and(char::is_whitespace))
}

impl SyntaxError {
    /// The same problem in a line below `key =`, where the advice differs.
    fn nested(self) -> Self {
        match self {
            SyntaxError::EmptyKey => SyntaxError::NestedEmptyKey,
            _ => SyntaxError::NestedNoEqualsSign,
        }
    }
}
