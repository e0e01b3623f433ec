//! Looks for known errors in a text of any length. Only what is near the last ones is kept.

use super::known_error::{CutPart, KnownError, known_errors};
use super::mention::Mention;
use super::plain_text::PlainText;
use super::secrets::{has_secret, without_login, without_secrets};
use std::collections::BTreeMap;

/// In bytes. Errors are looked for when there is so much text.
const WINDOW: usize = 256 * 1024;
/// In bytes. An error does not extend over more, and its surroundings are not looked at beyond that.
const REACH: usize = 4 * 1024;
/// In bytes. A broad error that is so near to another one is a consequence of it.
const NEARBY: u64 = 2 * 1024;
/// In bytes, before and after an error. More of its line is not shown.
const SHOWN: usize = 200;
/// In bytes, before and after an error. The operation is named there.
const OPERATION: (usize, usize) = (300, 90);

/// A known error, found in a text.
#[derive(Clone, Debug)]
pub struct FoundError {
    /// Its row.
    pub error: KnownError,
    /// The line, without secrets. It is not escaped yet.
    pub line: String,
    /// The parts that differ, without those that have a secret. They are untrusted.
    pub parts: BTreeMap<&'static str, String>,
    /// The service and the operation of AWS, as far as the text names them. They are untrusted.
    pub operation: (Option<String>, Option<String>),
    /// The registry that is named after it, or the last one of ECR nearby.
    pub registry: Option<String>,
    /// The last profile that is named before it, as an option or a variable. It is untrusted.
    pub profile: Option<String>,
    /// A part that may be cut off at the end of its line.
    pub(super) cut: Option<CutPart>,
    /// Whether the text may only quote it.
    pub is_doubtful: bool,
}

/// A place where a row of the table matches.
struct Place {
    row: usize,
    start: u64,
    end: u64,
    /// How many bytes have been compared.
    length: u64,
    parts: BTreeMap<&'static str, String>,
    operation: (Option<String>, Option<String>),
    described: Described,
    /// Where it is in the window, until it is described.
    place: Option<(usize, usize)>,
    cut: Option<CutPart>,
    is_doubtful: bool,
}

/// What is around an error.
#[derive(Default)]
struct Described {
    line: String,
    registry: Option<String>,
    profile: Option<String>,
}

/// That of an error that is perhaps not one: any other is better.
const DOUBTFUL: u8 = u8::MAX;

impl Place {
    fn overlaps(&self, other: &Place) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Looks at what is around it, which would take long for each of many errors of which only the last one counts.
    fn describe(&mut self, window: &Window) {
        let Some((start, end)) = self.place.take() else { return };
        let text = &window.text;
        let before = floor(text, start.saturating_sub(REACH));
        let after = ceil(text, end + SHOWN);
        self.described = Described {
            line: window.line(start, end),
            registry: registry_after(&text[end..after]).or_else(|| registry(&text[before..after])),
            profile: profile(&text[before..start]),
        };
    }

    /// The number of bytes between two places.
    fn distance(&self, other: &Place) -> u64 {
        self.start.max(other.start).saturating_sub(self.end.min(other.end))
    }
}

/// The search.
pub struct Search {
    rows: Vec<KnownError>,
    /// The patterns by their first byte.
    by_first: Vec<Vec<Candidate>>,
    /// For each pair of bytes, whether a pattern begins with it. Most places in a text are passed with one look here.
    is_first: Vec<bool>,
    plain: PlainText,
    window: Window,
    /// The last place of each row.
    places: BTreeMap<usize, Place>,
    /// Whether there was nothing but blanks.
    is_blank: bool,
}

/// A pattern of the table, and what it begins with.
#[derive(Clone)]
struct Candidate {
    row: usize,
    pattern: usize,
    prefix: Option<[u8; 8]>,
}

/// What was found in a text.
#[derive(Debug)]
pub struct Findings {
    /// The errors: the last one first, each only once. A broad one is left out if another one is near.
    pub errors: Vec<FoundError>,
    /// Whether there was nothing but blanks.
    pub is_blank: bool,
}

/// The end of the text.
#[derive(Default)]
struct Window {
    text: String,
    /// How many bytes were before it.
    dropped: u64,
    /// From here on, errors have not been looked for.
    searched: usize,
}

