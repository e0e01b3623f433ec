//! The session as data, for `export --format`.

use super::json_line::json_line;
use crate::credentials::{Expiration, Secret};
use crate::environment::{EnvChange, EnvValue, PATH_CONVERSION, Session};
use crate::error::{FileError, Result, UsageError};
use crate::origin::Origin;
use crate::plan::Plan;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use zeroize::Zeroizing;

const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// One line: `{"NAME": "value", "OTHER": null}`, where null means unset.
pub(super) fn json(changes: &[EnvChange]) -> Zeroizing<String> {
    let variables = changes.iter().map(|change| (&*change.name, change.value.as_ref().map(EnvValue::expose)));
    let variables: BTreeMap<&str, Option<&str>> = variables.collect();
    let mut line = Zeroizing::new(serde_json::to_string(&variables).expect("text is JSON"));
    line.push('\n');
    line
}

/// `NAME=value` lines without quotes: readers of `.env` files disagree about quoting.
///
/// # Errors
/// A value would mean something else to one of those readers.
pub(super) fn env_file(changes: &[EnvChange], plan: &Plan) -> Result<Zeroizing<String>> {
    env_lines(&variables(changes, plan))
}

fn env_lines(variables: &[(&str, &str)]) -> Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(4096));
    for &(name, value) in variables {
        // Compose expands `$`, removes quotes, and takes the rest after ` #` as a comment.
        if value.trim() != value || value.contains(|c: char| c.is_control() || "$#\"'`\\".contains(c)) {
            return Err(UsageError::NotInEnvFile { name: name.to_owned() }.into());
        }
        for part in [name, "=", value, "\n"] {
            text.push_str(part);
        }
    }
    Ok(text)
}

/// The variables that another environment needs. A shell has its own region, but the reader of a file inherits none.
fn variables<'a>(changes: &'a [EnvChange], plan: &'a Plan) -> Vec<(&'a str, &'a str)> {
    let set = changes.iter().filter_map(|change| Some((&*change.name, change.value.as_ref()?.expose())));
    let mut set: Vec<_> = set.filter(|(name, _)| name.starts_with("AWS_")).collect();
    set.extend(region(changes, plan).into_iter().flat_map(|region| REGIONS.map(|name| (name, region))));
    set
}

/// The region of the calls, unless the changes set one.
fn region<'a>(changes: &[EnvChange], plan: &'a Plan) -> Option<&'a str> {
    let is_set = changes.iter().any(|change| change.name == REGIONS[0] && change.value.is_some());
    let region = &plan.endpoint.region;
    let is_known = !is_set && region.origin != Origin::Default && plan.endpoint.legacy.is_none();
    is_known.then(|| region.value.as_str())
}

/// Appends the variables to the file, and returns the workflow commands that hide the secrets in the log (GitHub Docs,
/// "Workflow commands for GitHub Actions").
///
/// # Errors
/// The file cannot be written.
pub(super) fn github_env(changes: &[EnvChange], session: &Session<'_>, file: &Path) -> Result<Zeroizing<String>> {
    let mut variables = variables(changes, session.plan);
    // The next steps run in this step's shell again.
    let excluded = changes.iter().find(|change| change.name == PATH_CONVERSION);
    variables.extend(excluded.and_then(|change| Some((PATH_CONVERSION, change.value.as_ref()?.expose()))));
    let lines = env_lines(&variables)?;
    // The runner creates the file; one that is created here could be read by others.
    let written = OpenOptions::new().read(true).append(true).open(file).and_then(|mut file| {
        // Another step may have left out the end of its line.
        let mut last = [b'\n'];
        if file.seek(SeekFrom::End(0))? > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        let start = if last == [b'\n'] { "" } else { "\n" };
        file.write_all(Zeroizing::new([start, &lines].concat()).as_bytes())
    });
    written.map_err(|e| FileError::NotWritten { path: file.into(), problem: e.kind().to_string() })?;
    let mut commands = Zeroizing::new(String::with_capacity(4096));
    let secrets = [Some(session.secret_access_key), session.session_token];
    for value in secrets.into_iter().flatten().map(Secret::expose).chain([session.access_key_id]) {
        for part in ["::add-mask::", value, "\n"] {
            commands.push_str(part);
        }
    }
    Ok(commands)
}

/// What Terragrunt's `--auth-provider-cmd` reads (Terragrunt documentation, "Authentication").
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthProviderOutput<'a> {
    aws_credentials: AwsCredentials<'a>,
    envs: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct AwsCredentials<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<&'a str>,
}

/// The session and the variables beside it, as one line.
pub(super) fn terragrunt(changes: &[EnvChange], session: &Session<'_>) -> Zeroizing<String> {
    const KEYS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    let envs = variables(changes, session.plan).into_iter().filter(|(name, _)| !KEYS.contains(name)).collect();
    let aws_credentials = AwsCredentials {
        access_key_id: session.access_key_id,
        secret_access_key: session.secret_access_key.expose(),
        session_token: session.session_token.map(Secret::expose),
    };
    json_line(&AuthProviderOutput { aws_credentials, envs }).into()
}

/// The response of STS (STS API Reference, "AssumeRole") as the AWS CLI prints it, without what is not known.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Response<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    assumed_role_user: Option<AssumedRoleUser<'a>>,
    credentials: Credentials<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssumedRoleUser<'a> {
    arn: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials<'a> {
    access_key_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
    secret_access_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<&'a str>,
}

/// The session as one line.
pub(super) fn sts(session: &Session<'_>) -> Zeroizing<String> {
    json_line(&Response {
        assumed_role_user: session.identity.map(|arn| AssumedRoleUser { arn }),
        credentials: Credentials {
            access_key_id: session.access_key_id,
            expiration: session.expiration.map(Expiration::rfc3339),
            secret_access_key: session.secret_access_key.expose(),
            session_token: session.session_token.map(Secret::expose),
        },
    })
    .into()
}
