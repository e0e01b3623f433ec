//! `mfa-env list`: the profiles of the AWS files, what each starts from, and what is left of its session.

use super::words::left;
use super::{World, say_remarks, shown};
use crate::cli::ListArgs;
use crate::clock;
use crate::environment;
use crate::error::{ConfigError, Error, Result, SourceKind};
use crate::plan::{Plan, SessionKey, Wishes};
use crate::profile::{AwsFiles, Chain, Locations, ProfileName, Region};
use crate::remark::Remark;
use crate::session::{Cache, Entry};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::IsTerminal;
use unicode_width::UnicodeWidthStr;

/// One profile.
struct Row {
    profile: String,
    kind: &'static str,
    /// The profile that holds the keys, where it is another one.
    source: Option<String>,
    device: Option<String>,
    region: Option<String>,
    /// Seconds left of the kept session.
    left: Option<i64>,
    /// Why nobody can sign in with it.
    problem: Option<String>,
}

pub(super) fn run(args: &ListArgs, world: &World) -> Result<String> {
    let locations = Locations::from(&world.variables)?;
    let (texts, missing) = AwsFiles::read(&locations)?;
    let files = AwsFiles::index(&texts)?.for_listing();
    let cache = Cache::of(&world.variables);
    let entries = cache.entries();
    let kept = Kept::of(&entries);
    let rows: Vec<Row> = files.names().into_iter().map(|name| Row::of(name, &files, &kept, world)).collect();
    let mut remarks: Vec<Remark> = missing.into_iter().map(|variable| Remark::FileMissing { variable }).collect();
    remarks.extend(cache.take_remarks());
    say_remarks(&remarks, false);
    Ok(if args.json { json_of(&rows) } else { table(&rows, is_coloured(world)) })
}

impl Row {
    fn of(name: &str, files: &AwsFiles<'_>, kept: &Kept<'_>, world: &World) -> Self {
        let mut row = Row {
            profile: name.to_owned(),
            kind: "broken",
            source: None,
            device: None,
            region: None,
            left: None,
            problem: None,
        };
        let chain = ProfileName::parse(name)
            .map_err(|_| Error::from(ConfigError::NoCredentials { profile: name.to_owned(), source_of: None }))
            .and_then(|name| Chain::walk(files, &name, None));
        let chain = match chain {
            Ok(chain) => chain,
            Err(e) => {
                row.kind = kind_of(&e);
                row.problem = Some(e.what());
                row.region = region_of(name, files);
                return row;
            }
        };
        row.kind = match chain.roles.len() {
            0 if chain.source.keys.are_temporary() => "session",
            0 => "keys",
            1 => "role",
            _ => "chain",
        };
        row.source = (!chain.roles.is_empty()).then(|| chain.source.profile.to_string());
        row.device = chain.device().map(|d| d.value.as_str().to_owned());
        row.region = chain.service.region.as_ref().map(|r| r.value.to_string());
        row.left = left_of(chain, kept, world);
        row
    }
}

/// What is left of the session that a sign-in by name would hand out. Only a profile whose keys have signed something can have one.
fn left_of(chain: Chain, kept: &Kept<'_>, world: &World) -> Option<i64> {
    let role = chain.roles.first().map(|role| role.role_arn.value.as_str());
    let candidates = kept.0.get(&(Some(&*chain.source.keys.access_key_id), role))?.clone();
    let ambient = environment::ambient_region(&world.variables).ok()?;
    let plan = Plan::make(chain, &Wishes::default(), ambient, &world.variables).ok()?;
    let key = SessionKey::of(&plan.call, &plan);
    candidates.into_iter().find(|entry| entry.is_of(&key)).map(|entry| entry.left(clock::now()))
}

/// Kept sessions by key id and role, so that two thousand profiles do not each look at two thousand sessions.
struct Kept<'a>(HashMap<(Option<&'a str>, Option<&'a str>), Vec<&'a Entry>>);

impl<'a> Kept<'a> {
    fn of(entries: &'a [Entry]) -> Self {
        let mut kept: HashMap<_, Vec<&Entry>> = HashMap::new();
        for entry in entries {
            kept.entry((entry.field("access_key_id"), entry.field("role_arn"))).or_default().push(entry);
        }
        Kept(kept)
    }
}

/// The region of a profile that no session can be had from: it may still say one.
fn region_of(name: &str, files: &AwsFiles<'_>) -> Option<String> {
    let profile = files.profile(&ProfileName::parse(name).ok()?).ok()??;
    profile.get("region").and_then(|s| Region::parse(&s.value).ok()).map(|region| region.to_string())
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

/// Columns as wide as their widest cell; a device by its name alone.
fn table(rows: &[Row], is_coloured: bool) -> String {
    let mut cells: Vec<[String; 6]> = vec![HEAD.map(str::to_owned)];
    for row in rows {
        let device = row.device.as_deref().map_or("", |d| d.rsplit_once("mfa/").map_or(d, |(_, name)| name));
        cells.push([
            shown(&row.profile),
            row.kind.to_owned(),
            shown(row.source.as_deref().unwrap_or_default()),
            shown(device),
            row.region.clone().unwrap_or_default(),
            row.left.map(left).unwrap_or_default(),
        ]);
    }
    let mut widths = [0; 6];
    for line in &cells {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.width());
        }
    }
    let mut text = String::with_capacity(cells.len() * 64);
    for (number, line) in cells.iter().enumerate() {
        let start = text.len();
        for (width, cell) in widths.iter().zip(line) {
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
        }
        text.truncate(start + text[start..].trim_end().len());
        let colour = match number.checked_sub(1).and_then(|i| rows.get(i)) {
            _ if !is_coloured => None,
            None => Some("1"),
            Some(row) if row.left.is_some() => Some("32"),
            Some(row) if row.kind == "broken" => Some("31"),
            Some(_) => None,
        };
        if let Some(colour) = colour {
            text.insert_str(start, &format!("\x1b[{colour}m"));
            text.push_str("\x1b[0m");
        }
        text.push('\n');
    }
    text
}

fn json_of(rows: &[Row]) -> String {
    let profiles: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "profile": row.profile,
                "kind": row.kind,
                "source": row.source,
                "mfa_serial": row.device,
                "region": row.region,
                "seconds_left": row.left,
                "problem": row.problem,
            })
        })
        .collect();
    format!("{}\n", json!({ "version": 1, "profiles": profiles }))
}

/// Colour is for terminals that a person looks at (some runners of CI jobs give them one), and who has not said no (no-color.org).
fn is_coloured(world: &World) -> bool {
    let is_unset = |name| world.variables.raw(name).is_none_or(std::ffi::OsStr::is_empty);
    std::io::stdout().is_terminal()
        && is_unset("NO_COLOR")
        && is_unset("CI")
        && world.variables.os("TERM").is_some_and(|term| term != "dumb")
}
