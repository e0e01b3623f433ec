//! What this machine has for a sign-in: the variables, the shell with its function, and the cache.

use super::add_warnings;
use super::advice::DoctorAdvice;
use super::check::{Check, Checks};
use crate::commands::COMMANDS;
use crate::commands::evaluator::detected;
use crate::commands::startup::{Definition, Startup, Useless};
use crate::context::Context;
use crate::diagnosis::{CredentialSource, ShellProblem, ShellState, Typing};
use crate::error::Result;
use crate::function_name::function_name;
use crate::platform::DirectoryError;
use crate::printable::{printable, printable_path, shown_value};
use crate::session::Cache;
use crate::shell::Shell;
use crate::variables::Variables;
use crate::warning::Warning;
use std::path::Path;

/// Variables that other tools set next to the credentials, and the tools.
const TOOLS: &str = "AWS_VAULT aws-vault AWSU_PROFILE awsu AWS_SSO_PROFILE aws-sso-cli AWSUME_PROFILE AWSume \
                     ASSUMED_ROLE assume-role GRANTED_SSO granted SAML2AWS_PROFILE saml2aws AWS_OKTA_PROFILE aws-okta";

const CACHE_VARIABLE: &str = "MFA_ENV_CACHE_DIR";

pub(super) fn check_environment(context: &Context, checks: &mut Checks) -> Result<()> {
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

pub(super) fn check_shell(function: Option<&str>, profile: &str, context: &Context, checks: &mut Checks) {
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
    let startup = Startup::read(shell, &context.variables);
    let definition = startup.definition();
    // The variable with the name comes from this shell, or from one around it.
    let own = match (function, &definition) {
        (None, Some(definition)) => definition.name.as_str(),
        _ => function_name(),
    };
    let current = env!("CARGO_PKG_VERSION");
    checks.push(match (function, &definition) {
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
        (None, Some(Definition { path, .. })) => {
            let path = printable_path(path);
            Check::ok(CHECK, format!("{name}; {path} defines the function {own} (`{own} doctor` checks it)"))
        }
        (None, None) => {
            let file = match (shell, startup.files.first()) {
                (Shell::PowerShell, _) | (_, None) => startup_variable(shell).to_owned(),
                (_, Some(path)) => printable_path(path).to_string(),
            };
            let what = match startup.useless_line() {
                Some(Useless { path, line, why }) => {
                    format!("{}:{line} does not define the function {own}: {why}", printable_path(path))
                }
                None if startup.has_unknown => {
                    format!("no startup file that can be followed defines the function {own}")
                }
                None => format!("no startup file defines the function {own}"),
            };
            let advice = DoctorAdvice::AddLine { file, line: shell.init_line() };
            Check::warning(CHECK, format!("{name}: {what}")).advise(&advice)
        }
    });
    // If the function runs this, nothing hides it.
    let aliases = if function.is_none() { startup.hiding_aliases(own) } else { Vec::new() };
    for (path, line) in aliases {
        let found = format!("an alias at {}:{line} may hide the function {own}", printable_path(path));
        checks.push(Check::warning(CHECK, found).advise(&DoctorAdvice::RemoveAlias));
    }
}

/// The variable that names the startup file.
fn startup_variable(shell: Shell) -> &'static str {
    if shell == Shell::PowerShell { "$PROFILE" } else { "the file that ENV names" }
}

pub(super) fn check_cache(context: &Context, checks: &mut Checks) {
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
            cache.warn_of_unusable_entries();
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
