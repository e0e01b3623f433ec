//! `mfa-env explain PROFILE`: what a sign-in would do and why, without the network.

use super::request::{CodeWish, Request};
use super::sign_in::{MIN_TO_SIGN, made_since, mfa_session, plan, terms};
use super::words::until;
use super::{World, shown};
use crate::cli::ExplainArgs;
use crate::credentials::Expiration;
use crate::environment::{self, Preview};
use crate::error::Result;
use crate::origin::Sourced;
use crate::plan::{Operation, Plan, SessionKey, Signer, StsCall};
use crate::profile::SessionDuration;
use crate::remark::Remark;
use crate::session::Cache;
use serde_json::{Value, json};
use std::fmt::Display;

/// Everything that is said, in the order of the calls.
struct Explanation<'a> {
    plan: &'a Plan,
    calls: Vec<Call<'a>>,
    asks_for_code: bool,
    preview: Preview,
    remarks: Vec<Remark>,
}

/// A call and whether it will be made.
struct Call<'a> {
    call: &'a StsCall,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Made,
    /// Its session is kept.
    Kept(Expiration),
    /// The session of a later call is kept.
    NotNeeded,
}

pub(super) fn run(args: &ExplainArgs, world: &World) -> Result<String> {
    let request = Request::from(args.first.clone(), None, &args.sign_in, &world.variables)?;
    let (plan, mut remarks) = plan(&request.profile.value, &request.wishes, world)?;
    let cache = if request.no_cache { Cache::none() } else { Cache::of(&world.variables) };
    let since = made_since(request.renew, !matches!(request.code, CodeWish::Ask), &plan, world);
    let calls = fates(&plan, &cache, request.min_ttl, since);
    remarks.extend(other_way(&plan, &cache, since));
    remarks.extend(cache.take_remarks());
    let region = plan.region.as_ref().map(|r| &r.value);
    let preview = environment::preview(&plan.profile, region, !plan.is_shaped_by_flags, &world.variables);
    remarks.extend(preview.remarks.iter().cloned());
    let asks_for_code = calls.iter().any(|c| c.call.mfa.is_some() && c.fate == Fate::Made);
    let explanation = Explanation { plan: &plan, calls, asks_for_code, preview, remarks };
    Ok(if args.json { format!("{}\n", explanation.json()) } else { explanation.text() })
}

/// The calls in the order in which they are made, each with what becomes of it.
fn fates<'a>(plan: &'a Plan, cache: &Cache, min_ttl: u32, since: Option<i64>) -> Vec<Call<'a>> {
    let mut calls = Vec::new();
    let mut next = Some(&plan.call);
    let mut is_needed = true;
    while let Some(call) = next {
        let min_left = if calls.is_empty() { min_ttl } else { MIN_TO_SIGN };
        let kept = is_needed
            .then(|| cache.fetch(&SessionKey::of(call, plan), &terms(call, min_left, since)))
            .flatten()
            .map(|entry| entry.credentials.expiration);
        let fate = match kept {
            _ if !is_needed => Fate::NotNeeded,
            Some(end) => Fate::Kept(end),
            None => Fate::Made,
        };
        is_needed &= fate == Fate::Made;
        calls.push(Call { call, fate });
        next = call.parent();
    }
    calls.reverse();
    calls
}

/// A role for more than an hour takes a code of its own; what the other way would cost.
fn other_way(plan: &Plan, cache: &Cache, since: Option<i64>) -> Option<Remark> {
    let call = &plan.call;
    if call.role_arn().is_none() || call.duration.value <= SessionDuration::ONE_HOUR || call.mfa.is_none() {
        return None;
    }
    let before = mfa_session(call);
    let kept = cache.fetch(&SessionKey::of(&before, plan), &terms(&before, MIN_TO_SIGN, since));
    let (seconds, origin) = (call.duration.value.seconds(), call.duration.origin.clone());
    Some(Remark::LongRole { seconds, origin, mfa_session_kept: kept.is_some() })
}

