//! `mfa-env status`: who this shell is signed in as, according to its variables. If the session is cached, the cache
//! adds its role and account.

use super::duration::mfa_age;
use super::json_line::json_line;
use super::outcome::Outcome;
use super::summary::Summary;
use super::view::{is_removed, is_stale, used_view};
use crate::clock;
use crate::context::Context;
use crate::credentials::{Expiration, Secret};
use crate::environment::{SessionOptions, ShellSession, display_name, warn_about_bearer_tokens};
use crate::error::Result;
use crate::plan::{Overrides, SessionKey};
use crate::printable::{printable, printable_path, shown_value};
use crate::profile::{AwsFiles, ProfileName};
use crate::session::{Cache, Entry};
use crate::sign_in::{plan_by_name, read_aws_files};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use clap::Args;
use serde::Serialize;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::PathBuf;
use zeroize::Zeroizing;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env status                         show profile, role, account, region and time left
  mfa-env status --quiet || aws-mfa      sign in unless this shell is signed in
  mfa-env status --json                  print JSON";

/// Show who this shell is signed in as; exit with status 1 if it is not.
#[derive(Args, Debug)]
pub(super) struct StatusArgs {
    /// Print one JSON object; `mfa-env help json` describes its fields
    #[arg(long)]
    json: bool,
    /// Print nothing and only set the exit status, from this shell's variables alone
    #[arg(short, long)]
    quiet: bool,
}

const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";
const EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";

/// The credentials in this shell's variables.
struct ShellCredentials<'a> {
    /// The profile of the session, if mfa-env put it there.
    profile: Option<&'a str>,
    /// The name for shell prompts, if an option gave the role.
    role: Option<String>,
    is_ours: bool,
    access_key_id: Option<&'a str>,
    region: Option<&'a str>,
    /// The first variable of the credentials that is not set.
    missing: Option<&'static str>,
    expiration: Option<Expiration>,
    /// Whether `AWS_CREDENTIAL_EXPIRATION` is set, but not for these credentials, or not to a time.
    has_other_expiration: bool,
    /// The cached session with the same credentials, if there is one.
    cached: Option<Entry>,
    /// The view of all profiles, if programs use one, and whether it is out of date.
    view: Option<(PathBuf, bool)>,
    /// Whether it is there because of a sign-in in this shell.
    has_view: bool,
    /// What has happened since the sign-in to the view that it left in this shell.
    lost_view: Option<LostView>,
    /// The profile for programs that name none, in a view.
    view_default: Option<&'a str>,
    /// Whether the variables are of two sessions, as far as the cache knows.
    is_mixed: bool,
    /// When the cached session of this profile expires, if the one in the variables is not cached.
    other_expiration: Option<Expiration>,
}

pub(super) fn run(args: &StatusArgs, context: &Context) -> Result<Outcome> {
    let shell = ShellCredentials::read(args.quiet, context)?;
    let status = i32::from(!shell.is_signed_in());
    if args.quiet {
        return Ok(Outcome::Exit(status));
    }
    let text = if args.json {
        shell.json(context)
    } else {
        context.show_warnings();
        shell.text(context)
    };
    Ok(Outcome::Print { text: Zeroizing::new(text), status })
}

/// Whether `status --quiet` would succeed.
pub(super) fn is_signed_in(context: &Context) -> bool {
    ShellCredentials::read(true, context).is_ok_and(|shell| shell.is_signed_in())
}

/// Why programs do not use a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LostView {
    /// The variable names another file now.
    Replaced,
    /// Its file is gone.
    Removed,
}

impl<'a> ShellCredentials<'a> {
    fn read(is_quiet: bool, context: &'a Context) -> Result<Self> {
        let variables = &context.variables;
        let session = ShellSession::read(variables, &context.warnings);
        let is_ours = session.has_our_keys();
        let profile = variables.text("MFA_ENV_PROFILE")?.filter(|_| is_ours);
        let options = match session.options() {
            SessionOptions::None => Some(Overrides::default()),
            SessionOptions::Some(overrides) => Some(*overrides),
            SessionOptions::Unknown(_) => None,
        };
        // The region is only shown, so one that is not UTF-8 is not an error.
        let region =
            ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| variables.text(name).ok().flatten());
        let access_key_id = variables.text("AWS_ACCESS_KEY_ID")?;
        let missing = [SECRET, TOKEN].into_iter().find(|name| variables.os(name).is_none());
        let warnings = &context.warnings;
        let text = variables.os(EXPIRATION).filter(|_| access_key_id.is_some());
        // Next to other keys, it is that of the session that was there before.
        let stated = text.filter(|_| !session.is_replaced()).and_then(|text| stated_expiration(text, warnings));

