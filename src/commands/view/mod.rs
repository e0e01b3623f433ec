//! `mfa-env view`, and the view behind `export --all`: copies of the AWS files in which each profile gets its
//! credentials from `mfa-env credential-process`, so that programs can use every profile by its own name.

mod losses;
mod originals;
mod outdated;

pub(super) use outdated::Outdated;

use super::credential_process::command_line;
use super::outcome::Outcome;
use super::program;
use crate::context::Context;
use crate::error::{ConfigError, Error, FileError, Result};
use crate::origin::Origin;
use crate::platform::DirectoryError;
use crate::printable::{contains_secret, printable, printable_path, shown_value};
use crate::profile::{
    AwsFiles, Chain, FileText, KeyLifetime, ProfileName, SAVED_PROFILE, ViewHeader, checked, may_be_expanded,
    shown_profile, view_text,
};
use crate::session::Cache;
use crate::sign_in::{locations, read_aws_files, view_parts};
use crate::variables::Variables;
use clap::Args;
use originals::Originals;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env view                           print the path for AWS_CONFIG_FILE, for programs outside of your shells
  mfa-env view --credentials             print the path for AWS_SHARED_CREDENTIALS_FILE
  aws-mfa --all prod                     use the view in this shell, with prod as the default";

/// Print the path of a config file in which every profile gets its credentials from mfa-env.
#[derive(Args, Debug)]
pub(super) struct ViewArgs {
    /// Print the path of the credentials file that belongs to it
    #[arg(long)]
    credentials: bool,
}

/// The variables that can name a view.
const VARIABLES: [&str; 2] = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];

/// The device for all profiles: those with keys have a session then.
const DEVICE: &str = "MFA_ENV_MFA_SERIAL";

/// FAT stores the time of a change in steps of 2 s; most file systems have a few milliseconds.
const COARSEST_FILE_TIME: Duration = Duration::from_secs(2);

/// A view on disk.
pub(super) struct ViewFiles {
    /// The path of its config file.
    pub config: String,
    /// The path of its credentials file, which has no profiles.
    pub credentials: String,
}

pub(super) fn run(args: &ViewArgs, context: &Context) -> Result<Outcome> {
    let view = make(context)?;
    context.show_warnings();
    let path = if args.credentials { view.credentials } else { view.config };
    Ok(Outcome::text(path + "\n"))
}

/// Makes the view of this user's files, or replaces it if it is or may be out of date.
///
/// # Errors
/// The files cannot be read, or the cache directory cannot be used.
pub(super) fn make(context: &Context) -> Result<ViewFiles> {
    make_unless(context, |_, _, _| false)
}

