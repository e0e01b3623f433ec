//! The explanation for programs. `mfa-env help json` describes the fields, and a test compares the two.

use super::Report;
use crate::clock;
use crate::commands::json_line::json_line;
use crate::credentials::Expiration;
use crate::diagnosis::{Advice, CredentialSource, Explanation, Online, ShellProblem, ShellState};
use crate::printable::{printable, shown_value};
use serde::Serialize;

/// Raised when a field changes its meaning or is removed.
const VERSION: u32 = 1;

/// The fields of all objects are in alphabetical order, as in all JSON that mfa-env prints.
#[derive(Serialize)]
struct ReportJson {
    causes: Vec<CauseJson>,
    not_asked: Option<String>,
    problems: Vec<ProblemJson>,
    shell: ShellJson,
    version: u32,
}

#[derive(Serialize)]
struct CauseJson {
    advice: Vec<AdviceJson>,
    cause: String,
    certain: bool,
    error: Option<&'static str>,
    possibly: Option<String>,
    problem: Option<&'static str>,
    text: Option<String>,
}

#[derive(Serialize)]
struct ProblemJson {
    advice: Vec<AdviceJson>,
    cause: String,
    problem: Option<&'static str>,
}

#[derive(Serialize)]
struct AdviceJson {
    line: Option<String>,
    what: String,
}

#[derive(Serialize)]
struct ShellJson {
    access_key_id: Option<String>,
    account: Option<String>,
    expires: Option<String>,
    identity: Option<String>,
    keys: Option<&'static str>,
    mfa_age_seconds: Option<i64>,
    profile: Option<String>,
    region: Option<String>,
    seconds_left: Option<i64>,
    selected_profile: Option<String>,
    source: &'static str,
}

pub(super) fn json(report: &Report<'_>) -> String {
    json_line(&ReportJson {
        causes: report.causes.iter().map(cause).collect(),
        problems: report.problems.iter().map(problem).collect(),
        not_asked: match &report.shell.online {
            Online::Failed { what, .. } => Some(what.clone()),
            Online::NotAsked | Online::Rejected | Online::Accepted { .. } => None,
        },
        shell: shell(report.shell, report.shell.online.identity()),
        version: VERSION,
    })
}

fn cause(explanation: &Explanation) -> CauseJson {
    CauseJson {
        advice: explanation.advice.iter().map(advice).collect(),
        cause: explanation.cause.clone(),
        certain: explanation.is_certain,
        error: explanation.error,
        possibly: explanation.possibly.as_deref().map(|text| printable(text).to_string()),
        problem: explanation.problem,
        text: explanation.line.clone(),
    }
}

fn problem(explanation: &Explanation) -> ProblemJson {
    ProblemJson {
        advice: explanation.advice.iter().map(advice).collect(),
        cause: explanation.cause.clone(),
        problem: explanation.problem,
    }
}

fn advice(advice: &Advice) -> AdviceJson {
    AdviceJson { line: advice.line.clone(), what: advice.what.clone() }
}

fn shell(shell: &ShellState<'_>, online: Option<&crate::sts::CallerIdentity>) -> ShellJson {
    let credentials = &shell.credentials;
    let selected = shell.source.profile();
    let of_profile = selected.and_then(|selected| selected.credentials.as_ref().ok());
    // What is in the place of the ID may be the secret.
    let is_swapped = shell.problem(|problem| matches!(problem, ShellProblem::Swapped)).is_some();
    let key =
        credentials.access_key_id.filter(|_| !is_swapped).or(of_profile.map(|profile| profile.access_key_id.as_str()));
    let kind = |key: &str| match key.get(..4) {
        Some("AKIA") => "long-term",
        Some("ASIA") => "session",
        _ => "other",
    };
    ShellJson {
        access_key_id: key.map(|key| shown_value(key).into_owned()),
        account: online.map(|identity| identity.account.clone()).or(credentials.account().map(str::to_owned)),
        expires: credentials.expiration.map(Expiration::rfc3339),
        identity: online.map(|identity| identity.arn.clone()).or(credentials.identity().map(str::to_owned)),
        keys: key.map(kind),
        mfa_age_seconds: credentials.mfa_age(),
        profile: credentials.profile.map(|profile| shown_value(profile).into_owned()),
        region: credentials.region.map(str::to_owned).or(of_profile.and_then(|profile| profile.region.clone())),
        seconds_left: credentials.expiration.map(|at| (at.unix() - clock::now()).max(0)),
        selected_profile: selected.map(|selected| shown_value(&selected.name).into_owned()),
        source: match &shell.source {
            CredentialSource::Variables => "variables",
            CredentialSource::View => "view",
            CredentialSource::Profile(_) => "profile",
            CredentialSource::Workload(_) => "workload",
            CredentialSource::Nowhere => "nowhere",
        },
    }
}
