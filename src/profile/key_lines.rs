//! Replacing an access key in an AWS file, and no other byte of it.
//!
//! Every line that sets the key is replaced, whichever section it is in: several profiles may share a key, and other programs
//! read sections that mfa-env ignores.

use super::file::{AwsFile, is_blank_or_comment, lines, split_setting};
use super::section_edit::line_starts;
use crate::credentials::Keys;
use crate::origin::Origin;
use zeroize::Zeroizing;

/// The lines of a file that set an access key, counted from 0, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLines {
    ids: Vec<usize>,
    secrets: Vec<usize>,
}

impl KeyLines {
    /// The lines that set the ID or the secret of this key.
    pub fn of(file: &AwsFile<'_>, keys: &Keys) -> Self {
        KeyLines::find(file, &keys.access_key_id, Some(keys.secret_access_key.expose()))
    }

    /// The lines that set this ID.
    pub fn of_id(file: &AwsFile<'_>, id: &str) -> Self {
        KeyLines::find(file, id, None)
    }

    fn find(file: &AwsFile<'_>, id: &str, secret: Option<&str>) -> Self {
        let mut found = KeyLines::default();
        for (number, line) in lines(&file.text().text).enumerate().filter(|(_, line)| !is_blank_or_comment(line)) {
            let Ok((key, value)) = split_setting(line) else { continue };
            if key.eq_ignore_ascii_case("aws_access_key_id") && value == id {
                found.ids.push(number);
            } else if key.eq_ignore_ascii_case("aws_secret_access_key") && Some(value) == secret {
                found.secrets.push(number);
            }
        }
        found
    }

    /// Whether there are an ID and a secret.
    pub fn is_complete(&self) -> bool {
        !self.ids.is_empty() && !self.secrets.is_empty()
    }

    /// The text of the file with another key in these lines. `text` is the file as it is on disk.
    pub fn with_key(&self, text: &str, old: &Keys, new: &Keys) -> Zeroizing<String> {
        let growth = |old: &str, new: &str, lines: &[usize]| lines.len() * new.len().saturating_sub(old.len());
        let secrets = [old, new].map(|keys| keys.secret_access_key.expose());
        let ids = [old, new].map(|keys| keys.access_key_id.as_str());
        // Large enough from the start: growing would leave copies behind.
        let growth = growth(ids[0], ids[1], &self.ids) + growth(secrets[0], secrets[1], &self.secrets);
        let mut edited = Zeroizing::new(String::with_capacity(text.len() + growth));
        let starts = line_starts(text);
        let ends = starts.iter().skip(1).copied().chain([text.len()]);
        for (number, (start, end)) in starts.iter().copied().zip(ends).enumerate() {
            let line = &text[start..end];
            let is_in = |lines: &[usize]| lines.binary_search(&number).is_ok();
            let replaced = match (is_in(&self.ids), is_in(&self.secrets)) {
                (true, _) => Some(ids),
                (_, true) => Some(secrets),
                _ => None,
            };
            let parts = replaced.and_then(|[old, new]| {
                let value = line.find(['=', ':'])? + 1;
                let (before, after) = line.split_at(value + line[value..].find(old)?);
                Some([before, new, &after[old.len()..]])
            });
            match parts {
                Some(parts) => edited.extend(parts),
                None => edited.push_str(line),
            }
        }
        edited
    }

    /// The names of the sections in which the ID is, each with its line.
    pub fn profiles(&self, file: &AwsFile<'_>) -> Vec<(String, Origin)> {
        let mut sections = file.sections.iter().map(|section| (file.line_at(section.header), section)).peekable();
        let mut current = None;
        let mut found = Vec::new();
        for line in self.ids.iter().map(|line| line + 1) {
            while let Some((_, section)) = sections.next_if(|(header, _)| *header < line) {
                current = Some(section);
            }
            found.extend(current.map(|section| (section.name.to_string(), file.origin(line))));
        }
        found
    }
}

impl AwsFile<'_> {
    /// The lines of the file in which an access key occurs, as its ID or its secret, whatever else they contain.
    pub fn mentions(&self, keys: &Keys) -> Vec<Origin> {
        let texts = [keys.access_key_id.as_str(), keys.secret_access_key.expose()];
        // Those of AWS have 20 and 40 characters. Custom endpoints accept words that may occur anywhere.
        let is_in = |line: &str| texts.iter().any(|text| text.len() >= 16 && line.contains(text));
        let found = lines(&self.text().text).zip(1..).filter(|(line, _)| is_in(line));
        found.map(|(_, number)| self.origin(number)).collect()
    }
}
