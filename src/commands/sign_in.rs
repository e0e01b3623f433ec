//! The pipeline that ends in a session: files, chain, plan, code, calls.

use super::{World, say, say_remarks, shown};
use crate::cli::{ExportArgs, SignInArgs};
use crate::credentials::{SessionCredentials, TokenCode};
use crate::environment;
use crate::error::{Error, Refusal, Result, UsageError};
use crate::mfa::{self, CodeSource, Question};
use crate::origin::{Origin, Sourced};
use crate::plan::{Plan, StsCall, Wishes};
use crate::platform::{self, Terminal};
use crate::profile::{
    AwsFiles, Chain, ExternalId, Locations, MfaSerial, ProfileName, Region, RoleArn, RoleSessionName, SessionDuration,
    checked,
};
use crate::remark::Remark;
use crate::sts::Sts;
use crate::variables::Variables;

/// What was asked for, checked as far as it can be without files.
pub(super) struct Request {
    profile: Sourced<ProfileName>,
    /// A lone word of digits that is not six long: if there is no such profile, it was meant for a code.
    may_be_code: bool,
    code: CodeWish,
    wishes: Wishes,
    no_preflight: bool,
    quiet: bool,
}

/// Where the code is to come from. stdin is read when everything else is known to be right.
enum CodeWish {
    Given(TokenCode),
    Stdin,
    Ask,
}

/// A session, and the plan that it came from.
pub(super) struct SignedIn {
    pub plan: Plan,
    pub credentials: SessionCredentials,
}

/// From what was asked for to a session.
pub(super) fn sign_in(request: Request, world: &World) -> Result<SignedIn> {
    let Request { profile, may_be_code, code, wishes, no_preflight, quiet } = request;
    let locations = Locations::from(&world.variables)?;
    let (texts, missing) = AwsFiles::read(&locations)?;
    let files = AwsFiles::index(&texts)?;
    let chain = Chain::walk(&files, &profile.value, wishes.role_arn.clone())
        .map_err(|e| as_code(e, may_be_code, &profile.value))?;
    let plan = Plan::make(chain, &wishes, environment::ambient_region(&world.variables)?, &world.variables)?;
    let mut remarks: Vec<Remark> = missing.into_iter().map(|variable| Remark::FileMissing { variable }).collect();
    remarks.extend(plan.remarks.iter().cloned());
    say_remarks(&remarks, quiet);

    let code = code.source(&world.variables)?;
    let session = SigningIn { plan: &plan, sts: Sts::at(plan.endpoint.clone()), code, no_preflight, quiet };
    let credentials = session.obtain(&plan.call)?;
    Ok(SignedIn { plan, credentials })
}

/// One sign-in under way.
struct SigningIn<'a> {
    plan: &'a Plan,
    sts: Sts,
    code: CodeSource,
    no_preflight: bool,
    quiet: bool,
}

impl SigningIn<'_> {
    /// The session of a call: first that of the call before it, then a code where one is needed, then the call.
    fn obtain(&self, call: &StsCall) -> Result<SessionCredentials> {
        let keys = match call.parent() {
            Some(parent) => self.obtain(parent)?.keys(),
            None => call.key_source().keys.clone(),
        };
        let code = call.mfa.as_ref().map(|_| self.code_for(call)).transpose()?;
        let waiting = |host: &str| {
            if !self.quiet {
                say(&format!("waiting for {}", shown(host)));
            }
        };
        let answer = match self.sts.call(call, keys.clone(), code, waiting) {
            Err(Error::Aws(refusal)) if refusal.reason == Refusal::DurationOverRole && can_fall_back(call) => {
                let shorter = StsCall { duration: Sourced::default_of(SessionDuration::ONE_HOUR), ..call.clone() };
                let profile = self.plan.profile.to_string();
                let refused = Remark::DurationRefused {
                    profile,
                    origin: call.duration.origin.clone(),
                    from: call.duration.value.seconds(),
                };
                say_remarks(&[refused], self.quiet);
                self.sts.call(&shorter, keys, None, waiting)
            }
            answer => answer,
        }?;
        say_remarks(&answer.remarks, self.quiet);
        Ok(answer.credentials)
    }

    fn code_for(&self, call: &StsCall) -> Result<TokenCode> {
        let echo = match &self.code {
            CodeSource::Given(code) => return Ok(code.clone()),
            CodeSource::Terminal { echo } => *echo,
        };
        let question = Question { call, endpoint: &self.plan.endpoint };
        let terminal = Terminal::open()?;
        if self.no_preflight {
            return mfa::ask(&question, &terminal, echo, None);
        }
        let (waker, mut wakeup) = platform::waker().map_err(|e| Error::Unexpected(format!("no pipe: {e}")))?;
        let preflight = self.sts.preflight(call, call.key_source().keys.clone(), waker)?;
        mfa::ask(&question, &terminal, echo, Some((&preflight, &mut wakeup)))
    }
}

/// A role that refuses its profile's duration gets an hour, which every role allows, where that costs no second code.
fn can_fall_back(call: &StsCall) -> bool {
    call.mfa.is_none() && matches!(call.duration.origin, Origin::File { .. })
}

fn as_code(e: Error, may_be_code: bool, profile: &ProfileName) -> Error {
    match e {
        Error::Config(crate::error::ConfigError::ProfileNotFound { .. }) if may_be_code => {
            UsageError::NotACode { typed: profile.to_string() }.into()
        }
        e => e,
    }
}

