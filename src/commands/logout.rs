//! `mfa-env logout`: remove cached sessions. Shells keep the session in their environment; `unset` clears that.

use super::outcome::Outcome;
use super::request::default_session;
use crate::context::Context;
use crate::error::Result;
use crate::origin::Origin;
use crate::plan::{Overrides, SessionKey};
use crate::printable::printable;
use crate::profile::{AwsFiles, Chain, ProfileName, checked};
use crate::session::{Cache, Entry};
use crate::sign_in::{plan_by_name, read_aws_files};
use crate::warning::Warnings;
use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env logout                         remove the sessions of this shell's profile
  mfa-env logout prod                    remove the sessions of prod
  mfa-env logout --all                   remove every session, so that the next sign-in needs a code

Shells that are signed in keep their session; to clear it, run aws-mfa unset or eval \"$(mfa-env unset)\".";

/// Remove cached sessions.
#[derive(Args, Debug)]
pub(super) struct LogoutArgs {
    /// Profile whose sessions to remove, or every session made with its long-term keys [default: this shell's]
    #[arg(value_name = "PROFILE", conflicts_with = "all")]
    profile: Option<String>,
    /// Profile, even if its name is also a command or a code
    #[arg(short, long = "profile", value_name = "NAME", id = "profile_flag", conflicts_with_all = ["profile", "all"])]
    profile_flag: Option<String>,
    /// Remove every session
    #[arg(long)]
    all: bool,
    /// Show only errors
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: &LogoutArgs, context: &Context) -> Result<Outcome> {
    let cache = Cache::of(&context.variables, &context.warnings);
    let (removed, of_profile) = if args.all {
        (cache.remove(|_| true), String::new())
    } else {
        let (name, overrides) = match args.profile.as_ref().or(args.profile_flag.as_ref()) {
            Some(name) => {
                (checked("profile", name, &Origin::Flag("PROFILE"), ProfileName::parse)?, Overrides::default())
            }
            None => default_session(&context.variables)?,
        };
        let filter = SessionFilter::of(&name.value, &overrides, context)?;
        (cache.remove(|entry| filter.matches(entry)), format!(" of {}", printable(name.value.as_str())))
    };
    context.show_warnings();
    context.report.notice(&match removed {
        0 => format!("no cached session{of_profile}"),
        1 => format!("removed 1 cached session{of_profile}; AWS still accepts it until it expires"),
        n => format!("removed {n} cached sessions{of_profile}; AWS still accepts them until they expire"),
    });
    Ok(Outcome::Exit(0))
}

/// Selects the cached sessions of a profile.
enum SessionFilter {
    /// The sessions of a role, however they were requested: the identity fields of their key.
    Role(Vec<(&'static str, String)>),
    /// Every session that was made with the keys of this source.
    Source { name: &'static str, identity: String },
}

impl SessionFilter {
    fn of(name: &ProfileName, overrides: &Overrides, context: &Context) -> Result<Self> {
        let variables = &context.variables;
        // The AWS files only say which sessions to remove; their warnings are for a sign-in.
        let warnings = &Warnings::default();
        let texts = read_aws_files(variables, warnings)?;
        let files = AwsFiles::index(&texts)?;
        let chain = Chain::walk(&files, name, overrides.role_arn.clone())?;
        // Planning would fail for keys whose MFA device is only ever given with --mfa-serial.
        if chain.roles.is_empty() {
            let identity = chain.source.source.identity();
            return Ok(SessionFilter::Source { name: identity.name, identity: identity.value.into_owned() });
        }
        let plan = plan_by_name(&files, name, overrides, variables, warnings)?;
        let mut fields = SessionKey::of(&plan.call, &plan).fields;
        fields.retain(|(name, _)| is_identity(name));
        Ok(SessionFilter::Role(fields))
    }

    fn matches(&self, entry: &Entry) -> bool {
        match self {
            SessionFilter::Source { name, identity } => entry.source() == Some((name, identity)),
            SessionFilter::Role(fields) => entry
                .fields()
                .filter(|(name, _)| is_identity(name))
                .eq(fields.iter().map(|(name, value)| (*name, value.as_str()))),
        }
    }
}

/// Whether a field of a session key says who the session is for. The others say how it was requested.
fn is_identity(field: &str) -> bool {
    !matches!(field, "duration" | "endpoint" | "device")
}
