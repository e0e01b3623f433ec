//! The explanation for programs. `mfa-env help json` describes the fields, and a test compares the two.

use super::super::json_line::json_line;
use super::{CodeOrigin, Explanation, reason};
use crate::http;
use crate::origin::{Origin, Sourced};
use crate::plan::Signer;
use crate::printable::shown_value;
use crate::profile::{KeyLifetime, ProfileName, ProfileSettings};
use crate::sign_in::{Step, StepState};
use serde::Serialize;
use std::borrow::Cow;

/// Raised when a field changes its meaning or is removed.
const VERSION: u32 = 1;

/// The fields of all objects are in alphabetical order, as in all JSON that mfa-env prints.
#[derive(Serialize)]
struct ExplanationJson {
    calls: Vec<CallJson>,
    chain: Vec<ProfileJson>,
    code: &'static str,
    device: Option<Value>,
    endpoint: EndpointJson,
    left_behind: Vec<LeftBehindJson>,
    mfa_process: Option<ProcessJson>,
    profile: Value,
    region: Option<Value>,
    set: Vec<Cow<'static, str>>,
    unset: Vec<Cow<'static, str>>,
    version: u32,
    warnings: Vec<String>,
}

/// A value and where it comes from.
#[derive(Serialize)]
struct Value {
    origin: String,
    value: String,
}

#[derive(Serialize)]
struct EndpointJson {
    ca_bundle: Option<Value>,
    dual_stack: Option<String>,
    fips: Option<String>,
    global: Option<String>,
    host: String,
    proxy: Option<String>,
    region: Value,
    trust_anchors: Vec<Value>,
    url: Option<Value>,
}

#[derive(Serialize)]
struct LeftBehindJson {
    name: &'static str,
    origin: String,
    variable: Option<&'static str>,
}

/// Without the command, because a seed may be part of it.
#[derive(Serialize)]
struct ProcessJson {
    origin: String,
    profile: String,
}

#[derive(Serialize)]
struct ProfileJson {
    aws_access_key_id: Option<AccessKeyJson>,
    aws_account_id: Option<SettingJson>,
    duration_seconds: Option<SettingJson>,
    external_id: Option<SettingJson>,
    mfa_max_age: Option<SettingJson>,
    mfa_serial: Option<SettingJson>,
    profile: String,
    region: Option<SettingJson>,
    role_arn: Option<SettingJson>,
    role_session_name: Option<SettingJson>,
    source_profile: Option<SettingJson>,
}

#[derive(Serialize)]
struct AccessKeyJson {
    origin: String,
    /// `None` if that is known only when the keys are read.
    temporary: Option<bool>,
    value: Option<String>,
}

#[derive(Serialize)]
struct SettingJson {
    origin: String,
    used: bool,
    value: String,
}

#[derive(Serialize)]
struct CallJson {
    cached_until: Option<String>,
    max_age: Option<MaxAgeJson>,
    mfa_age_seconds: Option<i64>,
    operation: &'static str,
    parameters: Vec<ParameterJson>,
    signed_with: SignerJson,
    state: &'static str,
    why: &'static str,
    with_code: bool,
}

#[derive(Serialize)]
struct ParameterJson {
    name: &'static str,
    origin: String,
    /// `None` for the name of a role session if the user of the keys is not known yet, and for the device if the sign-in
    /// looks it up.
    value: Option<String>,
}

/// How old a cached MFA session may be.
#[derive(Serialize)]
struct MaxAgeJson {
    /// `None` if the role has refused a session of this age.
    origin: Option<String>,
    seconds: i64,
}

#[derive(Serialize)]
struct SignerJson {
    keys_of: Option<String>,
    session_of: Option<&'static str>,
}

