//! Settings that are written `key: value`, for `explain`. mfa-env reads them, as the AWS CLI does, but some SDKs do not.

use super::AwsFiles;
use super::file::{AwsFile, is_blank_or_comment, lines, split_setting, trimmed};
use super::section::BLANKS;
use crate::origin::Origin;

/// A line `key: value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColonLine {
    /// Where it is.
    pub origin: Origin,
    /// Whether it is below a `key =`: there, the AWS CLI does not read it either.
    pub is_nested: bool,
}

impl AwsFiles<'_> {
    /// One such line of each file: the first one that is nested, otherwise the first one.
    pub fn colon_lines(&self) -> Vec<ColonLine> {
        self.files().iter().filter_map(AwsFile::colon_line).collect()
    }
}

impl AwsFile<'_> {
    /// In any section, because an SDK that rejects a line rejects the file.
    fn colon_line(&self) -> Option<ColonLine> {
        let mut first = None;
        let mut is_in_section = false;
        // The setting that a line continues if it is indented more: its indentation, and whether such lines are settings.
        let mut current: Option<(usize, bool)> = None;
        for (number, line) in (1..).zip(lines(&self.text().text)).filter(|(_, line)| !is_blank_or_comment(line)) {
            if trimmed(line).starts_with('[') {
                (is_in_section, current) = (true, None);
                continue;
            }
            let indentation = line.len() - line.trim_start_matches(BLANKS).len();
            let parent = current.filter(|(own, _)| indentation > *own);
            let Some((key, value)) = split_setting(line).ok().filter(|_| is_in_section) else { continue };
            let has_colon = trimmed(&trimmed(line)[key.len()..]).starts_with(':');
            match parent {
                Some((_, true)) if has_colon => {
                    return Some(ColonLine { origin: self.origin(number), is_nested: true });
                }
                Some(_) => {}
                None => {
                    current = Some((indentation, value.is_empty()));
                    first = first.or(has_colon.then_some(number));
                }
            }
        }
        first.map(|number| ColonLine { origin: self.origin(number), is_nested: false })
    }
}