impl Explanation<'_> {
    fn text(&self) -> String {
        let plan = self.plan;
        let mut text = String::new();
        let mut line = |head: &str, what: &dyn Display| text.push_str(&format!("{head:<9} {what}\n"));
        line("profile", &shown(plan.profile.as_str()));
        for role in &plan.chain.roles {
            line(
                "",
                &format!(
                    "{}: role {} ({})",
                    shown(role.profile.as_str()),
                    shown(role.role_arn.value.as_str()),
                    role.role_arn.origin
                ),
            );
        }
        let source = &plan.chain.source;
        let kind = if source.keys.are_temporary() { "temporary key" } else { "key" };
        line(
            "",
            &format!(
                "{}: {kind} {} ({})",
                shown(source.profile.as_str()),
                shown(&source.keys.access_key_id),
                source.origin
            ),
        );
        match &plan.device {
            Some(device) => line("device", &format!("{} ({})", shown(device.value.as_str()), device.origin)),
            None => line("device", &"none"),
        }
        let endpoint = &plan.endpoint;
        let why = endpoint.url.as_ref().map_or_else(String::new, |url| format!(", named by {}", url.origin));
        line(
            "endpoint",
            &format!("{}{why}, region {} ({})", shown(&endpoint.host()), endpoint.region.value, endpoint.region.origin),
        );
        for (i, call) in self.calls.iter().enumerate() {
            line(if i == 0 { "calls" } else { "" }, &format!("{}. {}", i + 1, call.sentence()));
            line("", &format!("   {}", reason(call.call, plan)));
            for (name, value, origin) in parameters(call.call) {
                line("", &format!("   {name} {} ({origin})", shown(&value)));
            }
        }
        line("code", &if self.asks_for_code { "will be asked for" } else { "will not be asked for" });
        match &plan.region {
            Some(region) => line("region", &format!("{} ({})", region.value, region.origin)),
            None => line("region", &"the shell's own stays"),
        }
        line("set", &self.preview.set.join(" "));
        line("unset", &self.preview.unset.join(" "));
        for remark in &self.remarks {
            line("remark", remark);
        }
        text
    }

    fn json(&self) -> Value {
        let plan = self.plan;
        let chain: Vec<Value> = plan
            .chain
            .roles
            .iter()
            .map(|role| {
                json!({
                    "profile": role.profile.as_str(),
                    "role_arn": sourced(&role.role_arn, |v| v.as_str()),
                    "role_session_name": role.role_session_name.as_ref().map(|v| sourced(v, |v| v.as_str())),
                    "external_id": role.external_id.as_ref().map(|v| sourced(v, |v| v.as_str())),
                    "duration_seconds": role.duration.as_ref().map(|v| sourced(v, |v| v.seconds())),
                    "mfa_serial": role.mfa_serial.as_ref().map(|v| sourced(v, |v| v.as_str())),
                })
            })
            .collect();
        let source = &plan.chain.source;
        json!({
            "version": 1,
            "profile": plan.profile.as_str(),
            "roles": chain,
            "keys": {
                "profile": source.profile.as_str(),
                "access_key_id": { "value": source.keys.access_key_id, "origin": source.origin.to_string() },
                "temporary": source.keys.are_temporary(),
                "duration_seconds": source.duration.as_ref().map(|v| sourced(v, |v| v.seconds())),
                "mfa_serial": source.mfa_serial.as_ref().map(|v| sourced(v, |v| v.as_str())),
            },
            "device": plan.device.as_ref().map(|d| sourced(d, |d| d.as_str())),
            "endpoint": {
                "host": plan.endpoint.host(),
                "region": sourced(&plan.endpoint.region, |r| r.as_str()),
                "url": plan.endpoint.url.as_ref().map(|u| sourced(u, String::as_str)),
            },
            "region": plan.region.as_ref().map(|r| sourced(r, |r| r.as_str())),
            "calls": self.calls.iter().map(|call| call.json(plan)).collect::<Vec<_>>(),
            "asks_for_code": self.asks_for_code,
            "set": self.preview.set,
            "unset": self.preview.unset,
            "remarks": self.remarks.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
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

    fn json(&self, plan: &Plan) -> Value {
        let (fate, end) = match self.fate {
            Fate::Made => ("made", None),
            Fate::Kept(end) => ("kept", Some(end.rfc3339())),
            Fate::NotNeeded => ("not needed", None),
        };
        let parameters: Vec<Value> = parameters(self.call)
            .into_iter()
            .map(|(name, value, origin)| json!({ "name": name, "value": value, "origin": origin }))
            .collect();
        json!({
            "operation": self.call.name(),
            "signed_with": match &self.call.signer {
                Signer::Keys(keys) => json!({ "keys_of": keys.profile.as_str() }),
                Signer::Session(before) => json!({ "session_of": before.name() }),
            },
            "parameters": parameters,
            "with_code": self.call.mfa.is_some(),
            "why": reason(self.call, plan),
            "fate": fate,
            "kept_until": end,
        })
    }
}

/// The parameters under STS's own names, each with its origin; the code is not known yet.
fn parameters(call: &StsCall) -> Vec<(&'static str, String, String)> {
    let mut all = Vec::new();
    if let Operation::AssumeRole { role_arn, role_session_name, external_id, .. } = &call.operation {
        all.push(("RoleArn", role_arn.value.as_str().to_owned(), role_arn.origin.to_string()));
        let name = role_session_name;
        all.push(("RoleSessionName", name.value.as_str().to_owned(), name.origin.to_string()));
        all.extend(external_id.as_ref().map(|e| ("ExternalId", e.value.as_str().to_owned(), e.origin.to_string())));
    }
    let duration = &call.duration;
    all.push(("DurationSeconds", duration.value.seconds().to_string(), duration.origin.to_string()));
    all.extend(call.mfa.as_ref().map(|d| ("SerialNumber", d.value.as_str().to_owned(), d.origin.to_string())));
    all
}

/// Why this call and no other.
fn reason(call: &StsCall, plan: &Plan) -> &'static str {
    match (&call.operation, &call.signer) {
        (Operation::GetSessionToken, _) if plan.call.role_arn().is_none() => "long-term keys and a device, no role",
        (Operation::GetSessionToken, _) => "one code serves all roles of this user until this session ends",
        (_, Signer::Keys(_)) if call.mfa.is_some() => {
            "more than an hour: STS gives one hour at most to a role assumed from a session, so this call takes the code"
        }
        (_, Signer::Keys(keys)) if keys.keys.are_temporary() => {
            "temporary keys sign as a session does: one hour at most"
        }
        (_, Signer::Keys(_)) => "no MFA device between the profile and its keys",
        (_, Signer::Session(_)) => "from the session before, without a code; one hour at most",
    }
}

fn sourced<'a, T, V: Into<Value>>(value: &'a Sourced<T>, plain: impl Fn(&'a T) -> V) -> Value {
    json!({ "value": plain(&value.value).into(), "origin": value.origin.to_string() })
}
