//! What this machine has for a sign-in: the variables, the shell with its function, and the cache.

use super::add_warnings;
use super::check::Check;
use crate::commands::COMMANDS;
use crate::commands::evaluator::detected;
use crate::context::Context;
use crate::diagnosis::{CredentialSource, ShellProblem, ShellState, Typing};
use crate::error::Result;
use crate::function_name::{FunctionName, function_name};
use crate::platform;
use crate::printable::{printable, printable_path};
use crate::session::Cache;
use crate::shell::Shell;
use crate::variables::Variables;
use crate::warning::Warning;
use std::path::{Path, PathBuf};

/// Variables that other tools set next to the credentials, and the tools.
const TOOLS: &str = "AWS_VAULT aws-vault AWSU_PROFILE awsu AWS_SSO_PROFILE aws-sso-cli AWSUME_PROFILE AWSume \
                     ASSUMED_ROLE assume-role GRANTED_SSO granted SAML2AWS_PROFILE saml2aws AWS_OKTA_PROFILE aws-okta";

/// Longer startup files are not read.
const MAX_STARTUP_FILE: u64 = 1 << 20;

pub(super) fn check_environment(context: &Context, checks: &mut Vec<Check>) -> Result<()> {
    const CHECK: &str = "environment";
    let variables = &context.variables;
    let state = ShellState::read(variables)?;
    let typing = Typing { shell: detected(context).map_or(Shell::Sh, |found| found.shell), is_command };
    let mut problems = Vec::new();
    for problem in &state.problems {
        let fails = match problem {
            // Those of the profile have lines of their own, and a sign-in is what ends these.
            ShellProblem::ProfileUnusable { .. }
            | ShellProblem::ProfileNeedsCode { .. }
            | ShellProblem::FileMissing(_)
            | ShellProblem::NoCredentials => continue,
            ShellProblem::Incomplete { .. }
            | ShellProblem::TokenWithLongTermKey { .. }
            | ShellProblem::Mixed { .. }
            | ShellProblem::Damaged { .. } => true,
            _ => false,
        };
        let found = if fails { Check::error(CHECK, problem.what()) } else { Check::warning(CHECK, problem.what()) };
        problems.push(found.advise(problem.advice(&state.sign_in, &typing).to_string()));
    }
    if let Some(variable) = variables_of_others(&state, variables) {
        problems.push(variable);
    }
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
fn variables_of_others(state: &ShellState<'_>, variables: &Variables) -> Option<Check> {
    const CHECK: &str = "environment";
    if let CredentialSource::Workload(variable) = state.source {
        let found = Check::warning(CHECK, format!("{variable} is set: programs use the identity that it leads to"));
        return Some(found.advise(format!("a sign-in replaces it until {} unset", function_name())));
    }
    if state.credentials.access_key_id.is_none() || state.credentials.is_ours {
        return None;
    }
    let words: Vec<&str> = TOOLS.split_whitespace().collect();
    let tool = words.chunks_exact(2).find(|pair| variables.os(pair[0]).is_some());
    let by = tool.map(|pair| format!("; {} may have set them, as {} is set", pair[1], pair[0])).unwrap_or_default();
    let found = Check::warning(CHECK, format!("AWS_ACCESS_KEY_ID has keys that are not from mfa-env{by}"));
    Some(found.advise("programs use them instead of any profile; a sign-in replaces them"))
}

fn is_command(word: &str) -> bool {
    COMMANDS.iter().any(|command| command.name == word)
}

pub(super) fn check_shell(function: Option<&str>, context: &Context, checks: &mut Vec<Check>) {
    const CHECK: &str = "shell";
    let found = match detected(context) {
        Ok(found) => found,
        Err(e) => return checks.push(Check::failed(CHECK, &e)),
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
            .advise("start a new shell")
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
                .advise(format!("add this line to {file}:\n{}", shell.init_line()))
        }
    });
    for (path, text) in &texts {
        let alias = text.lines().enumerate().find(|(_, line)| is_alias_of(line, own));
        if let Some((number, _)) = alias {
            let place = format!("{}:{}", printable_path(path), number + 1);
            checks.push(
                Check::warning(CHECK, format!("an alias at {place} may hide the function {own}"))
                    .advise("remove it, or give it another name"),
            );
        }
    }
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

/// Whether a line of a startup file makes an alias of this name.
fn is_alias_of(line: &str, name: &str) -> bool {
    let rest = line.trim_start().strip_prefix("alias ").and_then(|rest| rest.trim_start().strip_prefix(name));
    rest.is_some_and(|rest| rest.starts_with(['=', ' ']))
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
    match cache.try_directory() {
        Some(Ok(path)) => {
            let count = cache.entries().len();
            let sessions = if count == 1 { "session" } else { "sessions" };
            checks.push(Check::ok(CHECK, format!("{}: {count} {sessions}", printable_path(&path))));
        }
        Some(Err((path, e))) => {
            let (path, e) = (printable_path(&path), printable(&e.to_string()).to_string());
            let unusable = Check::warning(CHECK, format!("{path} cannot be used ({e}), so every sign-in needs a code"));
            checks.push(unusable.advise("correct its owner and mode, or name another one with MFA_ENV_CACHE_DIR"));
        }
        None => {}
    }
    add_warnings(CHECK, context, checks);
}
