//! `mfa-env logout`: remove cached sessions. The environment of shells stays as it is: `unset` is for that.

use super::outcome::Outcome;
use super::request::default_profile;
use crate::context::Context;
use crate::error::Result;
use crate::origin::Origin;
use crate::plan::{Overrides, SessionKey};
use crate::printable::printable;
use crate::profile::{AwsFiles, Chain, ProfileName, checked};
use crate::session::{Cache, Entry};
use crate::sign_in::{plan_by_name, read_aws_files};
use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env logout                         sessions of this shell's profile
  mfa-env logout prod                    those of prod
  mfa-env logout --all                   all of them, so that the next sign-in asks for a code

A shell that is signed in stays signed in: aws-mfa unset, or eval \"$(mfa-env unset)\".";

/// Remove cached sessions; the environment of shells stays as it is.
#[derive(Args, Debug)]
pub(super) struct LogoutArgs {
    /// Profile whose sessions are removed: for a role its own, for a profile with keys all that were made with them
    /// [default: this shell's]
    #[arg(value_name = "PROFILE", conflicts_with = "all")]
    profile: Option<String>,
    /// Profile, even if its name is a command or six digits
    #[arg(short, long = "profile", value_name = "NAME", id = "profile_flag", conflicts_with_all = ["profile", "all"])]
    profile_flag: Option<String>,
    /// Remove all sessions
    #[arg(long)]
    all: bool,
    /// Show errors only
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: &LogoutArgs, context: &Context) -> Result<Outcome> {
    let cache = Cache::of(&context.variables, &context.warnings);
    let (removed, whose) = if args.all {
        (cache.remove(|_| true), String::new())
    } else {
        let name = match args.profile.as_ref().or(args.profile_flag.as_ref()) {
            Some(name) => checked("profile", name, &Origin::Flag("PROFILE"), ProfileName::parse)?,
            None => default_profile(&context.variables)?,
        };
        let filter = SessionFilter::of(&name.value, context)?;
        (cache.remove(|entry| filter.matches(entry)), format!(" of {}", printable(name.value.as_str())))
    };
    context.show_warnings();
    context.report.notice(&match removed {
        0 => format!("no cached session{whose}"),
        1 => format!("removed 1 cached session{whose}; at AWS it stays valid until it expires"),
        n => format!("removed {n} cached sessions{whose}; at AWS they stay valid until they expire"),
    });
    Ok(Outcome::Exit(0))
}

/// The sessions of a profile.
enum SessionFilter {
    /// A role's own, whatever their duration: the fields of their keys that say who the session is.
    Role(Vec<(&'static str, String)>),
    /// All that were made with the keys of this source.
    Source { name: &'static str, identity: String },
}

impl SessionFilter {
    fn of(name: &ProfileName, context: &Context) -> Result<Self> {
        let Context { variables, warnings, .. } = context;
        let texts = read_aws_files(variables, warnings)?;
        let files = AwsFiles::index(&texts)?;
        let chain = Chain::walk(&files, name, None)?;
        // Keys need no plan, and may have none: their device may only ever be named by flag.
        if chain.roles.is_empty() {
            let identity = chain.source.source.identity();
            return Ok(SessionFilter::Source { name: identity.name, identity: identity.value.into_owned() });
        }
        let plan = plan_by_name(&files, name, &Overrides::default(), variables, warnings)?;
        let mut fields = SessionKey::of(&plan.call, &plan).fields;
        fields.retain(|(name, _)| says_who(name));
        Ok(SessionFilter::Role(fields))
    }

    fn matches(&self, entry: &Entry) -> bool {
        match self {
            SessionFilter::Source { name, identity } => entry.source() == Some((name, identity)),
            SessionFilter::Role(fields) => entry
                .fields()
                .filter(|(name, _)| says_who(name))
                .eq(fields.iter().map(|(name, value)| (*name, value.as_str()))),
        }
    }
}

/// Whether a field of a key says who the session is; the others say how it was requested.
fn says_who(field: &str) -> bool {
    !matches!(field, "duration" | "endpoint" | "device")
}
