//! `mfa-env list`: the profiles in the AWS files, where the keys of each come from, and the time left on its cached
//! session.

mod description;
mod json;
mod table;

pub(super) use description::descriptions;

use super::outcome::Outcome;
use crate::clock;
use crate::context::Context;
use crate::environment;
use crate::error::{ConfigError, Error, Result, SourceKind};
use crate::origin::{Origin, Sourced};
use crate::plan::{FactKey, Overrides, Plan, SessionKey};
use crate::profile::{AwsFiles, Chain, MfaSerial, ProfileName, Region, SAVED_PROFILE};
use crate::session::{Cache, Entry};
use crate::sign_in::read_aws_files;
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use clap::Args;
use std::collections::BTreeMap;
use std::io::IsTerminal;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env list                           list profiles and the time left on their sessions
  mfa-env list --json                    print JSON, with the error of each broken profile";

/// List profiles and the time left on their sessions.
#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// Print one JSON object; `mfa-env help json` describes its fields
    #[arg(long)]
    json: bool,
}

/// One profile of the list.
struct Row<'a> {
    profile: &'a str,
    /// How it gets its credentials, as `mfa-env help json` describes it.
    kind: &'static str,
    /// The source profile, if the profile assumes a role.
    source: Option<ProfileName>,
    device: Option<MfaSerial>,
    region: Option<Region>,
    /// Seconds left on the cached session; `None` if there is none.
    seconds_left: Option<i64>,
    /// Why this profile cannot sign in.
    problem: Option<String>,
}

pub(super) fn run(args: &ListArgs, context: &Context) -> Result<Outcome> {
    let Context { variables, warnings, .. } = context;
    let texts = read_aws_files(variables, warnings)?;
    let files = AwsFiles::index(&texts).for_listing();
    let cache = Cache::of(variables, warnings);
    let entries = cache.entries();
    let cached = CachedSessions::of(&entries, &cache);
    let ambient = environment::without_session(variables);
    let rows: Vec<Row<'_>> = files.names().into_iter().map(|name| Row::of(name, &files, &cached, &ambient)).collect();
    for (origin, problem) in files.malformed_lines() {
        warnings.add(Warning::LineIgnored { origin, problem });
    }
    for difference in files.section_differences() {
        warnings.add(Warning::SectionDiffers(difference));
    }
    let key_times = key_times(&rows, &files, &cache);
    context.show_warnings();
    Ok(Outcome::text(if args.json {
        json::json(&rows, &key_times)
    } else {
        table::table(&rows, &key_times, is_colored(variables))
    }))
}

/// When the long-term keys of profiles were created, by the names of the profiles, in seconds since 1970.
type KeyTimes<'a> = BTreeMap<&'a str, i64>;

/// Those that are known. In most caches there are none, so they are not fields of the rows, which would cost more.
fn key_times<'a>(rows: &[Row<'a>], files: &AwsFiles<'_>, cache: &Cache<'_>) -> KeyTimes<'a> {
    let known = cache.access_key_times();
    if known.is_empty() {
        return KeyTimes::new();
    }
    let time = |row: &Row<'a>| {
        let chain = chain_of(row.profile, files).ok()?;
        Some((row.profile, *known.get(chain.source.source.access_key_id()?)?))
    };
    rows.iter().filter(|row| row.kind == "keys").filter_map(time).collect()
}

impl<'a> Row<'a> {
    fn of(profile: &'a str, files: &AwsFiles<'_>, cached: &CachedSessions<'_>, variables: &Variables) -> Self {
        match chain_of(profile, files) {
            Ok(chain) => Row::of_chain(profile, chain, cached, variables),
            Err(e) => Row {
                profile,
                kind: kind_of(&e),
                source: None,
                device: None,
                region: region_of(profile, files),
                seconds_left: None,
                problem: Some(e.what()),
            },
        }
    }

