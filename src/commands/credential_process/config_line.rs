//! `--print-config`: the section of a profile that calls this program.
//!
//! botocore splits the line by itself, other SDKs give it to `sh -c` or `cmd.exe /C`. So the characters of its words mean
//! themselves in each of them, within double quotes if necessary. Older versions of the SDK for Go drop everything after
//! a quoted first word, so quotes are used only then.

use crate::commands::outcome::Outcome;
use crate::commands::program;
use crate::context::Context;
use crate::error::{Result, UsageError};
use crate::origin::Origin;
use crate::profile::{AwsFiles, ProfileName, checked};
use crate::sign_in::{Request, plan_without_lookup, read_aws_files};
use std::ffi::OsString;

/// Characters that mean themselves within double quotes for botocore, `sh -c` and `cmd.exe /C`.
const PLAIN: &str = "-_. /@+:=,";

pub(super) fn print(request: &Request, name: Option<&str>, context: &Context) -> Result<Outcome> {
    let texts = read_aws_files(&context.variables, &context.warnings)?;
    let files = AwsFiles::index(&texts);
    let cache = request.options.cache(context);
    let plan = plan_without_lookup(&files, request, &cache, context, &context.warnings)?;
    let line = format!("credential_process = {}\n", command(context)?);
    let profile = files.profile(&plan.profile)?;
    let setting = |name: &str| profile.as_ref().is_some_and(|profile| profile.get(name).is_some());
    if name.is_none() && !setting("role_arn") && !setting("aws_access_key_id") {
        return Ok(Outcome::text(line));
    }
    let name = name.map_or_else(|| format!("{}-process", plan.profile), str::to_owned);
    let name = checked("profile", &name, &Origin::Flag("--as"), ProfileName::parse)?.value;
    if let Some(existing) = files.header_origin(&name) {
        return Err(UsageError::ProfileExists { name: name.to_string(), origin: existing }.into());
    }
    let region = plan.region.map(|region| format!("region = {}\n", region.value)).unwrap_or_default();
    let name = quoted(name.as_str())?;
    let header = if name.contains(' ') { format!("[profile \"{name}\"]") } else { format!("[profile {name}]") };
    Ok(Outcome::text(format!("{header}\n{region}{line}")))
}

/// This command line without `--print-config` and its options, with the absolute path of the program.
fn command(context: &Context) -> Result<String> {
    let program = program::own_path(&context.variables)?;
    let mut words = vec![program.into_os_string()];
    let mut arguments = context.arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--print-config") => {}
            Some("--as") => drop(arguments.next()),
            Some(text) if text.starts_with("--as=") => {}
            _ => words.push(argument.clone()),
        }
    }
    command_line(&words)
}

/// The words as a line that every SDK splits in the same way.
///
/// # Errors
/// A word has a character that some of them interpret.
pub(in crate::commands) fn command_line(words: &[OsString]) -> Result<String> {
    let line: Vec<String> = words.iter().map(word_of).collect::<Result<_>>()?;
    // If a line begins with a quote, `cmd.exe /C` removes it and the last one, unless it has only these two.
    let quoted = line.iter().skip(1).position(|word| word.starts_with('"'));
    if let Some(at) = quoted.filter(|_| cfg!(windows) && line[0].starts_with('"')) {
        let word = words[at + 1].to_string_lossy().into_owned();
        return Err(UsageError::NotQuotable { word, character: '"' }.into());
    }
    Ok(line.join(" "))
}

/// A word of the line, in quotes if it has characters that mean something else without them.
fn word_of(word: &OsString) -> Result<String> {
    let text = word.to_string_lossy();
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c) || (cfg!(windows) && ":\\".contains(c));
    if !text.is_empty() && text.chars().all(is_bare) {
        return Ok(text.into_owned());
    }
    quoted(&text).map(|text| format!("\"{text}\""))
}

/// Checks that all characters mean themselves within double quotes. A path of Windows has backslashes, which are separators
/// for every program there; elsewhere no program knows `%VARIABLE%`, and all of them read UTF-8.
fn quoted(text: &str) -> Result<&str> {
    let is_of_system =
        |c: char| if cfg!(windows) { c == '\\' } else { c == '%' || !c.is_ascii() && c.is_alphanumeric() };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || PLAIN.contains(c) || is_of_system(c);
    match text.chars().find(|c| !is_plain(*c)) {
        Some(character) => Err(UsageError::NotQuotable { word: text.to_owned(), character }.into()),
        None => Ok(text),
    }
}
