//! The changes that put a session into an environment.

use super::before::{ACCESS_KEY_ID, BEFORE, Before, Replaced};
use super::change::{EnvChange, EnvValue};
use super::options::{self, OPTIONS};
use super::path_conversion;
use super::places::Places;
use super::restorable::{ACCOUNT, REGIONS, SELECTORS};
use super::shell_session::{DISPLAYED, PROFILE, ShellSession};
use crate::credentials::{Expiration, Keys, Secret, SessionCredentials};
use crate::plan::{Overrides, Plan};
use crate::profile::ProfileName;
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use std::borrow::Cow;

pub(super) const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
pub(super) const TOKEN: &str = "AWS_SESSION_TOKEN";
pub(super) const EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";

/// Variables that conflict with a session and cannot be restored: some tool would use another identity. botocore, for
/// example, reads `AWS_SECURITY_TOKEN` before `AWS_SESSION_TOKEN`. The last five make shell prompts show the session of
/// another tool.
pub(super) const CONFLICTING: [&str; 14] = [
    "AWS_SECURITY_TOKEN",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_CREDENTIAL_FILE",
    WEB_IDENTITY,
    CONTAINER[0],
    CONTAINER[1],
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_VAULT",
    "AWSU_PROFILE",
    "AWS_SSO_PROFILE",
    "AWS_SESSION_EXPIRATION",
    "AWSUME_EXPIRATION",
];
const WEB_IDENTITY: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
pub(super) const CONTAINER: [&str; 2] =
    ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];

/// A session to export, or keys as they are.
pub struct Session<'a> {
    /// The plan that led to it.
    pub plan: &'a Plan,
    /// Not a secret.
    pub access_key_id: &'a str,
    /// The secret that signs requests.
    pub secret_access_key: &'a Secret,
    /// `None` for long-term keys.
    pub session_token: Option<&'a Secret>,
    /// `None` if it is not known, or if there is none.
    pub expiration: Option<Expiration>,
    /// The ARN of the assumed role.
    pub identity: Option<&'a str>,
}

impl<'a> Session<'a> {
    /// The session that a plan has led to.
    pub fn of(plan: &'a Plan, credentials: &'a SessionCredentials) -> Self {
        Session {
            plan,
            access_key_id: &credentials.access_key_id,
            secret_access_key: &credentials.secret_access_key,
            session_token: Some(&credentials.session_token),
            expiration: Some(credentials.expiration),
            identity: credentials.identity.as_deref(),
        }
    }

    /// The keys of the plan's profile as they are.
    pub fn of_keys(plan: &'a Plan, keys: &'a Keys, expiration: Option<Expiration>) -> Self {
        Session {
            plan,
            access_key_id: &keys.access_key_id,
            secret_access_key: &keys.secret_access_key,
            session_token: keys.session_token.as_ref(),
            expiration,
            identity: None,
        }
    }
}

