//! `mfa-env logout`: remove cached sessions. Shells keep the session in their environment; `unset` clears that.

use super::outcome::Outcome;
use super::request::default_session;
use crate::changed_file::ChangedFile;
use crate::context::Context;
use crate::error::Result;
use crate::origin::Origin;
use crate::plan::{Overrides, SessionKey};
use crate::printable::printable;
use crate::profile::{
    AwsFiles, Chain, FileKind, FileText, ProfileName, SAVED_PROFILE, Settings, checked, has_long_term_keys,
    without_section,
};
use crate::session::{Cache, Entry};
use crate::sign_in::{locations, plan_by_name, read_aws_files};
use crate::warning::Warnings;
use clap::Args;
use zeroize::Zeroizing;

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
    let (removed, of_profile, profile) = if args.all {
        cache.remove_facts();
        (cache.remove(|_| true), String::new(), None)
    } else {
        let (name, overrides) = match args.profile.as_ref().or(args.profile_flag.as_ref()) {
            Some(name) => {
                (checked("profile", name, &Origin::Flag("PROFILE"), ProfileName::parse)?, Overrides::default())
            }
            None => default_session(&context.variables)?,
        };
        let filter = SessionFilter::of(&name.value, &overrides, context)?;
        let removed = cache.remove(|entry| filter.matches(entry));
        (removed, format!(" of {}", printable(name.value.as_str())), Some(name.value))
    };
    let saved = remove_saved(profile.as_ref(), context)?;
    context.show_warnings();
    if saved > 0 {
        let plural = if saved == 1 { "" } else { "s" };
        context.report.notice(&format!("removed {saved} saved profile{plural} from the credentials file"));
    }
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
        let files = AwsFiles::index(&texts);
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

/// Removes the sections that `save` wrote for this profile, or all of them. Returns their number.
fn remove_saved(profile: Option<&ProfileName>, context: &Context) -> Result<usize> {
    let locations = locations(&context.variables)?;
    let kind = FileKind::Credentials;
    // Without the file, or without such a section in it, nothing is locked or checked.
    let text = FileText::read(kind, &locations.credentials);
    if !text.is_ok_and(|text| text.is_some_and(|text| text.text.contains(SAVED_PROFILE))) {
        return Ok(0);
    }
    ChangedFile { path: &locations.credentials, kind, context }.change(|file, text| {
        let mut edited: Option<Zeroizing<String>> = None;
        let mut removed = 0;
        // From the last one to the first, so that the lines of the others stay where they are.
        for section in file.sections.iter().rev() {
            let mut settings = Settings::default();
            // What cannot be read is not ours, and long-term keys are somebody's own, whatever else is with them.
            let is_read = file.settings_into(section, &mut settings, &mut Vec::new()).is_ok();
            let saved = settings.get(SAVED_PROFILE).filter(|_| is_read && !has_long_term_keys(&settings));
            if saved.is_some_and(|saved| profile.is_none_or(|profile| saved.value == profile.as_str())) {
                edited = Some(without_section(edited.as_ref().map_or(text, |text| text), &file.lines_of(section)));
                removed += 1;
            }
        }
        Ok((edited, removed))
    })
}
