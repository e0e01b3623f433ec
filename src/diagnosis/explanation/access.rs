//! Errors about what somebody may do.

use super::{Explainer, Explanation, certain, shown};
use crate::diagnosis::advice::Advice;
use crate::diagnosis::search::FoundError;
use crate::profile::ProfileName;

/// Who was refused, by the ARN in the error.
struct Caller<'a> {
    arn: &'a str,
    account: &'a str,
    /// `user`, `assumed-role`, `federated-user` or `root`.
    kind: &'a str,
    /// The name of the user or the role.
    name: &'a str,
}

impl<'a> Caller<'a> {
    fn of(found: &'a FoundError) -> Option<Self> {
        let arn = found.parts.get("arn")?;
        let mut fields = arn.splitn(6, ':');
        let [prefix, _, service, _, account, resource] = std::array::from_fn(|_| fields.next().unwrap_or_default());
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        if prefix != "arn" || !matches!(service, "iam" | "sts") || !is_account {
            return None;
        }
        let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
        let name = if kind == "user" { name.rsplit('/').next()? } else { name.split('/').next()? };
        Some(Caller { arn, account, kind, name })
    }

    /// `user alice (123456789012)`
    fn shown(&self) -> String {
        let kind = match self.kind {
            "assumed-role" => "role",
            "federated-user" => "federated user",
            "root" => return format!("the root user of {}", shown(self.account)),
            other => other,
        };
        format!("{} {} ({})", shown(kind), shown(self.name), shown(self.account))
    }

    fn is_user(&self) -> bool {
        self.kind == "user"
    }
}

impl Explainer<'_> {
    pub(super) fn denied(&self, found: &FoundError) -> Option<Explanation> {
        let Some(caller) = Caller::of(found) else { return self.denied_to_somebody(found) };
        if let Some(explanation) = self.other_caller(&caller) {
            return Some(explanation);
        }
        let action = found.parts.get("action").map(|action| format!(" call {}", shown(action)));
        let action = action.unwrap_or_else(|| " do this".to_owned());
        let by_whom = format!("{} may not{action}: {}", caller.shown(), found.error.cause);
        let row = self.as_it_says(found);
        // These depend on neither a code nor a sign-in.
        if !matches!(found.error.name, "denied" | "not-allowed" | "denied-explicitly") {
            return Some(certain(by_whom, row.advice));
        }
        let is_explicit = found.error.name == "denied-explicitly";
        let (possibly, advice) = if caller.is_user() && self.is_without_mfa() {
            ("the policies of many accounts allow a user only little without MFA", self.sign_in())
        } else if caller.is_user() && is_explicit {
            (
                "the policy asks for MFA, and this session has none, or an older one than it asks for",
                self.sign_in_again(),
            )
        } else {
            return Some(certain(
                by_whom,
                vec![Advice::of(format!("ask who manages account {}", shown(caller.account)))],
            ));
        };
        Some(Explanation { possibly: Some(possibly.to_owned()), ..certain(by_whom, vec![advice]) })
    }

    pub(super) fn role_refused(&self, found: &FoundError) -> Option<Explanation> {
        let caller = Caller::of(found)?;
        let role = found.parts.get("role").map(String::as_str);
        let role_name = role.and_then(|arn| arn.rsplit('/').next());
        let role_name = role_name.map_or_else(|| "the role".to_owned(), |name| format!("role {}", shown(name)));
        let cause = format!("{} may not assume {role_name}", caller.shown());
        if !caller.is_user() {
            let possibly = "its policies do not allow it, or the trust policy of the other role does not name it";
            let advice = match self.profile_with_role(role) {
                Some(profile) => Advice::line("assume it from your own keys with", self.typing.sign_in_to(&profile)),
                None => Advice::of(format!("ask who manages {role_name}")),
            };
            return Some(Explanation { possibly: Some(possibly.to_owned()), ..certain(cause, vec![advice]) });
        }
        let profile = self.profile_with_role(role);
        let advice = match &profile {
            Some(profile) => Advice::line("sign in to it with", self.typing.sign_in_to(profile)),
            None => self.sign_in(),
        };
        let possibly = if self.is_without_mfa() {
            "the role asks for MFA, and these keys were used without a code"
        } else {
            "the role asks for MFA, or its trust policy does not name the user"
        };
        Some(Explanation { possibly: Some(possibly.to_owned()), ..certain(cause, vec![advice]) })
    }

    /// AWS names nobody, or somebody who is not one.
    fn denied_to_somebody(&self, found: &FoundError) -> Option<Explanation> {
        let is_row_enough = !matches!(found.error.name, "denied-without-reason" | "denied-in-ec2" | "denied");
        if is_row_enough || !self.is_without_mfa() {
            return None;
        }
        let row = self.as_it_says(found);
        let key = self.shell.credentials.access_key_id.unwrap_or_default();
        let possibly =
            format!("this shell has the long-term key {}, which has no MFA, and a policy asks for it", shown(key));
        let advice = std::iter::once(self.sign_in()).chain(row.advice).collect();
        Some(Explanation { possibly: Some(possibly), advice, ..certain(row.cause, Vec::new()) })
    }

    /// The call was not made with the session of this shell.
    fn other_caller(&self, caller: &Caller<'_>) -> Option<Explanation> {
        let credentials = &self.shell.credentials;
        let identity = credentials.identity().filter(|identity| *identity != caller.arn)?;
        let mut fields = identity.splitn(6, ':').skip(4);
        let (account, role) = (fields.next()?, fields.next()?.split('/').nth(1)?);
        // The session of the same role under another name, such as that of another terminal.
        if account == caller.account && role == caller.name {
            return None;
        }
        let cause = format!(
            "the program is not with this shell's session ({}@{}), but with {}, who may not do this",
            shown(role),
            shown(account),
            caller.shown()
        );
        let (possibly, advice) = match self.first_of(&["profile-and-session"]) {
            Some(explanation) => (explanation.cause, explanation.advice),
            None if caller.is_user() => (
                "it names a profile itself, or was started elsewhere".to_owned(),
                vec![Advice::of("remove the profile that the program names, or run it from this shell")],
            ),
            // It may have been assumed with this shell's session.
            None => (
                "it assumes that role itself".to_owned(),
                vec![Advice::of(format!("ask who manages account {}", shown(caller.account)))],
            ),
        };
        Some(Explanation { possibly: Some(possibly), ..certain(cause, advice) })
    }

    /// Whether this shell's keys are long-term ones, which have no MFA.
    fn is_without_mfa(&self) -> bool {
        let key = self.shell.credentials.access_key_id;
        let of_profile = || {
            let credentials = self.shell.source.profile()?.credentials.as_ref().ok()?;
            Some(!credentials.has_role && !credentials.are_temporary)
        };
        match key {
            Some(key) => key.starts_with("AKIA"),
            None => of_profile().unwrap_or_default(),
        }
    }

    /// A profile that assumes this role.
    pub(super) fn profile_with_role(&self, role: Option<&str>) -> Option<String> {
        let role = role?;
        let found = self.with_files(|files| {
            let has_role = |name: &&str| {
                let profile = ProfileName::parse(name).ok().and_then(|name| files.profile(&name).ok()?);
                profile.and_then(|profile| profile.get("role_arn").map(|arn| arn.value == role)).unwrap_or_default()
            };
            files.names().into_iter().find(has_role).map(str::to_owned)
        });
        found.ok().flatten()
    }
}