impl CodeWish {
    fn source(self, variables: &Variables) -> Result<CodeSource> {
        Ok(match self {
            CodeWish::Given(code) => CodeSource::Given(code),
            CodeWish::Stdin => CodeSource::Given(mfa::read_code(&mut platform::stdin())?),
            CodeWish::Ask => CodeSource::Terminal { echo: variables.os("MFA_ENV_ECHO").is_some_and(|v| v == "1") },
        })
    }
}

impl Request {
    /// Sorts what was typed into profile, code and wishes, and checks each by its rule.
    pub fn from(args: ExportArgs, variables: &Variables) -> Result<Self> {
        let ExportArgs { first, second, sign_in, .. } = args;
        let words = Words::sort(first, second, sign_in.profile.clone())?;
        let code = match (words.code, sign_in.code.as_deref()) {
            (Some(_), Some(_)) => return Err(UsageError::TwoCodes.into()),
            (None, Some("-")) => CodeWish::Stdin,
            (None, None) => CodeWish::Ask,
            (Some(typed), None) => CodeWish::Given(parse_code(&typed)?),
            (None, Some(typed)) => CodeWish::Given(parse_code(typed)?),
        };
        let profile = match words.profile {
            Some((name, origin)) => checked("profile", &name, &origin, ProfileName::parse)?,
            None => profile_of_shell(variables)?,
        };
        Ok(Request {
            profile,
            may_be_code: words.may_be_code,
            code,
            wishes: wishes(&sign_in, variables)?,
            no_preflight: sign_in.no_preflight,
            quiet: sign_in.quiet,
        })
    }
}

/// The positional words by what they are.
struct Words {
    profile: Option<(String, Origin)>,
    code: Option<String>,
    may_be_code: bool,
}

impl Words {
    fn sort(first: Option<String>, second: Option<String>, flag: Option<String>) -> Result<Self> {
        let flagged = flag.map(|name| (name, Origin::Flag("--profile")));
        let positional = |name: String| Some((name, Origin::Flag("PROFILE")));
        Ok(match (first, second, flagged) {
            (None, _, profile) => Words { profile, code: None, may_be_code: false },
            // With the profile named, a word beside it is the code.
            (Some(code), None, Some(profile)) => Words { profile: Some(profile), code: Some(code), may_be_code: false },
            (Some(first), Some(_), Some((second, _))) => return Err(UsageError::TwoProfiles { first, second }.into()),
            (Some(word), None, None) if is_six_digits(&word) => {
                Words { profile: None, code: Some(word), may_be_code: false }
            }
            (Some(word), None, None) => {
                let may_be_code = word.chars().all(|c| c.is_numeric() || c.is_whitespace() || c == '-');
                Words { profile: positional(word), code: None, may_be_code }
            }
            (Some(first), Some(second), None) if TokenCode::parse(&second).is_none() => {
                return Err(UsageError::TwoProfiles { first, second }.into());
            }
            (Some(first), Some(second), None) => {
                Words { profile: positional(first), code: Some(second), may_be_code: false }
            }
        })
    }
}

fn is_six_digits(word: &str) -> bool {
    word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())
}

fn parse_code(typed: &str) -> Result<TokenCode> {
    TokenCode::parse(typed).ok_or_else(|| UsageError::NotACode { typed: typed.chars().take(40).collect() }.into())
}

/// `AWS_PROFILE`, else the profile that this shell is signed in to, else `AWS_DEFAULT_PROFILE`, else `default`.
fn profile_of_shell(variables: &Variables) -> Result<Sourced<ProfileName>> {
    for name in ["AWS_PROFILE", "MFA_ENV_PROFILE", "AWS_DEFAULT_PROFILE"] {
        if let Some(value) = variables.text(name)? {
            return checked("profile", value, &Origin::Variable(name), ProfileName::parse);
        }
    }
    checked("profile", "default", &Origin::Default, ProfileName::parse)
}

fn wishes(args: &SignInArgs, variables: &Variables) -> Result<Wishes> {
    fn flag<T>(
        name: &'static str,
        value: Option<&String>,
        parse: impl Fn(&str) -> std::result::Result<T, crate::error::Flaw>,
    ) -> Result<Option<Sourced<T>>> {
        value.map(|v| checked(name, v, &Origin::Flag(name), parse)).transpose()
    }
    let device = match (&args.mfa_serial, variables.text("MFA_ENV_MFA_SERIAL")?) {
        (None, Some(value)) => {
            Some(checked("mfa_serial", value, &Origin::Variable("MFA_ENV_MFA_SERIAL"), MfaSerial::parse)?)
        }
        (by_flag, _) => flag("--mfa-serial", by_flag.as_ref(), MfaSerial::parse)?,
    };
    Ok(Wishes {
        duration: flag("--duration", args.duration.as_ref(), SessionDuration::parse_typed)?,
        region: flag("--region", args.region.as_ref(), Region::parse)?,
        mfa_serial: device,
        role_arn: flag("--role-arn", args.role_arn.as_ref(), RoleArn::parse)?,
        role_session_name: flag("--role-session-name", args.role_session_name.as_ref(), RoleSessionName::parse)?,
        external_id: flag("--external-id", args.external_id.as_ref(), ExternalId::parse)?,
    })
}
