//! A shell as the programs that are started from it find it, and everything that is wrong with it.

use super::online::{Online, OnlineCheck};
use super::selected_profile::SelectedProfile;
use super::shell_credentials::ShellCredentials;
use super::shell_problem::ShellProblem;
use super::sign_in_line::SignInLine;
use crate::clock;
use crate::credentials::Expiration;
use crate::environment::ShellSession;
use crate::error::{ConfigError, Error, Result};
use crate::origin::{Origin, Sourced};
use crate::plan::replacement_region;
use crate::profile::{AwsFiles, Region, checked};
use crate::sign_in::read_aws_files;
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use std::ffi::OsStr;

/// In seconds. The clocks of a machine and of its containers may differ by this much.
const CLOCK_TOLERANCE: i64 = 300;

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";
/// The older name, which the AWS CLI and boto3 read first.
const OLD_TOKEN: &str = "AWS_SECURITY_TOKEN";

/// The variables from which a workload or a container gets its identity.
const OF_WORKLOADS: [&str; 3] =
    ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];

/// Where programs that are told nothing get their credentials.
#[derive(Debug)]
pub enum CredentialSource {
    /// From `AWS_ACCESS_KEY_ID` and the other variables.
    Variables,
    /// From the view of all profiles, for which mfa-env signs in.
    View,
    /// From a profile in the AWS files.
    Profile(Box<SelectedProfile>),
    /// From the identity of a workload or a container, which this variable leads to.
    Workload(&'static str),
    /// From nowhere, or from the metadata of the machine.
    Nowhere,
}

/// A shell.
pub struct ShellState<'a> {
    /// The credentials in its variables.
    pub credentials: ShellCredentials<'a>,
    /// Where programs get their credentials.
    pub source: CredentialSource,
    /// What to type to sign in.
    pub sign_in: SignInLine,
    /// What is wrong, the most serious first.
    pub problems: Vec<ShellProblem>,
    /// What AWS says about the keys.
    pub online: Online,
}

impl<'a> ShellState<'a> {
    /// Reads the variables, the AWS files and the cache. Nothing is sent.
    ///
    /// # Errors
    /// A variable is not UTF-8.
    pub fn read(variables: &'a Variables) -> Result<Self> {
        // Those about the shell are among the problems.
        let warnings = Warnings::default();
        let credentials = ShellCredentials::read(false, variables, &warnings)?;
        let texts = read_aws_files(variables, &warnings);
        let files = texts.as_ref().map(|texts| AwsFiles::index(texts));
        let source = CredentialSource::of(&credentials, files.as_ref().ok(), variables)?;
        let sign_in = SignInLine::of(files.as_ref().map_err(|e| *e), variables)?;
        let mut problems = of_credentials(&credentials, variables);
        problems.extend(credentials.has_lost_view.then_some(ShellProblem::LostView));
        let is_swapped = matches!(problems.first(), Some(ShellProblem::Swapped));
        let others = of_warnings(warnings.take()).into_iter();
        problems.extend(others.filter(|problem| !is_swapped || !matches!(problem, ShellProblem::Mixed { .. })));
        let unreadable = texts.as_ref().err().filter(|e| !matches!(e, Error::Config(ConfigError::NoFiles { .. })));
        let unusable = |e: &Error| ShellProblem::ProfileUnusable { variable: None, what: e.what(), advice: e.advice() };
        problems.extend(unreadable.map(unusable));
        problems.extend(of_source(&source));
        let is_empty = |variable: &&str| variables.raw(variable).is_some() && variables.os(variable).is_none();
        let empty = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].into_iter().find(is_empty);
        problems.extend(empty.map(|variable| ShellProblem::EmptyProfile { variable }));
        problems.extend(of_regions(&credentials, variables)?);
        Ok(ShellState { credentials, source, sign_in, problems, online: Online::NotAsked })
    }

    /// Adds what AWS's answers show. That it rejects the keys comes after what shows why.
    pub fn add_online(&mut self, check: OnlineCheck) {
        for problem in check.problems.into_iter().rev() {
            let is_rejected = matches!(problem, ShellProblem::Rejected { .. });
            let reason = self.problems.iter().rposition(|problem| is_rejected && problem.is_about_keys());
            self.problems.insert(reason.map_or(0, |at| at + 1), problem);
        }
        self.online = check.answer;
    }

    /// The first problem of this kind.
    pub fn problem(&self, is_meant: impl Fn(&ShellProblem) -> bool) -> Option<&ShellProblem> {
        self.problems.iter().find(|problem| is_meant(problem))
    }
}

