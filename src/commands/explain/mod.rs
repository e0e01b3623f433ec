//! `mfa-env explain PROFILE`: what a sign-in would do, and why. It asks nothing, calls nobody, and leaves the cache as
//! it is.

mod json;
mod text;

use super::outcome::Outcome;
use super::request;
use crate::cli::SignInArgs;
use crate::context::Context;
use crate::environment::{self, Preview};
use crate::error::Result;
use crate::origin::{Origin, Sourced};
use crate::plan::{Operation, Plan, SessionKey, Signer, StsCall};
use crate::profile::{
    AwsFiles, FileText, KeyLifetime, ParserDifference, ProfileName, ProfileSettings, SessionDuration, ShownSetting,
};
use crate::session::Cache;
use crate::sign_in::{CodeOption, Steps, plan_for, read_aws_files};
use crate::warning::{Warning, Warnings};
use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env explain prod                   the calls, their parameters, and where each value comes from
  mfa-env explain prod -d 4h             what a longer session would need
  mfa-env explain prod --json            the same for programs";

/// Show which STS calls a sign-in would make, and why, without the network.
#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// Profile of the AWS files [default: as in `export`]
    #[arg(value_name = "PROFILE")]
    first: Option<String>,
    #[command(flatten)]
    sign_in: SignInArgs,
    /// Print one JSON object; `mfa-env help json` describes its fields
    #[arg(long)]
    json: bool,
}

/// Everything that is shown, in the order in which it is.
struct Explanation<'a> {
    profile: &'a Sourced<ProfileName>,
    plan: &'a Plan,
    settings: Vec<ProfileSettings>,
    steps: Steps<'a>,
    code: Code,
    preview: Preview,
    warnings: Vec<Warning>,
}

/// Where the code comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Code {
    Asked,
    /// The profile's `mfa_process` prints it.
    Process,
    /// It is on the command line.
    Given,
    NotNeeded,
}

pub(super) fn run(args: &ExplainArgs, context: &Context) -> Result<Outcome> {
    let Context { variables, warnings, .. } = context;
    let request = request::from_arguments(args.first.clone(), None, &args.sign_in, variables)?;
    let texts = read_aws_files(variables, warnings)?;
    let files = AwsFiles::index(&texts)?;
    let plan = plan_for(&files, &request, variables, warnings)?;
    let settings = ProfileSettings::of(&plan.chain, &files)?;
    warn_about_parsers(&texts, &settings, warnings);

    let is_code_given = !matches!(request.code, CodeOption::Ask);
    let cache = request.options.cache(context).read_only();
    let steps = Steps::of(&plan, &cache, request.options.reuse(is_code_given, &plan, context));
    warn_about_long_role(&plan, &cache, &steps, warnings);
    let code = match (steps.need_code(), is_code_given, &plan.mfa_process) {
        (false, ..) => Code::NotNeeded,
        (true, true, _) => Code::Given,
        (true, false, Some(_)) => Code::Process,
        (true, false, None) => Code::Asked,
    };
    let region = plan.region.as_ref().map(|region| &region.value);
    let preview = environment::preview(&plan.profile, region, !plan.is_shaped_by_flags, variables, warnings);
    let warnings = warnings.take();
    let explanation = Explanation { profile: &request.profile, plan: &plan, settings, steps, code, preview, warnings };
    Ok(Outcome::text(if args.json { explanation.json() } else { explanation.text() }))
}

/// What other programs read differently in these files.
fn warn_about_parsers(texts: &[FileText], settings: &[ProfileSettings], warnings: &Warnings) {
    for text in texts.iter().filter(|text| text.has_bom) {
        warnings.add(Warning::ByteOrderMark { path: text.path.clone() });
    }
    for (setting, origin, difference) in settings.iter().flat_map(|profile| &profile.read_otherwise) {
        warnings.add(match difference {
            ParserDifference::WithComment => Warning::CommentCut { setting, origin: origin.clone() },
            ParserDifference::WithoutQuotes => Warning::Quoted { setting, origin: origin.clone() },
        });
    }
}

/// A role for more than one hour takes a code of its own: what one hour would take instead.
fn warn_about_long_role(plan: &Plan, cache: &Cache<'_>, steps: &Steps<'_>, warnings: &Warnings) {
    let call = &plan.call;
    let Some(device) = call.mfa.as_ref().filter(|_| call.duration.value > SessionDuration::ONE_HOUR) else { return };
    if call.role_arn().is_none() {
        return;
    }
    let mfa_session = StsCall::mfa_session(call.source().clone(), device.clone(), None);
    let cached = cache.fetch(&SessionKey::of(&mfa_session, plan), &steps.reuse.to_sign(&mfa_session));
    warnings.add(Warning::LongRole {
        seconds: call.duration.value.seconds(),
        origin: call.duration.origin.clone(),
        is_mfa_session_cached: cached.is_some(),
    });
}

impl Explanation<'_> {
    /// Whether this sign-in uses a setting of the files.
    fn is_used(&self, profile: &ProfileSettings, setting: &ShownSetting) -> bool {
        let plan = self.plan;
        match setting.name {
            // After a role the walk goes on; in a source profile keys take precedence.
            "source_profile" => plan.chain.roles.iter().any(|role| role.profile == profile.profile),
            "aws_account_id" => profile.profile == plan.chain.source.profile,
            "region" => {
                let exported = plan.region.as_ref().map(|r| &r.origin);
                exported == Some(&setting.origin) || plan.endpoint.region.origin == setting.origin
            }
            _ => {
                let calls = self.steps.list.iter().map(|step| step.call);
                calls.into_iter().any(|call| parameters(call).iter().any(|p| *p.origin == setting.origin))
            }
        }
    }

    /// Where the region of STS comes from, in words: if none is given it is a partition's.
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
        (Operation::GetSessionToken, _) if plan.call.role_arn().is_none() => {
            "long-term keys and an MFA device, no role"
        }
        (Operation::GetSessionToken, _) => "one code serves all roles of this user until this session expires",
        (_, Signer::Keys(_)) if call.mfa.is_some() => {
            "more than 1 h: STS refuses that to a role assumed from a session, so this call takes the code"
        }
        (_, Signer::Keys(source)) => match source.source.lifetime() {
            KeyLifetime::LongTerm => "no MFA device between the profile and its keys",
            KeyLifetime::Temporary => "temporary keys sign as a session does: 1 h at most",
            KeyLifetime::Unknown => "whether these keys are long-term is known only when they are read: 1 h at most",
        },
        (_, Signer::Session(_)) => "signed by the session before it, without a code; 1 h at most",
    }
}
