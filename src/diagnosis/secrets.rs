//! Removes secrets from a text of another program before a part of it is shown.

use crate::printable::looks_like_secret;

/// What replaces a secret.
const HIDDEN: &str = "(not shown)";

/// Names after which a secret stands, in lower case.
const NAMES: [&str; 12] = [
    "aws_secret_access_key",
    "secretaccesskey",
    "secret_key",
    "secret-access-key",
    "aws_session_token",
    "aws_security_token",
    "sessiontoken",
    "x-amz-security-token",
    "x-amz-signature",
    "signature",
    "password",
    "accesstoken",
];

/// In bytes. A shorter word may be the half of a secret that was broken into two lines, but nothing is gained by it.
const SHORTEST_HALF: usize = 16;
/// In bytes. A shorter word is not a key, even if it looks random.
const SHORTEST_KEY: usize = 30;

/// Whether there is a secret in the text.
pub(super) fn has_secret(text: &str) -> bool {
    !hidden_ranges(text).is_empty()
}

/// The text without secrets, and where four places in it are then: the first two are starts of parts, the others ends. A
/// line break in the text may be within a secret.
pub(super) fn without_secrets(text: &str, places: [usize; 4]) -> (String, [usize; 4]) {
    let mut shown = String::with_capacity(text.len());
    let mut new = [None; 4];
    let mut at = 0;
    for (from, to) in hidden_ranges(text).into_iter().chain([(text.len(), text.len())]) {
        for (number, place) in places.into_iter().enumerate() {
            let is_start = number < 2;
            if new[number].is_none() && place <= from {
                new[number] = Some(shown.len() + place - at);
            } else if new[number].is_none() && (place < to || (!is_start && place == to)) {
                let end = if is_start { 0 } else { HIDDEN.len() };
                new[number] = Some(shown.len() + from - at + end);
            }
        }
        shown.push_str(&text[at..from]);
        if from < to {
            shown.push_str(HIDDEN);
        }
        at = to;
    }
    let length = shown.len();
    (shown, new.map(|place| place.unwrap_or(length)))
}

/// Where secrets are, in order.
fn hidden_ranges(text: &str) -> Vec<(usize, usize)> {
    let mut ranges = words(text).into_iter().filter(|(from, to)| is_secret(&text[*from..*to])).collect::<Vec<_>>();
    ranges.extend(broken(text));
    ranges.extend(named(text));
    ranges.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (from, to) in ranges {
        match merged.last_mut() {
            Some((_, last)) if from <= *last => *last = to.max(*last),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// The runs of characters that keys and tokens consist of. URLs and ARNs consist of several.
fn words(text: &str) -> Vec<(usize, usize)> {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || "/+=_%-".contains(c);
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (is_of_key(c), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push((from, at));
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// Whether a word could be a key or a token, or a message of AWS that only AWS can read.
fn is_secret(word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
    let is_long = word.len() >= 100 && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    // Without `=`, which is between a name and its value, and the other characters, which are in names and ARNs.
    is_long || word.split(['=', '_', '%', '-']).any(|part| looks_like_secret(part) || is_random(part))
}

/// Whether letters in upper and lower case and digits follow each other as in no name that somebody has chosen.
fn is_random(word: &str) -> bool {
    let class = |b: u8| match b {
        b'A'..=b'Z' => 0,
        b'a'..=b'z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let bytes = word.as_bytes();
    let has = |is: fn(&u8) -> bool| bytes.iter().any(is);
    let changes = bytes.windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count();
    bytes.len() >= SHORTEST_KEY
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
        && changes * 3 >= bytes.len()
}

/// Secrets that a line break divides.
fn broken(text: &str) -> Vec<(usize, usize)> {
    let words = words(text);
    let pairs = words.windows(2).filter(|pair| text.get(pair[0].1..pair[1].0) == Some("\n"));
    let is_broken = |pair: &&[(usize, usize)]| {
        let [(from, to), (next, end)] = [pair[0], pair[1]];
        let joined = format!("{}{}", &text[from..to], &text[next..end]);
        is_secret(&joined) && (to - from).max(end - next) >= SHORTEST_HALF
    };
    pairs.filter(is_broken).map(|pair| (pair[0].0, pair[1].1)).collect()
}

/// The values after the names of secrets.
fn named(text: &str) -> Vec<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    let mut ranges = Vec::new();
    for name in NAMES {
        let mut from = 0;
        while let Some(found) = lower[from..].find(name) {
            let after = from + found + name.len();
            from = after;
            let is_separator = |c: char| matches!(c, '"' | '\'' | '\\' | ' ' | '\n' | '>');
            let rest = text[after..].trim_start_matches(is_separator);
            if !rest.starts_with(['=', ':']) && !text[after..].starts_with('>') {
                continue;
            }
            let rest = rest.trim_start_matches(['=', ':']).trim_start_matches(is_separator);
            let start = text.len() - rest.len();
            let is_end = |c: char| c.is_whitespace() || "\"'\\,;&<>(){}[]".contains(c);
            let end = rest.find(is_end).map_or(text.len(), |at| start + at);
            if end > start {
                ranges.push((start, end));
            }
        }
    }
    ranges
}