impl CredentialSource {
    fn of(credentials: &ShellCredentials<'_>, files: Option<&AwsFiles<'_>>, variables: &Variables) -> Result<Self> {
        if credentials.access_key_id.is_some() {
            return Ok(CredentialSource::Variables);
        }
        if ShellSession::read(variables, &Warnings::default()).has_view() {
            return Ok(CredentialSource::View);
        }
        let selected = SelectedProfile::of(files, variables)?;
        let workload = OF_WORKLOADS.into_iter().find(|name| variables.os(name).is_some());
        Ok(match (selected, workload) {
            (Some(selected), _) if selected.variable.is_some() || selected.has_credentials() => {
                CredentialSource::Profile(Box::new(selected))
            }
            (_, Some(variable)) => CredentialSource::Workload(variable),
            (_, None) => CredentialSource::Nowhere,
        })
    }

    /// The profile, if the credentials are from one.
    pub fn profile(&self) -> Option<&SelectedProfile> {
        match self {
            CredentialSource::Profile(profile) => Some(profile),
            _ => None,
        }
    }
}

/// Whether the key is one of an IAM user, which has no token.
fn is_long_term(access_key_id: &str) -> bool {
    access_key_id.starts_with("AKIA")
}

fn of_credentials(credentials: &ShellCredentials<'_>, variables: &Variables) -> Vec<ShellProblem> {
    let Some(key) = credentials.access_key_id else { return Vec::new() };
    if !is_access_key_id(key) && variables.os(SECRET).and_then(OsStr::to_str).is_some_and(is_access_key_id) {
        return vec![ShellProblem::Swapped];
    }
    let access_key_id = || key.to_owned();
    let (token, old_token) = (variables.os(TOKEN), variables.os(OLD_TOKEN));
    let mut problems = Vec::new();
    let needs_token = key.starts_with("ASIA") && token.is_none() && old_token.is_none();
    let missing = if variables.os(SECRET).is_none() { Some(SECRET) } else { needs_token.then_some(TOKEN) };
    if let Some(missing) = missing {
        problems.push(ShellProblem::Incomplete { missing, access_key_id: access_key_id() });
    }
    if is_long_term(key) {
        let variable = [(TOKEN, token), (OLD_TOKEN, old_token)].into_iter().find(|(_, value)| value.is_some());
        problems.extend(
            variable
                .map(|(variable, _)| ShellProblem::TokenWithLongTermKey { variable, access_key_id: access_key_id() }),
        );
    } else if token.is_some() && old_token.is_some_and(|old| Some(old) != token) {
        problems.push(ShellProblem::TwoTokens);
    }
    for variable in [KEY_ID, SECRET, TOKEN] {
        let value = variables.raw(variable).filter(|_| variables.os(variable).is_some());
        let problem = value.and_then(|value| damage(value.as_encoded_bytes()));
        problems.extend(problem.map(|problem| ShellProblem::Damaged { variable, problem }));
    }
    if let Some(at) = credentials.expiration.filter(|at| at.is_past()) {
        problems.push(if is_long_term(key) {
            ShellProblem::OtherExpiration
        } else {
            ShellProblem::Expired { profile: credentials.profile.map(str::to_owned), at }
        });
    } else if is_other_expiration_past(variables) {
        problems.push(ShellProblem::OtherExpiration);
    }
    let made = credentials.cached.as_ref().map(|entry| entry.made / 1000 - clock::now());
    let set_back = made.filter(|seconds| *seconds > CLOCK_TOLERANCE);
    problems.extend(set_back.map(|seconds| ShellProblem::ClockSetBack(seconds.unsigned_abs())));
    problems
}

