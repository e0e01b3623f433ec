//! What a new view would take away from programs that use the old one.

use crate::printable::printable;
use std::collections::HashMap;

/// How programs get the credentials of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Served {
    /// Not from mfa-env, or the section is not a profile.
    ByItself,
    /// Its keys as they are.
    WithKeys,
    WithSession,
}

/// The headers of the sections of `from` that `to` has no longer, or that would get less there: keys instead of a session,
/// or nothing. Both are texts of views. In the order of their names.
pub(super) fn lost<'a>(from: &'a str, to: &str) -> Vec<&'a str> {
    let kept = sections(to);
    let is_lost = |(header, served): &(&str, Served)| kept.get(header).is_none_or(|now| now < served);
    let mut lost: Vec<&str> = sections(from).into_iter().filter(is_lost).map(|(header, _)| header).collect();
    lost.sort_unstable();
    lost
}

/// Whether programs call mfa-env for some profile of a view, which then replaces the view when its files have changed.
pub(super) fn has_callers(text: &str) -> bool {
    sections(text).values().any(|served| *served != Served::ByItself)
}

fn sections(text: &str) -> HashMap<&str, Served> {
    let mut sections = HashMap::new();
    let mut header = "";
    for line in text.lines() {
        if line.starts_with('[') {
            header = line;
            sections.insert(header, Served::ByItself);
        } else if let Some(command) = line.strip_prefix("credential_process = ")
            && command.contains(" credential-process ")
        {
            let has_keys = command.contains(" credential-process --no-session ");
            sections.insert(header, if has_keys { Served::WithKeys } else { Served::WithSession });
        }
    }
    sections
}

/// The names of these sections, for a message: the first one, and how many more there are.
pub(super) fn named(headers: &[&str]) -> Option<String> {
    let (first, others) = headers.split_first()?;
    let name = first.trim_matches(['[', ']']);
    let name = name.strip_prefix("profile ").unwrap_or(name);
    let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    Some(format!("{}{more}", printable(name)))
}