/// Makes the view unless `keeps` returns true for the files, the path of the view that is there, and the new text. Then
/// the old view stays; without one, a new one is made in any case. `keeps` gets no new text if the files are still being
/// written.
fn make_unless(context: &Context, keeps: impl Fn(&Originals<'_>, &Path, Option<&str>) -> bool) -> Result<ViewFiles> {
    let Context { variables, warnings, .. } = context;
    let parts = view_parts(&locations(variables)?, variables);
    let cache = Cache::of(variables, warnings);
    let [view_config, view_credentials] = cache.view_paths(&parts).map_err(unusable)?;
    let files = ViewFiles { config: readable(&view_config)?, credentials: readable(&view_credentials)? };
    let [config, credentials, _] = parts.clone().map(PathBuf::from);
    // Only a view that nobody else can write is handed out: it names a program.
    let starts = cache.view_starts(&parts, ViewHeader::MAX_LENGTH).map_err(unusable)?;
    let views = starts.map(|start| start.as_deref().and_then(ViewHeader::at_start_of));
    let originals = Originals::of(&config, &credentials, views[0].as_ref());
    let header = |state| ViewHeader { state, config: config.clone(), credentials: credentials.clone() };
    let current = header(originals.state());
    let is_made = views.iter().all(|view| view.as_ref() == Some(&current));
    if is_made && !may_have_changed_meanwhile(&view_config, &current) {
        return Ok(files);
    }
    let (state, texts, is_settled) = read_settled(&originals, context);
    let header = header(state);
    let text = text_of(&header, &texts?, variables)?;
    if views[0].is_some() && keeps(&originals, &view_config, is_settled.then_some(&text)) {
        return Ok(files);
    }
    let written = cache.write_view(&parts, [&text, &(header.line() + "\n")]);
    if !is_made {
        written.map_err(unusable)?;
    }
    Ok(files)
}

/// The texts of the files when nobody is writing to them, and their state. If somebody does for too long, they are read in
/// any case, and the last part of the result is false.
fn read_settled(originals: &Originals<'_>, context: &Context) -> (String, Result<Vec<FileText>>, bool) {
    let deadline = Originals::deadline();
    loop {
        let is_quiet = originals.settle(deadline);
        // Before the files are read: if one changes meanwhile, the view is out of date.
        let state = originals.state();
        let texts = read_aws_files(&context.variables, &context.warnings);
        let is_settled = is_quiet && originals.state() == state;
        if is_settled || Instant::now() >= deadline {
            return (state, texts, is_settled);
        }
    }
}

/// Checks that the programs which use a view find the session of this sign-in.
///
/// # Errors
/// Nothing can be cached, so that each would need a code.
pub(super) fn check_cache(context: &Context) -> Result<()> {
    Ok(Cache::of(&context.variables, &context.warnings).check_writable().map_err(unusable)?)
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn unusable(e: DirectoryError) -> FileError {
    FileError::NoView { problem: e.to_string() }
}

/// The path of a view as text.
///
/// # Errors
/// Some program would read another path.
fn readable(path: &Path) -> Result<String> {
    let text = path.to_str().ok_or("its path is not UTF-8");
    let text = text.and_then(|text| match text {
        text if text.chars().any(char::is_control) => Err("its path contains a control character"),
        text if may_be_expanded(text) => Err("programs would look for a variable in its path"),
        text => Ok(text.to_owned()),
    });
    text.map_err(|problem| FileError::NoView { problem: problem.to_owned() }.into())
}

/// Replaces the view that a variable names, if it is or may be out of date, or was removed. Failures are ignored: the old
/// one is still there.
///
/// Nobody has asked for it, so it takes nothing away from programs: they could not call mfa-env for a profile that is not
/// in the view, and the view would stay as it is. The old one is kept while a file is missing, empty, unreadable or being
/// written, until it is clear that profiles were removed for good, and if no profile would be left for which programs call
/// mfa-env.
pub(super) fn refresh(context: &Context) {
    let shown = shown_view(&context.variables);
    let is_outdated = match shown {
        Some((path, header)) => is_stale(&header) || may_have_changed_meanwhile(&path, &header),
        None => is_removed(&context.variables),
    };
    if is_outdated {
        let takes_away = |originals: &Originals<'_>, view: &Path, new: &str| {
            let old = std::fs::read_to_string(view).unwrap_or_default();
            let is_for_good = originals.are_settled() && (losses::has_callers(new) || !losses::has_callers(&old));
            !is_for_good && !losses::lost(&old, new).is_empty()
        };
        let _ = make_unless(context, |originals, view, new| {
            originals.lost().is_some() || new.is_none_or(|new| takes_away(originals, view, new))
        });
    }
}

/// The first view that a variable names.
fn shown_view(variables: &Variables) -> Option<(PathBuf, ViewHeader)> {
    VARIABLES.iter().find_map(|variable| named_view(variable, variables))
}

/// Waits for a moment. Returns whether the files behind a view, which could not be used, may be complete now: somebody was
/// writing to them.
pub(super) fn may_be_complete_soon(context: &Context, deadline: Instant) -> bool {
    let shown = shown_view(&context.variables);
    shown.is_some_and(|(_, header)| Originals::of_view(&header).may_be_complete_soon(deadline))
}

/// The end of a wait that begins now.
pub(super) fn deadline() -> Instant {
    Originals::deadline()
}

/// Whether a variable names a view that is not there.
pub(super) fn is_removed(variables: &Variables) -> bool {
    VARIABLES.iter().filter_map(|name| variables.os(name)).any(|path| ViewHeader::was_at(Path::new(path)))
}

/// Whether an original was changed at about the time at which the view was made. File systems do not distinguish two changes
/// within this time, so that the view may have the first one only.
fn may_have_changed_meanwhile(view: &Path, header: &ViewHeader) -> bool {
    let changed = |path: &Path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let Some(made) = changed(view) else { return true };
    let is_near = |at: SystemTime| {
        let distance = made.duration_since(at).unwrap_or_else(|e| e.duration());
        distance < COARSEST_FILE_TIME
    };
    [&header.config, &header.credentials].into_iter().filter_map(|path| changed(path)).any(is_near)
}

/// The view that programs use, with its first line.
pub(super) fn used_view(variables: &Variables) -> Option<(PathBuf, ViewHeader)> {
    named_view(VARIABLES[0], variables)
}

fn named_view(variable: &str, variables: &Variables) -> Option<(PathBuf, ViewHeader)> {
    let path = PathBuf::from(variables.os(variable)?);
    ViewHeader::read(&path).map(|header| (path, header))
}

/// Whether the files that it shows have changed, or another version of mfa-env has made it.
pub(super) fn is_stale(header: &ViewHeader) -> bool {
    header.state != Originals::of_view(header).state()
}

/// The profile to sign in to for a view whose default is `profile`, if it is another one: nobody needs a profile `default`,
/// and programs may get the credentials of `profile` without a session. `default` comes before others, which are in the
/// order of the files.
///
/// # Errors
/// The files cannot be read.
pub(super) fn profile_to_sign_in_to(profile: Option<&ProfileName>, context: &Context) -> Result<Option<ProfileName>> {
    let Context { variables, warnings, .. } = context;
    let texts = read_aws_files(variables, warnings)?;
    let files = AwsFiles::index(&texts).for_listing();
    let needs_other = profile.is_none_or(|profile| match Credentials::of(profile.as_str(), &files, variables) {
        Ok(credentials) => credentials != Credentials::Session,
        Err(e) => matches!(e, Error::Config(ConfigError::SourceUnsupported { .. })),
    });
    if !needs_other {
        return Ok(None);
    }
    let is_usable = |name: &&str| Credentials::of(name, &files, variables).is_ok_and(|c| c == Credentials::Session);
    let names = files.names();
    let default = names.iter().copied().find(|name| *name == "default").filter(is_usable);
    Ok(default.or_else(|| names.into_iter().find(is_usable)).and_then(|name| ProfileName::parse(name).ok()))
}

/// How each profile is shown, for `explain --all`.
///
/// # Errors
/// The files cannot be read.
pub(super) fn explanation(context: &Context) -> Result<String> {
    let Context { variables, warnings, .. } = context;
    let texts = read_aws_files(variables, warnings)?;
    let files = AwsFiles::index(&texts).for_listing();
    let program = program(variables)?;
    let mut lines = String::new();
    for name in files.names() {
        let how = match shown(name, &files, &program, variables) {
            _ if contains_secret(name) => "left out: its name could be a secret".to_owned(),
            Ok((Credentials::Session, _)) => "mfa-env signs in".to_owned(),
            Ok((Credentials::LongTermKeys, _)) => "its keys as they are: it has no MFA device".to_owned(),
            Ok((Credentials::TemporaryKeys, _)) => "its keys as they are: they are temporary".to_owned(),
            Err(e) => match shown_profile(name, &files) {
                None => format!("left out: {}", e.what()),
                Some(profile) if profile.get("aws_access_key_id").is_some() => {
                    format!("as it is, but without its keys: {}", e.what())
                }
                Some(_) => format!("as it is: {}", e.what()),
            },
        };
        let note = if is_read_by_all(name) { "" } else { "; not every program reads its name" };
        lines.push_str(&format!("{}: {how}{note}\n", printable(&shown_value(name))));
    }
    if let Some((path, header)) = used_view(variables) {
        let stale = if is_stale(&header) { ", which is out of date" } else { "" };
        lines.push_str(&format!("this shell uses {}{stale}\n", printable_path(&path)));
    }
    Ok(lines)
}

fn text_of(header: &ViewHeader, texts: &[FileText], variables: &Variables) -> Result<String> {
    let files = AwsFiles::index(texts).for_listing();
    let program = program(variables)?;
    Ok(view_text(&header.line(), &files, |name| Some(shown(name, &files, &program, variables).ok()?.1)))
}

/// The path of mfa-env for the commands in the view.
///
/// # Errors
/// It cannot be part of a command: without mfa-env, a view would only take the keys away from programs.
fn program(variables: &Variables) -> Result<PathBuf> {
    let program = program::own_path(variables)?;
    command_line(&[program.as_os_str().to_owned()])?;
    Ok(program)
}

/// How a profile is shown: what credentials it gets, and the command that prints them.
///
/// # Errors
/// mfa-env has no credentials for it, or its name cannot be part of a command.
fn shown(name: &str, files: &AwsFiles<'_>, program: &Path, variables: &Variables) -> Result<(Credentials, String)> {
    let credentials = Credentials::of(name, files, variables)?;
    let mut words = vec![program.as_os_str().to_owned(), "credential-process".into()];
    if credentials != Credentials::Session {
        words.push("--no-session".into());
    }
    if name.starts_with('-') {
        words.push(format!("--profile={name}").into());
    } else {
        words.extend(["--profile".into(), name.into()]);
    }
    Ok((credentials, command_line(&words)?))
}

/// What programs get for a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Credentials {
    /// Those of a session.
    Session,
    /// Its long-term keys, because without a device there is no session.
    LongTermKeys,
    /// Its keys, which another program has got for a session and replaces.
    TemporaryKeys,
}

impl Credentials {
    /// # Errors
    /// mfa-env has none for it.
    fn of(name: &str, files: &AwsFiles<'_>, variables: &Variables) -> Result<Self> {
        let name = checked("profile", name, &Origin::Default, ProfileName::parse)?.value;
        let chain = Chain::walk(files, &name, None)?;
        let has_device = || chain.device().is_some() || variables.os(DEVICE).is_some_and(|device| device != "none");
        Ok(match chain.source.source.lifetime() {
            _ if !chain.roles.is_empty() => Credentials::Session,
            KeyLifetime::LongTerm if has_device() => Credentials::Session,
            KeyLifetime::LongTerm => Credentials::LongTermKeys,
            // `save` wrote it: mfa-env signs in to the profile that it came from.
            _ if files.profile(&name)?.is_some_and(|profile| profile.get(SAVED_PROFILE).is_some()) => {
                Credentials::Session
            }
            KeyLifetime::Temporary | KeyLifetime::Unknown => Credentials::TemporaryKeys,
        })
    }
}

/// Whether every SDK finds a profile of this name: that for JavaScript reads no other characters.
fn is_read_by_all(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@+%:/".contains(c))
}
