//! The details for people: headings in the first column, their lines in the second.

use super::super::duration::{mfa_age, until};
use super::{CodeOrigin, Explanation, reason};
use crate::clock::HumanDuration;
use crate::http;
use crate::plan::Signer;
use crate::printable::printable;
use crate::profile::{KeyLifetime, LeftBehind};
use crate::sign_in::{MaxAge, Step, StepState};
use crate::style::{Painted, Screen, Style};
use std::fmt::Display;

/// Text in two columns.
struct Page<'a> {
    text: String,
    screen: &'a Screen,
}

impl Page<'_> {
    /// Adds a line; only the first one of a group has a heading.
    fn line(&mut self, heading: &str, text: impl Display) {
        self.text.push_str(format!("{heading:<9} {text}").trim_end());
        self.text.push('\n');
    }

    /// Where a value comes from.
    fn from(&self, origin: impl Display) -> Painted<String> {
        self.screen.paint(Style::Aside, format!("({origin})"))
    }
}

impl Explanation<'_> {
    pub(super) fn text(&self, screen: &Screen) -> String {
        let mut page = Page { text: String::new(), screen };
        let origin = page.from(&self.profile.origin);
        page.line("profile", format!("{} {origin}", printable(self.profile.value.as_str())));
        self.chain(&mut page);
        match &self.plan.device {
            Some(device) if device.value.is_not_listed_yet() => {
                page.line("device", format!("not set; the sign-in looks it up {}", page.from(&device.origin)));
            }
            Some(device) => {
                page.line("device", format!("{} {}", printable(device.value.as_str()), page.from(&device.origin)));
            }
            None => page.line("device", "none"),
        }
        self.endpoint(&mut page);
        for (number, step) in self.steps.list.iter().enumerate() {
            page.line(
                if number == 0 { "calls" } else { "" },
                format!("{}. {}", number + 1, sentence(step, number, screen)),
            );
            page.line("", format!("   {}", reason(step.call, self.plan)));
            for parameter in self.parameters(step) {
                let value = match &parameter.value {
                    Some(value) => printable(value).to_string(),
                    None if parameter.name == "SerialNumber" => {
                        "is the user's device, which is not known yet".to_owned()
                    }
                    None => "is the name of the IAM user, which is not known yet".to_owned(),
                };
                page.line("", format!("   {} {value} {}", parameter.name, page.from(parameter.origin)));
            }
            if let Some(MaxAge { seconds, origin, .. }) = &step.max_age {
                let age = HumanDuration(seconds.unsigned_abs());
                page.line(
                    "",
                    match origin {
                        Some(origin) => format!("   a cached session is at most {age} old {}", page.from(origin)),
                        None => {
                            format!("   a cached session is less than {age} old, because the role refused an older one")
                        }
                    },
                );
            }
        }
        page.line("code", self.code());
        match &self.plan.region {
            Some(region) => page.line("region", format!("{} {}", region.value, page.from(&region.origin))),
            None => page.line("region", "unchanged"),
        }
        page.line("set", self.preview.set.join(" "));
        page.line("unset", self.preview.unset.join(" "));
        for (number, LeftBehind { name, origin, variable }) in self.left_behind.iter().enumerate() {
            let variable = variable.map(|variable| format!("; {variable} can carry it")).unwrap_or_default();
            let heading = if number == 0 { "not set" } else { "" };
            let from = page.from(origin);
            page.line(heading, format!("{name} {from}, so other programs use that of [default]{variable}"));
        }
        page.text
    }

    /// The profiles from the requested one to the one with the keys, with every setting that mfa-env reads, used or
    /// not.
    fn chain(&self, page: &mut Page<'_>) {
        let source = &self.plan.chain.source;
        for (number, profile) in self.settings.iter().enumerate() {
            let name = page.screen.paint(Style::Name, printable(profile.profile.as_str()));
            page.line(if number == 0 { "chain" } else { "" }, name);
            for setting in &profile.settings {
                let unused = if self.is_used(profile, setting) { "" } else { ", not used" };
                let (name, value) = (setting.name, printable(&setting.value));
                page.line("", format!("  {name} {value} {}{unused}", page.from(&setting.origin)));
            }
            if profile.profile == source.profile {
                let identity = source.source.identity();
                let lifetime = match source.source.lifetime() {
                    KeyLifetime::LongTerm => "",
                    KeyLifetime::Temporary => ", temporary",
                    KeyLifetime::Unknown => ", long-term or temporary",
                };
                let (value, from) = (printable(&identity.value), page.from(&source.origin));
                page.line("", format!("  {} {value} {from}{lifetime}", source.setting));
            }
        }
    }

    pub(super) fn code(&self) -> String {
        match (self.code, &self.plan.mfa_process) {
            (CodeOrigin::Process, Some(process)) => {
                let profile = printable(process.profile.as_str());
                format!("from {profile}'s mfa_process ({}); if it fails, mfa-env prompts", process.origin)
            }
            (CodeOrigin::Prompt | CodeOrigin::Process, _) => "mfa-env prompts for it".to_owned(),
            (CodeOrigin::Passed, _) => "the one that you pass".to_owned(),
            (CodeOrigin::NotNeeded, _) => "not needed".to_owned(),
        }
    }

    fn endpoint(&self, page: &mut Page<'_>) {
        let endpoint = &self.plan.endpoint;
        let kind = match (&endpoint.url, &endpoint.legacy) {
            (Some(url), _) => format!("from {}", url.origin),
            (None, Some(origin)) => {
                format!("AWS's global endpoint ({origin}), whose sessions are not valid in opt-in regions")
            }
            (None, None) => "AWS's endpoint for the region".to_owned(),
        };
        page.line("endpoint", format!("{}, {kind}", printable(&endpoint.host())));
        let from = page.from(self.region_origin(ToString::to_string));
        page.line("", format!("region {} {from}", endpoint.region.value));
        for (variant, origin) in [("FIPS", &endpoint.fips), ("dual stack", &endpoint.dual_stack)] {
            if let Some(origin) = origin {
                page.line("", format!("{variant} {}", page.from(origin)));
            }
        }
        for note in endpoint.trust_notes() {
            page.line("", note);
        }
        if let Some(proxy) = http::proxy(endpoint) {
            page.line("", format!("proxy {}", printable(&proxy)));
        }
    }
}

/// The call in one line. It is signed with the keys, or with the session of the call before it, which has this
/// `number`.
fn sentence(step: &Step<'_>, number: usize, screen: &Screen) -> String {
    let code = if step.call.mfa.is_some() { " with an MFA code" } else { "" };
    let signer = match &step.call.signer {
        Signer::Keys(source) => format!("the keys of {}", printable(source.profile.as_str())),
        Signer::Session(_) => format!("the session from call {number}"),
    };
    let state = match &step.state {
        StepState::ToMake => String::new(),
        StepState::Cached(entry) => {
            let age = step.mfa_age().map(|age| format!(", {}", mfa_age(age))).unwrap_or_default();
            format!(": cached {}{age}", until(entry.credentials.expiration))
        }
        StepState::NotNeeded => ": not needed, because a later session is cached".to_owned(),
    };
    format!("{}{code}, signed with {signer}{state}", screen.paint(Style::Name, step.call.name()))
}