impl Default for Search {
    fn default() -> Self {
        let rows = known_errors();
        let (mut by_first, mut is_first) = (vec![Vec::new(); 256], vec![false; 1 << 16]);
        for (number, row) in rows.iter().enumerate() {
            for (place, pattern) in row.patterns.iter().enumerate() {
                let [first, second] = pattern.first_bytes();
                by_first[usize::from(first)].push(Candidate { row: number, pattern: place, prefix: pattern.prefix() });
                for second in [second, b'\n'] {
                    is_first[pair(first, second)] = true;
                }
            }
        }
        Search {
            rows,
            by_first,
            is_first,
            plain: PlainText::default(),
            window: Window::default(),
            places: BTreeMap::new(),
            is_blank: true,
        }
    }
}

impl Search {
    /// Looks in the next bytes of the text.
    pub fn push(&mut self, bytes: impl AsRef<[u8]>) {
        let mut plain = std::mem::take(&mut self.plain);
        plain.push(bytes.as_ref(), &mut |line, is_end| self.add_line(line, is_end));
        self.plain = plain;
    }

    /// What was found in the text.
    pub fn finish(mut self) -> Findings {
        let plain = std::mem::take(&mut self.plain);
        plain.finish(&mut |line, is_end| self.add_line(line, is_end));
        self.look(self.window.text.len());
        let mut places: Vec<Place> = std::mem::take(&mut self.places).into_values().collect();
        places.sort_by_key(|place| std::cmp::Reverse(place.end));
        let is_kept = |(number, place): (usize, &Place)| {
            let breadth = |place: &Place| if place.is_doubtful { DOUBTFUL } else { self.rows[place.row].breadth };
            !places.iter().enumerate().any(|(other_number, other)| match breadth(place) {
                _ if number == other_number => false,
                // Two rows have found the same text; the one that has compared more of it is right.
                0 => {
                    breadth(other) == 0
                        && place.overlaps(other)
                        && (other.length, number) > (place.length, other_number)
                }
                own => {
                    let is_better = breadth(other) < own || (breadth(other) == own && other_number < number);
                    is_better && place.distance(other) <= NEARBY
                }
            })
        };
        let kept: Vec<bool> = places.iter().enumerate().map(is_kept).collect();
        let mut rows: Vec<Option<KnownError>> = self.rows.into_iter().map(Some).collect();
        let found = places.into_iter().zip(kept).filter(|(_, is_kept)| *is_kept).filter_map(|(place, _)| {
            let Place { row, mut parts, operation, described, cut, is_doubtful, .. } = place;
            let Described { line, registry, profile } = described;
            if let Some(url) = parts.get_mut("url") {
                *url = without_login(url).to_owned();
            }
            // What is left out of the line is a secret.
            let shown = line.replace(' ', "");
            parts.retain(|_, part| shown.contains(&part.replace(' ', "")));
            let cut = cut.filter(|cut| parts.contains_key(cut.name));
            Some(FoundError { error: rows[row].take()?, line, parts, operation, registry, profile, cut, is_doubtful })
        });
        Findings { errors: found.collect(), is_blank: self.is_blank }
    }

    fn add_line(&mut self, line: &str, is_end: bool) {
        self.is_blank &= line.trim().is_empty();
        self.window.add(line, is_end);
        if self.window.text.len() >= WINDOW {
            self.look(self.window.text.len() - REACH);
            self.window.shorten();
        }
    }

