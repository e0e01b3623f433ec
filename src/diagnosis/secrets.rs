//! Removes secrets from a text of another program before a part of it is shown.

use super::search::{ceil, floor};
use crate::printable::looks_like_secret;

/// What replaces a secret.
const HIDDEN: &str = "(not shown)";

/// Names after which a secret stands, in lower case. After an option of such a name, it may be the next word.
const NAMES: [&str; 24] = [
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
    "passwd",
    "passphrase",
    "passcode",
    "accesstoken",
    "authorizationtoken",
    "auth-token",
    "client-secret",
    "client_secret",
    "api-key",
    "api_key",
    "tokencode",
    "token-code",
    "token_code",
];

/// What stands before a secret in a header.
const SCHEMES: [&str; 2] = ["bearer ", "basic "];

/// In bytes. A shorter word may be the half of a secret that was broken into two lines, but nothing is gained by it.
const SHORTEST_HALF: usize = 16;
/// What Python says before a header that it does not send, in lower case.
const HEADER: &str = "invalid header value b'";
/// In bytes. The name and the password in a URL are not longer.
const LONGEST_LOGIN: usize = 1000;
/// In bytes. A shorter word after `Bearer` is one of a sentence.
const SHORTEST_TOKEN: usize = 8;
/// In bytes. A shorter word is not a key, even if it looks random.
const SHORTEST_KEY: usize = 30;

/// A text that somebody typed, without secrets.
pub fn hide_secrets(text: &str) -> String {
    without_secrets(text, [0, 0, text.len(), text.len()]).0
}

/// A URL from its host on, if it has a login.
pub(super) fn without_login(url: &str) -> &str {
    let login = logins(url).into_iter().last();
    login.and_then(|(_, end)| url.get(end + 1..)).unwrap_or(url)
}

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
    ranges.extend(logins(text));
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
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || "/+=_%-\\".contains(c);
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
    let is_key =
        |word: &str| word.split(['=', '_', '%', '-', '\\']).any(|part| looks_like_secret(part) || is_random(part));
    is_long || is_key(word) || (word.contains(['%', '\\']) && is_key(&decoded(word)))
}

/// Without the encoding of URLs and of JSON: `%2F`, `\/` and `\u002f` are `/`.
fn decoded(word: &str) -> String {
    let mut decoded = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find(['%', '\\']) {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let code = |from: usize| rest.get(from..from + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (code, length) = match rest.as_bytes() {
            [b'%', ..] => (code(1), 3),
            [b'\\', b'u', b'0', b'0', ..] => (code(4), 6),
            [b'\\', c, ..] => (Some(*c), 2),
            _ => (None, 1),
        };
        match code.filter(u8::is_ascii) {
            Some(code) => {
                decoded.push(char::from(code));
                rest = &rest[length..];
            }
            None => rest = &rest[1..],
        }
    }
    decoded + rest
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

/// Secrets that line breaks divide. What is between two of them fills its line.
fn broken(text: &str) -> Vec<(usize, usize)> {
    let words = words(text);
    let mut broken = Vec::new();
    let mut chain: &[(usize, usize)] = &[];
    for (number, (from, to)) in words.iter().enumerate() {
        let first = number - chain.len();
        let is_next = chain.last().is_some_and(|(_, end)| text.get(*end..*from) == Some("\n"));
        let is_full = chain.len() < 2 || chain[1..].iter().all(|(from, to)| to - from >= SHORTEST_HALF);
        chain = &words[if is_next && is_full { first } else { number }..=number];
        let [(start, _), .., _] = chain else { continue };
        let joined: String = chain.iter().map(|(from, to)| &text[*from..*to]).collect();
        let longest = chain.iter().map(|(from, to)| to - from).max().unwrap_or_default();
        if is_secret(&joined) && longest >= SHORTEST_HALF {
            broken.push((*start, *to));
        }
    }
    broken
}

/// The name and the password before `@` in a URL, or in the address of a proxy without a scheme.
fn logins(text: &str) -> Vec<(usize, usize)> {
    let is_end = |c: char| c.is_whitespace() || "\"'`<>()[]{},|".contains(c);
    let mut ranges = Vec::new();
    for (at, _) in text.match_indices('@') {
        let from = floor(text, at.saturating_sub(LONGEST_LOGIN));
        let before = &text[from..at];
        if let Some(scheme) = before.rfind("://") {
            let login = &before[scheme + 3..];
            let (name, password) = login.split_once(':').map_or((login, None), |(name, rest)| (name, Some(rest)));
            // A password may have a slash, but a path begins after a host and a port. It may be broken into two lines.
            let is_port =
                |rest: &str| rest.split(['/', '?', '#']).next().is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()));
            let is_path =
                name.contains(['/', '?', '#']) || password.is_some_and(|rest| rest.contains('/') && is_port(rest));
            let is_sentence = login.contains(|c: char| c != '\n' && is_end(c)) || login.matches('\n').count() > 1;
            let is_git =
                password.is_none() && !before[..scheme].ends_with("http") && !before[..scheme].ends_with("https");
            if !is_path && !is_sentence && !is_git && (password.is_some() || !login.contains('\n')) {
                ranges.push((from + scheme + 3, at));
            }
            continue;
        }
        let start = before.rfind(|c| is_end(c) || c == '=').map_or(0, |end| ceil(before, end + 1));
        let login = &before[start..];
        let is_host = text[at + 1..].starts_with(|c: char| c.is_ascii_alphanumeric());
        // An ARN has more colons.
        if is_host && login.matches(':').count() == 1 && !login.contains('/') && !login.ends_with(':') {
            ranges.push((from + start, at));
        }
    }
    ranges
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
            // `--password X`
            let word = text[..from - name.len()].rfind(|c: char| c.is_whitespace() || "\"'[(,".contains(c));
            let is_option = text[word.map_or(0, |at| ceil(text, at + 1))..].starts_with("--")
                && text[after..].starts_with(is_separator)
                && !rest.starts_with('-');
            if !rest.starts_with(['=', ':']) && !text[after..].starts_with('>') && !is_option {
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
    // The whole header.
    for (at, mark) in lower.match_indices(HEADER) {
        let start = at + mark.len();
        ranges.push((start, text[start..].find('\n').map_or(text.len(), |end| start + end)));
    }
    for scheme in SCHEMES {
        for (at, _) in lower.match_indices(scheme) {
            let start = at + scheme.len();
            let length = text[start..].find(|c: char| c.is_whitespace() || "\"'\\,;<>".contains(c));
            let word = &text[start..start + length.unwrap_or(text.len() - start)];
            if word.len() >= SHORTEST_TOKEN && !word.bytes().all(|b| b.is_ascii_lowercase()) {
                ranges.push((start, start + word.len()));
            }
        }
    }
    ranges
}
