//! Section headers: `[default]`, `[profile NAME]`, `[NAME]`, `[services NAME]`.
//!
//! The grammar is that of the AWS SDKs and Tools Reference Guide ("Shared config and credentials files"). In addition,
//! as botocore does, any word is accepted as a name, and names may be quoted: `aws configure --profile 'my prof'`
//! writes `[profile 'my prof']`.

use super::FileKind;
use crate::error::SyntaxError;
use std::borrow::Cow;

pub(super) const BLANKS: [char; 2] = [' ', '\t'];

/// What a section describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionKind {
    /// A profile. In the config file, `[profile default]` is prefixed and takes precedence over `[default]`.
    Profile { prefixed: bool },
    /// `[services NAME]`: settings per service, such as its endpoint.
    Services,
    /// `[NAME]` in the config file. AWS's tools ignore it; it is indexed for the advice when profile NAME is missing.
    BareInConfig,
    /// `[profile NAME]` in the credentials file, ignored and indexed for the same reason.
    PrefixedInCredentials,
}

/// Parses a header, given its line, which starts with `[`.
///
/// `None` if the section is of a kind that mfa-env does not read, such as `[sso-session x]`, or has no valid name.
///
/// # Errors
/// The `]` is missing, or something other than a comment follows it.
pub fn parse(line: &str, file: FileKind) -> Result<Option<(SectionKind, Cow<'_, str>)>, SyntaxError> {
    if let Some((kind, name)) = plain(line, file) {
        return Ok(Some((kind, name.into())));
    }
    let (inner, rest) = split_at_bracket(&line[1..]).ok_or(SyntaxError::UnclosedSection)?;
    let rest = rest.trim_matches(BLANKS);
    if !rest.is_empty() && !rest.starts_with(['#', ';']) {
        return Err(SyntaxError::UnclosedSection);
    }
    Ok(classify(inner.trim_matches(BLANKS), file))
}

/// The usual header, with one blank and no quotes. [`classify`] would read it as well, but without this shortcut a
/// cached sign-in takes 0.9 % more instructions, and with 2,000 profiles 60 % more.
fn plain(line: &str, file: FileKind) -> Option<(SectionKind, &str)> {
    let (prefix, prefixed) = match file {
        FileKind::Config => ("[profile ", true),
        FileKind::Credentials => ("[", false),
    };
    let name = line.strip_prefix(prefix)?.strip_suffix(']')?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_-/.@+:%".contains(&b);
    (!name.is_empty() && name.bytes().all(is_plain)).then_some((SectionKind::Profile { prefixed }, name))
}

/// The text before the `]` that closes the header, and the text after it. A `]` within quotes belongs to the name.
fn split_at_bracket(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    let outside_quotes = text.bytes().position(|b| {
        match quote {
            Some(open) if open == b => quote = None,
            None if matches!(b, b'"' | b'\'') => quote = Some(b),
            _ => {}
        }
        quote.is_none() && b == b']'
    });
    let close = outside_quotes.or_else(|| text.find(']'))?;
    Some((&text[..close], &text[close + 1..]))
}

/// The kind and name of a section whose header has the text `inner` in its brackets.
fn classify(inner: &str, file: FileKind) -> Option<(SectionKind, Cow<'_, str>)> {
    let words = inner.split_once(BLANKS).map(|(first, rest)| (first, rest.trim_matches(BLANKS)));
    match (file, words) {
        (FileKind::Config, None) if inner == "default" => {
            Some((SectionKind::Profile { prefixed: false }, inner.into()))
        }
        (FileKind::Config, None) => (!inner.is_empty()).then_some((SectionKind::BareInConfig, inner.into())),
        (FileKind::Config, Some(("profile", name))) => Some((SectionKind::Profile { prefixed: true }, one_word(name)?)),
        (FileKind::Config, Some(("services", name))) => Some((SectionKind::Services, one_word(name)?)),
        (FileKind::Config, Some(_)) => None,
        (FileKind::Credentials, Some(("profile", name))) => Some((SectionKind::PrefixedInCredentials, one_word(name)?)),
        // The name is everything in the brackets, blanks included: `aws configure` writes and botocore reads it that
        // way.
        (FileKind::Credentials, _) => {
            (!inner.is_empty()).then_some((SectionKind::Profile { prefixed: false }, inner.into()))
        }
    }
}

/// Removes quotes and backslashes by the rules of a shell, as botocore does. `None` unless the result is one word. If
/// the quotes are unbalanced, they are part of the name.
fn one_word(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['\'', '"', '\\']) {
        return (!text.is_empty() && !text.contains(BLANKS)).then_some(text.into());
    }
    let mut word = String::new();
    let mut chars = text.chars();
    let mut quote: Option<char> = None;
    let balanced = loop {
        match (chars.next(), quote) {
            (None, open) => break open.is_none(),
            (Some(c), Some(q)) if c == q => quote = None,
            (Some('\\'), Some('"')) => match chars.next() {
                Some(c @ ('"' | '\\')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
                None => break false,
            },
            (Some(c @ ('"' | '\'')), None) => quote = Some(c),
            (Some('\\'), None) => match chars.next() {
                Some(c) => word.push(c),
                None => break false,
            },
            (Some(' ' | '\t'), None) => return None,
            (Some(c), _) => word.push(c),
        }
    };
    if balanced { (!word.is_empty()).then_some(word.into()) } else { (!text.contains(BLANKS)).then_some(text.into()) }
}
