//! Files that the AWS CLI and boto3 reject as a whole, so that no profile works there: one line is enough, in any section.
//! mfa-env and the SDKs read the other sections all the same.
//!
//! They are read by botocore: by Python's `configparser`, which is strict about what is defined twice, and then by
//! `_parse_nested`, which splits the lines below `key =`.

use super::AwsFiles;
use super::text::FileText;
use crate::origin::Origin;
use crate::rejected_file::{RejectedFile, RejectedLine};
use std::collections::HashMap;

impl AwsFiles<'_> {
    /// The files that botocore rejects.
    pub fn rejected(&self) -> Vec<RejectedFile> {
        self.files().iter().filter_map(|file| rejected(file.text())).collect()
    }
}

/// Where botocore is while it reads a file. Lines are counted from 1.
#[derive(Default)]
struct Reader<'a> {
    sections: HashMap<&'a str, usize>,
    /// Those of the current section; `None` above the first one.
    keys: Option<HashMap<String, usize>>,
    /// `[DEFAULT]` may be there several times, as one section.
    keys_of_default: HashMap<String, usize>,
    is_default: bool,
    /// The indentation of the current setting, and whether its value is empty, so that the lines below it are nested.
    setting: Option<(usize, bool)>,
    indentation: usize,
}

fn rejected(file: &FileText) -> Option<RejectedFile> {
    let origin = |line| Origin::File { path: file.path.clone(), line };
    if file.has_bom {
        return Some(RejectedFile { origin: origin(1), problem: RejectedLine::ByteOrderMark });
    }
    let mut reader = Reader::default();
    let found = (1..).zip(file.text.split('\n')).find_map(|(line, text)| Some((line, reader.read(line, text)?)));
    let (line, problem) = found?;
    let problem = match problem {
        Problem::NoSection => RejectedLine::NoSection,
        Problem::NotASetting => RejectedLine::NotASetting,
        Problem::NotNested => RejectedLine::NotNested,
        Problem::Section { header, first } => RejectedLine::Section { header, first: origin(first) },
        Problem::Key { key, first } => RejectedLine::Key { key, first: origin(first) },
    };
    Some(RejectedFile { origin: origin(line), problem })
}

/// As [`RejectedLine`], within one file.
enum Problem {
    NoSection,
    NotASetting,
    NotNested,
    Section { header: String, first: usize },
    Key { key: String, first: usize },
}

impl<'a> Reader<'a> {
    fn read(&mut self, number: usize, line: &'a str) -> Option<Problem> {
        let text = line.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            return None;
        }
        let indentation = line.chars().take_while(|c| c.is_whitespace()).count();
        if let Some((above, is_nested)) = self.setting
            && indentation > above
        {
            return (is_nested && !text.contains('=')).then_some(Problem::NotNested);
        }
        self.indentation = indentation;
        match header(text) {
            Some(name) => self.read_header(number, name),
            None => self.read_setting(number, text),
        }
    }

    fn read_header(&mut self, number: usize, name: &'a str) -> Option<Problem> {
        self.setting = None;
        if self.is_default {
            self.keys_of_default = self.keys.take().unwrap_or_default();
        }
        self.is_default = name == "DEFAULT";
        if self.is_default {
            self.keys = Some(std::mem::take(&mut self.keys_of_default));
            return None;
        }
        self.keys = Some(HashMap::new());
        let first = self.sections.insert(name, number)?;
        Some(Problem::Section { header: format!("[{name}]"), first })
    }

    fn read_setting(&mut self, number: usize, text: &str) -> Option<Problem> {
        let Some(keys) = &mut self.keys else { return Some(Problem::NoSection) };
        let Some((key, value)) = text.split_once(['=', ':']).filter(|(key, _)| !key.trim().is_empty()) else {
            return Some(Problem::NotASetting);
        };
        let key = key.trim_end().to_lowercase();
        self.setting = Some((self.indentation, value.trim().is_empty()));
        let first = keys.insert(key.clone(), number)?;
        Some(Problem::Key { key, first })
    }
}

/// The name in a header: everything up to the last bracket.
fn header(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.rsplit_once(']').map(|(name, _)| name).filter(|name| !name.is_empty())
}
