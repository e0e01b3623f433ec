//! Text measured in the columns of a terminal: wide characters take two, combining marks none.

use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The width of one line of text that has no control characters.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// A name in at most so many columns: what is left out is in the middle, because names often differ at their ends.
pub fn shortened<'a>(name: &'a str, columns: usize, ellipsis: &str) -> Cow<'a, str> {
    if width(name) <= columns {
        return name.into();
    }
    let Some(rest) = columns.checked_sub(ellipsis.width()) else { return start(name, columns).into() };
    let first = start(name, rest.div_ceil(2));
    format!("{first}{ellipsis}{}", end(&name[first.len()..], rest / 2)).into()
}

/// A sentence in at most so many columns: its end is left out.
pub fn cut<'a>(sentence: &'a str, columns: usize, ellipsis: &str) -> Cow<'a, str> {
    if width(sentence) <= columns {
        return sentence.into();
    }
    let Some(rest) = columns.checked_sub(ellipsis.width()) else { return start(sentence, columns).into() };
    format!("{}{ellipsis}", start(sentence, rest).trim_end()).into()
}

/// The longest beginning of a text that fits, with the marks that belong to its last character.
fn start(text: &str, columns: usize) -> &str {
    let start = &text[..length_of(text.chars(), columns)];
    without_excess(start, columns, |text| text.char_indices().next_back().map(|(at, _)| &text[..at]))
}

/// The longest end of a text that fits and does not begin with a mark that belongs to the character before it.
fn end(text: &str, columns: usize) -> &str {
    let end = &text[text.len() - length_of(text.chars().rev(), columns)..];
    let end = end.trim_start_matches(|c: char| c.width() == Some(0));
    without_excess(end, columns, |text| text.char_indices().nth(1).map(|(at, _)| &text[at..]))
}

/// The length in bytes of those characters that fit.
fn length_of(characters: impl Iterator<Item = char>, columns: usize) -> usize {
    let mut left = columns;
    let mut length = 0;
    for c in characters {
        let Some(less) = left.checked_sub(c.width().unwrap_or(0)) else { break };
        left = less;
        length += c.len_utf8();
    }
    length
}

/// Some characters are wider next to others than alone, such as an emoji with its selector.
fn without_excess<'a>(mut text: &'a str, columns: usize, shorter: impl Fn(&'a str) -> Option<&'a str>) -> &'a str {
    while width(text) > columns {
        text = shorter(text).unwrap_or("");
    }
    text
}
