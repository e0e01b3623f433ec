//! Suggestions for a mistyped profile name.

/// Those of `names` that `wanted` may be a typo of, best match first.
///
/// A name matches if it starts with `wanted` or is within a third of its length, from 1 to 3 edits. Case is ignored.
pub fn similar_names<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted_lower = wanted.to_lowercase();
    let length = wanted_lower.chars().count();
    let allowed = (wanted.chars().count() / 3).clamp(1, 3);
    let mut scored: Vec<(usize, &str)> = names
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let starts = wanted.len() > 1 && lower.starts_with(&wanted_lower);
            let may_be_near = lower.chars().count().abs_diff(length) <= allowed;
            let distance = may_be_near.then(|| strsim::osa_distance(&wanted_lower, &lower));
            distance.filter(|&edits| edits <= allowed).or(starts.then_some(allowed)).map(|d| (d, name))
        })
        .collect();
    scored.sort_unstable();
    scored.dedup();
    scored.into_iter().map(|(_, name)| name).collect()
}
