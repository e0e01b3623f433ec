//! What this machine has for a sign-in: the variables, the shell with its function, and the cache.

use super::add_warnings;
use super::advice::DoctorAdvice;
use super::check::Check;
use crate::commands::COMMANDS;
use crate::commands::evaluator::detected;
use crate::context::Context;
use crate::diagnosis::{CredentialSource, ShellProblem, ShellState, Typing};
use crate::error::Result;
use crate::function_name::{FunctionName, function_name};
use crate::platform::{self, DirectoryError};
use crate::printable::{printable, printable_path, shown_value};
use crate::session::Cache;
use crate::shell::Shell;
use crate::variables::Variables;
use crate::warning::Warning;
use std::path::{Path, PathBuf};

/// Variables that other tools set next to the credentials, and the tools.
const TOOLS: &str = "AWS_VAULT aws-vault AWSU_PROFILE awsu AWS_SSO_PROFILE aws-sso-cli AWSUME_PROFILE AWSume \
                     ASSUMED_ROLE assume-role GRANTED_SSO granted SAML2AWS_PROFILE saml2aws AWS_OKTA_PROFILE aws-okta";

const CACHE_VARIABLE: &str = "MFA_ENV_CACHE_DIR";

/// Longer startup files are not read.
const MAX_STARTUP_FILE: u64 = 1 << 20;

pub(super) fn check_environment(context: &Context, checks: &mut Vec<Check>) -> Result<()> {
    const CHECK: &str = "environment";
    let variables = &context.variables;
    let (state, typing) = (ShellState::read(variables)?, typing(context));
    let mut problems = Vec::new();
    for problem in &state.problems {
        let fails = match problem {
            // Those of the profile have lines of their own, and a sign-in is what ends these.
            ShellProblem::ProfileUnusable { .. }
            | ShellProblem::ProfileNeedsCode { .. }
            | ShellProblem::FileMissing(_)
            | ShellProblem::NoCredentials => continue,
            ShellProblem::Swapped
            | ShellProblem::Incomplete { .. }
            | ShellProblem::TokenWithLongTermKey { .. }
            | ShellProblem::Mixed { .. }
            | ShellProblem::Damaged { .. } => true,
            _ => false,
        };
        let found = if fails { Check::error(CHECK, problem.what()) } else { Check::warning(CHECK, problem.what()) };
        problems.push(found.advise(&DoctorAdvice::OfProblem(problem.advice(&state.sign_in, &typing))));
    }
    problems.extend(variables_of_others(&state, &typing, variables));
    if problems.is_empty() {
        let message = match &state.source {
            CredentialSource::Variables => match state.credentials.profile {
                Some(profile) => format!("signed in to {}", printable(profile)),
                None => "signed in".to_owned(),
            },
            CredentialSource::View => "every profile by its own name (--all)".to_owned(),
            _ => "no credentials in the variables".to_owned(),
        };
        problems.push(Check::ok(CHECK, message));
    }
    checks.extend(problems);
    Ok(())
}

/// Credentials in the variables that mfa-env did not put there, and who may have.
fn variables_of_others(state: &ShellState<'_>, typing: &Typing, variables: &Variables) -> Option<Check> {
    const CHECK: &str = "environment";
    let instead = |what| DoctorAdvice::SignInInstead(typing.sign_in_as(what, &state.sign_in));
    if let CredentialSource::Workload(variable) = state.source {
        let found = Check::warning(CHECK, format!("{variable} is set: programs use the identity that it leads to"));
        return Some(found.advise(&instead("replace it with")));
    }
    if state.credentials.access_key_id.is_none() || state.credentials.is_ours {
        return None;
    }
    let words: Vec<&str> = TOOLS.split_whitespace().collect();
    // A sign-in of ours sets AWSUME_PROFILE too, and it may outlive the keys.
    let is_left = |name: &str| name == "AWSUME_PROFILE" && variables.os("MFA_ENV_PROFILE").is_some();
    let tool = words.chunks_exact(2).find(|pair| variables.os(pair[0]).is_some() && !is_left(pair[0]));
    let by = tool.map(|pair| format!("; {} may have set them, as {} is set", pair[1], pair[0])).unwrap_or_default();
    let what = format!("AWS_ACCESS_KEY_ID has keys that are not from mfa-env{by}; programs use them");
    Some(Check::warning(CHECK, what).advise(&instead("replace them with")))
}

