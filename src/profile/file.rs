//! One AWS file: an index of its sections, and the settings of a section when asked for.
//!
//! A file of 2,000 profiles is searched for one, so the first pass only looks for headers; the lines of a section are read
//! when somebody wants that section. A broken line elsewhere in the file therefore stops nobody.

use super::section::{self, SectionKind};
use super::text::{FileKind, FileText};
use crate::error::{ConfigError, Result, SyntaxError};
use crate::origin::Origin;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::ops::Range;
use zeroize::Zeroize;

/// `key = value` with its place. Keys are lower case; a value keeps its continuation lines, joined by `\n`.
#[derive(Clone)]
pub struct Setting<'a> {
    pub key: Cow<'a, str>,
    pub value: Cow<'a, str>,
    pub file: FileKind,
    pub origin: Origin,
}

impl Setting<'_> {
    /// Adds a continuation line. Where the value has to move for that, no copy of it is left behind: it may be a secret.
    fn push_line(&mut self, line: &str) {
        let length = self.value.len() + 1 + line.len();
        let has_room = matches!(&self.value, Cow::Owned(value) if value.capacity() >= length);
        if !has_room {
            let mut moved = String::with_capacity(2 * length);
            moved.push_str(&self.value);
            self.wipe();
            self.value = Cow::Owned(moved);
        }
        self.value.to_mut().extend(["\n", line]);
    }

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

/// Without the value, which may be a secret.
impl Debug for Setting<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("key", &self.key).field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// Something that stands twice in one file; the last one counts. botocore refuses such a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// `[profile a]` or the key.
    pub what: String,
    pub first: Origin,
    pub last: Origin,
}

#[derive(Debug)]
pub struct Section<'a> {
    pub kind: SectionKind,
    pub name: Cow<'a, str>,
    /// Where the header starts.
    header: usize,
    /// The lines below it.
    body: Range<usize>,
}

/// Settings in the order of the files, each key once.
#[derive(Clone, Debug, Default)]
pub struct Settings<'a> {
    list: Vec<Setting<'a>>,
    /// Where the keys are, once there are many: a section may hold any number of them.
    places: HashMap<Cow<'a, str>, usize>,
}

/// So many are found faster by looking at each.
const FEW: usize = 24;

impl<'a> Settings<'a> {
    pub fn get(&self, key: &str) -> Option<&Setting<'a>> {
        self.place(key).map(|place| &self.list[place])
    }

    /// Puts a setting in the place of the one with its key, if there is one, and gives back both.
    fn put(&mut self, setting: Setting<'a>) -> (usize, Option<Setting<'a>>) {
        if let Some(place) = self.place(&setting.key) {
            return (place, Some(std::mem::replace(&mut self.list[place], setting)));
        }
        self.list.push(setting);
        let first_unknown = if self.list.len() > FEW { self.places.len() } else { self.list.len() };
        for (place, setting) in self.list.iter().enumerate().skip(first_unknown) {
            self.places.insert(setting.key.clone(), place);
        }
        (self.list.len() - 1, None)
    }

    fn place(&self, key: &str) -> Option<usize> {
        if self.list.len() > FEW { self.place_among_many(key) } else { self.list.iter().position(|s| s.key == key) }
    }

    /// Not part of the other: most of what a look at a few then costs would be the hashing's preparations.
    #[cold]
    fn place_among_many(&self, key: &str) -> Option<usize> {
        self.places.get(key).copied()
    }
}

/// An indexed file.
#[derive(Debug)]
pub struct AwsFile<'a> {
    source: &'a FileText,
    pub sections: Vec<Section<'a>>,
    /// Newlines before each block of [`BLOCK`] bytes: lines are counted for what is shown, from there on.
    newlines: Vec<usize>,
}

const BLOCK: usize = 512;

