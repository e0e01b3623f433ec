//! The line that says who a session is for, and for how long: `prod · admin@123456789012 · eu-central-1 · 59 min left`.

use super::time_left::left;
use crate::clock;
use crate::context::Context;
use crate::credentials::Expiration;
use crate::platform;
use crate::printable::printable;

/// In seconds.
const ONE_DAY: i64 = 86_400;

/// What is known of a session. A role is named only if an answer or the cache contains it.
pub(super) struct Summary<'a> {
    pub profile: Option<&'a str>,
    /// The ARN of the assumed role.
    pub identity: Option<&'a str>,
    /// Twelve digits.
    pub account: Option<&'a str>,
    pub region: Option<&'a str>,
    pub expiration: Expiration,
    /// What else must be known about it, such as an endpoint that is not AWS's.
    pub notes: Vec<String>,
}

impl Summary<'_> {
    /// The line, for a terminal or pipe of this context.
    pub(super) fn line(&self, context: &Context) -> String {
        let separator = if platform::is_utf8(&context.variables) { " · " } else { ", " };
        let mut fields = vec![printable(self.profile.unwrap_or("a session")).to_string()];
        match (self.role(), self.account) {
            (Some(role), Some(account)) => fields.push(format!("{}@{}", printable(role), printable(account))),
            (None, Some(account)) => fields.push(printable(account).to_string()),
            (Some(role), None) => fields.push(printable(role).to_string()),
            (None, None) => {}
        }
        fields.extend(self.region.map(|region| printable(region).to_string()));
        let seconds = self.expiration.unix() - clock::now();
        fields.push(match -seconds {
            ..0 => format!("{} left", left(seconds)),
            // The time of day says nothing about another day.
            ago @ ONE_DAY.. => format!("expired {} ago; renew with: aws-mfa", left(ago)),
            ago => format!("expired at {} ({} ago); renew with: aws-mfa", self.expiration.local_time(), left(ago)),
        });
        fields.extend(self.notes.iter().cloned());
        fields.join(separator)
    }

    /// `admin` of `arn:aws:sts::123456789012:assumed-role/admin/alice`.
    fn role(&self) -> Option<&str> {
        let (_, role) = self.identity?.split_once(":assumed-role/")?;
        role.split('/').next()
    }
}
