//! `mfa-env status`: who this shell is signed in as, by its variables; the kept sessions say more where there are any.

use super::sign_in::plan;
use super::time_left::until;
use super::{Context, Outcome, say_warnings, shown};
use crate::cli::StatusArgs;
use crate::clock;
use crate::credentials::Expiration;
use crate::error::Result;
use crate::plan::{Overrides, SessionKey};
use crate::profile::ProfileName;
use crate::session::{Cache, Entry};
use crate::variables::Variables;
use crate::warning::Warning;
use serde_json::json;

/// What the variables say.
struct ShellSession<'a> {
    profile: Option<&'a str>,
    access_key_id: Option<&'a str>,
    /// A part of the keys that is not set, so that they are no session.
    missing: Option<&'static str>,
    end: Option<Expiration>,
    /// The session in the variables is one that we keep.
    kept: Option<Entry>,
    /// When the session ends that we keep for this profile, where it is another one.
    other_end: Option<Expiration>,
}

pub(super) fn run(args: &StatusArgs, context: &Context) -> Result<Outcome> {
    let variables = &context.variables;
    let renewed = variables.text("MFA_ENV_PROFILE")?;
    let profile = match renewed {
        Some(profile) => Some(profile),
        None => variables.text("AWSUME_PROFILE")?,
    };
    let access_key_id = variables.text("AWS_ACCESS_KEY_ID")?;
    let missing = [SECRET, TOKEN].into_iter().find(|name| variables.os(name).is_none());
    let end = variables.text("AWS_CREDENTIAL_EXPIRATION")?.and_then(Expiration::parse_rfc3339);
    // A prompt asks for the status alone, and the variables have it.
    let cache = if args.quiet && end.is_some() { Cache::none() } else { Cache::of(variables) };
    let entries = cache.entries();
    let mut warnings = cache.take_warnings();

    let same = entries.iter().find(|e| access_key_id == Some(e.credentials.access_key_id.as_str()));
    // Of two sessions, half each: the identity is nobody's.
    let mixed = same.and_then(|entry| differs(entry, variables));
    let kept = same.filter(|_| mixed.is_none());
    if let (Some(entry), Some(variable), None) = (same, mixed, missing) {
        let access_key_id = entry.credentials.access_key_id.clone();
        warnings.push(Warning::MixedKeys { access_key_id, variable });
    }
    let other_end =
        renewed.filter(|_| same.is_none() && access_key_id.is_some()).and_then(|p| other(p, &entries, context));
    if let (Some(end), Some(profile)) = (other_end, renewed) {
        warnings.push(Warning::OtherSessionKept { profile: profile.to_owned(), end });
    }
    for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        if let Some(value) = variables.text(name)?.filter(|_| access_key_id.is_some()) {
            warnings.push(Warning::ProfileBesideKeys { variable: name, profile: value.to_owned() });
        }
    }

    let end = end.or(kept.map(|e| e.credentials.expiration));
    let shell = ShellSession { profile, access_key_id, missing, end, kept: kept.cloned(), other_end };
    let is_valid = shell.is_signed_in();
    let stdout = match (args.quiet, args.json) {
        (true, _) => String::new(),
        (_, true) => shell.json(&warnings),
        (_, false) => shell.text(),
    };
    if !args.json {
        say_warnings(&warnings, args.quiet);
    }
    Ok(Outcome { stdout: stdout.into(), status: u8::from(!is_valid) })
}

const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";

/// The variable that does not hold what is kept beside the access key id.
fn differs(entry: &Entry, variables: &Variables) -> Option<&'static str> {
    let kept = [(SECRET, &entry.credentials.secret_access_key), (TOKEN, &entry.credentials.session_token)];
    kept.into_iter().find(|(name, value)| variables.os(name).is_none_or(|v| v != value.expose())).map(|(name, _)| name)
}

/// The end of the session that is kept for a profile. Files that say nothing of it any more are none of our business here.
fn other(profile: &str, entries: &[Entry], context: &Context) -> Option<Expiration> {
    if entries.is_empty() {
        return None;
    }
    let (plan, _) = plan(&ProfileName::parse(profile).ok()?, &Overrides::default(), context).ok()?;
    let key = SessionKey::of(&plan.call, &plan);
    entries.iter().find(|entry| entry.is_of(&key)).map(|entry| entry.credentials.expiration)
}

impl ShellSession<'_> {
    /// Keys of a session that has not ended. Keys without an end are somebody's own, not a session of ours.
    fn is_signed_in(&self) -> bool {
        self.access_key_id.is_some() && self.missing.is_none() && self.end.is_some_and(|end| end.unix() > clock::now())
    }

    fn identity(&self) -> Option<&str> {
        self.kept.as_ref()?.credentials.identity.as_deref()
    }

    /// The account, where the kept session names it.
    fn account(&self) -> Option<&str> {
        let device = || self.kept.as_ref().and_then(|e| e.field("device"));
        self.identity().or_else(device).and_then(|arn| arn.split(':').nth(4)).filter(|a| a.len() == 12)
    }

    fn text(&self) -> String {
        let end = match (self.access_key_id, self.missing, self.end) {
            (None, ..) => return "not signed in\n".to_owned(),
            (_, Some(missing), Some(_)) => return format!("not signed in: {missing} is not set\n"),
            (_, _, None) => return "not signed in: the keys of this shell are no session\n".to_owned(),
            (_, None, Some(end)) => end,
        };
        let mut text = self.profile.map_or("a session".into(), shown).into_owned();
        if let Some(account) = self.account() {
            text.push_str(&format!(", account {}", shown(account)));
        }
        if let Some(name) = self.identity().and_then(|arn| arn.split_once(":assumed-role/")) {
            text.push_str(&format!(", as {}", shown(name.1)));
        }
        if self.is_signed_in() {
            format!("{text}, {}\n", until(end))
        } else {
            format!("{text}, over since {}\n", end.rfc3339())
        }
    }

    fn json(&self, warnings: &[Warning]) -> String {
        let object = json!({
            "version": 1,
            "signed_in": self.is_signed_in(),
            "profile": self.profile,
            "access_key_id": self.access_key_id,
            "account": self.account(),
            "identity": self.identity(),
            "expires": self.end.map(Expiration::rfc3339),
            "seconds_left": self.end.map(|end| (end.unix() - clock::now()).max(0)),
            "kept": self.kept.is_some(),
            "other_expires": self.other_end.map(Expiration::rfc3339),
            "warnings": warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        });
        format!("{object}\n")
    }
}
