//! Detecting the shell that will evaluate the output.
//!
//! What counts is the executable of a process, not its name: a script that is named `fish`, or that fish started, may
//! be run by bash, and then bash evaluates the output.

use super::Shell;
use crate::error::{Result, UsageError};
use crate::platform::Ancestor;
use crate::variables::Variables;
use std::path::{Path, PathBuf};

/// Shells that people use but whose quoting mfa-env does not implement. In them, text that is quoted for another shell
/// could break out of its quotes.
const UNSUPPORTED: [&str; 10] = ["tcsh", "csh", "bsd-csh", "nu", "elvish", "xonsh", "rc", "es", "murex", "ion"];

/// Names under which busybox and toybox are a shell.
const APPLETS: [&str; 5] = ["sh", "ash", "hush", "bash", "toysh"];

/// The options of qemu's user mode that take a value.
const QEMU_OPTIONS: [&str; 14] =
    ["-g", "-L", "-s", "-cpu", "-E", "-U", "-0", "-r", "-B", "-R", "-d", "-D", "-p", "-seed"];

/// The detected shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectedShell {
    /// The shell to print for.
    pub shell: Shell,
    /// Whether nothing named the shell, so that it is the platform's default.
    pub is_guess: bool,
}

/// What a process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evaluating {
    /// A shell that mfa-env can print for.
    Shell(Shell),
    /// Another shell.
    Unsupported(String),
}

/// The nearest shell among the ancestor processes (nearest first), then the one that `MFA_ENV_SHELL` or `SHELL` names,
/// then the platform's `default`. Ancestors take precedence, because `SHELL` is the login shell and not necessarily the
/// one that evaluates the output.
///
/// # Errors
/// [`UsageError::UnsupportedShell`]: the nearest shell is not supported.
pub fn detect(
    ancestors: impl Iterator<Item = Ancestor>,
    variables: &Variables,
    default: Shell,
) -> Result<DetectedShell> {
    for ancestor in ancestors {
        match run_by(&ancestor.executable, &|| ancestor.arguments()) {
            Some(Evaluating::Shell(shell)) => return Ok(DetectedShell { shell, is_guess: false }),
            Some(Evaluating::Unsupported(name)) => {
                return Err(UsageError::UnsupportedShell { name, known: Shell::all_names() }.into());
            }
            None => {}
        }
    }
    let preferred = variables.text("MFA_ENV_SHELL").ok().flatten();
    let login = variables.os("SHELL").and_then(|s| s.to_str());
    let named = preferred.into_iter().chain(login).find_map(|path| Shell::of_executable(&program_name(path)));
    Ok(DetectedShell { shell: named.unwrap_or(default), is_guess: named.is_none() })
}

/// The executable of the nearest shell among the ancestor processes. `None` if there is none, or if it runs a shell only
/// under another name, as busybox does.
pub fn calling_executable(mut ancestors: impl Iterator<Item = Ancestor>) -> Option<PathBuf> {
    let shell = ancestors.find(|ancestor| run_by(&ancestor.executable, &|| ancestor.arguments()).is_some())?;
    let name = program_name(&shell.executable);
    let is_shell = Shell::of_executable(&name).is_some() || UNSUPPORTED.contains(&name.as_str());
    Some(PathBuf::from(shell.executable)).filter(|path| is_shell && path.is_file())
}

/// The shell that a process with this executable runs; `None` if it is not a shell. The arguments, beginning with the
/// name of the program, are read only if the executable can be several programs, or runs others.
pub fn run_by(executable: &str, arguments: &dyn Fn() -> Vec<String>) -> Option<Evaluating> {
    let name = program_name(executable);
    match name.as_str() {
        "busybox" | "toybox" => {
            let arguments = arguments();
            let mut names = arguments.iter().map(|argument| program_name(argument));
            let applet = names.next().filter(|first| *first != name).or_else(|| names.next())?;
            APPLETS.contains(&applet.as_str()).then_some(Evaluating::Shell(Shell::Sh))
        }
        "dotnet" => {
            let library = arguments()
                .into_iter()
                .map(|argument| program_name(&argument))
                .find(|name| Path::new(name).extension().is_some_and(|extension| extension == "dll"));
            (library? == "pwsh.dll").then_some(Evaluating::Shell(Shell::PowerShell))
        }
        _ if runs_other_executables(&name) => {
            let program = emulated(arguments())?;
            // An emulator that is run by itself would never end.
            let first = program.first().filter(|first| !runs_other_executables(&program_name(first)))?.clone();
            run_by(&first, &|| program.clone())
        }
        _ if name.starts_with("python") => {
            let arguments = arguments();
            let runs_xonsh = arguments.iter().skip(1).take(2).any(|argument| program_name(argument) == "xonsh");
            runs_xonsh.then(|| Evaluating::Unsupported("xonsh".to_owned()))
        }
        _ if UNSUPPORTED.contains(&name.as_str()) => Some(Evaluating::Unsupported(name)),
        _ => Shell::of_executable(&name).map(Evaluating::Shell),
    }
}

/// Whether this program is an emulator or a dynamic loader, whose arguments name the program that it runs.
fn runs_other_executables(name: &str) -> bool {
    ["qemu-", "rosetta", "box64", "box86", "ld-linux", "ld-musl", "ld.so", "linker64"]
        .iter()
        .any(|n| name.starts_with(n))
}

/// The arguments from the first one that is neither an option nor the value of one.
fn emulated(arguments: Vec<String>) -> Option<Vec<String>> {
    let mut rest = arguments.into_iter().skip(1).peekable();
    while let Some(option) = rest.next_if(|argument| argument.starts_with('-')) {
        if QEMU_OPTIONS.contains(&option.as_str()) {
            rest.next();
        }
    }
    let program: Vec<String> = rest.collect();
    (!program.is_empty()).then_some(program)
}

/// The name of a program without what systems and wrappers add to it: `zsh` for `/usr/bin/zsh-5.9 (deleted)`, `pwsh` for
/// `PWSH.EXE`, `fish` for `.fish-wrapped`, `bash` for `-bash`.
pub fn program_name(path: &str) -> String {
    let path = path.strip_suffix(" (deleted)").unwrap_or(path);
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    let mut name = file.trim_start_matches('-').strip_suffix(".exe").unwrap_or(file.trim_start_matches('-'));
    while let Some(inner) = name.strip_prefix('.').and_then(|name| name.strip_suffix("-wrapped")) {
        name = inner;
    }
    let name = name.strip_suffix("-static").unwrap_or(name);
    let without_version = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').trim_end_matches('-');
    // The digits of qemu-x86_64 and of box64 are not a version.
    if without_version.is_empty() || runs_other_executables(name) {
        name.to_owned()
    } else {
        without_version.to_owned()
    }
}
