//! Which profiles are listed, and in which order.

use super::super::pattern::Pattern;
use super::row::Row;
use crate::profile::Region;
use clap::ValueEnum;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What the profiles are sorted by. Those that are equal are in the order of the AWS files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Sort {
    /// Grouped by account.
    Account,
    Name,
    /// Role or user.
    Role,
    Region,
    /// What expires first comes first.
    Left,
}

/// Where a row belongs; each kind of row is together, however the list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// Usable profiles in the account that the AWS files name first, second and so on.
    Account(usize),
    /// Usable profiles whose account is not known.
    NoAccount,
    /// Usable profiles that are not grouped.
    Usable,
    /// Sessions that belong to no profile.
    NoProfile,
    /// Profiles that cannot be used.
    Unusable,
}

/// Whether the filter is part of what the row shows, in any letter case; with wildcards, whether it matches the whole of it.
pub(super) fn is_selected(row: &Row<'_>, filter: &Pattern<'_>) -> bool {
    let role_or_user = row.role_or_user();
    let region = row.region.as_ref().map(Region::as_str);
    let shown = [row.profile, row.account(), Some(&*role_or_user), region];
    let part = filter.text().to_lowercase();
    shown.into_iter().flatten().any(|text| {
        if filter.has_wildcard() {
            filter.matches(text) || filter.is(text)
        } else {
            text.to_lowercase().contains(&part)
        }
    })
}

/// Sorts the rows and puts each into its group.
pub(super) fn sort(rows: &mut [Row<'_>], by: Sort) {
    let groups = groups(rows, by);
    for (row, group) in rows.iter_mut().zip(groups) {
        row.group = group;
    }
    rows.sort_by(|a, b| a.group.cmp(&b.group).then_with(|| compare(a, b, by)));
}

fn compare(a: &Row<'_>, b: &Row<'_>, by: Sort) -> Ordering {
    match by {
        Sort::Account => Ordering::Equal,
        Sort::Name => compare_text(&a.name(), &b.name()),
        Sort::Role => compare_text(&a.role_or_user(), &b.role_or_user()),
        Sort::Region => compare_text(region(a), region(b)),
        Sort::Left => a.seconds_left.unwrap_or(i64::MAX).cmp(&b.seconds_left.unwrap_or(i64::MAX)),
    }
}

fn region<'a>(row: &'a Row<'_>) -> &'a str {
    row.region.as_ref().map(Region::as_str).unwrap_or_default()
}

/// Compares them as people do: capitals do not come first, and an empty one comes last.
fn compare_text(a: &str, b: &str) -> Ordering {
    let lower = |text: &str| (text.is_empty(), text.to_lowercase());
    lower(a).cmp(&lower(b))
}

fn groups(rows: &[Row<'_>], by: Sort) -> Vec<Group> {
    let mut accounts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut last = ("", 0);
    let mut groups = Vec::with_capacity(rows.len());
    for row in rows {
        groups.push(match (row, row.account()) {
            (Row { problem: Some(_), .. }, _) => Group::Unusable,
            (Row { profile: None, .. }, _) => Group::NoProfile,
            _ if by != Sort::Account => Group::Usable,
            (_, None) => Group::NoAccount,
            (_, Some(account)) => {
                // Most rows are in the account of the row before.
                if last.0 != account {
                    let next = accounts.len();
                    last = (account, *accounts.entry(account).or_insert(next));
                }
                Group::Account(last.1)
            }
        });
    }
    groups
}
