//! `mfa-env view`, and the view behind `export --all`: copies of the AWS files in which each profile gets its
//! credentials from `mfa-env credential-process`, so that programs can use every profile by its own name.

use super::credential_process::command_line;
use super::outcome::Outcome;
use super::program;
use crate::context::Context;
use crate::error::{ConfigError, Error, FileError, Result};
use crate::origin::Origin;
use crate::platform::DirectoryError;
use crate::printable::{printable, printable_path};
use crate::profile::{
    AwsFiles, Chain, FileText, KeyLifetime, Locations, ProfileName, SAVED_PROFILE, ViewHeader, checked, view_text,
};
use crate::session::Cache;
use crate::sign_in::{locations, read_aws_files};
use crate::variables::Variables;
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
    /// Its config file.
    pub config: PathBuf,
    /// Its credentials file, which has no profiles.
    pub credentials: PathBuf,
}

pub(super) fn run(args: &ViewArgs, context: &Context) -> Result<Outcome> {
    let view = make(context)?;
    context.show_warnings();
    let path = if args.credentials { view.credentials } else { view.config };
    Ok(Outcome::text(format!("{}\n", path.display())))
}

/// Makes the view of this user's files, or replaces it if it is or may be out of date.
///
/// # Errors
/// The files cannot be read, or the cache directory cannot be used.
pub(super) fn make(context: &Context) -> Result<ViewFiles> {
    let Context { variables, warnings, .. } = context;
    let Locations { config, credentials, .. } = locations(variables)?;
    let originals = [&config, &credentials].map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone()));
    let cache = Cache::of(variables, warnings);
    let unusable = |e: DirectoryError| Error::from(FileError::NoView { problem: e.to_string() });
    let parts = [originals[0].as_os_str(), originals[1].as_os_str(), variables.os(DEVICE).unwrap_or_default()];
    let [view_config, view_credentials] = cache.view_paths(parts).map_err(unusable)?;
    let [config, credentials] = originals.clone();
    // Before the files are read: if one changes meanwhile, the view is out of date.
    let header = ViewHeader { state: state(&config, &credentials), config, credentials };
    let is_made = [&view_config, &view_credentials].iter().all(|path| ViewHeader::read(path).as_ref() == Some(&header));
    if !is_made || may_have_changed_meanwhile(&view_config, &header) {
        let texts = read_aws_files(variables, warnings)?;
        let text = text_of(&header, &texts, variables)?;
        let written = cache.write_view(parts, [&text, &(header.line() + "\n")]);
        if !is_made {
            written.map_err(unusable)?;
        }
    }
    Ok(ViewFiles { config: view_config, credentials: view_credentials })
}

/// Replaces the view that a variable names, if it is or may be out of date. Failures are ignored: the old one is still
/// there.
pub(super) fn refresh(context: &Context) {
    if shown_view(&context.variables)
        .is_some_and(|(path, header)| is_stale(&header) || may_have_changed_meanwhile(&path, &header))
    {
        let _ = make(context);
    }
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

/// The view that a variable names, with its first line.
pub(super) fn shown_view(variables: &Variables) -> Option<(PathBuf, ViewHeader)> {
    VARIABLES.iter().find_map(|variable| {
        let path = PathBuf::from(variables.os(variable)?);
        Some((path.clone(), ViewHeader::read(&path)?))
    })
}

/// Whether the files that it shows have changed, or another version of mfa-env has made it.
pub(super) fn is_stale(header: &ViewHeader) -> bool {
    header.state != state(&header.config, &header.credentials)
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
    let program = program::own_path(variables)?;
    let mut lines = String::new();
    for name in files.names() {
        let how = match shown(name, &files, &program, variables) {
            Ok((Credentials::Session, _)) => "mfa-env signs in".to_owned(),
            Ok((Credentials::LongTermKeys, _)) => "its keys as they are: it has no MFA device".to_owned(),
            Ok((Credentials::TemporaryKeys, _)) => "its keys as they are: they are temporary".to_owned(),
            Err(e) if has_keys(name, &files) => format!("as it is, but without its keys: {}", e.what()),
            Err(e) => format!("as it is: {}", e.what()),
        };
        let note = if is_read_by_all(name) { "" } else { "; not every program reads its name" };
        lines.push_str(&format!("{}: {how}{note}\n", printable(name)));
    }
    if let Some((path, header)) = shown_view(variables) {
        let stale = if is_stale(&header) { ", which is out of date" } else { "" };
        lines.push_str(&format!("this shell uses {}{stale}\n", printable_path(&path)));
    }
    Ok(lines)
}

fn text_of(header: &ViewHeader, texts: &[FileText], variables: &Variables) -> Result<String> {
    let files = AwsFiles::index(texts).for_listing();
    let program = program::own_path(variables)?;
    Ok(view_text(&header.line(), &files, |name| Some(shown(name, &files, &program, variables).ok()?.1)))
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

fn has_keys(name: &str, files: &AwsFiles<'_>) -> bool {
    let profile = ProfileName::parse(name).ok().and_then(|name| files.profile(&name).ok()?);
    profile.is_some_and(|profile| profile.get("aws_access_key_id").is_some())
}

/// What a view depends on: the version and place of mfa-env, and when each file was changed.
fn state(config: &Path, credentials: &Path) -> String {
    let of_file = |path: &Path| match std::fs::metadata(path) {
        Ok(metadata) => {
            let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            format!("{}.{}", metadata.len(), changed.unwrap_or_default().as_nanos())
        }
        Err(_) => "none".to_owned(),
    };
    let program = std::env::current_exe().unwrap_or_default();
    let program = hex::encode(program.as_os_str().as_encoded_bytes());
    format!("{}:{}:{}:{program}", env!("CARGO_PKG_VERSION"), of_file(config), of_file(credentials))
}
