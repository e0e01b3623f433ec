//! Which profiles the patterns select.

use super::super::list;
use super::super::pattern::{MOST_SIMILAR, Pattern, unmatched};
use crate::error::{NoMatch, Result};
use crate::profile::{AwsFiles, Chain};
use std::collections::BTreeSet;

/// The names of the profiles that match one of the patterns and are in the account, if one is given: in the order of the
/// files, each once. A wildcard leaves out what is no identity of its own.
///
/// # Errors
/// A pattern matches no profile, or none of those that match is in the account.
pub(super) fn matching<'a>(
    patterns: &[String],
    account: Option<&str>,
    files: &'a AwsFiles<'_>,
) -> Result<Vec<&'a str>> {
    let patterns: Vec<Pattern<'_>> = patterns.iter().map(|pattern| Pattern::parse(pattern)).collect();
    let names = files.names();
    let mut has_matched = vec![false; patterns.len()];
    let mut matching = Vec::new();
    for name in &names {
        let mut is_matched = false;
        for (pattern, has_matched) in patterns.iter().zip(&mut has_matched) {
            let matches = pattern.is(name)
                || (pattern.matches(name) && (!pattern.has_wildcard() || list::is_identity(name, files)));
            *has_matched |= matches;
            is_matched |= matches;
        }
        if is_matched {
            matching.push(*name);
        }
    }
    if let Some((pattern, _)) = patterns.iter().zip(&has_matched).find(|(_, has_matched)| !**has_matched) {
        return Err(unmatched(pattern, &names).into());
    }
    let Some(account) = account else { return Ok(matching) };
    let (inside, outside): (Vec<_>, Vec<_>) = matching
        .into_iter()
        .map(|name| (name, account_of(name, files)))
        .partition(|(_, of)| of.as_deref() == Some(account));
    if inside.is_empty() {
        let others: BTreeSet<String> = outside.into_iter().filter_map(|(_, account)| account).collect();
        let others = others.into_iter().take(MOST_SIMILAR).collect();
        return Err(NoMatch::Account { account: account.to_owned(), others }.into());
    }
    Ok(inside.into_iter().map(|(name, _)| name).collect())
}

/// The account of the role, or else of the MFA device; `None` if it is not known.
fn account_of(name: &str, files: &AwsFiles<'_>) -> Option<String> {
    let chain: Chain = list::chain_of(name, files).ok()?;
    let of_role = chain.roles.first().map(|role| role.role_arn.value.account());
    of_role.or_else(|| chain.device()?.value.account()).map(str::to_owned)
}
