//! `mfa-env shim NAME`: a script with the name of a program, which runs the program in a session. The script only calls
//! [`run_script`], which finds the next program of that name on `PATH`.

use super::exec::change_environment;
use super::outcome::Outcome;
use super::program;
use super::request;
use super::status::is_signed_in;
use crate::cli::{self, SignInArgs};
use crate::context::Context;
use crate::environment;
use crate::error::{Error, FileError, NoCode, Result, UsageError};
use crate::platform;
use crate::printable::{printable, printable_path};
use crate::sign_in::{Asking, Request, sign_in};
use clap::Args;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env shim terraform -p prod                            print the script
  mfa-env shim terraform -p prod --install ~/.local/bin     write it to a directory that comes first on PATH
  mfa-env shim terraform                                    use the session of the shell, or the default profile";

/// The start of line 2 of every script.
const MARKER: &str = "mfa-env shim: ";
/// How many bytes of a program are read to find the marker.
const MARKER_WITHIN: u64 = 256;

/// Print a script that runs a program in a session.
#[derive(Args, Debug)]
pub(super) struct ShimArgs {
    /// Name of the program
    #[arg(value_name = "NAME")]
    name: String,
    /// Write the script to this directory
    #[arg(long, value_name = "DIR")]
    install: Option<PathBuf>,
    #[command(flatten)]
    sign_in: SignInArgs,
}

/// Run the program whose script calls this.
#[derive(Args, Debug)]
pub(super) struct ScriptArgs {
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    sign_in: SignInArgs,
}

pub(super) fn run(args: &ShimArgs, context: &Context) -> Result<Outcome> {
    let name = &args.name;
    if name.is_empty()
        || name.starts_with(['-', '.'])
        || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
    {
        return Err(UsageError::NotAProgramName { name: name.clone() }.into());
    }
    // So that an invalid option is an error now, and not each time the script runs.
    let any_profile = args.sign_in.profile.is_none().then(|| "default".to_owned());
    request::from_arguments(any_profile, None, &args.sign_in, &context.variables)?;
    let script = script(name, &options(context), context)?;
    let Some(directory) = &args.install else { return Ok(Outcome::text(script)) };
    let path = directory.join(platform::script_name(name));
    install(&path, directory, &script)?;
    context.report.notice(&format!("{} is in place{}", printable_path(&path), order(&path, directory, name, context)));
    Ok(Outcome::Exit(0))
}

/// The options of the sign-in as typed.
fn options(context: &Context) -> Vec<String> {
    let mut options = Vec::new();
    let mut has_name = false;
    let mut arguments = context.arguments.iter().skip(1);
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        match &*text {
            "--install" => drop(arguments.next()),
            _ if text.starts_with("--install=") => {}
            _ if !has_name
                && !text.starts_with('-')
                && options.last().is_none_or(|last: &String| !takes_value(last)) =>
            {
                has_name = true;
            }
            _ => options.push(text.into_owned()),
        }
    }
    options
}

/// Whether the next word is the value of this option.
fn takes_value(option: &str) -> bool {
    let command = SignInArgs::augment_args(clap::Command::new(""));
    let argument = command.get_arguments().find(|argument| match option.strip_prefix("--") {
        Some(long) => argument.get_long() == Some(long),
        None => option.len() == 2 && argument.get_short() == option.chars().nth(1),
    });
    option.starts_with('-') && argument.is_some_and(cli::takes_value)
}

/// The script for this system. Its second line has the marker.
fn script(name: &str, options: &[String], context: &Context) -> Result<String> {
    let program = program::own_path(&context.variables)?;
    let words = std::iter::once(program.to_string_lossy().into_owned());
    let words = words.chain(["__shim".to_owned(), name.to_owned()]).chain(options.iter().cloned());
    if cfg!(windows) {
        let words: Vec<String> = words.map(|word| shell_escape::windows::escape(word.into()).into_owned()).collect();
        return Ok(format!("@echo off\r\nrem {MARKER}{name}\r\n{} -- \"%~f0\" %*\r\n", words.join(" ")));
    }
    let words: Vec<String> = words.map(|word| shell_escape::unix::escape(word.into()).into_owned()).collect();
    Ok(format!("#!/bin/sh\n# {MARKER}{name}\nexec {} -- \"$0\" \"$@\"\n", words.join(" ")))
}

