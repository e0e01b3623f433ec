//! The summary line of a session: `prod · admin@123456789012 · eu-central-1 · 59 min left`.

use super::duration::{duration, until};
use crate::clock;
use crate::context::Context;
use crate::credentials::Expiration;
use crate::environment::{EnvChange, EnvValue, Session};
use crate::function_name::function_name;
use crate::platform;
use crate::printable::printable;
use crate::style::{Screen, Style};
use crate::width::width;

/// In seconds. A session that has less left needs attention.
const SOON: i64 = 600;

/// What is known about a session. The role is that of a response or a cache entry, never that of the profile.
pub(super) struct Summary<'a> {
    /// `None` if it is not known, or if an option named the role.
    pub profile: Option<&'a str>,
    /// The ARN of the assumed role.
    pub identity: Option<&'a str>,
    /// Without a role, the name of the IAM user.
    pub user: Option<&'a str>,
    /// Twelve digits.
    pub account: Option<&'a str>,
    pub region: Option<&'a str>,
    /// `None` for keys without a session.
    pub expiration: Option<Expiration>,
    /// Other facts that the user must know, such as an endpoint that does not belong to AWS.
    pub notes: Vec<String>,
}

/// The line after a sign-in.
pub(super) fn sign_in_line(session: &Session<'_>, changes: &[EnvChange], context: &Context) -> String {
    let plan = session.plan;
    let via =
        plan.endpoint.url.as_ref().map(|url| format!("via {} ({})", printable(&plan.endpoint.host()), url.origin));
    let summary = Summary {
        profile: plan.overrides.role_arn.is_none().then_some(plan.profile.as_str()),
        identity: session.identity,
        user: None,
        account: plan.call.account(),
        // What the user has set since the sign-in stays when it is renewed.
        region: if plan.overrides.renews {
            let set = changes.iter().find(|change| change.name == "AWS_REGION");
            match set {
                Some(change) => change.value.as_ref().map(EnvValue::expose),
                None => context.variables.text("AWS_REGION").ok().flatten(),
            }
        } else {
            plan.region.as_ref().map(|region| region.value.as_str())
        },
        expiration: session.expiration,
        notes: via.into_iter().chain(plan.endpoint.trust_notes()).collect(),
    };
    summary.line(context)
}

impl Summary<'_> {
    /// The line without a newline. If stderr is not UTF-8, commas separate the fields.
    pub(super) fn line(&self, context: &Context) -> String {
        let fields: Vec<String> = self.fields(time_left).into_iter().map(|(_, field)| field).collect();
        fields.join(separator(context))
    }

    /// For `status`: the same with the time at which the session expires, on as many lines of the terminal as it takes.
    pub(super) fn lines(&self, context: &Context, screen: &Screen) -> String {
        let separator = separator(context);
        let mut text = String::new();
        let mut used = 0;
        for (style, field) in self.fields(expiry) {
            let needed = width(&field);
            let is_too_long = screen.columns.is_some_and(|columns| used + separator.chars().count() + needed > columns);
            if used > 0 {
                used = if is_too_long { 0 } else { used + separator.chars().count() };
                text.push_str(if is_too_long { "\n" } else { separator });
            }
            screen.push(&mut text, style, &field);
            used += needed;
        }
        text
    }

    fn fields(&self, time: fn(Expiration) -> String) -> Vec<(Style, String)> {
        let plain = |text: String| (Style::Plain, text);
        let role_or_user = self.role().or(self.user);
        let name = self.profile.or(if self.role().is_none() { Some("a session") } else { None });
        let mut fields: Vec<_> = name.map(|name| (Style::Name, printable(name).to_string())).into_iter().collect();
        match (role_or_user, self.account) {
            (Some(name), Some(account)) => fields.push(plain(format!("{}@{}", printable(name), printable(account)))),
            (None, Some(account)) => fields.push(plain(printable(account).to_string())),
            (Some(name), None) => fields.push(plain(printable(name).to_string())),
            (None, None) => {}
        }
        fields.extend(self.region.map(|region| plain(printable(region).to_string())));
        fields.push(match self.expiration {
            Some(expiration) => (style_of_time(expiration.unix() - clock::now()), time(expiration)),
            None => plain("keys without a session".to_owned()),
        });
        fields.extend(self.notes.iter().cloned().map(plain));
        fields
    }

    /// `admin` of `arn:aws:sts::123456789012:assumed-role/admin/alice`.
    fn role(&self) -> Option<&str> {
        let (_, role) = self.identity?.split_once(":assumed-role/")?;
        role.split('/').next()
    }
}

fn separator(context: &Context) -> &'static str {
    if platform::is_utf8(&context.variables) { " · " } else { ", " }
}

/// How the time that a session has left is shown, in seconds.
pub(super) fn style_of_time(left: i64) -> Style {
    match left {
        ..=0 => Style::Stop,
        1..SOON => Style::Attention,
        _ => Style::Plain,
    }
}

fn time_left(expiration: Expiration) -> String {
    if expiration.is_past() {
        return format!("{}; renew with: {}", expiration.expired(), function_name());
    }
    format!("{} left", duration(expiration.unix() - clock::now()))
}

/// `until 21:04 (59 min left)`, or as [`time_left`].
fn expiry(expiration: Expiration) -> String {
    if expiration.unix() > clock::now() { until(expiration) } else { time_left(expiration) }
}