/// What is wrong with the text of a key or token.
fn damage(value: &[u8]) -> Option<&'static str> {
    match value {
        [.., b'\r' | b'\n'] => Some("ends in a line end"),
        [b' ' | b'\t', ..] | [.., b' ' | b'\t'] => Some("has a blank at its beginning or end"),
        [b'"' | b'\'', .., b'"' | b'\''] => Some("is in quotes, which are part of the value"),
        _ if !value.iter().all(u8::is_ascii_graphic) => Some("has characters that no key has"),
        _ => None,
    }
}

/// Whether a text has the form of the ID of an access key.
fn is_access_key_id(text: &str) -> bool {
    let is_of_id = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    (16..=32).contains(&text.len()) && ["AKIA", "ASIA"].contains(&&text[..4]) && text.bytes().all(is_of_id)
}

/// Whether `AWS_CREDENTIAL_EXPIRATION` is past: of keys that have not expired, it is not.
fn is_other_expiration_past(variables: &Variables) -> bool {
    let stated = variables.os("AWS_CREDENTIAL_EXPIRATION");
    stated.and_then(|text| Expiration::parse(&text.to_string_lossy()).ok()).is_some_and(Expiration::is_past)
}

/// The problems that other commands warn about.
fn of_warnings(warnings: Vec<Warning>) -> Vec<ShellProblem> {
    let problem = |warning| match warning {
        Warning::MixedKeys { access_key_id, variable } => Some(ShellProblem::Mixed { variable, access_key_id }),
        Warning::ExpirationUnreadable { problem } => Some(ShellProblem::ExpirationUnreadable(problem)),
        Warning::ProfileAndSession { variable, profile } => Some(ShellProblem::ProfileWithKeys { variable, profile }),
        Warning::BearerToken { variable } => Some(ShellProblem::BearerToken(variable)),
        Warning::FileMissing(missing) => Some(ShellProblem::FileMissing(missing)),
        _ => None,
    };
    warnings.into_iter().filter_map(problem).collect()
}

fn of_source(source: &CredentialSource) -> Option<ShellProblem> {
    let selected = match source {
        CredentialSource::Nowhere => return Some(ShellProblem::NoCredentials),
        CredentialSource::Profile(selected) => selected,
        CredentialSource::Variables | CredentialSource::View | CredentialSource::Workload(_) => return None,
    };
    selected.problem()
}

fn of_regions(credentials: &ShellCredentials<'_>, variables: &Variables) -> Result<Vec<ShellProblem>> {
    let mut problems = Vec::new();
    let mut regions = Vec::new();
    for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        let Some(text) = variables.text(variable)? else { continue };
        match checked("region", text, &Origin::Variable(variable), Region::parse) {
            Ok(Sourced { value, .. }) => regions.push((variable, value.to_string())),
            Err(e) => problems.push(ShellProblem::NotARegion { variable, what: e.what(), advice: e.advice() }),
        }
    }
    if let [(_, region), (_, default)] = &regions[..]
        && region != default
    {
        problems.push(ShellProblem::TwoRegions { region: region.clone(), default: default.clone() });
    }
    let partition = credentials.identity().and_then(|arn| arn.split(':').nth(1));
    for (variable, region) in regions {
        if let Some(partition) = partition
            && let Some(right) = replacement_region(&region, partition)
        {
            let partition = partition.to_owned();
            problems.push(ShellProblem::OtherPartition { variable, region, partition, right });
        }
    }
    Ok(problems)
}