    /// Looks for errors that begin before `end`.
    fn look(&mut self, end: usize) {
        let text = &self.window.text;
        let mut at = self.window.searched;
        let bytes = text.as_bytes();
        let end = end.min(bytes.len());
        while at < end {
            let is_candidate = |bytes: &[u8]| self.is_first[pair(bytes[0], bytes[1])];
            let Some(next) = bytes[at..bytes.len().min(end + 1)].windows(2).position(is_candidate) else { break };
            at += next;
            let first = bytes[at];
            let next: Option<&[u8; 8]> = bytes[at..].first_chunk().filter(|next| !next.contains(&b'\n'));
            for Candidate { row, pattern, prefix } in &self.by_first[usize::from(first)] {
                if let (Some(next), Some(prefix)) = (next, prefix)
                    && next != prefix
                {
                    continue;
                }
                let pattern = &self.rows[*row].patterns[*pattern];
                let Some(found) = pattern.matches(text, at) else { continue };
                let mention = Mention::of(text, at, found.end, pattern.is_word);
                if mention == Mention::Named {
                    continue;
                }
                let is_doubtful = mention == Mention::Doubtful;
                let (start, end) = (self.window.dropped + at as u64, self.window.dropped + found.end as u64);
                let operation =
                    operation(&text[floor(text, at.saturating_sub(OPERATION.0))..ceil(text, found.end + OPERATION.1)]);
                let length = (found.end - at) as u64;
                if let Some(before) = self.places.get_mut(row).filter(|before| before.is_doubtful <= is_doubtful) {
                    // What is only quoted does not replace what a program has reported.
                    if is_doubtful && !before.is_doubtful {
                        continue;
                    }
                    let is_same = before.parts == found.parts
                        && (before.operation == operation || operation == (None, None))
                        && start.saturating_sub(before.end) <= NEARBY;
                    // Programs show an error more than once, and its first line is the one that people know, unless it is
                    // one of a log.
                    if is_same {
                        before.end = before.end.max(end);
                        before.length = before.length.max(length);
                        before.describe(&self.window);
                        if self.window.are_short(at, found.end, before.described.line.len() / 2) {
                            before.described.line = self.window.line(at, found.end);
                        }
                        continue;
                    }
                    // Another pattern of the row has found a part of the same text.
                    let is_part = start < before.end && length <= before.length;
                    if is_part || before.end > end {
                        continue;
                    }
                }
                let (parts, cut, place) = (found.parts, found.cut, Some((at, found.end)));
                let described = Described::default();
                let place =
                    Place { row: *row, start, end, length, parts, operation, described, place, cut, is_doubtful };
                self.places.insert(*row, place);
            }
            at += 1;
        }
        self.window.searched = end.max(self.window.searched);
        self.places.values_mut().for_each(|place| place.describe(&self.window));
    }
}

impl Window {
    /// Adds a line, in which several blanks become one.
    fn add(&mut self, line: &str, is_end: bool) {
        let mut rest = line;
        while !rest.is_empty() {
            if self.text.ends_with([' ', '\n']) {
                rest = rest.trim_start_matches(' ');
            }
            let end = rest.find("  ").map_or(rest.len(), |at| at + 1);
            self.text.push_str(&rest[..end]);
            rest = &rest[end..];
        }
        // One empty line stays, because it ends a paragraph.
        if is_end && !self.text.ends_with("\n\n") {
            self.text.truncate(self.text.trim_end_matches(' ').len());
            self.text.push('\n');
        }
    }

    /// Drops what is far before the place up to which errors have been looked for.
    fn shorten(&mut self) {
        let drop = floor(&self.text, self.searched.saturating_sub(REACH));
        self.text.drain(..drop);
        self.dropped += drop as u64;
        self.searched -= drop;
    }

    /// Whether the lines from `start` to `end` have so many bytes at most.
    fn are_short(&self, start: usize, end: usize, most: usize) -> bool {
        let (before, after) = (floor(&self.text, start.saturating_sub(most)), ceil(&self.text, end + most));
        let line_start = self.text[before..start].rfind('\n').map_or(before, |at| before + at + 1);
        let line_end = self.text[end..after].find('\n').map_or(after, |at| end + at);
        line_end - line_start <= most
    }