/// How lines are typed in this shell.
pub(super) fn typing(context: &Context) -> Typing {
    Typing { shell: detected(context).map_or(Shell::Sh, |found| found.shell), is_command }
}

fn is_command(word: &str) -> bool {
    COMMANDS.iter().any(|command| command.name == word)
}

pub(super) fn check_shell(function: Option<&str>, profile: &str, context: &Context, checks: &mut Vec<Check>) {
    const CHECK: &str = "shell";
    let found = match detected(context) {
        Ok(found) => found,
        Err(e) => {
            // Commands that need no function work in any shell.
            let profile = printable(&typing(context).profile(profile)).to_string();
            return checks.push(Check::warning(CHECK, e.what()).advise(&DoctorAdvice::UseExec { profile }));
        }
    };
    let (shell, name) = (found.shell, found.shell.name());
    if found.is_guess {
        checks.push(Check::warned(CHECK, &Warning::ShellUnknown));
    }
    let startup_files = startup_files(shell, &context.variables);
    let texts = startup_files.iter().filter_map(|path| {
        let bytes = platform::read_start(path, MAX_STARTUP_FILE)?;
        Some((path, String::from_utf8_lossy(&bytes).into_owned()))
    });
    let texts: Vec<(&PathBuf, String)> = texts.collect();
    let loading = texts.iter().find_map(|(path, text)| Some((path, text.lines().find_map(loaded_function)?)));
    // The variable with the name comes from this shell, or from one around it.
    let own = match (function, loading) {
        (None, Some((_, name))) => name.as_str(),
        _ => function_name(),
    };
    let current = env!("CARGO_PKG_VERSION");
    checks.push(match (function, loading) {
        (Some(version), _) if version == current => {
            Check::ok(CHECK, format!("{name}, with the function {own} {version}"))
        }
        (Some(version), _) => {
            let version = printable(version);
            Check::warning(
                CHECK,
                format!("{name}: the function {own} is of version {version}, the program of {current}"),
            )
            .advise(&DoctorAdvice::StartNewShell)
        }
        (None, Some((path, _))) => {
            let path = printable_path(path);
            Check::ok(CHECK, format!("{name}; {path} defines the function {own} (`{own} doctor` checks it)"))
        }
        (None, None) => {
            let file = match (shell, startup_files.first()) {
                (Shell::PowerShell, _) | (_, None) => startup_variable(shell).to_owned(),
                (_, Some(path)) => printable_path(path).to_string(),
            };
            Check::warning(CHECK, format!("{name}: no startup file defines the function {own}"))
                .advise(&DoctorAdvice::AddLine { file, line: shell.init_line() })
        }
    });
    // If the function runs this, nothing hides it.
    for (path, text) in texts.iter().filter(|_| function.is_none()) {
        checks.extend(hiding_alias(text, own).map(|line| {
            let found = format!("an alias at {}:{line} may hide the function {own}", printable_path(path));
            Check::warning(CHECK, found).advise(&DoctorAdvice::RemoveAlias)
        }));
    }
}

/// The line of a startup file with an alias that is defined after the function, which removes the earlier ones.
fn hiding_alias(text: &str, name: &str) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    let is_alias = |line: &str| {
        let line = line.trim_start().to_ascii_lowercase();
        let words = ["alias ", "set-alias -name ", "set-alias "];
        let rest = words.iter().find_map(|word| line.strip_prefix(word)?.trim_start().strip_prefix(&*name));
        rest.is_some_and(|rest| rest.starts_with(['=', ' ', '\t']))
    };
    let loaded = text.lines().position(|line| loaded_function(line).is_some()).unwrap_or(0);
    text.lines().enumerate().skip(loaded).find(|(_, line)| is_alias(line)).map(|(number, _)| number + 1)
}

/// The name of the function that a line of a startup file defines.
fn loaded_function(line: &str) -> Option<FunctionName<'_>> {
    if line.trim_start().starts_with('#') {
        return None;
    }
    let (_, arguments) = line.split_once("mfa-env init ")?;
    let words: Vec<&str> = arguments.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).collect();
    let name = words.windows(2).find(|pair| pair[0] == "--name").and_then(|pair| FunctionName::parse(pair[1]));
    Some(name.unwrap_or(FunctionName::DEFAULT))
}