        // `status --quiet` may run at every shell prompt, and the variables are usually enough for it.
        let needs_cache = !is_quiet || !is_ours || stated.is_none_or(is_past);
        let cache = if needs_cache { Cache::of(variables, warnings) } else { Cache::none(warnings) };
        let entries = cache.entries();
        let same = entries.iter().find(|e| access_key_id == Some(e.credentials.access_key_id.as_str()));
        // If the variables mix two sessions, the identity of the cached one does not apply to them.
        let differing = same.and_then(|entry| differing_variable(entry, variables));
        if let (Some(entry), Some(variable), None) = (same, differing, missing) {
            let access_key_id = entry.credentials.access_key_id.clone();
            warnings.add(Warning::MixedKeys { access_key_id, variable });
        }
        let other = profile.filter(|_| same.is_none());
        let other_expiration = other.zip(options.as_ref());
        let other_expiration = other_expiration.and_then(|(p, options)| expiration_of(p, options, &entries, variables));
        if let (Some(end), Some(profile)) = (other_expiration, other) {
            warnings.add(Warning::OtherSessionCached { profile: profile.to_owned(), end });
        }
        for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
            if let Some(value) = variables.text(name)?.filter(|_| access_key_id.is_some()) {
                warnings.add(Warning::ProfileAndSession { variable: name, profile: value.to_owned() });
            }
        }
        if access_key_id.is_some() {
            warn_about_bearer_tokens(variables, warnings);
        }
        let cached = same.filter(|_| differing.is_none()).cloned();
        // The one of the same access key; the variable may be that of another session.
        let expiration = cached.as_ref().map(|entry| entry.credentials.expiration).or(stated);
        let role = match options {
            Some(options) if options.role_arn.is_none() => None,
            // The options are not known, but the name that the sign-in set is.
            None => variables.text("AWSUME_PROFILE")?.filter(|_| is_ours).map(str::to_owned),
            Some(options) => {
                profile.and_then(|p| ProfileName::parse(p).ok()).map(|p| display_name(&p, &options).into())
            }
        };
        let is_ours = is_ours || cached.is_some();
        let view = if access_key_id.is_none() { used_view(variables) } else { None };
        let view = view.map(|(path, header)| (path, is_stale(&header)));
        let lost_view = match () {
            () if session.has_lost_view() => Some(LostView::Replaced),
            () if view.is_none() && access_key_id.is_none() && is_removed(variables) => Some(LostView::Removed),
            () => None,
        };
        let view_default = variables.text("AWS_PROFILE")?;
        Ok(ShellCredentials {
            profile,
            role,
            is_ours,
            access_key_id,
            region,
            missing,
            expiration,
            has_other_expiration: text.is_some() && stated.is_none(),
            cached,
            has_view: session.has_view() && view.is_some(),
            view,
            lost_view,
            view_default,
            is_mixed: differing.is_some() && missing.is_none(),
            other_expiration,
        })
    }

    /// Whether there is a view, or the credentials are complete and have not expired. Without an expiration they are not a
    /// session.
    fn is_signed_in(&self) -> bool {
        if self.has_view {
            return true;
        }
        !self.is_mixed
            && self.is_ours
            && self.missing.is_none()
            && self.expiration.is_some_and(|expiration| !is_past(expiration))
    }

    fn identity(&self) -> Option<&str> {
        self.cached.as_ref()?.credentials.identity.as_deref()
    }

    /// The account, if the cached session has it.
    fn account(&self) -> Option<&str> {
        self.cached.as_ref()?.account()
    }

    /// Seconds since the MFA code of the session was accepted, if the session is cached.
    fn mfa_age(&self) -> Option<i64> {
        self.cached.as_ref()?.mfa_age(clock::now())
    }

    fn text(&self, context: &Context) -> String {
        if let Some((path, is_stale)) = &self.view {
            let stale = if *is_stale { "; it is out of date until the next sign-in" } else { "" };
            let view = format!("every profile by its name, from {}{stale}\n", printable_path(path));
            let default = self.view_default.map(|name| format!("{}, and ", printable(name))).unwrap_or_default();
            return if self.has_view {
                default + &view
            } else {
                format!("not signed in; programs use {default}{view}")
            };
        }
        let expiration = match (self.access_key_id, self.missing, self.expiration) {
            (None, ..) if let Some(lost) = self.lost_view => {
                let what = match lost {
                    LostView::Replaced => {
                        "AWS_CONFIG_FILE was set after the sign-in, so programs do not use the view; sign in again \
                         with: aws-mfa --all"
                    }
                    LostView::Removed => "the view of your profiles was removed; make it again with: mfa-env view",
                };
                return format!("not signed in: {what}\n");
            }
            (None, ..) => return "not signed in\n".to_owned(),
            (_, Some(missing), Some(_)) => return format!("not signed in: {missing} is not set\n"),
            (_, Some(_), None) if !self.has_other_expiration => {
                return "not signed in: this shell's credentials are not a session\n".to_owned();
            }
            _ if !self.is_ours => return "not signed in: this shell's credentials are not from mfa-env\n".to_owned(),
            (_, _, None) => return "not signed in: it is not known when this shell's session expires\n".to_owned(),
            (_, None, Some(_)) if self.is_mixed => {
                return "not signed in: this shell's credentials are of two sessions\n".to_owned();
            }
            (_, None, Some(expiration)) => expiration,
        };
        let summary = Summary {
            profile: match &self.role {
                None => self.profile,
                // The cached session names the role.
                Some(_) if self.identity().is_some() => None,
                Some(role) => Some(role),
            },
            identity: self.identity(),
            account: self.account(),
            region: self.region,
            expiration: Some(expiration),
            notes: self.mfa_age().map(mfa_age).into_iter().collect(),
        };
        summary.line(context) + "\n"
    }

    fn json(&self, context: &Context) -> String {
        let object = StatusJson {
            access_key_id: self.access_key_id.map(shown_value),
            account: self.account(),
            cached: self.cached.is_some(),
            expires: self.expiration.map(Expiration::rfc3339),
            identity: self.identity(),
            mfa_age_seconds: self.mfa_age(),
            other_expires: self.other_expiration.map(Expiration::rfc3339),
            profile: self.profile,
            seconds_left: self.expiration.map(|expiration| (expiration.unix() - clock::now()).max(0)),
            signed_in: self.is_signed_in(),
            version: 1,
            view: self.view.as_ref().map(|(path, stale)| ViewJson { path: path.display().to_string(), stale: *stale }),
            warnings: context.warnings.take().iter().map(ToString::to_string).collect(),
        };
        json_line(&object)
    }
}