impl Explanation<'_> {
    pub(super) fn json(&self) -> String {
        let plan = self.plan;
        let object = ExplanationJson {
            calls: self.steps.list.iter().map(|step| self.call_json(step)).collect(),
            chain: self.settings.iter().map(|profile| self.profile_json(profile)).collect(),
            code: match self.code {
                CodeOrigin::Prompt => "asked",
                CodeOrigin::Process => "process",
                CodeOrigin::Passed => "given",
                CodeOrigin::NotNeeded => "not needed",
            },
            device: plan
                .device
                .as_ref()
                .filter(|device| !device.value.is_not_listed_yet())
                .map(|device| value(device, |d| d.as_str())),
            endpoint: self.endpoint_json(),
            left_behind: self
                .left_behind
                .iter()
                .map(|left| LeftBehindJson { name: left.name, origin: left.origin.full(), variable: left.variable })
                .collect(),
            mfa_process: plan
                .mfa_process
                .as_ref()
                .map(|process| ProcessJson { origin: process.origin.full(), profile: shown_name(&process.profile) }),
            profile: value(self.profile, |name| name.as_str()),
            region: plan.region.as_ref().map(|region| value(region, |r| r.as_str())),
            set: self.preview.set.clone(),
            unset: self.preview.unset.clone(),
            version: VERSION,
            warnings: self.warnings.iter().map(ToString::to_string).collect(),
        };
        json_line(&object)
    }

    fn endpoint_json(&self) -> EndpointJson {
        let endpoint = &self.plan.endpoint;
        let origin = |origin: &Option<Origin>| origin.as_ref().map(Origin::full);
        EndpointJson {
            ca_bundle: endpoint.ca_bundle.as_ref().map(|bundle| value(bundle, String::as_str)),
            dual_stack: origin(&endpoint.dual_stack),
            fips: origin(&endpoint.fips),
            global: origin(&endpoint.legacy),
            host: endpoint.host(),
            proxy: http::proxy(endpoint),
            region: Value { origin: self.region_origin(Origin::full), value: endpoint.region.value.to_string() },
            trust_anchors: endpoint.trust_anchors().iter().map(|anchor| value(anchor, String::as_str)).collect(),
            url: endpoint.url.as_ref().map(|url| value(url, String::as_str)),
        }
    }

    fn profile_json(&self, profile: &ProfileSettings) -> ProfileJson {
        let setting = |name| {
            let setting = profile.get(name)?;
            let used = self.is_used(profile, setting);
            Some(SettingJson { origin: setting.origin.full(), used, value: setting.value.clone() })
        };
        let source = Some(&*self.plan.chain.source).filter(|source| source.profile == profile.profile);
        ProfileJson {
            aws_access_key_id: source.map(|source| AccessKeyJson {
                origin: source.origin.full(),
                temporary: match source.source.lifetime() {
                    KeyLifetime::LongTerm => Some(false),
                    KeyLifetime::Temporary => Some(true),
                    KeyLifetime::Unknown => None,
                },
                value: source.source.access_key_id().map(str::to_owned),
            }),
            aws_account_id: setting("aws_account_id"),
            duration_seconds: setting("duration_seconds"),
            external_id: setting("external_id"),
            mfa_max_age: setting("mfa_max_age"),
            mfa_serial: setting("mfa_serial"),
            profile: shown_name(&profile.profile),
            region: setting("region"),
            role_arn: setting("role_arn"),
            role_session_name: setting("role_session_name"),
            source_profile: setting("source_profile"),
        }
    }

    fn call_json(&self, step: &Step<'_>) -> CallJson {
        let parameter =
            |p: super::Parameter<'_>| ParameterJson { name: p.name, origin: p.origin.full(), value: p.value };
        CallJson {
            cached_until: step.cached_until().map(|expiration| expiration.rfc3339()),
            max_age: step
                .max_age
                .as_ref()
                .map(|age| MaxAgeJson { origin: age.origin.as_ref().map(Origin::full), seconds: age.seconds }),
            mfa_age_seconds: step.mfa_age(),
            operation: step.call.name(),
            parameters: self.parameters(step).into_iter().map(parameter).collect(),
            signed_with: match &step.call.signer {
                Signer::Keys(source) => SignerJson { keys_of: Some(shown_name(&source.profile)), session_of: None },
                Signer::Session(parent) => SignerJson { keys_of: None, session_of: Some(parent.name()) },
            },
            state: match step.state {
                StepState::ToMake => "to make",
                StepState::Cached(_) => "cached",
                StepState::NotNeeded => "not needed",
            },
            why: reason(step.call, self.plan),
            with_code: step.call.mfa.is_some(),
        }
    }
}

fn shown_name(profile: &ProfileName) -> String {
    shown_value(profile.as_str()).into_owned()
}

fn value<T>(sourced: &Sourced<T>, text: impl Fn(&T) -> &str) -> Value {
    Value { origin: sourced.origin.full(), value: shown_value(text(&sourced.value)).into_owned() }
}
