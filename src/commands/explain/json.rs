//! The explanation for programs. README.md describes the fields and a test holds them: a change of meaning raises `version`.

use super::{Call, Code, Explanation, Fate, parameters, reason};
use crate::origin::{Origin, Sourced};
use crate::plan::{Plan, Signer};
use crate::profile::ProfileSettings;
use serde_json::{Value, json};

const VERSION: u32 = 1;

impl Explanation<'_> {
    pub(super) fn json(&self) -> Value {
        let plan = self.plan;
        let endpoint = &plan.endpoint;
        json!({
            "version": VERSION,
            "profile": sourced(self.profile, |name| name.as_str()),
            "chain": self.stated.iter().map(|stated| self.profile_json(stated)).collect::<Vec<_>>(),
            "device": plan.device.as_ref().map(|d| sourced(d, |d| d.as_str())),
            "endpoint": {
                "host": endpoint.host(),
                "region": { "value": endpoint.region.value.as_str(), "origin": self.region_origin(Origin::full) },
                "url": endpoint.url.as_ref().map(|u| sourced(u, String::as_str)),
                "global": origin(endpoint.legacy.as_ref()),
                "fips": origin(endpoint.fips.as_ref()),
                "dual_stack": origin(endpoint.dual_stack.as_ref()),
                "ca_bundle": endpoint.ca_bundle.as_ref().map(|b| sourced(b, String::as_str)),
            },
            "region": plan.region.as_ref().map(|r| sourced(r, |r| r.as_str())),
            "calls": self.calls.iter().map(|call| call.json(plan)).collect::<Vec<_>>(),
            "code": match self.code {
                Code::Asked => "asked",
                Code::Process => "process",
                Code::Given => "given",
                Code::NotNeeded => "not needed",
            },
            // Where it stands and not what: a seed may be part of the command.
            "mfa_process": plan.mfa_process.as_ref().map(|process| json!({
                "profile": process.profile.as_str(),
                "origin": process.origin.full(),
            })),
            "set": self.preview.set,
            "unset": self.preview.unset,
            "warnings": self.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }

    fn profile_json(&self, stated: &ProfileSettings) -> Value {
        let setting = |name| {
            stated
                .get(name)
                .map(|s| json!({ "value": s.value, "origin": s.origin.full(), "used": self.is_used(stated, s) }))
        };
        let source = Some(&*self.plan.chain.source).filter(|source| source.profile == stated.profile);
        json!({
            "profile": stated.profile.as_str(),
            "role_arn": setting("role_arn"),
            "source_profile": setting("source_profile"),
            "external_id": setting("external_id"),
            "role_session_name": setting("role_session_name"),
            "duration_seconds": setting("duration_seconds"),
            "mfa_serial": setting("mfa_serial"),
            "aws_account_id": setting("aws_account_id"),
            "region": setting("region"),
            "aws_access_key_id": source.map(|source| json!({
                "value": source.keys.access_key_id,
                "origin": source.origin.full(),
                "temporary": source.keys.are_temporary(),
            })),
        })
    }
}

impl Call<'_> {
    fn json(&self, plan: &Plan) -> Value {
        let (fate, end) = match self.fate {
            Fate::Made => ("made", None),
            Fate::Kept(end) => ("kept", Some(end.rfc3339())),
            Fate::NotNeeded => ("not needed", None),
        };
        let parameters: Vec<Value> = parameters(self.call)
            .into_iter()
            .map(|p| json!({ "name": p.name, "value": p.value, "origin": p.origin.full() }))
            .collect();
        json!({
            "operation": self.call.name(),
            "signed_with": match &self.call.signer {
                Signer::Keys(keys) => json!({ "keys_of": keys.profile.as_str(), "session_of": null }),
                Signer::Session(before) => json!({ "keys_of": null, "session_of": before.name() }),
            },
            "parameters": parameters,
            "with_code": self.call.mfa.is_some(),
            "why": reason(self.call, plan),
            "fate": fate,
            "kept_until": end,
        })
    }
}

fn sourced<'a, T, V: Into<Value>>(value: &'a Sourced<T>, plain: impl Fn(&'a T) -> V) -> Value {
    json!({ "value": plain(&value.value).into(), "origin": value.origin.full() })
}

fn origin(origin: Option<&Origin>) -> Value {
    origin.map(Origin::full).into()
}
