//! What completion says about each profile: the role and the account, and the time left.

use super::super::duration::duration;
use super::sessions::CachedSessions;
use super::{chain_of, kind_of};
use crate::profile::AwsFiles;
use crate::session::Cache;
use crate::variables::Variables;
use crate::warning::Warnings;

/// Every profile with its description: `admin@123456789012, 59 min left`. Without a role it begins with the account of
/// the MFA device, and for a profile that cannot sign in, it is the kind of the profile.
pub(in super::super) fn descriptions(files: &AwsFiles<'_>, variables: &Variables) -> Vec<(String, String)> {
    // Completion cannot show warnings.
    let discarded = Warnings::default();
    let cache = Cache::of(variables, &discarded);
    let entries = cache.entries();
    let cached = CachedSessions::of(&entries, &cache, variables);
    let describe = |name: &str| match chain_of(name, files) {
        Ok(chain) => {
            let role = chain.roles.first().map(|role| &role.role_arn.value);
            let identity = match (role, chain.device().and_then(|device| device.value.account())) {
                (Some(role), _) => format!("{}@{}", role.name(), role.account()),
                (None, Some(account)) => account.to_owned(),
                (None, None) => chain.source.source.kind().to_owned(),
            };
            let left = cached.seconds_left(&chain).filter(|left| *left > 0);
            left.map_or(identity.clone(), |left| format!("{identity}, {} left", duration(left)))
        }
        Err(e) => kind_of(&e).to_owned(),
    };
    files.names().into_iter().map(|name| (name.to_owned(), describe(name))).collect()
}
