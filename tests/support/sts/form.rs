//! The parameters of the AWS query protocol: `Action=GetSessionToken&Version=2011-06-15&DurationSeconds=43200`.

use std::collections::BTreeMap;

/// Parses parameters; `None` if one is duplicated, badly encoded or not UTF-8.
pub fn parse(text: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut params = BTreeMap::new();
    for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decoded(halves.next()?)?;
        let value = decoded(halves.next().unwrap_or_default())?;
        if params.insert(name, value).is_some() {
            return None;
        }
    }
    Some(params)
}

fn decoded(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                u8::try_from(high << 4 | low).ok()?
            }
            other => *other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Percent-encodes by the SigV4 rule: everything except `A-Z a-z 0-9 - _ . ~`, with upper-case hex digits.
pub fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => text.push(char::from(*byte)),
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

/// The query of a canonical request: decoded, encoded again by the SigV4 rule, sorted.
pub fn canonical_query(query: &str) -> Option<String> {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((encoded(decoded(name.as_bytes())?.as_bytes()), encoded(decoded(value.as_bytes())?.as_bytes())));
    }
    pairs.sort();
    Some(pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
}
