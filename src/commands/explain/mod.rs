//! `mfa-env explain PROFILE`: what a sign-in would do, and why. It never prompts, uses no network and does not change
//! the cache.

mod json;
mod overview;
mod text;

use super::outcome::Outcome;
use super::request;
use super::view;
use crate::cli::SignInArgs;
use crate::context::Context;
use crate::environment::{self, Preview};
use crate::error::Result;
use crate::origin::{Origin, Sourced};
use crate::plan::{Operation, Plan, Signer, StsCall};
use crate::printable::shown_value;
use crate::profile::{
    AwsFiles, ColonLine, FileText, KeyLifetime, LeftBehind, ParserDifference, ProfileName, ProfileSettings,
    RoleSessionName, ShownSetting,
};
use crate::section_difference::SectionDifference;
use crate::session::Cache;
use crate::sign_in::{
    CodeOption, Step, StepState, Steps, cached_user_name, has_mfa_session_beside, plan_without_lookup, read_aws_files,
};
use crate::style::{Screen, Stream};
use crate::warning::{Warning, Warnings};
use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  mfa-env explain prod                   show the calls, and which sessions are cached
  mfa-env explain prod --verbose         show every parameter and where it comes from
  mfa-env explain prod -d 4h             show what a longer session would need
  mfa-env explain prod --json            print JSON";

/// Show which calls a sign-in would make, and why, without making them.
#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// Profile in the AWS files [default: AWS_PROFILE, this shell's profile, AWS_DEFAULT_PROFILE or default]
    #[arg(value_name = "PROFILE")]
    first: Option<String>,
    #[command(flatten)]
    sign_in: SignInArgs,
    /// Show every parameter, where it comes from, and why each call is made
    #[arg(short, long)]
    verbose: bool,
    /// Print one JSON object; `mfa-env help json` describes its fields
    #[arg(long)]
    json: bool,
    /// Show how the view of `export --all` shows each profile
    #[arg(long, conflicts_with_all = ["first", "json"])]
    all: bool,
}

/// Everything that the explanation contains.
struct Explanation<'a> {
    profile: &'a Sourced<ProfileName>,
    plan: &'a Plan,
    settings: Vec<ProfileSettings>,
    steps: Steps<'a>,
    user_name: Option<RoleSessionName>,
    code: CodeOrigin,
    preview: Preview,
    left_behind: Vec<LeftBehind>,
    warnings: Vec<Warning>,
}

/// Where the code comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CodeOrigin {
    /// The user types it at the prompt.
    Prompt,
    /// The `mfa_process` of a profile prints it.
    Process,
    /// The user passes it, as an argument or on stdin.
    Passed,
    /// No call needs a code.
    NotNeeded,
}