/// Where people write the line of `init`, most likely first.
fn startup_files(shell: Shell, variables: &Variables) -> Vec<PathBuf> {
    let Some(home) = platform::home(variables) else { return Vec::new() };
    let in_home = |names: &[&str]| names.iter().map(|name| home.join(name)).collect();
    let directory = |name: &str| variables.os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    match shell {
        Shell::Bash => in_home(&[".bashrc", ".bash_profile", ".bash_login", ".profile", ".bash_aliases"]),
        Shell::Zsh => {
            let home = directory("ZDOTDIR").unwrap_or(home);
            [".zshrc", ".zprofile", ".zshenv"].map(|name| home.join(name)).into()
        }
        Shell::Fish => {
            let config = directory("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")).join("fish");
            let parts = std::fs::read_dir(config.join("conf.d")).into_iter().flatten().flatten();
            let parts =
                parts.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "fish"));
            std::iter::once(config.join("config.fish")).chain(parts).collect()
        }
        Shell::Sh => directory("ENV").into_iter().collect(),
        Shell::PowerShell => {
            let names = ["Microsoft.PowerShell_profile.ps1", "profile.ps1"];
            let folder =
                if cfg!(windows) { Path::new("Documents/PowerShell") } else { Path::new(".config/powershell") };
            names.map(|name| home.join(folder).join(name)).into()
        }
    }
}

/// The variable that names the startup file.
fn startup_variable(shell: Shell) -> &'static str {
    if shell == Shell::PowerShell { "$PROFILE" } else { "the file that ENV names" }
}

pub(super) fn check_cache(context: &Context, checks: &mut Vec<Check>) {
    const CHECK: &str = "cache";
    let cache = Cache::of(&context.variables, &context.warnings);
    if let Some(path) = context.variables.os(CACHE_VARIABLE).map(Path::new).filter(|path| is_ignored(path)) {
        let path = printable(&shown_value(&path.to_string_lossy())).to_string();
        let what = format!("{CACHE_VARIABLE} is `{path}`, which is not an absolute path, so it is ignored");
        let line = typing(context).shell.unset_line(CACHE_VARIABLE);
        checks.push(Check::warning(CHECK, what).advise(&DoctorAdvice::UseUsualCache { line }));
    }
    match cache.try_directory() {
        Some(Ok(path)) => {
            let count = cache.entries().len();
            let sessions = if count == 1 { "session" } else { "sessions" };
            checks.push(Check::ok(CHECK, format!("{}: {count} {sessions}", printable_path(&path))));
        }
        Some(Err((path, e))) => {
            let (shown, reason) = (printable_path(&path), printable(&e.to_string()).to_string());
            let what = format!("{shown} cannot be used ({reason}), so every sign-in needs a code");
            checks.push(Check::warning(CHECK, what).advise(&advice_of_cache(&path, &e, context)));
        }
        None => {}
    }
    add_warnings(CHECK, context, checks);
}

/// Whether this path of `MFA_ENV_CACHE_DIR` depends on where a program is started.
fn is_ignored(path: &Path) -> bool {
    !path.is_absolute() && !path.starts_with("~")
}

/// How the cache can be used again. Nothing that another user may have written is made ours.
fn advice_of_cache(path: &Path, e: &DirectoryError, context: &Context) -> DoctorAdvice {
    let typing = typing(context);
    let is_named = context.variables.os(CACHE_VARIABLE).is_some();
    match e {
        DirectoryError::AccessibleToOthers => {
            DoctorAdvice::CloseCache { line: format!("chmod 700 {}", typing.path(path)) }
        }
        _ if is_named => DoctorAdvice::UseUsualCache { line: typing.shell.unset_line(CACHE_VARIABLE) },
        // Where there is nothing, what is in the way may be any of its parents.
        _ if matches!(e, DirectoryError::Unusable(_)) || path.symlink_metadata().is_err() => {
            let other = std::env::temp_dir().join("mfa-env");
            DoctorAdvice::UseOtherCache { line: typing.shell.set_line(CACHE_VARIABLE, &other.to_string_lossy()) }
        }
        _ => {
            let mut moved = path.as_os_str().to_owned();
            moved.push(".old");
            DoctorAdvice::MoveCache { line: format!("mv {} {}", typing.path(path), typing.path(Path::new(&moved))) }
        }
    }
}
