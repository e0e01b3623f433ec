//! Whether a text reports an error, or only names it: source code, plans, changelogs and tests name errors, too.

/// How an error is named at a place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mention {
    /// As programs report it.
    Reported,
    /// Perhaps reported, perhaps quoted.
    Doubtful,
    /// Not as programs report it.
    Named,
}

/// In bytes. So much before and after an error code shows how it is used.
const NEAR: usize = 48;
/// What calls that make an error, or show one, end in.
const OF_ERRORS: [&str; 5] = ["Some(", "Err(", "Error(", "Exception(", "Fault("];
/// What is before the code of an error, without blanks and quotation marks, in lower case.
const BEFORE_CODES: [&str; 11] = [
    "apierror",
    "<code>",
    "code:some(",
    "code:",
    "__type:",
    "errortype:",
    "name:",
    "errors::",
    "exception:",
    "error:",
    "anerroroccurred(",
];

impl Mention {
    /// How the error from `start` to `end` is named. `is_code` if only its code is there.
    pub(super) fn of(text: &str, start: usize, end: usize, is_code: bool) -> Self {
        let line = &text[text[..start].rfind('\n').map_or(0, |at| at + 1)..start];
        if is_code && !is_reported_code(text, line, start, end) {
            return Mention::Named;
        }
        // A place that a search has found.
        let is_place = |word: &str| {
            let mut fields = word.split(':');
            let has_extension = fields.next().is_some_and(|file| file.contains('.'));
            has_extension && fields.next().is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        };
        let place = line.split_once(' ').filter(|(word, _)| is_place(word));
        let beginning = place.map_or(line, |(_, rest)| rest).trim_start();
        if beginning.starts_with("//")
            || beginning.trim_start_matches('#').starts_with(' ') && beginning.starts_with('#')
        {
            return Mention::Named;
        }
        match of_quotation(line) {
            Mention::Reported => {}
            other => return other,
        }
        // A change, or an item of a list.
        let is_changed = ["+ ", "- ", "~ "].iter().any(|mark| beginning.starts_with(mark));
        if is_changed || place.is_some() || line.ends_with('`') { Mention::Doubtful } else { Mention::Reported }
    }
}

/// Whether the code is where programs print it: `(CODE) when calling`, `api error CODE:`, `<Code>CODE</Code>`,
/// `code: "CODE"`, `CODE: a sentence`.
fn is_reported_code(text: &str, line: &str, start: usize, end: usize) -> bool {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\');
    let after: String = text[end..].chars().take(NEAR).map(|c| if c == '\n' { ' ' } else { c }).collect();
    let mut before: Vec<char> = text[..start].chars().rev().take(NEAR).filter(|c| !is_mark(*c)).collect();
    before.reverse();
    let before = before.into_iter().collect::<String>().to_ascii_lowercase();
    if before.ends_with('(') && (after.starts_with(") when calling") || after.starts_with("): ")) {
        return true;
    }
    let is_type = before.ends_with('#') && before.contains("type:");
    if is_type || BEFORE_CODES.iter().any(|end| before.ends_with(end)) || after.starts_with(" (client): ") {
        return true;
    }
    let is_after_text = || {
        let before = line.trim_end();
        // A class in Python.
        let is_class = || before.ends_with('.') && !before.contains(' ');
        before.is_empty() || before.ends_with([':', ',', ')', ']']) || before.ends_with("rror") || is_class()
    };
    let is_sentence = || after.strip_prefix(": ").is_some_and(|rest| rest.split(' ').count() > 2);
    is_sentence() && is_after_text()
}

/// By what is before the quotation marks around the place at the end of a line.
fn of_quotation(line: &str) -> Mention {
    let quote = match line.rfind('"') {
        Some(at) if !line[at + 1..].starts_with(' ') => at,
        _ if line.ends_with('\'') => line.len() - 1,
        _ => return Mention::Reported,
    };
    let before = line[..quote].trim_end_matches('\\');
    let outside = before.trim_end();
    let is_apart = outside.len() < before.len();
    match outside.chars().next_back() {
        Some('=') if is_apart || outside.trim_end_matches('=').ends_with([' ', '!']) => Mention::Named,
        Some('(') if !OF_ERRORS.iter().any(|call| outside.ends_with(call)) => Mention::Named,
        Some(c) if is_apart && c.is_alphanumeric() => Mention::Doubtful,
        _ => Mention::Reported,
    }
}
