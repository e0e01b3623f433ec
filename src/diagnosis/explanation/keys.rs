//! Errors about access keys, sessions and signatures.

use super::{Explainer, Explanation, certain, possible, shown};
use crate::clock::{HumanDuration, SET_CLOCK, duration, now};
use crate::diagnosis::Online;
use crate::diagnosis::advice::Advice;
use crate::diagnosis::search::FoundError;
use crate::diagnosis::shell_state::CredentialSource;
use crate::timestamp;

/// The operations of IAM whose names no other service with the same protocol has, so that the error code and the name of the
/// operation together name the service.
const OF_IAM: &str = include_str!("iam_operations.txt");

/// In seconds. A text is not older than this if it was piped.
const RECENT: i64 = 600;

/// Why AWS rejects keys, as far as the shell shows it. Without a reason, only the rejection is reported.
const REJECTED: [&str; 10] = [
    "swapped-keys",
    "incomplete-keys",
    "token-with-long-term-key",
    "two-tokens",
    "mixed-credentials",
    "damaged-keys",
    "expired",
    "expired-profile",
    "other-partition",
    "rejected",
];

/// Why programs may use other credentials than those that AWS accepts.
const OTHER_CREDENTIALS: [&str; 4] = ["two-tokens", "other-partition", "profile-and-session", "missing-file"];

