//! `mfa-env view`, and the view behind `export --all`: copies of the AWS files in which each profile gets its
//! credentials from `mfa-env credential-process`, so that programs can use every profile by its own name.

use super::credential_process::command_line;
use super::outcome::Outcome;
use super::program;
use crate::context::Context;
use crate::error::{Error, FileError, Result};
use crate::platform::DirectoryError;
use crate::printable::{printable, printable_path};
use crate::profile::{AwsFiles, Chain, FileText, Locations, ProfileName, ShownProfile, ViewHeader, view_text};
use crate::session::Cache;
use crate::sign_in::{locations, read_aws_files};
use crate::variables::Variables;
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

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

/// Makes the view of this user's files, or replaces it if it is out of date.
///
/// # Errors
/// The files cannot be read, or the cache directory cannot be used.
pub(super) fn make(context: &Context) -> Result<ViewFiles> {
    let Context { variables, warnings, .. } = context;
    let Locations { config, credentials, .. } = locations(variables)?;
    let originals = [&config, &credentials].map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone()));
    let cache = Cache::of(variables, warnings);
    let unusable = |e: DirectoryError| Error::from(FileError::NoView { problem: e.to_string() });
    let paths = cache.view_paths([&originals[0], &originals[1]]).map_err(unusable)?;
    let [config, credentials] = originals;
    // Before the files are read: if one changes meanwhile, the view is out of date.
    let header = ViewHeader { state: state(&config, &credentials), config, credentials };
    let [view_config, view_credentials] = paths;
    let is_current =
        [&view_config, &view_credentials].iter().all(|path| ViewHeader::read(path).as_ref() == Some(&header));
    if !is_current {
        let texts = read_aws_files(variables, warnings)?;
        let text = text_of(&header, &texts, variables)?;
        let originals = [header.config.as_path(), header.credentials.as_path()];
        cache.write_view(originals, [&text, &(header.line() + "\n")]).map_err(unusable)?;
    }
    Ok(ViewFiles { config: view_config, credentials: view_credentials })
}

/// Replaces the view that a variable names, if it is out of date. Failures are ignored: the old one is still there.
pub(super) fn refresh(context: &Context) {
    if shown_view(&context.variables).is_some_and(|(_, header)| is_stale(&header)) {
        let _ = make(context);
    }
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

/// The first profile that mfa-env signs in to, but `default` before others.
///
/// # Errors
/// The files cannot be read.
pub(super) fn first_profile(context: &Context) -> Result<Option<ProfileName>> {
    let texts = read_aws_files(&context.variables, &context.warnings)?;
    let files = AwsFiles::index(&texts).for_listing();
    let is_usable = |name: &&str| is_signed_in_to(name, &files).unwrap_or(false);
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
        let how = match shown(name, &files, &program) {
            Ok(ShownProfile::ByCommand(_)) => "mfa-env signs in".to_owned(),
            Ok(_) => "as it is, but without its keys: it has no MFA device".to_owned(),
            Err(e) => format!("as it is: {}", e.what()),
        };
        lines.push_str(&format!("{}: {how}\n", printable(name)));
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
    Ok(view_text(&header.line(), &files, |name| shown(name, &files, &program).unwrap_or(ShownProfile::AsItIs)))
}

/// How a profile is shown.
///
/// # Errors
/// mfa-env cannot sign in to it, or its name cannot be part of a command.
fn shown(name: &str, files: &AwsFiles<'_>, program: &Path) -> Result<ShownProfile> {
    if !is_signed_in_to(name, files)? {
        return Ok(ShownProfile::AsItIs);
    }
    let mut words = vec![program.as_os_str().to_owned(), "credential-process".into()];
    if name.starts_with('-') {
        words.push(format!("--profile={name}").into());
    } else {
        words.extend(["--profile".into(), name.into()]);
    }
    command_line(&words).map(ShownProfile::ByCommand)
}

/// Whether mfa-env signs in to a profile: it has a role, or keys and a device.
fn is_signed_in_to(name: &str, files: &AwsFiles<'_>) -> Result<bool> {
    let Ok(name) = ProfileName::parse(name) else { return Ok(false) };
    let chain = Chain::walk(files, &name, None)?;
    let has_session = chain.source.source.lifetime().is_long_term() && chain.device().is_some();
    Ok(has_session || !chain.roles.is_empty())
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