pub(super) fn run(args: &ExplainArgs, context: &Context) -> Result<Outcome> {
    let Context { variables, warnings, .. } = context;
    if args.all {
        return Ok(Outcome::text(view::explanation(context)?));
    }
    let mut request = request::from_arguments(args.first.clone(), None, &args.sign_in, variables)?;
    // A shell may have keys without a session; this explains how to get one.
    request.overrides.no_session = false;
    let texts = read_aws_files(variables, warnings)?;
    let files = AwsFiles::index(&texts);
    let cache = request.options.cache(context).read_only();
    let plan = plan_without_lookup(&files, &request, &cache, context, warnings)?;
    let settings = ProfileSettings::of(&plan.chain, &files)?;
    warn_about_parsers(&texts, &settings, warnings);
    for ColonLine { origin, is_nested } in files.colon_lines() {
        warnings.add(Warning::Colon { origin, is_nested });
    }
    warn_about_sections(&files, &settings, warnings);
    for (key, origin, meant) in files.misspelt_settings(&plan.chain) {
        warnings.add(Warning::SettingMisspelt { key, origin, meant });
    }

    let is_code_given = !matches!(request.code, CodeOption::Ask);
    let steps = Steps::of(&plan, &cache, request.options.reuse(is_code_given, &plan, context));
    let user_name = cached_user_name(&plan, &cache);
    warn_about_long_role(&plan, &cache, &steps, warnings);
    let code = match (steps.need_code(), is_code_given, &plan.mfa_process) {
        (false, ..) => CodeOrigin::NotNeeded,
        (true, true, _) => CodeOrigin::Passed,
        (true, false, Some(_)) => CodeOrigin::Process,
        (true, false, None) => CodeOrigin::Prompt,
    };
    let preview = environment::preview(&plan, variables, warnings);
    let left_behind = LeftBehind::of(&plan.profile, &files, |name| variables.os(name).is_some())?;
    let mut warnings = warnings.take();
    warnings.sort_by_key(Warning::severity);
    let profile = &request.profile;
    let plan = &plan;
    let explanation = Explanation { profile, plan, settings, steps, user_name, code, preview, left_behind, warnings };
    let screen = Screen::of(Stream::Stdout, variables);
    Ok(Outcome::text(match (args.json, args.verbose) {
        (true, _) => explanation.json(),
        (false, true) => format!("{}\n{}", explanation.overview(&screen), explanation.text(&screen)),
        (false, false) => format!("{}{}", explanation.overview(&screen), overview::more(&screen)),
    }))
}

/// Warns about text in the AWS files that other programs read differently.
fn warn_about_parsers(texts: &[FileText], settings: &[ProfileSettings], warnings: &Warnings) {
    for text in texts.iter().filter(|text| text.has_bom) {
        warnings.add(Warning::ByteOrderMark { path: text.path.clone() });
    }
    for (setting, origin, difference) in settings.iter().flat_map(|profile| &profile.read_differently) {
        warnings.add(match difference {
            ParserDifference::WithComment => Warning::CommentCut { setting, origin: origin.clone() },
            ParserDifference::WithoutQuotes => Warning::Quoted { setting, origin: origin.clone() },
        });
    }
}

/// Warns about sections of the profiles in the chain that other tools read differently.
fn warn_about_sections(files: &AwsFiles<'_>, settings: &[ProfileSettings], warnings: &Warnings) {
    let concerns_chain = |difference: &SectionDifference| {
        let name = difference.profile.as_deref();
        name.is_none_or(|name| settings.iter().any(|profile| profile.profile.as_str() == name))
    };
    for (origin, problem) in files.malformed_lines() {
        warnings.add(Warning::LineIgnored { origin, problem });
    }
    let differences = files.section_differences().into_iter().chain(files.indented_comments());
    for difference in differences.filter(concerns_chain) {
        warnings.add(Warning::SectionDiffers(difference));
    }
}

/// Warns about a role session that needs its own code because it is longer than one hour, and says whether one hour
/// would need a code at all.
fn warn_about_long_role(plan: &Plan, cache: &Cache<'_>, steps: &Steps<'_>, warnings: &Warnings) {
    let call = &plan.call;
    if call.mfa.is_some() && call.role_arn().is_some() {
        warnings.add(Warning::LongRole {
            seconds: call.duration.value.seconds(),
            origin: call.duration.origin.clone(),
            is_mfa_session_cached: has_mfa_session_beside(call, plan, cache, steps.reuse),
        });
    }
}