impl Explainer<'_> {
    pub(super) fn expired(&self, found: &FoundError) -> Option<Explanation> {
        let kinds: &[&str] = match found.error.name {
            "expired-at-refresh" => &["expired", "other-expiration", "expired-profile"],
            "expiration-without-zone" => &["unreadable-expiration"],
            // With a wrong clock, AWS finds every session expired.
            _ => &["clock", "expired", "expired-profile", "rejected"],
        };
        let is_of_aws = !matches!(found.error.name, "expired-at-refresh" | "expiration-without-zone");
        if is_of_aws && self.shell.online.identity().is_some() && self.first_of(&["clock"]).is_none() {
            return self.accepted();
        }
        if let Some(explanation) = self.first_of(kinds) {
            return Some(explanation);
        }
        let credentials = &self.shell.credentials;
        let left = credentials.expiration.filter(|at| !at.is_past()).map(|at| at.unix() - now());
        if let Some(left) = left {
            let cause = format!("{}, but this shell's session is valid for {}", found.error.cause, duration(left));
            // Some programs prefer the profile that a variable selects to keys.
            let other = self.first_of(&["profile-and-session", "two-tokens"]);
            let (possibly, advice) = match other {
                Some(other) => (other.cause, other.advice),
                None => (
                    "it was started before the sign-in, or it uses credentials from elsewhere, such as a profile"
                        .to_owned(),
                    vec![Advice::of("run the program again, from this shell")],
                ),
            };
            return Some(Explanation { possibly: Some(possibly), ..certain(cause, advice) });
        }
        // Nobody knows when they expire.
        if credentials.access_key_id.is_some_and(|key| key.starts_with("ASIA")) {
            let cause = "this shell's session has expired; its variables do not say when it does";
            return Some(possible(cause, vec![self.sign_in_again()]));
        }
        None
    }

    pub(super) fn unknown_key(&self, found: &FoundError) -> Option<Explanation> {
        if let Some(explanation) = self.first_of(&["without-mfa"]).filter(|_| is_of_iam(found)) {
            return Some(explanation);
        }
        if let Online::Accepted { by_iam, .. } = self.shell.online
            && (by_iam.is_some() || !is_of_iam(found))
        {
            return self.opt_in_region().or_else(|| self.accepted());
        }
        if let Some(explanation) = self.first_of(&REJECTED).or_else(|| self.opt_in_region()) {
            return Some(explanation);
        }
        let credentials = &self.shell.credentials;
        let key = credentials.access_key_id.or(self.key_of_profile());
        let is_temporary = key.is_some_and(|key| key.starts_with("ASIA"));
        let is_asked = !matches!(self.shell.online, Online::NotAsked);
        let online = (!is_asked).then(|| Advice::line("to be certain, ask AWS with", "mfa-env why --online"));
        // A session that mfa-env has made with a code may call IAM.
        let has_mfa = credentials.mfa_age().is_some();
        if is_temporary && !has_mfa && is_of_iam(found) {
            let cause = "this shell's keys are a session without MFA: IAM refuses one with this error";
            return Some(possible(cause, std::iter::once(self.sign_in()).chain(online).collect()));
        }
        let from = match &self.shell.source {
            CredentialSource::Variables => "AWS_ACCESS_KEY_ID".to_owned(),
            CredentialSource::Profile(profile) => format!("profile {}", shown(&profile.name)),
            _ => return None,
        };
        let key = key?;
        if is_temporary {
            let possibly = "the session was ended, or is one without MFA, or of another partition or endpoint";
            let advice = std::iter::once(self.sign_in_again()).chain(online).collect();
            let cause = format!("AWS does not accept the session of {} ({from})", shown(key));
            return Some(Explanation { possibly: Some(possibly.to_owned()), ..possible(cause, advice) });
        }
        let cause =
            format!("access key {} ({from}) was deleted or deactivated, or is of another partition", shown(key));
        let other = Advice::of("if the program runs elsewhere, look there");
        Some(possible(cause, vec![online.unwrap_or(other)]))
    }

    /// AWS accepts the keys of the shell, so an error about keys is not about these.
    pub(super) fn accepted(&self) -> Option<Explanation> {
        let identity = self.shell.online.identity()?;
        let whose = match &self.shell.source {
            CredentialSource::Profile(profile) => {
                let keys_of = profile.credentials.as_ref().map_or(&profile.name, |credentials| &credentials.keys_of);
                format!("the keys of profile {}", shown(keys_of))
            }
            _ => "this shell's keys".to_owned(),
        };
        let arn = shown(&identity.arn);
        let cause = format!("AWS accepts {whose} as {arn}; the program used others, or they were renewed since");
        let (possibly, advice) = match self.first_of(&OTHER_CREDENTIALS) {
            Some(other) => (other.cause, other.advice),
            None => (
                "it names a profile itself, or runs elsewhere: in a container, with sudo, or in another shell"
                    .to_owned(),
                vec![
                    Advice::of("run it again, from this shell"),
                    Advice::of("if it fails again, correct the profile, the keys or the endpoint that it names itself"),
                ],
            ),
        };
        Some(Explanation { possibly: Some(possibly), ..certain(cause, advice) })
    }

    /// A session of the global endpoint in a region that must be enabled.
    fn opt_in_region(&self) -> Option<Explanation> {
        let credentials = &self.shell.credentials;
        let is_global = credentials.cached.as_ref()?.field("global_endpoint") == Some("true");
        let region = credentials.region.filter(|_| is_global)?;
        let cause = format!(
            "the session is of the global endpoint (sts_regional_endpoints = legacy), whose sessions are not valid in \
             regions that must be enabled, such as perhaps {}",
            shown(region)
        );
        Some(possible(cause, vec![Advice::of("remove sts_regional_endpoints, then sign in again")]))
    }

    pub(super) fn wrong_secret(&self, found: &FoundError) -> Option<Explanation> {
        // AWS has not got as far as to the secret.
        if matches!(found.error.name, "incomplete-signature" | "line-end-in-key") {
            return self.first_of(&["swapped-keys", "damaged-keys", "not-a-region"]);
        }
        if self.shell.online.identity().is_some() {
            return self.accepted();
        }
        if let Some(explanation) =
            self.first_of(&["swapped-keys", "damaged-keys", "mixed-credentials", "two-tokens", "rejected"])
        {
            return Some(explanation);
        }
        let credentials = &self.shell.credentials;
        if let Some(key) = credentials.access_key_id {
            let cause = format!("AWS_SECRET_ACCESS_KEY does not belong to access key {}", shown(key));
            return Some(possible(cause, vec![self.sign_in_again()]));
        }
        let profile = self.shell.source.profile()?;
        let key = profile.credentials.as_ref().ok()?.access_key_id.as_str();
        let name = profile.credentials.as_ref().ok()?.keys_of.as_str();
        let cause = format!("aws_secret_access_key of profile {} does not belong to {}", shown(name), shown(key));
        let line = format!("aws configure --profile {}", self.typing.shell.word(name));
        Some(possible(cause, vec![Advice::line("enter the keys again with", line)]))
    }

    pub(super) fn wrong_clock(&self, found: &FoundError) -> Option<Explanation> {
        let time = |name| found.parts.get(name).and_then(|text: &String| timestamp::parse(text).ok());
        let (Some(request), Some(aws)) = (time("request"), time("aws")) else { return self.first_of(&["clock"]) };
        let offset = aws - request;
        let direction = if offset > 0 { "behind" } else { "ahead of" };
        let is_ours = (now() - request).abs() <= RECENT;
        let whose = if is_ours { "this machine's clock" } else { "the clock of the machine that sent the request" };
        let cause = format!("{whose} was {} {direction} AWS's", HumanDuration(offset.unsigned_abs()));
        Some(certain(cause, vec![Advice::line("set it with", SET_CLOCK)]))
    }

    fn key_of_profile(&self) -> Option<&str> {
        Some(self.shell.source.profile()?.credentials.as_ref().ok()?.access_key_id.as_str())
    }
}

/// Whether the error is an answer of IAM, which does not accept sessions without MFA.
fn is_of_iam(found: &FoundError) -> bool {
    let (service, operation) = &found.operation;
    match (service, operation) {
        (Some(service), _) => matches!(service.as_str(), "IAM" | "Iam" | "AmazonIdentityManagement"),
        (None, Some(operation)) => {
            found.line.contains("InvalidClientTokenId") && OF_IAM.split_whitespace().any(|known| known == operation)
        }
        (None, None) => false,
    }
}
