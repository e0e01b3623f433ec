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
    /// `[profile my prof]`, which needs quotes, and `[Profile NAME]`, ignored and indexed for the same reason.
    MisspelledProfile,
}

/// Parses a header, given its line, which starts with `[`.
///
/// `None` if the section is of a kind that mfa-env does not read, such as `[sso-session x]`, or has no valid name.
///
/// # Errors
/// The `]` is missing.
#[inline]
pub fn parse(line: &str, file: FileKind) -> Result<Option<(SectionKind, Cow<'_, str>)>, SyntaxError> {
    match plain(line, file) {
        Some((kind, name)) => Ok(Some((kind, name.into()))),
        None => parse_unusual(line, file),
    }
}

/// Not inlined with [`plain`], which would then take 6 % more instructions of a sign-in with 2,000 profiles.
#[cold]
fn parse_unusual(line: &str, file: FileKind) -> Result<Option<(SectionKind, Cow<'_, str>)>, SyntaxError> {
    let (mut inner, rest) = split_at_bracket(&line[1..]).ok_or(SyntaxError::UnclosedSection)?;
    let rest = rest.trim_matches(BLANKS);
    // As in botocore, the last `]` ends the name, and what follows is ignored.
    if !rest.is_empty()
        && !rest.starts_with(['#', ';'])
        && let Some((longer, _)) = line[1..].rsplit_once(']')
    {
        inner = longer;
    }
    Ok(classify(inner.trim_matches(BLANKS), file))
}

/// The name of the profile that botocore, and with it the AWS CLI, reads in a header: it takes everything up to the
/// last `]`, blanks included, and skips a section of the config file whose quotes are unbalanced.
pub(super) fn botocore_name(line: &str, file: FileKind) -> Option<Cow<'_, str>> {
    if let Some((_, name)) = plain(line, file) {
        return Some(name.into());
    }
    let inner = line.strip_prefix('[')?.rsplit_once(']')?.0;
    match file {
        FileKind::Credentials => Some(inner.into()),
        FileKind::Config if inner == "default" => Some(inner.into()),
        FileKind::Config => {
            let name = inner.strip_prefix("profile").filter(|rest| rest.starts_with(BLANKS))?.trim_matches(BLANKS);
            if let Word::One(name) = shell_word(name) { Some(name) } else { None }
        }
    }
}

/// The header of a profile, which every tool that accepts the name reads the same way. `is_prefixed` is for `default`
/// in the config file, which may have either form.
pub(super) fn header(name: &str, file: FileKind, is_prefixed: bool) -> String {
    if file == FileKind::Credentials || name == "default" && !is_prefixed {
        format!("[{name}]")
    } else if !name.contains([' ', '\t', '\'', '"', '\\', ']', '#', ';']) {
        format!("[profile {name}]")
    } else if !name.contains('\'') {
        format!("[profile '{name}']")
    } else {
        format!("[profile \"{}\"]", name.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// The usual header, with one blank and no quotes. [`classify`] would read it as well, but without this shortcut a
/// cached sign-in takes 0.9 % more instructions, and with 2,000 profiles 60 % more.
#[inline]
fn plain(line: &str, file: FileKind) -> Option<(SectionKind, &str)> {
    let (prefix, prefixed) = match file {
        FileKind::Config => ("[profile ", true),
        FileKind::Credentials => ("[", false),
    };
    let name = line.strip_prefix(prefix)?.strip_suffix(']')?;
    is_plain(name).then_some((SectionKind::Profile { prefixed }, name))
}

/// Whether a name has only the characters that the AWS SDKs and Tools Reference Guide allows.
#[inline]
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-/.@+:%".contains(&b))
}

/// A header without the comment after it.
pub(super) fn without_comment(line: &str) -> &str {
    match split_at_bracket(&line[1..]) {
        Some((inner, rest)) if rest.trim_start_matches(BLANKS).starts_with(['#', ';']) => &line[..inner.len() + 2],
        _ => line,
    }
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
        // A non-breaking space, as copied from a web page.
        (FileKind::Config, None) if let Some(name) = after_other_blank(inner) => {
            Some((SectionKind::MisspelledProfile, name.into()))
        }
        (FileKind::Config, None) => (!inner.is_empty()).then_some((SectionKind::BareInConfig, inner.into())),
        (FileKind::Config, Some(("profile", name))) => match one_word(name) {
            Some(name) => Some((SectionKind::Profile { prefixed: true }, name)),
            None => Some((SectionKind::MisspelledProfile, name.into())),
        },
        (FileKind::Config, Some(("services", name))) => Some((SectionKind::Services, one_word(name)?)),
        (FileKind::Config, Some((word, name))) if word.eq_ignore_ascii_case("profile") => {
            Some((SectionKind::MisspelledProfile, one_word(name).unwrap_or(name.into())))
        }
        (FileKind::Config, Some(_)) => None,
        (FileKind::Credentials, Some(("profile", name))) => {
            Some((SectionKind::PrefixedInCredentials, one_word(name).unwrap_or(name.into())))
        }
        // The name is everything in the brackets, blanks included: `aws configure` writes and botocore reads it that
        // way.
        (FileKind::Credentials, _) => {
            (!inner.is_empty()).then_some((SectionKind::Profile { prefixed: false }, inner.into()))
        }
    }
}

/// The name after `profile` and a blank that is not one for AWS's tools.
fn after_other_blank(inner: &str) -> Option<&str> {
    let name = inner.strip_prefix("profile")?;
    name.starts_with(char::is_whitespace).then(|| name.trim()).filter(|name| !name.is_empty())
}

/// The name of a section in the config file. `None` unless it is one word. If its quotes are unbalanced, they are part
/// of the name.
fn one_word(text: &str) -> Option<Cow<'_, str>> {
    match shell_word(text) {
        Word::One(name) => Some(name),
        Word::Unbalanced => (!text.contains(BLANKS)).then_some(text.into()),
        Word::NotOne => None,
    }
}

/// What a text is by the rules of a shell.
pub(super) enum Word<'a> {
    /// One word, without its quotes and backslashes.
    One(Cow<'a, str>),
    /// No word, an empty one, or several.
    NotOne,
    /// A quote is not closed, or nothing follows a backslash.
    Unbalanced,
}

/// Removes quotes and backslashes by the rules of a shell, as botocore does.
pub(super) fn shell_word(text: &str) -> Word<'_> {
    if !text.contains(['\'', '"', '\\']) {
        return if text.is_empty() || text.contains(BLANKS) { Word::NotOne } else { Word::One(text.into()) };
    }
    let mut word = String::new();
    let mut chars = text.chars();
    let mut quote: Option<char> = None;
    loop {
        match (chars.next(), quote) {
            (None, None) if word.is_empty() => return Word::NotOne,
            (None, None) => return Word::One(word.into()),
            (None, Some(_)) => return Word::Unbalanced,
            (Some(c), Some(q)) if c == q => quote = None,
            (Some('\\'), Some('"')) => match chars.next() {
                Some(c @ ('"' | '\\')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
                None => return Word::Unbalanced,
            },
            (Some(c @ ('"' | '\'')), None) => quote = Some(c),
            (Some('\\'), None) => match chars.next() {
                Some(c) => word.push(c),
                None => return Word::Unbalanced,
            },
            (Some(' ' | '\t'), None) => return Word::NotOne,
            (Some(c), _) => word.push(c),
        }
    }
}