    fn of_chain(profile: &'a str, chain: Chain, cached: &CachedSessions<'_>, variables: &Variables) -> Self {
        let kind = match chain.roles.len() {
            0 => chain.source.source.kind(),
            1 => "role",
            _ => "chain",
        };
        Row {
            profile,
            kind,
            source: (!chain.roles.is_empty()).then(|| chain.source.profile.clone()),
            device: chain.device().map(|device| device.value.clone()),
            seconds_left: seconds_left(&chain, cached, variables),
            region: chain.service.region.map(|region| region.value),
            problem: None,
        }
    }
}

/// Whether a profile stands for an identity of its own. One without credentials does not, nor does one that mfa-env has
/// made for another.
pub(super) fn is_identity(profile: &str, files: &AwsFiles<'_>) -> bool {
    let is_saved = || {
        let found = ProfileName::parse(profile).ok().and_then(|name| files.profile(&name).ok().flatten());
        found.is_some_and(|found| found.get(SAVED_PROFILE).is_some())
    };
    match chain_of(profile, files) {
        Ok(chain) => !chain.roles.is_empty() || !is_saved(),
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

/// Seconds left on the cached session that a sign-in without options would use. A plan is made only for profiles whose
/// keys and role occur in the cache.
fn seconds_left(chain: &Chain, cached: &CachedSessions<'_>, variables: &Variables) -> Option<i64> {
    let source = chain.source.source.identity();
    let role = chain.roles.first().map(|role| role.role_arn.value.as_str());
    let candidates = cached.sessions.get(&(Some((source.name, &source.value)), role))?;
    let ambient_region = environment::ambient_region(variables).ok()?;
    // Only a sign-in warns about its profile.
    let discarded = Warnings::default();
    let left = |listed_device: Option<MfaSerial>| {
        let listed_device = listed_device.map(|device| Sourced::new(device, Origin::Listed));
        let overrides = Overrides { listed_device, ..Overrides::default() };
        let plan = Plan::make(chain.clone(), &overrides, ambient_region.clone(), variables, &discarded).ok()?;
        let key = SessionKey::of(&plan.call, &plan).text();
        let entry = candidates.iter().find(|entry| entry.key == key);
        Some((entry.map(|entry| entry.seconds_left(clock::now())), FactKey::device(&plan)))
    };
    if chain.device().is_some() || chain.excludes_device() {
        return left(None)?.0;
    }
    // A sign-in may have looked up the device.
    let without_device = left(None).and_then(|(seconds, _)| seconds);
    without_device.or_else(|| left(cached.cache.device(&left(Some(MfaSerial::not_listed_yet()))?.1))?.0)
}

/// Cached sessions by source and role. Without this index, each of 2,000 profiles would search all
/// sessions.
struct CachedSessions<'a> {
    sessions: BTreeMap<SourceAndRole<'a>, Vec<&'a Entry>>,
    cache: &'a Cache<'a>,
}

/// The identity of the source, as name and value, and the ARN of the role; `None` if an entry has none.
type SourceAndRole<'a> = (Option<(&'a str, &'a str)>, Option<&'a str>);

impl<'a> CachedSessions<'a> {
    fn of(entries: &'a [Entry], cache: &'a Cache<'a>) -> Self {
        let mut sessions: BTreeMap<_, Vec<&Entry>> = BTreeMap::new();
        for entry in entries {
            sessions.entry((entry.source(), entry.field("role_arn"))).or_default().push(entry);
        }
        CachedSessions { sessions, cache }
    }
}

/// The region of a profile whose chain is invalid, if the region itself is valid.
fn region_of(name: &str, files: &AwsFiles<'_>) -> Option<Region> {
    let profile = files.profile(&ProfileName::parse(name).ok()?).ok()??;
    profile.get("region").and_then(|s| Region::parse(&s.value).ok())
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

/// Whether to use color: only on a terminal, not in CI (some CI jobs have a terminal), and not if the user has opted
/// out with `NO_COLOR` (no-color.org).
fn is_colored(variables: &Variables) -> bool {
    let is_unset = |name| variables.raw(name).is_none_or(std::ffi::OsStr::is_empty);
    std::io::stdout().is_terminal()
        && is_unset("NO_COLOR")
        && is_unset("CI")
        && variables.os("TERM").is_some_and(|term| term != "dumb")
}
