//! `mfa-env save PROFILE`: writes the session to the credentials file as a profile, for programs that only read files.
//! Nothing else in the file changes.

use super::duration::until;
use super::outcome::Outcome;
use super::request;
use crate::changed_file::{BACKUP, ChangedFile};
use crate::cli::{ProfileAndCode, SignInArgs};
use crate::context::Context;
use crate::error::{FileError, Result, SaveError, UsageError};
use crate::origin::Origin;
use crate::plan::Plan;
use crate::platform::ReplacedFile;
use crate::printable::{printable, printable_path};
use crate::profile::{
    AwsFile, AwsFiles, FileKind, ProfileName, SAVED_PROFILE, Section, Settings, checked, credentials_setting,
    has_long_term_keys, section_header, with_section,
};
use crate::sign_in::{Request, SignedIn, locations, plan_without_lookup, read_aws_files, sign_in};
use clap::Args;
use std::cell::Cell;
use std::ops::Range;
use std::path::Path;
use zeroize::Zeroizing;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env save prod                      write the profile prod-mfa
  mfa-env save prod --as work            write the profile work
  aws s3 ls --profile prod-mfa           use it";

/// Write the session to the credentials file.
#[derive(Args, Debug)]
pub(super) struct SaveArgs {
    #[command(flatten)]
    words: ProfileAndCode,
    /// Name of the profile that is written [default: PROFILE-mfa]
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// Replace a section that mfa-env did not write, unless it has long-term keys
    #[arg(long)]
    force: bool,
    /// Write the region to the config file
    #[arg(long)]
    with_region: bool,
    #[command(flatten)]
    sign_in: SignInArgs,
}

pub(super) fn run(args: SaveArgs, context: &Context) -> Result<Outcome> {
    let request = request::from_arguments(args.words.first, args.words.second, &args.sign_in, &context.variables)?;
    let locations = locations(&context.variables)?;
    let name = checked_name(args.name.as_deref(), args.force, &request, context)?;
    ChangedFile { path: &locations.credentials, kind: FileKind::Credentials, context }.look_at()?;

    let signed_in = sign_in(request, context)?;
    context.show_warnings();
    let lines = section(&name, &signed_in)?;
    let file = ChangedFile { path: &locations.credentials, kind: FileKind::Credentials, context };
    let has_backup = Cell::new(false);
    let taken_over = file.change(|file, text| {
        let place = Place::find(&name, file, args.force)?;
        // Once: if another program writes the file meanwhile, this is called again.
        if place.needs_backup && !has_backup.replace(true) {
            backup(&locations.credentials, text)?;
        }
        Ok((Some(with_section(text, place.lines.as_ref(), &lines)), place.is_taken_over))
    })?;
    if let Some(region) = signed_in.plan.region.as_ref().filter(|_| args.with_region) {
        let file = ChangedFile { path: &locations.config, kind: FileKind::Config, context };
        file.change(|file, text| Ok((region_line(&name, region.value.as_str(), file, text)?, ())))?;
    }
    let (shown, path) = (printable(name.as_str()).to_string(), printable_path(&locations.credentials));
    if taken_over {
        context.report.notice(&format!("[{shown}] in {path} had temporary keys of another tool, which are replaced"));
    }
    let end = until(signed_in.credentials.expiration);
    context.report.result(&format!(
        "[{shown}] in {path} has the session of {} {end}",
        printable(signed_in.plan.profile.as_str())
    ));
    Ok(Outcome::Exit(0))
}

/// The name of the profile to write. What can be refused is refused here, before a code is asked for.
fn checked_name(name: Option<&str>, force: bool, request: &Request, context: &Context) -> Result<ProfileName> {
    let texts = read_aws_files(&context.variables, &context.warnings)?;
    let files = AwsFiles::index(&texts);
    let cache = request.options.cache(context);
    let plan = plan_without_lookup(&files, request, &cache, context, &context.warnings)?;
    // The sign-in warns about the same.
    context.warnings.take();
    let origin = Origin::Flag(if name.is_some() { "--as" } else { "PROFILE" });
    let name = name.map_or_else(|| format!("{}-mfa", plan.profile), str::to_owned);
    let name = checked("profile", &name, &origin, ProfileName::parse)?.value;
    check_name(&name, &plan)?;
    check_config(&name, &files)?;
    if let Some(file) = files.files().iter().find(|file| file.kind() == FileKind::Credentials) {
        Place::find(&name, file, force)?;
    }
    Ok(name)
}

/// Refuses names that mean another profile of this sign-in, or that not every program reads in a header.
fn check_name(name: &ProfileName, plan: &Plan) -> Result<()> {
    let is_in_chain = plan.chain.roles.iter().any(|role| role.profile == *name) || plan.chain.source.profile == *name;
    let text = name.as_str();
    if text == "default" || is_in_chain || text == plan.profile.as_str() {
        return Err(UsageError::NameInUse { name: text.to_owned() }.into());
    }
    header(name, FileKind::Credentials).and_then(|_| header(name, FileKind::Config)).map(drop)
}

