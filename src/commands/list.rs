//! `mfa-env list`: the profiles of the AWS files, what each starts from, and what is left of its session.

use super::time_left::left;
use super::{Context, say_warnings, shown};
use crate::cli::ListArgs;
use crate::clock;
use crate::environment;
use crate::error::{ConfigError, Error, Result, SourceKind};
use crate::plan::{Overrides, Plan, SessionKey};
use crate::profile::{AwsFiles, Chain, Locations, MfaSerial, ProfileName, Region};
use crate::session::{Cache, Entry};
use crate::warning::Warning;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use unicode_width::UnicodeWidthStr;

/// One profile.
struct Row<'a> {
    profile: &'a str,
    kind: &'static str,
    /// The profile that holds the keys, where it is another one.
    source: Option<ProfileName>,
    device: Option<MfaSerial>,
    region: Option<Region>,
    /// Seconds left of the kept session.
    left: Option<i64>,
    /// Why nobody can sign in with it.
    problem: Option<String>,
}

pub(super) fn run(args: &ListArgs, context: &Context) -> Result<String> {
    let locations = Locations::from(&context.variables)?;
    let (texts, missing) = AwsFiles::read(&locations)?;
    let files = AwsFiles::index(&texts)?.for_listing();
    let cache = Cache::of(&context.variables);
    let entries = cache.entries();
    let kept = CachedSessions::of(&entries);
    let rows: Vec<Row<'_>> = files.names().into_iter().map(|name| Row::of(name, &files, &kept, context)).collect();
    let mut warnings: Vec<Warning> = missing.into_iter().map(|variable| Warning::FileMissing { variable }).collect();
    warnings.extend(cache.take_warnings());
    say_warnings(&warnings, false);
    Ok(if args.json { json_of(&rows) } else { table(&rows, is_coloured(context)) })
}

impl<'a> Row<'a> {
    fn of(profile: &'a str, files: &AwsFiles<'_>, kept: &CachedSessions<'_>, context: &Context) -> Self {
        let chain = ProfileName::parse(profile)
            .map_err(|_| Error::from(ConfigError::NoCredentials { profile: profile.to_owned(), source_of: None }))
            .and_then(|name| Chain::walk(files, &name, None));
        match chain {
            Ok(chain) => Row::of_chain(profile, chain, kept, context),
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

    fn of_chain(profile: &'a str, chain: Chain, kept: &CachedSessions<'_>, context: &Context) -> Self {
        let kind = match chain.roles.len() {
            0 if chain.source.keys.are_temporary() => "session",
            0 => "keys",
            1 => "role",
            _ => "chain",
        };
        Row {
            profile,
            kind,
            source: (!chain.roles.is_empty()).then(|| chain.source.profile.clone()),
            device: chain.device().map(|device| device.value.clone()),
            left: left_of(&chain, kept, context),
            region: chain.service.region.map(|region| region.value),
            problem: None,
        }
    }
}

/// What is left of the session that a sign-in by name would hand out. Only a profile whose keys have signed something can have one.
fn left_of(chain: &Chain, kept: &CachedSessions<'_>, context: &Context) -> Option<i64> {
    let role = chain.roles.first().map(|role| role.role_arn.value.as_str());
    let candidates = kept.0.get(&(Some(&*chain.source.keys.access_key_id), role))?;
    let ambient = environment::ambient_region(&context.variables).ok()?;
    let plan = Plan::make(chain.clone(), &Overrides::default(), ambient, &context.variables).ok()?;
    let key = SessionKey::of(&plan.call, &plan).text();
    candidates.iter().find(|entry| entry.key == key).map(|entry| entry.left(clock::now()))
}

/// CachedSessions sessions by key id and role, so that two thousand profiles do not each look at two thousand sessions.
struct CachedSessions<'a>(BTreeMap<(Option<&'a str>, Option<&'a str>), Vec<&'a Entry>>);

impl<'a> CachedSessions<'a> {
    fn of(entries: &'a [Entry]) -> Self {
        let mut kept: BTreeMap<_, Vec<&Entry>> = BTreeMap::new();
        for entry in entries {
            kept.entry((entry.field("access_key_id"), entry.field("role_arn"))).or_default().push(entry);
        }
        CachedSessions(kept)
    }
}

/// The region of a profile that no session can be had from: it may still say one.
fn region_of(name: &str, files: &AwsFiles<'_>) -> Option<Region> {
    let profile = files.profile(&ProfileName::parse(name).ok()?).ok()??;
    profile.get("region").and_then(|s| Region::parse(&s.value).ok())
}

/// Profiles that start from something that this version does not read are not broken.
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
        // What is missing up to the next cell that has something to say: no line ends in blanks.
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

/// A device is shown by its name alone.
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

/// In alphabetical order, as all our JSON.
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

fn json_of(rows: &[Row<'_>]) -> String {
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

/// Colour is for terminals that a person looks at (some runners of CI jobs give them one), and who has not said no (no-color.org).
fn is_coloured(context: &Context) -> bool {
    let is_unset = |name| context.variables.raw(name).is_none_or(std::ffi::OsStr::is_empty);
    std::io::stdout().is_terminal()
        && is_unset("NO_COLOR")
        && is_unset("CI")
        && context.variables.os("TERM").is_some_and(|term| term != "dumb")
}