/// The fields are in alphabetical order, as in all JSON that mfa-env prints.
#[derive(Serialize)]
struct StatusJson<'a> {
    access_key_id: Option<Cow<'a, str>>,
    account: Option<&'a str>,
    cached: bool,
    expires: Option<String>,
    identity: Option<&'a str>,
    mfa_age_seconds: Option<i64>,
    other_expires: Option<String>,
    profile: Option<&'a str>,
    seconds_left: Option<i64>,
    signed_in: bool,
    version: u32,
    view: Option<ViewJson>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct ViewJson {
    path: String,
    stale: bool,
}

fn is_past(expiration: Expiration) -> bool {
    expiration.unix() <= clock::now()
}

/// When the credentials expire, according to the variable. It warns about other text than a time.
fn stated_expiration(text: &OsStr, warnings: &Warnings) -> Option<Expiration> {
    let expiration = Expiration::parse(&text.to_string_lossy());
    expiration.map_err(|problem| warnings.add(Warning::ExpirationUnreadable { problem })).ok()
}

/// The variable that differs from the cached session with the same access key ID.
fn differing_variable(entry: &Entry, variables: &Variables) -> Option<&'static str> {
    let cached = [(SECRET, &entry.credentials.secret_access_key), (TOKEN, &entry.credentials.session_token)];
    let differs = |(name, value): &(&str, &Secret)| variables.os(name).is_none_or(|v| v != value.expose());
    cached.into_iter().find(differs).map(|(name, _)| name)
}

/// When the cached session of a profile expires. Errors in the AWS files are ignored, because `status` works without
/// them.
fn expiration_of(profile: &str, overrides: &Overrides, entries: &[Entry], variables: &Variables) -> Option<Expiration> {
    if entries.is_empty() {
        return None;
    }
    // Only a sign-in warns about its profile.
    let discarded = Warnings::default();
    let texts = read_aws_files(variables, &discarded).ok()?;
    let (files, name) = (AwsFiles::index(&texts), ProfileName::parse(profile).ok()?);
    let plan = plan_by_name(&files, &name, overrides, variables, &discarded).ok()?;
    let key = SessionKey::of(&plan.call, &plan);
    entries.iter().find(|entry| entry.is_of(&key)).map(|entry| entry.credentials.expiration)
}
