//! The explanation for people: a word at the margin, and what it is about beside it.

use super::super::shown;
use super::super::time_left::until;
use super::{Call, Code, Explanation, Fate, parameters, reason};
use crate::plan::Signer;
use std::fmt::Display;

/// Lines under a head, which stands before the first of them.
struct Page(String);

impl Page {
    fn line(&mut self, head: &str, what: impl Display) {
        self.0.push_str(format!("{head:<9} {what}").trim_end());
        self.0.push('\n');
    }
}

impl Explanation<'_> {
    pub(super) fn text(&self) -> String {
        let mut page = Page(String::new());
        page.line("profile", format!("{} ({})", shown(self.profile.value.as_str()), self.profile.origin));
        self.chain(&mut page);
        match &self.plan.device {
            Some(device) => page.line("device", format!("{} ({})", shown(device.value.as_str()), device.origin)),
            None => page.line("device", "none"),
        }
        self.endpoint(&mut page);
        for (number, call) in self.calls.iter().enumerate() {
            page.line(if number == 0 { "calls" } else { "" }, format!("{}. {}", number + 1, call.sentence()));
            page.line("", format!("   {}", reason(call.call, self.plan)));
            for parameter in parameters(call.call) {
                page.line("", format!("   {} {} ({})", parameter.name, shown(&parameter.value), parameter.origin));
            }
        }
        page.line("code", self.code());
        match &self.plan.region {
            Some(region) => page.line("region", format!("{} ({})", region.value, region.origin)),
            None => page.line("region", "the shell's own stays"),
        }
        page.line("set", self.preview.set.join(" "));
        page.line("unset", self.preview.unset.join(" "));
        for warning in &self.warnings {
            page.line("warning", warning);
        }
        page.0
    }

    /// The profiles from the one asked for to the keys, with every line that decides, used or not.
    fn chain(&self, page: &mut Page) {
        let source = &self.plan.chain.source;
        for (number, stated) in self.stated.iter().enumerate() {
            page.line(if number == 0 { "chain" } else { "" }, shown(stated.profile.as_str()));
            for setting in &stated.settings {
                let used = if self.is_used(stated, setting) { "" } else { ", not used" };
                let (name, value) = (setting.name, shown(&setting.value));
                page.line("", format!("  {name} {value} ({}){used}", setting.origin));
            }
            if stated.profile == source.profile {
                let temporary = if source.keys.are_temporary() { ", temporary" } else { "" };
                let id = shown(&source.keys.access_key_id);
                page.line("", format!("  aws_access_key_id {id} ({}){temporary}", source.origin));
            }
        }
    }

    fn code(&self) -> String {
        match (self.code, &self.plan.mfa_process) {
            (Code::Process, Some(process)) => {
                let profile = shown(process.profile.as_str());
                format!("{profile}'s mfa_process ({}) will be run for it; if it fails, you are asked", process.origin)
            }
            (Code::Asked | Code::Process, _) => "will be asked for".to_owned(),
            (Code::Given, _) => "is given, and will be spent".to_owned(),
            (Code::NotNeeded, _) => "will not be asked for".to_owned(),
        }
    }

    fn endpoint(&self, page: &mut Page) {
        let endpoint = &self.plan.endpoint;
        let why = match (&endpoint.url, &endpoint.legacy) {
            (Some(url), _) => format!("named by {}", url.origin),
            (None, Some(origin)) => format!("the global one, by {origin}"),
            (None, None) => "AWS's own for the region".to_owned(),
        };
        page.line("endpoint", format!("{}, {why}", shown(&endpoint.host())));
        page.line("", format!("region {} ({})", endpoint.region.value, self.region_origin(ToString::to_string)));
        for (what, origin) in [("FIPS", &endpoint.fips), ("dual stack", &endpoint.dual_stack)] {
            if let Some(origin) = origin {
                page.line("", format!("{what} ({origin})"));
            }
        }
        if let Some(bundle) = &endpoint.ca_bundle {
            page.line("", format!("certificates {} ({})", shown(&bundle.value), bundle.origin));
        }
    }
}

impl Call<'_> {
    fn sentence(&self) -> String {
        let signer = match &self.call.signer {
            Signer::Keys(keys) => format!("the keys of {}", shown(keys.profile.as_str())),
            Signer::Session(before) => format!("the session of {}", before.name()),
        };
        let code = if self.call.mfa.is_some() { ", with an MFA code" } else { "" };
        let fate = match self.fate {
            Fate::Made => String::new(),
            Fate::Kept(end) => format!(": not made, its session is kept {}", until(end)),
            Fate::NotNeeded => ": not made, a later session is kept".to_owned(),
        };
        format!("{} signed with {signer}{code}{fate}", self.call.name())
    }
}
