//! `mfa-env logout`: kept sessions are forgotten. The environment of shells stays: `unset` is for that.

use super::request::profile_of_shell;
use super::sign_in::{aws_files, plan_from};
use super::{Context, say, say_warnings, shown};
use crate::cli::LogoutArgs;
use crate::error::Result;
use crate::origin::Origin;
use crate::plan::{Overrides, SessionKey};
use crate::profile::{AwsFiles, Chain, ProfileName, checked};
use crate::session::{Cache, Entry};

pub(super) fn run(args: &LogoutArgs, context: &Context) -> Result<String> {
    let cache = Cache::of(&context.variables);
    let (forgotten, whose) = if args.all {
        (cache.forget(|_| true), String::new())
    } else {
        let name = match args.profile.as_ref().or(args.profile_flag.as_ref()) {
            Some(name) => checked("profile", name, &Origin::Flag("PROFILE"), ProfileName::parse)?,
            None => profile_of_shell(&context.variables)?,
        };
        let theirs = SessionFilter::of(&name.value, context)?;
        (cache.forget(|entry| theirs.is(entry)), format!(" of {}", shown(name.value.as_str())))
    };
    say_warnings(&cache.take_warnings(), args.quiet);
    if !args.quiet {
        say(&match forgotten {
            0 => format!("no session{whose} was kept"),
            1 => format!("1 session{whose} forgotten; at AWS it stays valid until its end"),
            n => format!("{n} sessions{whose} forgotten; at AWS they stay valid until their end"),
        });
    }
    Ok(String::new())
}

/// The sessions of a profile.
enum SessionFilter {
    /// A role's own, whatever their duration: the fields of their keys that say who it is.
    Role(Vec<(&'static str, String)>),
    /// Everything that was made with these keys.
    Keys { access_key_id: String },
}

impl SessionFilter {
    fn of(name: &ProfileName, context: &Context) -> Result<Self> {
        let (texts, _) = aws_files(context)?;
        let files = AwsFiles::index(&texts)?;
        let chain = Chain::walk(&files, name, None)?;
        // Keys need no plan, and may have none: their device may only ever be named by flag.
        if chain.roles.is_empty() {
            return Ok(SessionFilter::Keys { access_key_id: chain.source.keys.access_key_id.clone() });
        }
        let plan = plan_from(&files, name, &Overrides::default(), context)?;
        let mut fields = SessionKey::of(&plan.call, &plan).fields;
        fields.retain(|(name, _)| is_identity(name));
        Ok(SessionFilter::Role(fields))
    }

    fn is(&self, entry: &Entry) -> bool {
        match self {
            SessionFilter::Keys { access_key_id } => entry.field("access_key_id") == Some(access_key_id),
            SessionFilter::Role(fields) => entry
                .fields()
                .filter(|(name, _)| is_identity(name))
                .eq(fields.iter().map(|(name, value)| (*name, value.as_str()))),
        }
    }
}

/// The fields that say who it is; the others say how it was asked for.
fn is_identity(name: &str) -> bool {
    !matches!(name, "duration" | "endpoint" | "device")
}
