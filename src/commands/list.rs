//! `mfa-env list`: the profiles of the AWS files, what each starts from, and the time left in its cached session.

use super::outcome::Outcome;
use super::time_left::left;
use crate::clock;
use crate::context::Context;
use crate::environment;
use crate::error::{ConfigError, Error, Result, SourceKind};
use crate::plan::{Overrides, Plan, SessionKey};
use crate::printable::printable;
use crate::profile::{AwsFiles, Chain, MfaSerial, ProfileName, Region};
use crate::session::{Cache, Entry};
use crate::sign_in::read_aws_files;
use crate::variables::Variables;
use crate::warning::Warnings;
use clap::Args;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use unicode_width::UnicodeWidthStr;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env list                           profiles, and the time left in their cached sessions
  mfa-env list --json                    the same for programs, with what is wrong with a broken profile";

/// List the profiles, with the time left in their cached sessions.
#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// Print one JSON object; `mfa-env help json` describes its fields
    #[arg(long)]
    json: bool,
}

/// One profile.
struct Row<'a> {
    profile: &'a str,
    kind: &'static str,
    /// The source profile, if it is another one.
    source: Option<ProfileName>,
    device: Option<MfaSerial>,
    region: Option<Region>,
    /// Seconds left in the cached session.
    left: Option<i64>,
    /// Why nobody can sign in with it.
    problem: Option<String>,
}

pub(super) fn run(args: &ListArgs, context: &Context) -> Result<Outcome> {
    let Context { variables, warnings, .. } = context;
    let texts = read_aws_files(variables, warnings)?;
    let files = AwsFiles::index(&texts)?.for_listing();
    let entries = Cache::of(variables, warnings).entries();
    let cached = CachedSessions::of(&entries);
    let rows: Vec<Row<'_>> = files.names().into_iter().map(|name| Row::of(name, &files, &cached, variables)).collect();
    context.show_warnings();
    Ok(Outcome::text(if args.json { json(&rows) } else { table(&rows, is_coloured(variables)) }))
}

impl<'a> Row<'a> {
    fn of(profile: &'a str, files: &AwsFiles<'_>, cached: &CachedSessions<'_>, variables: &Variables) -> Self {
        let chain = ProfileName::parse(profile)
            .map_err(|_| Error::from(ConfigError::NoCredentials { profile: profile.to_owned(), source_of: None }))
            .and_then(|name| Chain::walk(files, &name, None));
        match chain {
            Ok(chain) => Row::of_chain(profile, chain, cached, variables),
            Err(e) => Row {
                profile,
                kind: kind_of(&e),
                source: None,
                device: None,
                region: region_of(profile, files),
                left: None,
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
            left: left_of(&chain, cached, variables),
            region: chain.service.region.map(|region| region.value),
            problem: None,
        }
    }
}

/// Time left in the session that a sign-in by name would hand out, in seconds. A profile can have one only if its
/// source has signed something.
fn left_of(chain: &Chain, cached: &CachedSessions<'_>, variables: &Variables) -> Option<i64> {
    let source = chain.source.source.identity();
    let role = chain.roles.first().map(|role| role.role_arn.value.as_str());
    let candidates = cached.0.get(&(Some((source.name, &source.value)), role))?;
    let ambient_region = environment::ambient_region(variables).ok()?;
    // The warnings of a plan belong to a sign-in.
    let unseen = Warnings::default();
    let plan = Plan::make(chain.clone(), &Overrides::default(), ambient_region, variables, &unseen).ok()?;
    let key = SessionKey::of(&plan.call, &plan).text();
    candidates.iter().find(|entry| entry.key == key).map(|entry| entry.seconds_left(clock::now()))
}

/// Cached sessions by source and role, so that two thousand profiles do not each look at two thousand sessions.
struct CachedSessions<'a>(BTreeMap<(Option<(&'a str, &'a str)>, Option<&'a str>), Vec<&'a Entry>>);

impl<'a> CachedSessions<'a> {
    fn of(entries: &'a [Entry]) -> Self {
        let mut sessions: BTreeMap<_, Vec<&Entry>> = BTreeMap::new();
        for entry in entries {
            sessions.entry((entry.source(), entry.field("role_arn"))).or_default().push(entry);
        }
        CachedSessions(sessions)
    }
}

/// The region of a profile that has no session to offer.
fn region_of(name: &str, files: &AwsFiles<'_>) -> Option<Region> {
    let profile = files.profile(&ProfileName::parse(name).ok()?).ok()??;
    profile.get("region").and_then(|s| Region::parse(&s.value).ok())
}

