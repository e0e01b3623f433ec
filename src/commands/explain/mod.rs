//! `mfa-env explain PROFILE`: what a sign-in would do and why. It asks nothing, calls nobody, and leaves the kept sessions as they are.

mod json;
mod text;

use super::Context;
use super::request::{CodeOption, Request};
use super::sign_in::{MIN_TO_SIGN, as_code, aws_files, check_min_ttl, made_since, mfa_session, plan_from, terms};
use crate::cli::ExplainArgs;
use crate::credentials::Expiration;
use crate::environment::{self, Preview};
use crate::error::Result;
use crate::origin::{Origin, Sourced};
use crate::plan::{Operation, Plan, SessionKey, Signer, StsCall};
use crate::profile::{
    AwsFiles, FileText, ParserDifference, ProfileName, ProfileSettings, SessionDuration, ShownSetting,
};
use crate::session::Cache;
use crate::warning::Warning;

/// Everything that is said, in the order in which it is.
struct Explanation<'a> {
    profile: &'a Sourced<ProfileName>,
    plan: &'a Plan,
    stated: Vec<ProfileSettings>,
    calls: Vec<Call<'a>>,
    code: Code,
    preview: Preview,
    warnings: Vec<Warning>,
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Code {
    Asked,
    /// The profile's `mfa_process` prints it.
    Process,
    /// It came with the command.
    Given,
    NotNeeded,
}

pub(super) fn run(args: &ExplainArgs, context: &Context) -> Result<String> {
    let request = Request::from(args.first.clone(), None, &args.sign_in, &context.variables)?;
    let name = &request.profile.value;
    let (texts, mut warnings) = aws_files(context)?;
    let files = AwsFiles::index(&texts)?;
    let plan = plan_from(&files, name, &request.overrides, context)
        .map_err(|e| as_code(e, request.may_be_code, name).named_by(&request.profile.origin))?;
    check_min_ttl(request.min_ttl, &plan)?;
    let stated = ProfileSettings::of(&plan.chain, &files)?;
    warnings.extend(plan.warnings.iter().cloned());
    warnings.extend(read_otherwise(&texts, &stated));

    let cache = if request.no_cache { Cache::none() } else { Cache::of(&context.variables) }.read_only();
    let is_code_given = !matches!(request.code, CodeOption::Ask);
    let since = made_since(request.renew, is_code_given, &plan, context);
    let calls = fates(&plan, &cache, request.min_ttl, since);
    warnings.extend(other_way(&plan, &cache, since));
    warnings.extend(cache.take_warnings());

    let region = plan.region.as_ref().map(|r| &r.value);
    let preview = environment::preview(&plan.profile, region, !plan.is_shaped_by_flags, &context.variables);
    warnings.extend(preview.warnings.iter().cloned());
    let takes_code = calls.iter().any(|c| c.call.mfa.is_some() && c.fate == Fate::Made);
    let code = match (takes_code, is_code_given) {
        (true, true) => Code::Given,
        (true, false) if plan.mfa_process.is_some() => Code::Process,
        (true, false) => Code::Asked,
        (false, _) => Code::NotNeeded,
    };
    let explanation = Explanation { profile: &request.profile, plan: &plan, stated, calls, code, preview, warnings };
    Ok(if args.json { format!("{}\n", explanation.json()) } else { explanation.text() })
}

/// What other programs would read in these files that we do not.
fn read_otherwise(texts: &[FileText], stated: &[ProfileSettings]) -> Vec<Warning> {
    let marks = texts.iter().filter(|text| text.has_bom);
    let mut warnings: Vec<Warning> = marks.map(|text| Warning::ByteOrderMark { path: text.path.clone() }).collect();
    warnings.extend(stated.iter().flat_map(|profile| &profile.read_otherwise).map(
        |(setting, origin, how)| match how {
            ParserDifference::WithComment => Warning::CommentCut { setting, origin: origin.clone() },
            ParserDifference::WithoutQuotes => Warning::Quoted { setting, origin: origin.clone() },
        },
    ));
    warnings
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
fn other_way(plan: &Plan, cache: &Cache, since: Option<i64>) -> Option<Warning> {
    let call = &plan.call;
    if call.role_arn().is_none() || call.duration.value <= SessionDuration::ONE_HOUR || call.mfa.is_none() {
        return None;
    }
    let before = mfa_session(call);
    let kept = cache.fetch(&SessionKey::of(&before, plan), &terms(&before, MIN_TO_SIGN, since));
    let (seconds, origin) = (call.duration.value.seconds(), call.duration.origin.clone());
    Some(Warning::LongRole { seconds, origin, mfa_session_kept: kept.is_some() })
}

impl Explanation<'_> {
    /// Whether a line of the files has a say in this sign-in.
    fn is_used(&self, stated: &ProfileSettings, setting: &ShownSetting) -> bool {
        let plan = self.plan;
        let is_source = stated.profile == plan.chain.source.profile;
        match setting.name {
            // Behind a role the walk goes on; in a source profile keys win.
            "source_profile" => plan.chain.roles.iter().any(|role| role.profile == stated.profile),
            "aws_account_id" => is_source,
            "region" => {
                let exported = plan.region.as_ref().map(|r| &r.origin);
                exported == Some(&setting.origin) || plan.endpoint.region.origin == setting.origin
            }
            _ => self.calls.iter().any(|call| parameters(call.call).iter().any(|p| *p.origin == setting.origin)),
        }
    }

    /// Where the region of STS comes from, in words: with none given it is a partition's.
    fn region_origin(&self, place: impl Fn(&Origin) -> String) -> String {
        let plan = self.plan;
        match &plan.endpoint.region.origin {
            Origin::Default if plan.device.as_ref().is_some_and(|d| d.value.partition().is_some()) => {
                "the device's partition".to_owned()
            }
            Origin::Default if !plan.chain.roles.is_empty() => "the role's partition".to_owned(),
            origin => place(origin),
        }
    }
}

/// A parameter of a call under STS's own name.
struct Parameter<'a> {
    name: &'static str,
    value: String,
    origin: &'a Origin,
}

/// The parameters in STS's order; the code is not known yet.
fn parameters(call: &StsCall) -> Vec<Parameter<'_>> {
    let mut all = Vec::new();
    if let Operation::AssumeRole { role_arn, role_session_name, external_id, .. } = &call.operation {
        all.push(Parameter { name: "RoleArn", value: role_arn.value.as_str().to_owned(), origin: &role_arn.origin });
        let name = role_session_name;
        all.push(Parameter { name: "RoleSessionName", value: name.value.as_str().to_owned(), origin: &name.origin });
        all.extend(external_id.as_ref().map(|id| Parameter {
            name: "ExternalId",
            value: id.value.as_str().to_owned(),
            origin: &id.origin,
        }));
    }
    let duration = &call.duration;
    let seconds = duration.value.seconds().to_string();
    all.push(Parameter { name: "DurationSeconds", value: seconds, origin: &duration.origin });
    all.extend(call.mfa.as_ref().map(|device| Parameter {
        name: "SerialNumber",
        value: device.value.as_str().to_owned(),
        origin: &device.origin,
    }));
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
