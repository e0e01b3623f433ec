//! The explanation for people: the line of the error, the cause, and what to do.

use super::{Input, Report};
use crate::commands::duration::mfa_age;
use crate::commands::summary::Summary;
use crate::context::Context;
use crate::diagnosis::{CredentialSource, Explanation, Online, ShellState};
use crate::printable::{printable, shown_value};
use crate::profile::RoleSessionName;

/// More errors are not explained: the last one matters most.
const MOST_CAUSES: usize = 3;
/// More problems of the shell would bury the one that matters.
const MOST_PROBLEMS: usize = 3;

pub(super) fn text(report: &Report<'_>, context: &Context) -> String {
    let mut text = explanations(report, context);
    if let Online::Failed { what, advice } = &report.shell.online {
        text.push_str(&format!("\nAWS could not be asked: {what}\n"));
        for line in advice.iter().flat_map(|advice| advice.lines()) {
            text.push_str(&format!("  {}\n", printable(line)));
        }
    }
    text
}

fn explanations(report: &Report<'_>, context: &Context) -> String {
    let mut text = String::new();
    let causes = if report.input == Input::Text { report.causes.as_slice() } else { &[] };
    for (number, cause) in causes.iter().take(MOST_CAUSES).enumerate() {
        if number > 0 {
            text.push_str("\nbefore that:\n");
        }
        explanation(&mut text, cause);
    }
    if !causes.is_empty() {
        return text;
    }
    match report.input {
        Input::Text => text.push_str("no known error was found in the text\n"),
        Input::Empty => text
            .push_str("there was no text; errors are on stderr, which a pipe gets with: COMMAND 2>&1 | mfa-env why\n"),
        Input::None => {}
    }
    let is_first = text.is_empty();
    for (number, problem) in report.problems.iter().take(MOST_PROBLEMS).enumerate() {
        if number > 0 || !is_first {
            text.push('\n');
        }
        explanation(&mut text, problem);
    }
    if report.problems.is_empty() {
        let unknown = unknown(report.shell);
        let wrong = if unknown.is_empty() { "nothing is wrong with" } else { "nothing wrong was found in" };
        text.push_str(&format!("{wrong} this shell: {}\n", state(report, context)));
        if !unknown.is_empty() {
            text.push_str(&format!("  not known: {}\n", unknown.join(", ")));
        }
        if unknown.iter().any(|what| *what != EXPIRY) && matches!(report.shell.online, Online::NotAsked) {
            text.push_str("  ask AWS with: mfa-env why --online\n");
        }
        if report.input == Input::None {
            text.push_str("  to explain the error of a program: COMMAND 2>&1 | mfa-env why\n");
        }
    }
    text
}

fn explanation(text: &mut String, explanation: &Explanation) {
    if let Some(line) = &explanation.line {
        text.push_str(&format!("> {}\n\n", printable(line)));
    }
    let possible = if explanation.is_certain { "" } else { "possible cause: " };
    text.push_str(&format!("{possible}{}\n", explanation.cause));
    if let Some(reason) = &explanation.possibly {
        text.push_str(&format!("  possible reason: {}\n", printable(reason)));
    }
    for advice in &explanation.advice {
        text.push_str(&format!("  {}\n", printable(&advice.to_string())));
    }
}

/// When the session expires: AWS does not say it.
const EXPIRY: &str = "when the session expires";

/// What is not known of keys that mfa-env did not put there.
fn unknown(shell: &ShellState<'_>) -> Vec<&'static str> {
    let credentials = &shell.credentials;
    let key = credentials.access_key_id.or(shell
        .source
        .profile()
        .and_then(|selected| selected.credentials.as_ref().ok().map(|profile| profile.access_key_id.as_str())));
    let Some(key) = key.filter(|_| !credentials.is_ours) else { return Vec::new() };
    let is_session = key.starts_with("ASIA");
    let of_profile =
        shell.source.profile().and_then(|selected| selected.credentials.as_ref().ok()?.expiration.as_ref());
    let is_dated = credentials.expiration.is_some() || of_profile.is_some();
    let (is_accepted, has_mfa) = match &shell.online {
        Online::Accepted { by_iam, .. } => (true, by_iam.is_some()),
        Online::NotAsked | Online::Failed { .. } | Online::Rejected => (false, false),
    };
    let facts = [
        ("whether AWS accepts the keys", !is_accepted),
        ("whether the session has MFA", is_session && !has_mfa),
        (EXPIRY, is_session && !is_dated),
    ];
    facts.into_iter().filter(|(_, is_unknown)| *is_unknown).map(|(what, _)| what).collect()
}

/// What the shell is, in one line.
fn state(report: &Report<'_>, context: &Context) -> String {
    let credentials = &report.shell.credentials;
    let identity = report.shell.online.identity();
    let accepted = identity.map(|identity| format!("AWS accepts it as {}", printable(&identity.arn)));
    let plain = |what: String| accepted.iter().fold(what, |what, accepted| format!("{what}; {accepted}"));
    match &report.shell.source {
        CredentialSource::View => plain("every profile by its name".to_owned()),
        CredentialSource::Profile(profile) => plain(format!("programs use profile {}", printable(&profile.name))),
        CredentialSource::Workload(variable) => plain(format!("programs use the identity that {variable} leads to")),
        CredentialSource::Nowhere => plain("it has no credentials".to_owned()),
        CredentialSource::Variables if credentials.expiration.is_none() => {
            plain(format!("it has the keys {}", printable(&shown_value(credentials.access_key_id.unwrap_or_default()))))
        }
        CredentialSource::Variables => {
            let summary = Summary {
                profile: credentials.profile,
                identity: credentials.identity(),
                user: credentials.user.as_ref().map(RoleSessionName::as_str),
                account: credentials.account(),
                region: credentials.region,
                expiration: credentials.expiration,
                notes: credentials.mfa_age().map(mfa_age).into_iter().chain(accepted.clone()).collect(),
            };
            summary.line(context)
        }
    }
}