fn header(name: &ProfileName, kind: FileKind) -> Result<String> {
    section_header(name, kind).ok_or_else(|| UsageError::NameNotWritable { name: name.to_string() }.into())
}

/// Refuses a name to which the config file gives a source of its own: programs would use that.
fn check_config(name: &ProfileName, files: &AwsFiles<'_>) -> Result<()> {
    let Some(config) = files.files().iter().find(|file| file.kind() == FileKind::Config) else { return Ok(()) };
    for section in config.profile_sections(name.as_str()) {
        let settings = settings(config, section)?;
        if let Some(source) = credentials_setting(|key| settings.get(key)) {
            let setting = source.key.to_string();
            return Err(
                SaveError::OtherSource { name: name.to_string(), setting, origin: source.origin.clone() }.into()
            );
        }
    }
    Ok(())
}

fn settings<'a>(file: &AwsFile<'a>, section: &Section<'_>) -> Result<Settings<'a>> {
    let mut settings = Settings::default();
    file.settings_into(section, &mut settings, &mut Vec::new())?;
    Ok(settings)
}

/// Where the section is, or is to be.
#[derive(Default)]
struct Place {
    /// `None` if it is to be added.
    lines: Option<Range<usize>>,
    /// Whether it holds the temporary keys of another tool.
    is_taken_over: bool,
    /// Whether it is the user's, who wants it replaced.
    needs_backup: bool,
}

impl Place {
    /// # Errors
    /// There is a section that must not be replaced.
    fn find(name: &ProfileName, file: &AwsFile<'_>, force: bool) -> Result<Self> {
        let sections: Vec<_> = file.profile_sections(name.as_str()).collect();
        let [section] = sections.as_slice() else {
            return match sections.first() {
                None => Ok(Place::default()),
                Some(first) => {
                    Err(SaveError::SeveralSections { name: name.to_string(), origin: file.header_origin(first) }.into())
                }
            };
        };
        let settings = settings(file, section)?;
        let origin = || file.header_origin(section);
        let place = Place { lines: Some(file.lines_of(section)), ..Place::default() };
        let is_set = |name: &str| settings.get(name).is_some();
        if has_long_term_keys(&settings) {
            return Err(SaveError::LongTermKeys { name: name.to_string(), origin: origin() }.into());
        }
        if is_set(SAVED_PROFILE) || settings.iter().next().is_none() {
            return Ok(place);
        }
        if is_set("aws_access_key_id") || is_set("aws_session_token") {
            return Ok(Place { is_taken_over: true, ..place });
        }
        if force {
            return Ok(Place { needs_backup: true, ..place });
        }
        Err(SaveError::NotOurs { name: name.to_string(), origin: origin() }.into())
    }
}

/// The lines of the section.
fn section(name: &ProfileName, signed_in: &SignedIn) -> Result<Vec<String>> {
    let credentials = &signed_in.credentials;
    Ok(vec![
        header(name, FileKind::Credentials)?,
        format!("aws_access_key_id = {}", credentials.access_key_id),
        format!("aws_secret_access_key = {}", credentials.secret_access_key.expose()),
        format!("aws_session_token = {}", credentials.session_token.expose()),
        format!("x_security_token_expires = {}", credentials.expiration.rfc3339()),
        format!("{SAVED_PROFILE} = {}", signed_in.plan.profile),
    ])
}

/// The config file with this region for the profile; `None` if it says so already.
fn region_line(name: &ProfileName, region: &str, file: &AwsFile<'_>, text: &str) -> Result<Option<Zeroizing<String>>> {
    let mut found = None;
    for section in file.profile_sections(name.as_str()) {
        let settings = settings(file, section)?;
        match settings.get("region") {
            Some(other) if other.value == region => return Ok(None),
            Some(other) => {
                let (name, origin) = (name.to_string(), other.origin.clone());
                return Err(SaveError::OtherRegion { name, region: other.value.to_string(), origin }.into());
            }
            None => found = Some(file.lines_of(section)),
        }
    }
    let header = header(name, FileKind::Config)?;
    let line = format!("region = {region}");
    Ok(Some(match found {
        Some(lines) => with_section(text, Some(&(lines.end..lines.end)), &[line]),
        None => with_section(text, None, &[header, line]),
    }))
}

/// Copies the file, unless there is a copy.
fn backup(credentials: &Path, text: &str) -> Result<()> {
    let path = credentials.with_file_name(BACKUP);
    let failed = |problem: String| FileError::NotWritten { path: path.as_path().into(), problem };
    if path.symlink_metadata().is_ok() {
        return Err(failed("it exists, and a backup is never replaced".to_owned()).into());
    }
    let file = ReplacedFile::look_at(&path).map_err(&failed)?;
    file.replace(text.as_bytes(), true).map_err(|e| failed(e.kind().to_string()))?;
    Ok(())
}
