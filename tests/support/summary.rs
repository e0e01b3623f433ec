//! The line that a sign-in prints: `prod, admin@123456789012, eu-central-1, 59 min left`, with middle dots if stderr is
//! UTF-8.

/// Whether this is the summary of a sign-in, to this profile if one is given.
pub fn is_summary(line: &str, profile: Option<&str>) -> bool {
    let is_of = |profile: &str| line.strip_prefix(profile).is_some_and(|rest| rest.starts_with([',', ' ']));
    !line.starts_with("mfa-env: ") && line.contains(" left") && profile.is_none_or(is_of)
}

/// Whether any line of a text is the summary of a sign-in to this profile.
pub fn is_in(text: &str, profile: &str) -> bool {
    text.lines().any(|line| is_summary(line.trim_end_matches('\r'), Some(profile)))
}
