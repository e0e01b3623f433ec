//! The variables of a shell after sign-ins, computed without a shell, a file or a call.

use super::file_texts;
use mfa_env::credentials::{Expiration, Secret, SessionCredentials};
use mfa_env::environment::{self, EnvChange, Session};
use mfa_env::plan::{Overrides, Plan};
use mfa_env::profile::{AwsFiles, Chain, ProfileName};
use mfa_env::variables::Variables;
use mfa_env::warning::{Warning, Warnings};
use std::collections::BTreeMap;
use std::ffi::OsString;

/// The environment variables of a shell.
pub type Environment = BTreeMap<String, OsString>;

/// The access key ID of every session here.
pub const KEY_ID: &str = "ASIAIOSFODNN7EXAMPLE";
/// The account of every session here.
pub const ACCOUNT: &str = "123456789012";

pub fn env_of(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(*value))).collect()
}

/// The credentials of every session here.
pub fn credentials() -> SessionCredentials {
    SessionCredentials {
        access_key_id: KEY_ID.into(),
        secret_access_key: Secret::new("TOPSECRETKEY"),
        session_token: Secret::new("TOPSECRETTOKEN"),
        expiration: Expiration::from_unix(1_800_000_000).expect("a time"),
        identity: None,
    }
}

/// The plan of profile `prod`, a role with this region of its own.
pub fn plan(region: Option<&str>, overrides: &Overrides) -> Plan {
    let region = region.map(|region| format!("region = {region}\n")).unwrap_or_default();
    let texts = file_texts::of(
        &format!("[profile prod]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/admin\nsource_profile = k\n{region}"),
        "[k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n",
    );
    let files = AwsFiles::index(&texts);
    let profile = ProfileName::parse("prod").expect("a name");
    let chain = Chain::walk(&files, &profile, overrides.role_arn.clone()).expect("a chain");
    Plan::make(chain, overrides, None, &Variables::default(), &Warnings::default()).expect("a plan")
}

/// The changes of a sign-in, and its warnings.
pub fn changes_of(plan: &Plan, env: &Environment) -> (Vec<EnvChange>, Vec<Warning>) {
    let (credentials, warnings) = (credentials(), Warnings::default());
    let variables: Variables = env.clone().into_iter().collect();
    let changes = environment::sign_in(&Session::of(plan, &credentials), &variables, &warnings);
    (changes, warnings.take())
}

/// Signs in to `prod` with this region of its own; returns the warnings.
pub fn sign_in(env: &mut Environment, region: Option<&str>) -> Vec<Warning> {
    let (changes, warnings) = changes_of(&plan(region, &Overrides::default()), env);
    apply(env, changes);
    warnings
}

/// Returns the warnings.
pub fn unset(env: &mut Environment) -> Vec<Warning> {
    let warnings = Warnings::default();
    let changes = environment::unset(&env.clone().into_iter().collect(), &warnings);
    apply(env, changes);
    warnings.take()
}

fn apply(env: &mut Environment, changes: Vec<EnvChange>) {
    for change in changes {
        match change.value {
            Some(value) => env.insert(change.name.into_owned(), value.expose().into()),
            None => env.remove(&*change.name),
        };
    }
}
