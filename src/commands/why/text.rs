//! The explanation for people: the line of the error, the cause, and what to do.

use super::{Input, Report};
use crate::commands::duration::mfa_age;
use crate::commands::summary::Summary;
use crate::context::Context;
use crate::diagnosis::{CredentialSource, Explanation};
use crate::printable::printable;
use crate::profile::RoleSessionName;

/// More errors are not explained: the last one matters most.
const MOST_CAUSES: usize = 3;
/// More problems of the shell would bury the one that matters.
const MOST_PROBLEMS: usize = 3;

pub(super) fn text(report: &Report<'_>, context: &Context) -> String {
    let mut text = String::new();
    for (number, cause) in report.causes.iter().take(MOST_CAUSES).enumerate() {
        if number > 0 {
            text.push_str("\nbefore that:\n");
        }
        explanation(&mut text, cause);
    }
    if !report.causes.is_empty() {
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
        text.push_str(&format!("nothing is wrong with this shell: {}\n", state(report, context)));
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

/// What the shell is, in one line.
fn state(report: &Report<'_>, context: &Context) -> String {
    let credentials = &report.shell.credentials;
    let identity = report.online.and_then(|online| online.identity.as_ref());
    let accepted = identity.map(|identity| format!("AWS accepts it as {}", printable(&identity.arn)));
    let plain = |what: String| accepted.iter().fold(what, |what, accepted| format!("{what}; {accepted}"));
    match &report.shell.source {
        CredentialSource::View => plain("every profile by its name".to_owned()),
        CredentialSource::Profile(profile) => plain(format!("programs use profile {}", printable(&profile.name))),
        CredentialSource::Workload(variable) => plain(format!("programs use the identity that {variable} leads to")),
        CredentialSource::Nowhere => plain("it has no credentials".to_owned()),
        CredentialSource::Variables if credentials.expiration.is_none() => {
            plain(format!("it has the keys {}", printable(credentials.access_key_id.unwrap_or_default())))
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
