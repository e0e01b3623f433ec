//! MSYS2 and Git Bash rewrite the variables that look like paths when they start a Windows program, so a secret that
//! begins with `/` would no longer be the one that AWS issued. `MSYS2_ENV_CONV_EXCL` is a list, separated by `;`, of
//! what the variables that are left alone begin with, as `NAME=value` (<https://www.msys2.org/docs/filesystem-paths/>).
//!
//! A session adds its own entries to that list. They are recognized by being next to each other, so that the same
//! entries of the user stay when ours are taken back.

use super::change::EnvChange;
use super::shell_session::ShellSession;
use crate::variables::Variables;

/// The variable with the list.
pub const EXCLUDED: &str = "MSYS2_ENV_CONV_EXCL";

/// Only the shells of MSYS2 set it. What they start inherits it, and may start their shells again.
const SYSTEM: &str = "MSYSTEM";

/// The secret, and the token: AWS's begin with a letter, but AWS does not promise that, and other servers have their own.
const ENTRIES: [&str; 2] = ["AWS_SESSION_TOKEN", "AWS_SECRET_ACCESS_KEY"];

/// The change that keeps the credentials of a session as they are; `None` where nothing rewrites them. A list that is
/// not UTF-8 is left alone.
pub(super) fn exclude(shell: &ShellSession<'_>, variables: &Variables) -> Option<EnvChange> {
    variables.os(SYSTEM)?;
    let list = variables.raw(EXCLUDED).map_or(Some(""), |list| list.to_str())?;
    let is_there = match own(list) {
        // Without a session, the user has added them, and wants to keep them when the session ends.
        Some(_) => shell.before().is_some(),
        None => ENTRIES.iter().all(|name| is_excluded(name, list)),
    };
    let separator = if list.is_empty() { "" } else { ";" };
    (!is_there).then(|| EnvChange::set(EXCLUDED, format!("{list}{separator}{}", ENTRIES.join(";"))))
}

/// The change that takes back what [`exclude`] has added, wherever it is by now.
pub(super) fn take_back(shell: &ShellSession<'_>, variables: &Variables) -> Option<EnvChange> {
    shell.before()?;
    let list = variables.os(EXCLUDED)?.to_str()?;
    let (before, after) = own(list)?;
    let rest = [before, after].into_iter().flatten().collect::<Vec<_>>().join(";");
    Some(if rest.is_empty() { EnvChange::unset(EXCLUDED) } else { EnvChange::set(EXCLUDED, rest) })
}

/// What is before and after our entries in a list, without the separators next to them.
fn own(list: &str) -> Option<(Option<&str>, Option<&str>)> {
    let entries = ENTRIES.join(";");
    // The user's own come first, so ours are the last ones.
    list.rmatch_indices(&entries).find_map(|(at, _)| {
        let before = if at == 0 { None } else { Some(list[..at].strip_suffix(';')?) };
        let end = &list[at + entries.len()..];
        let after = if end.is_empty() { None } else { Some(end.strip_prefix(';')?) };
        Some((before, after))
    })
}

/// Whether a list excludes a variable; `*` excludes all. No variable is meant by an empty entry.
fn is_excluded(name: &str, list: &str) -> bool {
    list.split(';').any(|start| start == "*" || (!start.is_empty() && name.starts_with(start)))
}