/// The changes that put a session into an environment.
pub fn sign_in(session: &Session<'_>, variables: &Variables, warnings: &Warnings) -> Vec<EnvChange> {
    let shell = ShellSession::read(variables, warnings);
    if let Some(variable) = lost_identity(&shell, variables) {
        warnings.add(Warning::IdentityReplaced { variable });
    }
    warn_about_bearer_tokens(variables, warnings);
    let plan = session.plan;
    let expiration = session.expiration.map(|expiration| EnvValue::Plain(expiration.rfc3339()));
    let mut changes = vec![
        EnvChange::set(ACCESS_KEY_ID, session.access_key_id),
        EnvChange::secret(SECRET, session.secret_access_key),
        session.session_token.map_or_else(|| EnvChange::unset(TOKEN), |token| EnvChange::secret(TOKEN, token)),
        EnvChange { name: EXPIRATION.into(), value: expiration },
        EnvChange::set(DISPLAYED, display_name(&plan.profile, &plan.overrides)),
        EnvChange::set(PROFILE, plan.profile.as_str()),
        EnvChange { name: OPTIONS.into(), value: options::write(&plan.overrides).map(EnvValue::Plain) },
    ];
    let mut before = Before::of(Some(session.access_key_id));
    let places = Places::of(plan, &shell, variables, warnings);
    let own = SELECTORS.into_iter().chain(REGIONS).chain([ACCOUNT]).map(Cow::Borrowed);
    let mut names: Vec<Cow<'static, str>> = own.chain(places.names()).collect();
    for replaced in shell.before().into_iter().flat_map(Before::replaced) {
        if !names.contains(&replaced.name) {
            names.push(replaced.name.clone());
        }
    }
    for name in names {
        let now = variables.raw(&name);
        let original = shell.original(&name);
        let after = places.value_of(&name, original.as_ref().and_then(|original| original.value.as_deref()));
        let is_changed = after.as_deref().map(str::as_ref) != now;
        let is_recorded = match original {
            Some(original) if original.value == after => true,
            Some(original) => before.record(Replaced { name: name.clone(), original, after: after.clone() }),
            // A value that is not UTF-8 cannot be recorded.
            None => !is_changed,
        };
        if !is_recorded && let Some(origin) = places.origin_of(&name) {
            // Without the record, it would outlive the session.
            warnings.add(Warning::NotCarried { variable: name, origin });
            continue;
        }
        if !is_recorded {
            warnings.add(Warning::NotRestorable { variable: name.clone() });
        }
        // A variable that is not exported may have the name as well, so these are changed in any case.
        if is_changed || SELECTORS.contains(&&*name) || (REGIONS.contains(&&*name) && plan.region.is_some()) {
            changes.push(EnvChange { name, value: after.map(EnvValue::Plain) });
        }
    }
    changes.push(EnvChange::set(BEFORE, before.write()));
    changes.extend(CONFLICTING.map(EnvChange::unset));
    changes.extend(path_conversion::exclude(&shell, variables));
    changes
}

/// The name of a session for shell prompts: the profile, or `ROLE@ACCOUNT` if an option gave the role.
pub fn display_name<'a>(profile: &'a ProfileName, overrides: &Overrides) -> Cow<'a, str> {
    match &overrides.role_arn {
        Some(role) => format!("{}@{}", role.value.name(), role.value.account()).into(),
        None => profile.as_str().into(),
    }
}

/// Warns about tokens that a service uses instead of the session.
pub fn warn_about_bearer_tokens(variables: &Variables, warnings: &Warnings) {
    for variable in variables.names_from("AWS_BEARER_TOKEN_") {
        warnings.add(Warning::BearerToken { variable: variable.to_owned() });
    }
}

/// The variable of the identity that a sign-in removes for good: keys that mfa-env did not set, or that of a container
/// or a workload.
pub(super) fn lost_identity(shell: &ShellSession<'_>, variables: &Variables) -> Option<&'static str> {
    if shell.has_other_keys() {
        return Some(ACCESS_KEY_ID);
    }
    ["AWS_ACCESS_KEY", WEB_IDENTITY, CONTAINER[0], CONTAINER[1]].into_iter().find(|name| variables.os(name).is_some())
}

/// The variables that a sign-in would change, determined without a session.
pub fn preview(plan: &Plan, variables: &Variables, warnings: &Warnings) -> Preview {
    let empty = || Secret::new("");
    let credentials = SessionCredentials {
        access_key_id: String::new(),
        secret_access_key: empty(),
        session_token: empty(),
        expiration: Expiration::EPOCH,
        identity: None,
    };
    let session = Session::of(plan, &credentials);
    let (set, unset): (Vec<_>, Vec<_>) =
        sign_in(&session, variables, warnings).into_iter().partition(|change| change.value.is_some());
    let names = |changes: Vec<EnvChange>| changes.into_iter().map(|change| change.name).collect();
    Preview { set: names(set), unset: names(unset) }
}

/// The names of the variables that a sign-in would change.
pub struct Preview {
    /// Variables that get a value.
    pub set: Vec<Cow<'static, str>>,
    /// Variables that are cleared.
    pub unset: Vec<Cow<'static, str>>,
}
