//! `mfa-env status`: who this shell is signed in as, according to its variables. If the session is cached, the cache
//! adds its role and account.

use super::duration::mfa_age;
use super::json_line::json_line;
use super::outcome::Outcome;
use super::summary::Summary;
use super::view::{Outdated, is_removed, used_view};
use crate::clock;
use crate::context::Context;
use crate::credentials::Expiration;
use crate::diagnosis::ShellCredentials;
use crate::environment::ShellSession;
use crate::error::Result;
use crate::function_name::function_name;
use crate::printable::{printable, printable_path, shown_value};
use crate::profile::RoleSessionName;
use crate::style::{Screen, Stream, Style};
use crate::warning::Warnings;
use clap::Args;
use serde::Serialize;
use std::borrow::Cow;
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

/// What this shell is signed in to: a session in its variables, or a view.
struct Status<'a> {
    credentials: ShellCredentials<'a>,
    /// The view of all profiles, if programs use one, and how it is out of date.
    view: Option<(PathBuf, Option<Outdated>)>,
    /// Whether it is there because of a sign-in in this shell.
    has_view: bool,
    /// What has happened since the sign-in to the view that it left in this shell.
    lost_view: Option<LostView>,
    /// The profile for programs that name none, in a view.
    view_default: Option<&'a str>,
}

pub(super) fn run(args: &StatusArgs, context: &Context) -> Result<Outcome> {
    let shell = Status::read(args.quiet, context)?;
    let status = i32::from(!shell.is_signed_in());
    if args.quiet {
        return Ok(Outcome::Exit(status));
    }
    let text = if args.json {
        shell.json(context)
    } else {
        context.show_warnings();
        shell.text(context, &Screen::of(Stream::Stdout, &context.variables)) + "\n"
    };
    Ok(Outcome::Print { text: Zeroizing::new(text), status })
}

/// Whether `status --quiet` would succeed.
pub(super) fn is_signed_in(context: &Context) -> bool {
    Status::read(true, context).is_ok_and(|shell| shell.is_signed_in())
}

/// Why programs do not use a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LostView {
    /// The variable names another file now.
    Replaced,
    /// Its file is gone.
    Removed,
}

impl<'a> Status<'a> {
    fn read(is_quiet: bool, context: &'a Context) -> Result<Self> {
        let variables = &context.variables;
        let credentials = ShellCredentials::read(is_quiet, variables, &context.warnings)?;
        let has_view = ShellSession::read(variables, &Warnings::default()).has_view();
        let has_keys = credentials.access_key_id.is_some();
        let view = if has_keys { None } else { used_view(variables) };
        let view = view.map(|(path, header)| {
            let outdated = if is_quiet { None } else { Outdated::of(&path, &header, context) };
            (path, outdated)
        });
        let lost_view = match () {
            () if credentials.has_lost_view => Some(LostView::Replaced),
            () if view.is_none() && !has_keys && is_removed(variables) => Some(LostView::Removed),
            () => None,
        };
        let has_view = has_view && view.is_some();
        Ok(Status { credentials, view, has_view, lost_view, view_default: variables.text("AWS_PROFILE")? })
    }

    /// Whether there is a view, or a session.
    fn is_signed_in(&self) -> bool {
        self.has_view || self.credentials.is_signed_in()
    }

    fn text(&self, context: &Context, screen: &Screen) -> String {
        if let Some((path, outdated)) = &self.view {
            let stale = outdated.as_ref().map_or_else(String::new, |outdated| match &outdated.what {
                Some(what) => format!("; it is out of date: {what}; {}", outdated.advice),
                None => "; it is out of date until the next sign-in".to_owned(),
            });
            let default = self.view_default.map(printable);
            let default = default.map(|name| format!("{}, and ", screen.paint(Style::Name, name))).unwrap_or_default();
            let view = format!("{default}every profile by its name, from {}{stale}", printable_path(path));
            let not = screen.paint(Style::Stop, "not signed in");
            return if self.has_view { view } else { format!("{not}; programs use {view}") };
        }
        let expiration = match self.expiration_or_problem() {
            Ok(expiration) => expiration,
            Err(problem) => {
                let not = screen.paint(Style::Stop, "not signed in");
                return if problem.is_empty() { not.to_string() } else { format!("{not}: {problem}") };
            }
        };
        let shell = &self.credentials;
        let summary = Summary {
            profile: match &shell.role {
                None => shell.profile,
                // The cached session names the role.
                Some(_) if shell.identity().is_some() => None,
                Some(role) => Some(role),
            },
            identity: shell.identity(),
            user: shell.user.as_ref().map(RoleSessionName::as_str),
            account: shell.account(),
            region: shell.region,
            expiration: Some(expiration),
            notes: shell.mfa_age().map(mfa_age).into_iter().collect(),
        };
        summary.lines(context, screen)
    }

    /// When the session expires or has expired; the error is why there is none, if there is more to say about that.
    fn expiration_or_problem(&self) -> std::result::Result<Expiration, Cow<'static, str>> {
        let shell = &self.credentials;
        match (shell.access_key_id, shell.missing, shell.expiration) {
            (None, ..) if let Some(lost) = self.lost_view => Err(match lost {
                LostView::Replaced => format!(
                    "AWS_CONFIG_FILE was set after the sign-in, so programs do not use the view; sign in again with: \
                     {} --all",
                    function_name()
                )
                .into(),
                LostView::Removed => "the view of your profiles was removed; make it again with: mfa-env view".into(),
            }),
            (None, ..) => Err("".into()),
            (_, Some(missing), Some(_)) => Err(format!("{missing} is not set").into()),
            (_, Some(_), None) if !shell.has_other_expiration => {
                Err("this shell's credentials are not a session".into())
            }
            _ if !shell.is_ours => Err("this shell's credentials are not from mfa-env".into()),
            (_, _, None) => Err("it is not known when this shell's session expires".into()),
            (_, None, Some(_)) if shell.mixed.is_some() => Err("this shell's credentials are of two sessions".into()),
            (_, None, Some(expiration)) => Ok(expiration),
        }
    }

    fn json(&self, context: &Context) -> String {
        let shell = &self.credentials;
        let object = StatusJson {
            access_key_id: shell.access_key_id.map(shown_value),
            account: shell.account(),
            cached: shell.cached.is_some(),
            expires: shell.expiration.map(Expiration::rfc3339),
            identity: shell.identity(),
            mfa_age_seconds: shell.mfa_age(),
            other_expires: shell.other_expiration.map(Expiration::rfc3339),
            profile: shell.profile.map(shown_value),
            region: shell.region.map(shown_value),
            seconds_left: shell.expiration.map(|expiration| (expiration.unix() - clock::now()).max(0)),
            signed_in: self.is_signed_in(),
            user: shell.user.as_ref().map(RoleSessionName::as_str),
            version: 1,
            view: self.view.as_ref().map(|(path, outdated)| ViewJson {
                path: path.display().to_string(),
                problem: outdated.as_ref().and_then(|outdated| outdated.what.as_deref()),
                stale: outdated.is_some(),
            }),
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
    profile: Option<Cow<'a, str>>,
    region: Option<Cow<'a, str>>,
    seconds_left: Option<i64>,
    signed_in: bool,
    user: Option<&'a str>,
    version: u32,
    view: Option<ViewJson<'a>>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct ViewJson<'a> {
    path: String,
    problem: Option<&'a str>,
    stale: bool,
}
