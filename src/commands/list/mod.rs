//! `mfa-env list`: the profiles in the AWS files, where each leads to, and the time left on its cached session.

mod description;
mod json;
mod order;
mod row;
mod sessions;
mod table;

pub(super) use description::descriptions;

use super::outcome::Outcome;
use super::pattern::{Pattern, unmatched};
use crate::context::Context;
use crate::environment::{SessionOptions, ShellSession};
use crate::error::{ConfigError, Error, Result, SourceKind};
use crate::profile::{AwsFiles, Chain, ProfileName, Region};
use crate::session::Cache;
use crate::sign_in::read_aws_files;
use crate::style::{Screen, Stream};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use clap::Args;
use order::Sort;
use row::{Row, is_saved};
use sessions::CachedSessions;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env list                           list profiles and the time left on their sessions
  mfa-env list prod                      list those with prod in their name, account, role, user or region
  mfa-env list 'prod-*' --sort left      list those that match a pattern; sessions that expire first come first
  mfa-env list --json                    print JSON, with the error of each broken profile";

/// List profiles and the time left on their sessions.
#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// Part of a profile's name, account, role, user or region, or a pattern with `*`, `?` and `[a-z]`, in quotes
    #[arg(value_name = "FILTER")]
    filter: Option<String>,
    /// Order of the profiles that can be used; the others come last [default: account]
    #[arg(long, value_name = "BY", value_enum)]
    sort: Option<Sort>,
    /// Print one JSON object; `mfa-env help json` describes its fields
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ListArgs, context: &Context) -> Result<Outcome> {
    let Context { variables, warnings, .. } = context;
    let texts = read_aws_files(variables, warnings)?;
    let files = AwsFiles::index(&texts).for_listing();
    let cache = Cache::of(variables, warnings);
    let entries = cache.entries();
    let cached = CachedSessions::of(&entries, &cache, variables);
    let names = files.names();
    let mut rows: Vec<Row<'_>> = names.iter().map(|name| Row::of(name, &files, &cached)).collect();
    let has_odd_lines = rows.iter().any(|row| row.has_odd_lines);
    rows.extend(cached.without_profile().map(|entry| Row::of_session(entry, &cache)));
    mark_current(&mut rows, variables);
    // JSON is in the order of the AWS files.
    if let Some(sort) = args.sort.or(if args.json { None } else { Some(Sort::Account) }) {
        order::sort(&mut rows, sort);
    }
    if let Some(filter) = args.filter.as_deref().map(Pattern::parse) {
        rows.retain(|row| order::is_selected(row, &filter));
        if rows.is_empty() {
            return Err(unmatched(&filter, &names).into());
        }
    }
    let malformed = files.malformed_lines();
    // To look at every line would take longer than all the rest.
    let may_be_rejected = !malformed.is_empty() || has_odd_lines || texts.iter().any(|text| text.has_bom);
    let rejected = if may_be_rejected { files.rejected() } else { Vec::new() };
    for (origin, problem) in malformed {
        if rejected.iter().all(|file| file.origin != origin) {
            warnings.add(Warning::LineIgnored { origin, problem });
        }
    }
    for file in rejected {
        warnings.add(Warning::FileRejected(file.into()));
    }
    for difference in files.section_differences() {
        warnings.add(Warning::SectionDiffers(difference));
    }
    context.show_warnings();
    let text = if args.json {
        json::json(&rows)
    } else {
        let is_grouped = args.sort.is_none_or(|sort| sort == Sort::Account);
        table::table(&rows, is_grouped, &Screen::of(Stream::Stdout, variables))
    };
    // Dropping 2,000 of them would take 2 % of the run. They contain no secret.
    std::mem::forget(rows);
    Ok(Outcome::text(text))
}

/// Marks what this shell is signed in with: a profile, or if an option gave the role, a session that belongs to none. In a
/// view of all profiles, it is the one that programs use.
fn mark_current(rows: &mut [Row<'_>], variables: &Variables) {
    let shell = ShellSession::read(variables, &Warnings::default());
    let profile = match shell.options() {
        _ if shell.has_view() => variables.os("AWS_PROFILE"),
        SessionOptions::Some(options) if options.role_arn.is_some() => None,
        SessionOptions::Unknown(_) => None,
        _ if shell.has_our_keys() => variables.os("MFA_ENV_PROFILE"),
        _ => None,
    };
    let key = variables.os("AWS_ACCESS_KEY_ID");
    for row in rows {
        row.is_current = match row.profile {
            Some(name) => profile.is_some_and(|profile| profile == name),
            None => profile.is_none() && key.is_some_and(|key| row.access_key_id.is_some_and(|id| key == id)),
        };
    }
}

/// Whether a profile stands for an identity of its own. One without credentials does not, nor does one that mfa-env has
/// made for another.
pub(super) fn is_identity(profile: &str, files: &AwsFiles<'_>) -> bool {
    match chain_of(profile, files) {
        Ok(chain) => !chain.roles.is_empty() || !is_saved(profile, files),
        Err(Error::Config(
            ConfigError::NoCredentials { source_of: None, .. }
            | ConfigError::SourceUnsupported { kind: SourceKind::MfaEnv, .. },
        )) => false,
        Err(_) => true,
    }
}

pub(super) fn chain_of(profile: &str, files: &AwsFiles<'_>) -> Result<Chain> {
    ProfileName::parse(profile)
        .map_err(|_| Error::from(ConfigError::NoCredentials { profile: profile.to_owned(), source_of: None }))
        .and_then(|name| Chain::walk(files, &name, None))
}

/// The region of a profile whose chain is invalid, if the region itself is valid, and whether the AWS CLI may reject the
/// lines of the profile.
fn of_invalid(name: &str, files: &AwsFiles<'_>) -> (Option<Region>, bool) {
    match ProfileName::parse(name).map(|name| files.profile(&name)) {
        Ok(Ok(Some(profile))) => {
            let region = profile.get("region").and_then(|s| Region::parse(&s.value).ok());
            (region, !profile.duplicates.is_empty())
        }
        Ok(Err(_)) => (None, true),
        Ok(Ok(None)) | Err(_) => (None, false),
    }
}

/// The kind of a profile that cannot sign in. It is not `broken` if its source of keys is merely not supported.
fn kind_of(e: &Error) -> &'static str {
    match e {
        Error::Config(ConfigError::SourceUnsupported { kind, .. }) => match kind {
            SourceKind::Sso => "sso",
            SourceKind::Login => "login",
            SourceKind::WebIdentity => "web identity",
            SourceKind::Process | SourceKind::MfaEnv => "process",
            SourceKind::CredentialSource => "credential source",
        },
        Error::Config(ConfigError::NoCredentials { .. }) => "settings",
        _ => "broken",
    }
}
