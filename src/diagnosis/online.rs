//! Asks AWS about the keys that programs in a shell use.

use super::selected_profile::SelectedProfile;
use super::shell_problem::{Rejection, ShellProblem};
use super::shell_state::{CredentialSource, ShellState};
use crate::context::Context;
use crate::credentials::{Keys, Secret};
use crate::environment::{self, ambient_region};
use crate::error::{Error, Refusal, Result};
use crate::iam::Iam;
use crate::origin::Sourced;
use crate::plan::Endpoint;
use crate::printable::printable;
use crate::profile::{AwsFiles, Chain, ProfileName, ServiceSettings, SourceProfile};
use crate::sign_in::read_aws_files;
use crate::source;
use crate::sts::{CallerIdentity, Sts};
use crate::variables::Variables;
use crate::warning::Warnings;
use std::sync::Arc;

/// What AWS says about the keys of a shell.
#[derive(Debug)]
pub enum Online {
    /// It was not asked.
    NotAsked,
    /// It could not be asked, with the reason and what to do.
    Failed {
        /// What happened, in one line.
        what: String,
        /// What to do about it.
        advice: Option<String>,
    },
    /// It rejects them.
    Rejected,
    /// It accepts them.
    Accepted {
        /// Whose keys they are.
        identity: CallerIdentity,
        /// Whether IAM accepts them, too, which it does only if their session has MFA. `None` if it was not asked.
        by_iam: Option<bool>,
    },
}

/// What AWS has answered.
#[derive(Debug)]
pub struct OnlineCheck {
    /// Whether it accepts the keys.
    pub answer: Online,
    /// The problems that the answers show.
    pub problems: Vec<ShellProblem>,
}

impl Online {
    /// Whose keys they are, if AWS accepts them.
    pub fn identity(&self) -> Option<&CallerIdentity> {
        match self {
            Online::Accepted { identity, .. } => Some(identity),
            Online::NotAsked | Online::Failed { .. } | Online::Rejected => None,
        }
    }
}

/// Keys, and where AWS is asked about them.
struct Subject {
    source: Arc<SourceProfile>,
    keys: Keys,
    endpoint: Endpoint,
    /// The profile that they are from; `None` for the variables.
    profile: Option<String>,
}

impl OnlineCheck {
    /// Calls GetCallerIdentity, which needs no permission, and for a session of a user ListMFADevices, because IAM does not
    /// accept sessions without MFA. `None` if there are no keys.
    ///
    /// # Errors
    /// AWS cannot be reached, or the settings of the endpoint are wrong.
    pub fn of(shell: &ShellState<'_>, context: &Context) -> Result<Option<Self>> {
        let Some(subject) = Subject::of(shell, &context.variables)? else { return Ok(None) };
        let sts = Sts::at(subject.endpoint.clone(), &context.network);
        let on_wait = |host: &str| context.report.notice(&format!("waiting for {}", printable(host)));
        let answer = sts.caller(&subject.source, subject.keys.clone(), on_wait);
        let mut check = OnlineCheck { answer: Online::Rejected, problems: Vec::new() };
        let mut offset = sts.take_clock_offset();
        match answer {
            Ok(identity) => {
                let user = identity.user_name().filter(|_| subject.keys.are_temporary()).map(str::to_owned);
                // IAM accepts the keys of users and the sessions of roles without MFA.
                let by_iam = if user.is_some() { is_accepted_by_iam(&subject, context) } else { Some(true) };
                if let (Some(user), Some(false)) = (user, by_iam) {
                    check.problems.push(ShellProblem::WithoutMfa { user, profile: subject.profile.clone() });
                }
                check.answer = Online::Accepted { identity, by_iam };
            }
            Err(Error::Aws(refusal)) => {
                let reason = match refusal.reason {
                    Refusal::Expired => Rejection::Expired,
                    Refusal::UnknownKey => Rejection::UnknownKey,
                    Refusal::WrongSecret => Rejection::WrongSecret,
                    Refusal::ClockSkew(skew) => {
                        offset = offset.or(skew);
                        Rejection::Clock
                    }
                    _ => Rejection::Other { code: refusal.code.clone(), message: refusal.message.clone() },
                };
                let (profile, is_temporary) = (subject.profile.clone(), subject.keys.are_temporary());
                let access_key_id = subject.keys.access_key_id.clone();
                check.problems.push(ShellProblem::Rejected { access_key_id, profile, is_temporary, reason });
            }
            Err(e) => return Err(e),
        }
        if let Some(offset) = offset {
            check.problems.insert(0, ShellProblem::ClockDiffers(offset));
        }
        Ok(Some(check))
    }
}