/// Profiles that start from a source which this version does not support are not broken.
fn kind_of(e: &Error) -> &'static str {
    match e {
        Error::Config(ConfigError::SourceUnsupported { kind, .. }) => match kind {
            SourceKind::Sso => "sso",
            SourceKind::Login => "login",
            SourceKind::WebIdentity => "web identity",
            SourceKind::Process => "process",
            SourceKind::CredentialSource => "credential source",
        },
        Error::Config(ConfigError::NoCredentials { .. }) => "settings",
        _ => "broken",
    }
}

const HEAD: [&str; 6] = ["PROFILE", "KIND", "SOURCE", "MFA", "REGION", "LEFT"];

/// Columns as wide as their widest cell.
fn table(rows: &[Row<'_>], is_coloured: bool) -> String {
    let lines = std::iter::once(HEAD.map(Cow::Borrowed)).chain(rows.iter().map(cells));
    let lines: Vec<[(usize, Cow<'_, str>); 6]> = lines.map(|line| line.map(|cell| (width_of(&cell), cell))).collect();
    let mut widths = [0; 6];
    for line in &lines {
        for (widest, (width, _)) in widths.iter_mut().zip(line) {
            *widest = (*widest).max(*width + 2);
        }
    }
    let blanks = " ".repeat(widths.iter().sum());
    let mut text = String::with_capacity(lines.len() * 64);
    for (number, line) in lines.iter().enumerate() {
        let colour = match number.checked_sub(1).and_then(|i| rows.get(i)) {
            _ if !is_coloured => "",
            None => "\x1b[1m",
            Some(row) if row.left.is_some() => "\x1b[32m",
            Some(row) if row.kind == "broken" => "\x1b[31m",
            Some(_) => "",
        };
        text.push_str(colour);
        // Padding is written only before a cell that has text, so no line ends in blanks.
        let mut missing = 0;
        for (widest, (width, cell)) in widths.iter().zip(line) {
            if !cell.is_empty() {
                text.push_str(&blanks[..missing]);
                text.push_str(cell);
                missing = 0;
            }
            missing += widest - width;
        }
        text.truncate(text.trim_end().len());
        text.push_str(if colour.is_empty() { "\n" } else { "\x1b[0m\n" });
    }
    text
}

fn shown(text: &str) -> Cow<'_, str> {
    printable(text).into()
}

/// Of a device only its name is shown.
fn cells<'a>(row: &'a Row<'_>) -> [Cow<'a, str>; 6] {
    [
        shown(row.profile),
        row.kind.into(),
        shown(row.source.as_ref().map_or("", ProfileName::as_str)),
        shown(row.device.as_ref().map_or("", MfaSerial::name)),
        row.region.as_ref().map_or("", Region::as_str).into(),
        row.left.map(left).unwrap_or_default().into(),
    ]
}

/// In columns of the terminal.
fn width_of(cell: &str) -> usize {
    if cell.is_ascii() { cell.len() } else { cell.width() }
}

/// In alphabetical order, like all JSON of mfa-env.
#[derive(Serialize)]
struct ProfileJson<'a> {
    kind: &'static str,
    mfa_serial: Option<&'a str>,
    problem: Option<&'a str>,
    profile: &'a str,
    region: Option<&'a str>,
    seconds_left: Option<i64>,
    source: Option<&'a str>,
}

#[derive(Serialize)]
struct Listing<'a> {
    profiles: Vec<ProfileJson<'a>>,
    version: u32,
}

fn json(rows: &[Row<'_>]) -> String {
    let profiles = rows.iter().map(|row| ProfileJson {
        kind: row.kind,
        mfa_serial: row.device.as_ref().map(MfaSerial::as_str),
        problem: row.problem.as_deref(),
        profile: row.profile,
        region: row.region.as_ref().map(Region::as_str),
        seconds_left: row.left,
        source: row.source.as_ref().map(ProfileName::as_str),
    });
    let listing = Listing { profiles: profiles.collect(), version: 1 };
    serde_json::to_string(&listing).expect("text and numbers are JSON") + "\n"
}

/// Only on a terminal that a person looks at (some CI jobs have one), unless they have opted out (no-color.org).
fn is_coloured(variables: &Variables) -> bool {
    let is_unset = |name| variables.raw(name).is_none_or(std::ffi::OsStr::is_empty);
    std::io::stdout().is_terminal()
        && is_unset("NO_COLOR")
        && is_unset("CI")
        && variables.os("TERM").is_some_and(|term| term != "dumb")
}