impl Explanation<'_> {
    /// Whether this sign-in uses a setting from the AWS files.
    fn is_used(&self, profile: &ProfileSettings, setting: &ShownSetting) -> bool {
        let plan = self.plan;
        match setting.name {
            // It is used together with the role of the same profile. In a source profile, keys take precedence over it.
            "source_profile" => plan.chain.roles.iter().any(|role| role.profile == profile.profile),
            "aws_account_id" => profile.profile == plan.chain.source.profile,
            "region" => {
                let exported = plan.region.as_ref().map(|r| &r.origin);
                exported == Some(&setting.origin) || plan.endpoint.region.origin == setting.origin
            }
            _ => {
                let is_parameter =
                    |step| self.parameters(step).iter().any(|parameter| *parameter.origin == setting.origin);
                plan.mfa_max_age.as_ref().is_some_and(|age| age.origin == setting.origin)
                    || self.steps.list.iter().any(is_parameter)
            }
        }
    }

    /// The parameters of a call in the order of the STS API reference, without the code, which is not known yet.
    fn parameters<'p>(&'p self, step: &'p Step<'_>) -> Vec<Parameter<'p>> {
        let call = step.call;
        let mut all = Vec::new();
        if let Operation::AssumeRole { role_arn, role_session_name, external_id, .. } = &call.operation {
            all.push(Parameter::new("RoleArn", role_arn, |role| role.as_str().to_owned()));
            all.push(match role_session_name {
                Some(name) => Parameter::new("RoleSessionName", name, |name| name.as_str().to_owned()),
                None => Parameter { name: "RoleSessionName", value: self.default_name(step), origin: &Origin::Default },
            });
            all.extend(
                external_id
                    .iter()
                    .map(|id| Parameter::new("ExternalId", id, |id| shown_value(id.as_str()).into_owned())),
            );
        }
        all.push(Parameter::new("DurationSeconds", &call.duration, |duration| duration.seconds().to_string()));
        all.extend(call.mfa.iter().map(|device| Parameter {
            name: "SerialNumber",
            value: Some(device.value.as_str().to_owned()).filter(|_| !device.value.is_not_listed_yet()),
            origin: &device.origin,
        }));
        all
    }

    /// The name of a role session if none is set: that of the cached session, or that of the user.
    fn default_name(&self, step: &Step<'_>) -> Option<String> {
        let cached = match &step.state {
            StepState::Cached(entry) => entry.credentials.identity.as_deref().and_then(|arn| arn.rsplit('/').next()),
            StepState::ToMake | StepState::NotNeeded => None,
        };
        cached.or(self.user_name.as_ref().map(RoleSessionName::as_str)).map(str::to_owned)
    }

    /// Where the region of the calls comes from; if it is not set, the partition that decided it.
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

/// A parameter of a call, by its name in the STS API.
struct Parameter<'a> {
    name: &'static str,
    /// `None` if it is not known before the sign-in.
    value: Option<String>,
    origin: &'a Origin,
}

impl<'a> Parameter<'a> {
    fn new<T>(name: &'static str, value: &'a Sourced<T>, text: impl Fn(&T) -> String) -> Self {
        Parameter { name, value: Some(text(&value.value)), origin: &value.origin }
    }
}

/// Why this call is made, and made this way.
fn reason(call: &StsCall, plan: &Plan) -> &'static str {
    match (&call.operation, &call.signer) {
        (Operation::GetSessionToken, _) if plan.call.role_arn().is_none() => match call.device() {
            Some(device) if device.value.is_not_listed_yet() => {
                "the profile has long-term keys, but no role and no MFA device, so the user's own is looked up first"
            }
            _ => "the profile has long-term keys and an MFA device, but no role",
        },
        (Operation::GetSessionToken, _) => {
            "this session serves all roles of this user, so one code is enough until it expires"
        }
        (_, Signer::Keys(_)) if call.mfa.is_some() => {
            "STS limits a role assumed from a session to 1 h; a longer one needs long-term keys and a code"
        }
        (_, Signer::Keys(source)) => match source.source.lifetime() {
            KeyLifetime::LongTerm => "no profile in the chain has an MFA device, so no code is sent",
            KeyLifetime::Temporary => "the keys are temporary, so STS limits the role session to 1 h",
            KeyLifetime::Unknown => "the keys may be temporary, so the role session is limited to 1 h",
        },
        (_, Signer::Session(_)) => "a call signed with a session needs no code, and STS limits the role session to 1 h",
    }
}
