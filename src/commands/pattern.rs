//! Patterns for names of profiles, as shells have them for files.

use crate::error::NoMatch;
use crate::profile::similar_names;
use std::collections::BTreeSet;
use std::path::Path;

/// In an error, more names would not be read.
pub(super) const MOST_SIMILAR: usize = 3;
/// In characters.
const SHORTEST_SIMILAR: usize = 3;

/// A pattern: `*` stands for any text, `?` for one character, and `[a-z]` or `[!a-z]` for one of a set. Everything else
/// stands for itself, and so does a `[` without its `]`.
pub(super) struct Pattern<'a> {
    text: &'a str,
    parts: Vec<Part>,
}

enum Part {
    Any,
    One,
    Exactly(char),
    Set { is_negated: bool, ranges: Vec<(char, char)> },
}

impl<'a> Pattern<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let characters: Vec<char> = text.chars().collect();
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(&character) = characters.get(at) {
            let (part, length) = match character {
                '*' => (Part::Any, 1),
                '?' => (Part::One, 1),
                '[' => set(&characters[at..]).unwrap_or((Part::Exactly('['), 1)),
                other => (Part::Exactly(other), 1),
            };
            parts.push(part);
            at += length;
        }
        Pattern { text, parts }
    }

    /// The pattern as it was typed.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// Whether it may match several names.
    pub(super) fn has_wildcard(&self) -> bool {
        self.parts.iter().any(|part| !matches!(part, Part::Exactly(_)))
    }

    /// Whether it is this very name, which may contain the characters of patterns.
    pub(super) fn is(&self, name: &str) -> bool {
        self.text == name
    }

    /// The characters before the first wildcard.
    pub(super) fn beginning(&self) -> String {
        let exact = self.parts.iter().map_while(|part| match part {
            Part::Exactly(character) => Some(*character),
            Part::Any | Part::One | Part::Set { .. } => None,
        });
        exact.collect()
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        let characters: Vec<char> = name.chars().collect();
        let (mut part, mut at) = (0, 0);
        // Where to go on if what follows the last `*` does not match: that one takes one character more.
        let mut retry = None;
        loop {
            match (self.parts.get(part), characters.get(at)) {
                (None, None) => return true,
                (Some(Part::Any), _) => {
                    retry = Some((part + 1, at + 1));
                    part += 1;
                    continue;
                }
                (Some(one), Some(character)) if one.has(*character) => {
                    (part, at) = (part + 1, at + 1);
                    continue;
                }
                _ => {}
            }
            match retry {
                Some((after, next)) if next <= characters.len() => {
                    (part, at) = (after, next);
                    retry = Some((after, next + 1));
                }
                _ => return false,
            }
        }
    }
}

impl Part {
    fn has(&self, character: char) -> bool {
        match self {
            Part::Any | Part::One => true,
            Part::Exactly(exactly) => character == *exactly,
            Part::Set { is_negated, ranges } => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&character)) != *is_negated
            }
        }
    }
}

/// The set at the beginning of these characters, and its length; `None` if it has no end. As in shells, a `]` right at its
/// beginning and a `-` at either end belong to the set.
fn set(characters: &[char]) -> Option<(Part, usize)> {
    let is_negated = matches!(characters.get(1), Some('!' | '^'));
    let first = 1 + usize::from(is_negated);
    let end = first + 1 + characters.get(first + 1..)?.iter().position(|character| *character == ']')?;
    let mut members = &characters[first..end];
    let mut ranges = Vec::new();
    while let Some((&from, rest)) = members.split_first() {
        match rest {
            ['-', to, others @ ..] => {
                ranges.push((from, *to));
                members = others;
            }
            others => {
                ranges.push((from, from));
                members = others;
            }
        }
    }
    Some((Part::Set { is_negated, ranges }, end + 1))
}

/// The error about a pattern that matches nothing. What is before its first wildcard is compared with as many characters
/// of each name.
pub(super) fn unmatched(pattern: &Pattern<'_>, names: &[&str]) -> NoMatch {
    let beginning = pattern.beginning();
    let length = if pattern.has_wildcard() { beginning.chars().count() } else { usize::MAX };
    let start = |name: &&str| name.chars().take(length).collect::<String>();
    let starts: BTreeSet<String> = names.iter().map(start).filter(|start| !start.is_empty()).collect();
    let mut similar = Vec::new();
    // Fewer characters are similar to anything.
    let starts = if beginning.chars().count() < SHORTEST_SIMILAR { BTreeSet::new() } else { starts };
    for found in similar_names(&beginning, starts.iter().map(String::as_str)) {
        similar.extend(names.iter().filter(|name| start(name) == found).map(|name| (*name).to_owned()));
    }
    similar.truncate(MOST_SIMILAR);
    let text = pattern.text();
    NoMatch::Pattern { pattern: text.to_owned(), similar, is_file: Path::new(text).exists() }
}
