//! Where calls go once a session is in the environment and `AWS_PROFILE` is gone: the region, the account, and the
//! endpoint settings of the profile itself. Values that the user set take precedence over the profile's, except regions.

use super::restorable::{ACCOUNT, REGIONS, SELECTORS};
use super::shell_session::ShellSession;
use crate::origin::Origin;
use crate::plan::{Plan, replacement_region};
use crate::profile::CarriedSetting;
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use std::borrow::Cow;

const ENDPOINT: &str = "AWS_ENDPOINT_URL";
const IGNORE_ENDPOINTS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

/// The values that variables get with a session.
pub(super) struct Places<'a> {
    plan: &'a Plan,
    shell: &'a ShellSession<'a>,
    /// The settings of the profile that the user has not overridden.
    carried: Vec<&'a CarriedSetting>,
    /// Whether endpoints of the AWS files are ignored, because of that of `[default]`.
    ignores_endpoints: bool,
}

impl<'a> Places<'a> {
    pub(super) fn of(plan: &'a Plan, shell: &'a ShellSession<'a>, variables: &Variables, warnings: &Warnings) -> Self {
        let users_value = |name: &str| shell.original(name).and_then(|original| original.value).filter(is_set);
        let all = &plan.chain.service.carried;
        // A variable for all services takes precedence over every endpoint of the files, as in the SDKs.
        let drops_endpoints = !all.is_empty()
            && (users_value(ENDPOINT).is_some()
                || users_value(IGNORE_ENDPOINTS).is_some_and(|value| value.eq_ignore_ascii_case("true")));
        let is_carried =
            |s: &&CarriedSetting| !(s.is_endpoint() && drops_endpoints) && users_value(&s.variable).is_none();
        let carried: Vec<&CarriedSetting> = all.iter().filter(is_carried).collect();
        let mut places = Places { plan, shell, carried, ignores_endpoints: false };
        places.look_at_default(variables, users_value, warnings);
        places
    }

    /// Finds out what other programs read from `[default]` for this session.
    fn look_at_default(
        &mut self,
        variables: &Variables,
        users_value: impl Fn(&str) -> Option<String>,
        warnings: &Warnings,
    ) {
        let default = &self.plan.default_settings;
        if let Some((region, origin)) = &default.region
            && self.plan.region.is_none()
            && REGIONS.into_iter().all(|name| users_value(name).is_none())
        {
            let (region, origin, profile) = (region.clone(), origin.clone(), self.plan.profile.to_string());
            warnings.add(Warning::DefaultRegion { region, origin, profile });
        }
        let Some(origin) = default.endpoint.clone() else { return };
        let has_endpoint = |name: &str| self.carried.iter().any(|setting| setting.variable == name);
        let ignores = users_value(IGNORE_ENDPOINTS);
        let is_ignored = ignores.as_deref().is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if users_value(ENDPOINT).is_some() || has_endpoint(ENDPOINT) || is_ignored {
            return;
        }
        // It would disable every other endpoint as well, also those in variables.
        let is_alone = !default.others_have_endpoints
            && ignores.is_none()
            && !self.carried.iter().any(|setting| setting.is_endpoint())
            && variables.names_from(ENDPOINT).all(|name| users_value(name).is_none());
        self.ignores_endpoints = is_alone;
        warnings.add(Warning::DefaultEndpoint { origin, is_ignored: is_alone });
    }

    /// The variables that get a value, besides the regions and the account.
    pub(super) fn names(&self) -> impl Iterator<Item = Cow<'static, str>> {
        let ignore = self.ignores_endpoints.then_some(Cow::Borrowed(IGNORE_ENDPOINTS));
        self.carried.iter().map(|setting| setting.variable.clone()).chain(ignore)
    }

    /// Where a value of the profile comes from.
    pub(super) fn origin_of(&self, name: &str) -> Option<Origin> {
        Some(self.carried(name)?.value.origin.clone())
    }

    fn carried(&self, name: &str) -> Option<&CarriedSetting> {
        self.carried.iter().copied().find(|setting| setting.variable == name)
    }

    /// The value that a variable has with the session, given its value without one. `None` means unset.
    pub(super) fn value_of(&self, name: &str, original: Option<&str>) -> Option<String> {
        let kept = || original.map(str::to_owned);
        match name {
            _ if REGIONS.contains(&name) => self.region(name, original),
            _ if SELECTORS.contains(&name) => None,
            // Where the user had not set it, setting it would change the endpoints of some services.
            ACCOUNT => kept().filter(is_set).and(self.plan.call.account()).map(str::to_owned),
            IGNORE_ENDPOINTS if self.ignores_endpoints => Some("true".to_owned()),
            _ => self.carried(name).map(|setting| setting.value.value.clone()).or_else(kept),
        }
    }

    /// A session without a region removes the region of an earlier session and restores the user's own, unless the
    /// credentials do not work there. What the user has set since the sign-in is left alone when it is renewed.
    fn region(&self, name: &str, original: Option<&str>) -> Option<String> {
        let is_typed = self.plan.region.as_ref().is_some_and(|region| matches!(region.origin, Origin::Flag(_)));
        if self.plan.overrides.renews && !is_typed && self.shell.is_changed(name) {
            return original.map(str::to_owned);
        }
        if let Some(region) = &self.plan.region {
            return Some(region.value.as_str().to_owned());
        }
        let replacement = original.and_then(|region| replacement_region(region, &self.plan.partition));
        replacement.or(original).map(str::to_owned)
    }
}

#[allow(clippy::ptr_arg, reason = "the argument of filter")]
fn is_set(value: &String) -> bool {
    !value.trim().is_empty()
}