/// Writes the script, unless something else has its name.
fn install(path: &Path, directory: &Path, script: &str) -> Result<()> {
    let failed = |e: std::io::Error| FileError::NotWritten { path: path.into(), problem: e.kind().to_string() };
    if path.symlink_metadata().is_ok() && !is_shim(path) {
        return Err(UsageError::NotAShim { path: path.into() }.into());
    }
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
    file.write_all(script.as_bytes()).and_then(|()| platform::make_executable(file.as_file())).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

/// Whether the file is one of our scripts.
fn is_shim(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut start = Vec::new();
    let read = file.take(MARKER_WITHIN).read_to_end(&mut start);
    let text = String::from_utf8_lossy(&start);
    let second = text.lines().nth(1).unwrap_or_default();
    let comment = second.strip_prefix("# ").or_else(|| second.strip_prefix("rem "));
    read.is_ok() && comment.is_some_and(|comment| comment.starts_with(MARKER))
}

/// The end of the notice if the shell would not run the script: the program comes first on `PATH`, or the directory is not
/// there.
fn order(path: &Path, directory: &Path, name: &str, context: &Context) -> String {
    let candidates = program::candidates(OsStr::new(name), &context.variables);
    let first = candidates.into_iter().find(|candidate| platform::can_execute(candidate).is_ok());
    match first {
        Some(first) if is_same(&first, path) => String::new(),
        Some(first) => {
            let directory = printable_path(directory).to_string();
            format!(", but PATH has {} first: put {directory} before it", printable_path(&first))
        }
        None => format!(", but {} is not on PATH", printable_path(directory)),
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// What a script runs: `__shim NAME [options] -- SCRIPT ARGUMENTS…`.
pub(super) fn run_script(args: &ScriptArgs, context: &Context) -> Result<Outcome> {
    let (script, arguments) = context
        .command
        .split_first()
        .ok_or_else(|| UsageError::Arguments("only the scripts of `mfa-env shim` run this command".to_owned()))?;
    let mut command = next_program(&args.name, script, context)?;
    command.args(arguments);
    let mut request = request::from_arguments(None, None, &args.sign_in, &context.variables)?;
    if !is_in_session(&request, args, context) {
        if request.options.asking == Asking::Allowed {
            // A shell completes a command line by running the command.
            let is_completing = context.variables.os("COMP_LINE").is_some();
            request.options.asking = if is_completing { Asking::Forbidden } else { Asking::IfFree };
        }
        match sign_in(request, context) {
            Ok(signed_in) => {
                let changes = environment::sign_in(&signed_in.session(), &context.variables, &context.warnings);
                context.show_warnings();
                change_environment(&mut command, &changes);
            }
            Err(e @ Error::NoCode(NoCode::NoInput { .. } | NoCode::TerminalInUse { .. } | NoCode::LockHeld { .. })) => {
                context.report.notice(&format!("{} runs without a session: {}", printable(&args.name), e.what()));
            }
            Err(e) => return Err(e),
        }
    }
    Ok(Outcome::Become(Box::new(command)))
}

/// The first program of this name on `PATH` that is neither this script nor another one of ours.
fn next_program(name: &str, script: &OsString, context: &Context) -> Result<Command> {
    let mut problem = ErrorKind::NotFound;
    for candidate in program::candidates(OsStr::new(name), &context.variables) {
        match platform::can_execute(&candidate) {
            Ok(()) if is_same(&candidate, Path::new(script)) || is_shim(&candidate) => {}
            Ok(()) => return Ok(platform::program(&candidate, OsStr::new(name))),
            Err(ErrorKind::NotFound) => {}
            Err(other) => problem = other,
        }
    }
    Err(FileError::NotStarted { program: name.to_owned(), problem }.into())
}

/// Whether the shell is signed in, with `--profile` to that profile.
fn is_in_session(request: &Request, args: &ScriptArgs, context: &Context) -> bool {
    let is_of_profile = args.sign_in.profile.is_none()
        || context.variables.os("MFA_ENV_PROFILE").is_some_and(|name| name == request.profile.value.as_str());
    is_of_profile && is_signed_in(context)
}