    /// The lines from `start` to `end` as one, without secrets; not more than somebody would read.
    fn line(&self, start: usize, end: usize) -> String {
        let before = floor(&self.text, start.saturating_sub(REACH));
        let after = ceil(&self.text, end + REACH);
        let mut line_start = self.text[before..start].rfind('\n').map_or(before, |at| before + at + 1);
        let mut line_end = self.text[end..after].find('\n').map_or(after, |at| end + at);
        // Terraform wraps lines.
        let paragraph = self.text[before..start].rfind("\n\n").map_or(before, |at| before + at + 2);
        if self.text[paragraph..].starts_with("Error: ") && start - paragraph <= 2 * SHOWN {
            line_start = paragraph;
            line_end = self.text[end..after].find("\n\n").map_or(after, |at| end + at);
        }
        // A secret may go on in the next line.
        let (from, to) = (floor(&self.text, line_start.saturating_sub(SHOWN)), ceil(&self.text, line_end + SHOWN));
        let places = [line_start, start, end, line_end].map(|place| place - from);
        let (shown, [line_start, start, end, line_end]) = without_secrets(&self.text[from..to], places);
        let mut line = String::new();
        let first = match start.saturating_sub(line_start) {
            0..=SHOWN => line_start,
            _ => {
                line.push_str("… ");
                let near = floor(&shown, start - SHOWN);
                near + shown[near..start].find([' ', '\n']).map_or(0, |at| at + 1)
            }
        };
        let last = match line_end.saturating_sub(end) {
            0..=SHOWN => line_end,
            _ => {
                let near = floor(&shown, end + SHOWN);
                end + shown[end..near].rfind([' ', '\n']).unwrap_or(near - end)
            }
        };
        line.push_str(shown.get(first..last).unwrap_or_default().trim());
        if last < line_end {
            line.push_str(" …");
        }
        line.replace('\n', " ")
    }
}

/// The place of two bytes in a table of all pairs.
fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

/// The nearest boundary of a character at or before `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The nearest boundary of a character at or after `at`.
pub(super) fn ceil(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// The service and the operation that the AWS CLI and boto3 name in `when calling the ListUsers operation`, the SDK for Go in
/// `operation error IAM: ListUsers,`, and the one for Java in `(Service: Iam,`.
fn operation(text: &str) -> (Option<String>, Option<String>) {
    let word = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_owned();
    let joined = text.replace('\n', " ");
    if let Some((_, rest)) = joined.rsplit_once("when calling the ") {
        return (None, Some(word(rest)));
    }
    if let Some((_, rest)) = joined.rsplit_once("(Service: ") {
        return (Some(word(rest)), None);
    }
    let Some((_, rest)) = joined.rsplit_once("operation error ") else { return (None, None) };
    let Some((service, rest)) = rest.split_once(": ") else { return (None, None) };
    (Some(service.to_owned()), Some(word(rest)))
}

/// The last profile in `--profile NAME` or `AWS_PROFILE=NAME`.
fn profile(text: &str) -> Option<String> {
    const NAMES: [&str; 3] = ["--profile ", "--profile=", "AWS_PROFILE="];
    let at = NAMES.iter().filter_map(|name| Some(text.rfind(name)? + name.len())).max()?;
    let rest = text[at..].trim_start_matches(['"', '\'']);
    let name = rest.split(|c: char| c.is_whitespace() || "\"'`;|&()<>".contains(c)).next()?;
    (!name.is_empty() && !has_secret(name)).then(|| name.to_owned())
}

/// The registry that the rest of a line names, in `for gcr.io/x/y` or `from https://ghcr.io/v2/`.
fn registry_after(text: &str) -> Option<String> {
    let line = text.lines().next()?;
    let word = line.split(' ').skip_while(|word| !matches!(*word, "for" | "from" | "to" | "registry")).nth(1)?;
    let word = word.trim_matches(['"', '\'', '`', '[', '(']);
    let host = word.strip_prefix("https://").unwrap_or(word).split('/').next()?;
    let is_of_host = |b: u8| b.is_ascii_alphanumeric() || b".:-".contains(&b);
    let is_host = host.contains('.') && host.len() < 100 && host.bytes().all(is_of_host) && !host.ends_with(['.', ':']);
    (is_host && !has_secret(host)).then(|| host.to_owned())
}

/// The last name of a registry of ECR: `123456789012.dkr.ecr.eu-central-1.amazonaws.com`.
fn registry(text: &str) -> Option<String> {
    let is_of_host = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let at = text.rfind(".dkr.ecr")?;
    let start = text[..at].trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let end = text[at..].find(|c: char| !is_of_host(c)).map_or(text.len(), |after| at + after);
    let host = text[start..end].trim_end_matches('.');
    let is_registry = at - start == 12 && host.contains(".amazonaws.") && host.len() < 100;
    (is_registry && !has_secret(host)).then(|| host.to_owned())
}
