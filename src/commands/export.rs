//! `mfa-env [export] [PROFILE] [CODE]`: the walk of one parameter, from what was typed to the text that the shell evaluates.

use super::request::Request;
use super::sign_in::sign_in;
use super::time_left::until;
use super::{Context, refuse_terminal, say, say_warnings, shell_of, shown};
use crate::cli::{ExportArgs, Format};
use crate::credentials::SessionCredentials;
use crate::environment::{self, EnvChange, Session};
use crate::error::Result;
use crate::plan::Plan;
use crate::shell::Shell;
use zeroize::Zeroizing;

pub(super) fn run(args: ExportArgs, context: &Context) -> Result<Zeroizing<String>> {
    let shell = evaluator(&args, context)?;
    let (format, quiet) = (args.format.unwrap_or_default(), args.sign_in.quiet);
    let request = Request::from(args.first, args.second, &args.sign_in, &context.variables)?;
    let signed_in = sign_in(request, context)?;
    let session = Session {
        profile: &signed_in.plan.profile,
        credentials: &signed_in.credentials,
        region: signed_in.plan.region.as_ref().map(|r| &r.value),
        is_renewable_by_name: !signed_in.plan.is_shaped_by_flags,
    };
    let mut warnings = Vec::new();
    let changes = environment::sign_in(&session, &context.variables, &mut warnings);
    say_warnings(&warnings, quiet);
    if !quiet {
        say(&summary(&signed_in.plan, &signed_in.credentials));
    }
    // The process ends with this line; taking a plan apart hop by hop would cost as much as reading the AWS files did.
    std::mem::forget(signed_in.plan);
    Ok(match shell {
        Some(shell) => shell.statements(&changes),
        None if format == Format::Json => json(&changes),
        None => env_file(&changes),
    })
}

/// The shell whose statements are wanted; `None` for a format that is data.
fn evaluator(args: &ExportArgs, context: &Context) -> Result<Option<Shell>> {
    if args.format.unwrap_or_default() != Format::Statements {
        return Ok(None);
    }
    let (shell, warnings) = shell_of(args.shell.as_deref(), context)?;
    refuse_terminal(shell, args.show, context)?;
    say_warnings(&warnings, args.sign_in.quiet);
    Ok(Some(shell))
}

/// `signed in to prod, account 123456789012, until 21:04 (12 h)`
fn summary(plan: &Plan, credentials: &SessionCredentials) -> String {
    let mut text = format!("signed in to {}", shown(plan.profile.as_str()));
    if let Some(account) = plan.call.account() {
        text.push_str(&format!(", account {}", shown(account)));
    }
    if let Some(arn) = &credentials.identity {
        text.push_str(&format!(", as {}", shown(arn.rsplit_once(":assumed-role/").map_or(arn, |(_, name)| name))));
    }
    text.push_str(&format!(", {}", until(credentials.expiration)));
    if let Some(url) = &plan.endpoint.url {
        text.push_str(&format!(", by {} ({})", shown(&plan.endpoint.host()), url.origin));
    }
    text
}

/// `{"NAME": "value", "OTHER": null}`: null is to be unset.
fn json(changes: &[EnvChange]) -> Zeroizing<String> {
    let object: serde_json::Map<_, _> =
        changes.iter().map(|c| (c.name.to_owned(), c.value.as_ref().map(|v| v.expose().to_owned()).into())).collect();
    Zeroizing::new(format!("{}\n", serde_json::Value::Object(object)))
}

/// `NAME=value` as it stands: readers of such files disagree about quotes, and what STS and regions are made of needs none.
fn env_file(changes: &[EnvChange]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(4096));
    for change in changes {
        if let Some(value) = change.value.as_ref().filter(|_| change.name.starts_with("AWS_")) {
            text.push_str(change.name);
            text.push('=');
            text.push_str(value.expose());
            text.push('\n');
        }
    }
    text
}
