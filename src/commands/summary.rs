//! The summary line of a session: `prod · admin@123456789012 · eu-central-1 · 59 min left`.

use super::duration::duration;
use crate::clock;
use crate::context::Context;
use crate::credentials::Expiration;
use crate::environment::{EnvChange, EnvValue, Session};
use crate::platform;
use crate::printable::printable;

/// What is known about a session. The role is that of a response or a cache entry, never that of the profile.
pub(super) struct Summary<'a> {
    /// `None` if it is not known, or if an option named the role.
    pub profile: Option<&'a str>,
    /// The ARN of the assumed role.
    pub identity: Option<&'a str>,
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
        let separator = if platform::is_utf8(&context.variables) { " · " } else { ", " };
        let name = self.profile.or(if self.role().is_none() { Some("a session") } else { None });
        let mut fields: Vec<String> = name.map(|name| printable(name).to_string()).into_iter().collect();
        match (self.role(), self.account) {
            (Some(role), Some(account)) => fields.push(format!("{}@{}", printable(role), printable(account))),
            (None, Some(account)) => fields.push(printable(account).to_string()),
            (Some(role), None) => fields.push(printable(role).to_string()),
            (None, None) => {}
        }
        fields.extend(self.region.map(|region| printable(region).to_string()));
        fields.push(self.expiration.map_or_else(|| "keys without a session".to_owned(), time_left));
        fields.extend(self.notes.iter().cloned());
        fields.join(separator)
    }

    /// `admin` of `arn:aws:sts::123456789012:assumed-role/admin/alice`.
    fn role(&self) -> Option<&str> {
        let (_, role) = self.identity?.split_once(":assumed-role/")?;
        role.split('/').next()
    }
}

fn time_left(expiration: Expiration) -> String {
    if expiration.is_past() {
        return format!("{}; renew with: aws-mfa", expiration.expired());
    }
    format!("{} left", duration(expiration.unix() - clock::now()))
}