/// Whether IAM knows the session that STS has accepted. `None` if it gave no answer.
fn is_accepted_by_iam(subject: &Subject, context: &Context) -> Option<bool> {
    let iam = Iam::at(&subject.endpoint, &subject.source, context).ok()?;
    match iam.devices(&subject.keys) {
        Ok(_) => Some(true),
        // It may not allow the call, but it knows who makes it.
        Err(Error::Aws(refusal)) => match refusal.reason {
            Refusal::UnknownKey => Some(false),
            _ => (refusal.code == "AccessDenied").then_some(true),
        },
        Err(_) => None,
    }
}

impl Subject {
    fn of(shell: &ShellState<'_>, variables: &Variables) -> Result<Option<Self>> {
        match &shell.source {
            CredentialSource::Variables => Subject::of_variables(shell, variables),
            CredentialSource::Profile(selected) => Subject::of_profile(selected, variables),
            CredentialSource::View | CredentialSource::Workload(_) | CredentialSource::Nowhere => Ok(None),
        }
    }

    fn of_variables(shell: &ShellState<'_>, variables: &Variables) -> Result<Option<Self>> {
        let (Some(id), Some(secret)) = (variables.text("AWS_ACCESS_KEY_ID")?, variables.text("AWS_SECRET_ACCESS_KEY")?)
        else {
            return Ok(None);
        };
        // What is not the ID of a key is not sent to anybody.
        if shell.problem(|problem| matches!(problem, ShellProblem::Swapped)).is_some() {
            return Ok(None);
        }
        let token = variables.text("AWS_SESSION_TOKEN")?.map(Secret::new);
        let keys = Keys { access_key_id: id.to_owned(), secret_access_key: Secret::new(secret), session_token: token };
        let source = Arc::new(SourceProfile::of_variables(keys.clone()));
        let partition = shell.credentials.identity().and_then(|arn| arn.split(':').nth(1));
        let partition = partition.map(|partition| Sourced::default_of(partition.to_owned()));
        let (service, warnings) = (ServiceSettings::default(), Warnings::default());
        let region = ambient_region(variables)?;
        let endpoint = Endpoint::resolve(&service, None, region, partition.as_ref(), variables, &warnings)?;
        Ok(Some(Subject { source, keys, endpoint, profile: None }))
    }

    fn of_profile(selected: &SelectedProfile, variables: &Variables) -> Result<Option<Self>> {
        let warnings = Warnings::default();
        if selected.credentials.is_err() {
            return Ok(None);
        }
        let texts = read_aws_files(variables, &warnings)?;
        let files = AwsFiles::index(&texts);
        let Ok(name) = ProfileName::parse(&selected.name) else { return Ok(None) };
        let chain = Chain::walk(&files, &name, None)?;
        let variables = environment::without_session(variables);
        let (service, ambient) = (&chain.service, ambient_region(&variables)?);
        let endpoint = Endpoint::resolve(service, service.region.as_ref(), ambient, None, &variables, &warnings)?;
        let keys = source::resolve(&chain.source)?;
        let profile = Some(chain.source.profile.to_string());
        Ok(Some(Subject { source: chain.source, keys, endpoint, profile }))
    }
}