impl<'a> AwsFile<'a> {
    /// Finds the sections.
    ///
    /// # Errors
    /// A header without `]`, or settings before the first header, with the line.
    pub fn index(source: &'a FileText) -> Result<Self> {
        let text: &'a str = &source.text;
        let bytes = text.as_bytes();
        let finder = memchr::memmem::Finder::new(b"\n[");
        let after = |from: usize| finder.find(&bytes[from..]).map(|at| from + at + 1);
        let mut count = 0;
        let newlines = bytes.chunks(BLOCK).map(|block| {
            let before = count;
            count += memchr::memchr_iter(b'\n', block).count();
            before
        });
        let newlines = newlines.collect();
        let mut file = AwsFile { source, sections: Vec::with_capacity(bytes.len() / 128), newlines };

        let mut header = if bytes.first() == Some(&b'[') { Some(0) } else { after(0) };
        file.check_preamble(header.unwrap_or(bytes.len()))?;
        while let Some(at) = header {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |i| at + i);
            let next = after(end);
            match section::parse(&text[at..end], source.kind) {
                Ok(Some((kind, name))) => {
                    let body = bytes.len().min(end + 1)..next.unwrap_or(bytes.len());
                    file.sections.push(Section { kind, name, header: at, body });
                }
                Ok(None) => {}
                Err(problem) => return Err(file.syntax_at(file.line_at(at), problem)),
            }
            header = next;
        }
        Ok(file)
    }

    pub fn kind(&self) -> FileKind {
        self.source.kind
    }

    pub fn text(&self) -> &'a FileText {
        self.source
    }

    /// The place of a section's header.
    pub fn place(&self, section: &Section<'_>) -> Origin {
        self.origin(self.line_at(section.header))
    }

    /// Lays the settings of a section over `settings`: a key that is there already is replaced.
    ///
    /// # Errors
    /// A line that breaks the grammar.
    pub fn settings_into(
        &self,
        section: &Section<'_>,
        settings: &mut Settings<'a>,
        duplicates: &mut Vec<Duplicate>,
    ) -> Result<()> {
        let text: &'a str = &self.source.text;
        let header = self.line_at(section.header);
        // Of each setting that stands here twice, the place of what is said about it.
        let mut said: HashMap<usize, usize> = HashMap::new();
        let mut open: Option<(usize, bool)> = None;
        for (number, line) in (header + 1..).zip(lines(&text[section.body.clone()])) {
            let problem = |problem| self.syntax_at(number, problem);
            let is_indented = match line.as_bytes().first() {
                None | Some(b'#' | b';') => continue,
                Some(b' ' | b'\t') if trimmed(line).is_empty() => continue,
                Some(b' ' | b'\t') => true,
                Some(_) => false,
            };
            if is_indented {
                let (index, nested) = open.ok_or_else(|| problem(SyntaxError::ContinuationOfNothing))?;
                if nested {
                    split_setting(line).map_err(|p| problem(p.nested()))?;
                }
                settings.list[index].push_line(trimmed(line));
                continue;
            }
            let (key, value) = split_setting(line).map_err(problem)?;
            let key = if key.bytes().any(|b| b.is_ascii_uppercase()) {
                key.to_ascii_lowercase().into()
            } else {
                Cow::Borrowed(key)
            };
            let origin = self.origin(number);
            let (index, replaced) = settings.put(Setting { key, value: value.into(), file: self.kind(), origin });
            // One of another section or of the other file is overlaid; only one of this section is a duplicate.
            if let Some(before) = replaced.filter(|before| self.is_behind(header, before)) {
                let origin = self.origin(number);
                let place = *said.entry(index).or_insert(duplicates.len());
                match duplicates.get_mut(place) {
                    Some(duplicate) => duplicate.last = origin,
                    None => {
                        duplicates.push(Duplicate {
                            what: before.key.to_string(),
                            first: before.origin.clone(),
                            last: origin,
                        });
                    }
                }
            }
            open = Some((index, value.is_empty()));
        }
        Ok(())
    }

    /// Whether a setting stands behind the header of a section: sections are read in the order of the file.
    fn is_behind(&self, header: usize, setting: &Setting<'_>) -> bool {
        setting.file == self.kind() && matches!(setting.origin, Origin::File { line, .. } if line > header)
    }

    /// Above the first header only comments and blank lines may stand.
    fn check_preamble(&self, end: usize) -> Result<()> {
        for (number, line) in self.source.text[..end].split('\n').enumerate() {
            if !trimmed(line).is_empty() && !line.starts_with(['#', ';']) {
                return Err(self.syntax_at(number + 1, SyntaxError::BeforeFirstSection));
            }
        }
        Ok(())
    }

    fn line_at(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let within = &self.source.text.as_bytes()[block * BLOCK..offset];
        self.newlines.get(block).copied().unwrap_or_default() + memchr::memchr_iter(b'\n', within).count() + 1
    }

    fn origin(&self, line: usize) -> Origin {
        Origin::File { path: self.source.path.clone(), line }
    }

    fn syntax_at(&self, line: usize, problem: SyntaxError) -> crate::error::Error {
        ConfigError::Syntax { path: self.source.path.clone(), line, problem }.into()
    }
}

/// What stands between the newlines.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    ends.map(move |end| &text[std::mem::replace(&mut start, end + 1)..end])
}

/// Without the blanks around it, by bytes: that is most of what reading a line costs.
fn trimmed(text: &str) -> &str {
    let is_text = |b: &u8| !matches!(b, b' ' | b'\t');
    let bytes = text.as_bytes();
    match (bytes.iter().position(is_text), bytes.iter().rposition(is_text)) {
        (Some(first), Some(last)) => &text[first..=last],
        _ => "",
    }
}

/// `key = value`, the comment after a blank cut off.
fn split_setting(line: &str) -> std::result::Result<(&str, &str), SyntaxError> {
    let setting = without_comment(line);
    let equals = memchr::memchr(b'=', setting.as_bytes()).ok_or(SyntaxError::NoEqualsSign)?;
    let (key, value) = (trimmed(&setting[..equals]), trimmed(&setting[equals + 1..]));
    if key.is_empty() { Err(SyntaxError::EmptyKey) } else { Ok((key, value)) }
}

/// `#` and `;` start a comment after white space only: secret keys and URLs may hold them.
pub(super) fn without_comment(line: &str) -> &str {
    let line = trimmed(line);
    let comment = memchr::memchr2_iter(b'#', b';', line.as_bytes())
        .find(|&at| line[..at].chars().next_back().is_some_and(char::is_whitespace));
    comment.map_or(line, |at| trimmed(&line[..at]))
}

impl SyntaxError {
    fn nested(self) -> Self {
        match self {
            SyntaxError::EmptyKey => SyntaxError::NestedEmptyKey,
            _ => SyntaxError::NestedNoEqualsSign,
        }
    }
}
