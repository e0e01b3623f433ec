//! `mfa-env logout`: kept sessions are forgotten. The environment of shells stays: `unset` is for that.

use super::request::profile_of_shell;
use super::sign_in::plan;
use super::{World, say, say_remarks, shown};
use crate::cli::LogoutArgs;
use crate::error::Result;
use crate::origin::Origin;
use crate::plan::{Plan, SessionKey, Wishes};
use crate::profile::{ProfileName, checked};
use crate::session::{Cache, Entry};

pub(super) fn run(args: &LogoutArgs, world: &World) -> Result<String> {
    let cache = Cache::of(&world.variables);
    let (forgotten, whose) = if args.all {
        (cache.forget(|_| true), "in all".to_owned())
    } else {
        let name = match args.profile.as_ref().or(args.profile_flag.as_ref()) {
            Some(name) => checked("profile", name, &Origin::Flag("PROFILE"), ProfileName::parse)?,
            None => profile_of_shell(&world.variables)?,
        };
        let (plan, _) = plan(&name.value, &Wishes::default(), world)?;
        (cache.forget(|entry| belongs(entry, &plan)), format!("of {}", shown(name.value.as_str())))
    };
    say_remarks(&cache.take_remarks(), args.quiet);
    if !args.quiet {
        let what = if forgotten == 1 { "1 session".to_owned() } else { format!("{forgotten} sessions") };
        say(&format!("{what} forgotten, {whose}; they stay valid at AWS until they end"));
    }
    Ok(String::new())
}

/// A role's own sessions, whatever their duration; with a profile of keys everything that was made with them.
fn belongs(entry: &Entry, plan: &Plan) -> bool {
    let of_keys = entry.field("access_key_id") == Some(plan.chain.source.keys.access_key_id.as_str());
    if plan.call.role_arn().is_none() {
        return of_keys;
    }
    let key = SessionKey::of(&plan.call, plan);
    let wanted = key.fields.iter().map(|(name, value)| (*name, value.as_str())).filter(|(name, _)| is_identity(name));
    let own =
        entry.key.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|(name, _)| is_identity(name));
    wanted.eq(own)
}

/// The fields that say who it is; the others say how it was asked for.
fn is_identity(name: &str) -> bool {
    !matches!(name, "duration" | "endpoint" | "device")
}
