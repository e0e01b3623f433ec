//! What was typed about a session, sorted and checked as far as it can be without files.

use crate::cli::SignInArgs;
use crate::credentials::TokenCode;
use crate::error::{Result, UsageError, ValueError};
use crate::mfa::{self, CodeSource, PromptStyle};
use crate::origin::{Origin, Sourced};
use crate::plan::Overrides;
use crate::platform;
use crate::profile::{
    ExternalId, MfaSerial, ProfileName, Region, RoleArn, RoleSessionName, SessionDuration, checked, typed_seconds,
};
use crate::variables::Variables;

/// Less than this left, and a session is renewed rather than handed out.
const MIN_TTL: u32 = 300;

/// What was asked for.
pub(super) struct Request {
    pub profile: Sourced<ProfileName>,
    /// A lone word of digits that is not six long: if there is no such profile, it was meant for a code.
    pub may_be_code: bool,
    pub code: CodeOption,
    pub overrides: Overrides,
    /// Seconds that must be left of a kept session.
    pub min_ttl: u32,
    pub renew: bool,
    pub no_cache: bool,
    pub no_preflight: bool,
    pub quiet: bool,
}

/// Where the code is to come from. stdin is read when everything else is known to be right.
pub(super) enum CodeOption {
    Given(TokenCode),
    Stdin,
    Ask,
}

impl CodeOption {
    pub fn source(self, variables: &Variables) -> Result<CodeSource> {
        Ok(match self {
            CodeOption::Given(code) => CodeSource::Given(code),
            CodeOption::Stdin => CodeSource::Given(mfa::read_code(&mut platform::stdin())?),
            CodeOption::Ask => CodeSource::Person(PromptStyle {
                echo: variables.os("MFA_ENV_ECHO").is_some_and(|v| v == "1"),
                can_repaint: variables.os("TERM").is_some_and(|term| term != "dumb"),
            }),
        })
    }
}

impl Request {
    /// Sorts what was typed into profile, code and overrides, and checks each by its rule.
    pub fn from(
        first: Option<String>,
        second: Option<String>,
        sign_in: &SignInArgs,
        variables: &Variables,
    ) -> Result<Self> {
        let words = Positionals::sort(first, second, sign_in.profile.clone())?;
        let code = match (words.code, sign_in.code.as_deref()) {
            (Some(_), Some(_)) => return Err(UsageError::TwoCodes.into()),
            (None, Some("-")) => CodeOption::Stdin,
            (None, None) => CodeOption::Ask,
            (Some(typed), None) => CodeOption::Given(parse_code(&typed)?),
            (None, Some(typed)) => CodeOption::Given(parse_code(typed)?),
        };
        let profile = match words.profile {
            Some((name, origin)) => checked("profile", &name, &origin, ProfileName::parse)?,
            None => profile_of_shell(variables)?,
        };
        Ok(Request {
            profile,
            may_be_code: words.may_be_code,
            code,
            overrides: overrides(sign_in, variables)?,
            min_ttl: min_ttl(sign_in.min_ttl.as_deref())?,
            renew: sign_in.renew,
            no_cache: sign_in.no_cache,
            no_preflight: sign_in.no_preflight,
            quiet: sign_in.quiet,
        })
    }
}

/// The positional words by what they are.
struct Positionals {
    profile: Option<(String, Origin)>,
    code: Option<String>,
    may_be_code: bool,
}

impl Positionals {
    fn sort(first: Option<String>, second: Option<String>, flag: Option<String>) -> Result<Self> {
        let flagged = flag.map(|name| (name, Origin::Flag("--profile")));
        let positional = |name: String| Some((name, Origin::Flag("PROFILE")));
        Ok(match (first, second, flagged) {
            (None, _, profile) => Positionals { profile, code: None, may_be_code: false },
            // With the profile named, a word beside it is the code.
            (Some(code), None, Some(profile)) => {
                Positionals { profile: Some(profile), code: Some(code), may_be_code: false }
            }
            (Some(first), Some(_), Some(_)) => {
                parse_code(&first)?;
                return Err(UsageError::TwoCodes.into());
            }
            (Some(word), None, None) if is_six_digits(&word) => {
                Positionals { profile: None, code: Some(word), may_be_code: false }
            }
            (Some(word), None, None) => {
                let may_be_code = word.chars().all(|c| c.is_numeric() || c.is_whitespace() || c == '-');
                Positionals { profile: positional(word), code: None, may_be_code }
            }
            (Some(first), Some(second), None) if TokenCode::parse(&second).is_none() => {
                return Err(UsageError::TwoProfiles { first, second }.into());
            }
            (Some(first), Some(second), None) => {
                Positionals { profile: positional(first), code: Some(second), may_be_code: false }
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
pub(super) fn profile_of_shell(variables: &Variables) -> Result<Sourced<ProfileName>> {
    for name in ["AWS_PROFILE", "MFA_ENV_PROFILE", "AWS_DEFAULT_PROFILE"] {
        if let Some(value) = variables.text(name)? {
            return checked("profile", value, &Origin::Variable(name), ProfileName::parse);
        }
    }
    checked("profile", "default", &Origin::Default, ProfileName::parse)
}

fn min_ttl(typed: Option<&str>) -> Result<u32> {
    let flag = "--min-ttl";
    let typed = typed.map(|t| checked(flag, t, &Origin::Flag(flag), typed_seconds)).transpose()?;
    Ok(typed.map_or(MIN_TTL, |t| t.value))
}

fn overrides(args: &SignInArgs, variables: &Variables) -> Result<Overrides> {
    fn flag<T>(
        name: &'static str,
        value: Option<&String>,
        parse: impl Fn(&str) -> std::result::Result<T, ValueError>,
    ) -> Result<Option<Sourced<T>>> {
        value.map(|v| checked(name, v, &Origin::Flag(name), parse)).transpose()
    }
    let device = match (&args.mfa_serial, variables.text("MFA_ENV_MFA_SERIAL")?) {
        (None, Some(value)) => {
            Some(checked("mfa_serial", value, &Origin::Variable("MFA_ENV_MFA_SERIAL"), MfaSerial::parse)?)
        }
        (by_flag, _) => flag("--mfa-serial", by_flag.as_ref(), MfaSerial::parse)?,
    };
    Ok(Overrides {
        duration: flag("--duration", args.duration.as_ref(), SessionDuration::parse_typed)?,
        region: flag("--region", args.region.as_ref(), Region::parse)?,
        mfa_serial: device,
        role_arn: flag("--role-arn", args.role_arn.as_ref(), RoleArn::parse)?,
        role_session_name: flag("--role-session-name", args.role_session_name.as_ref(), RoleSessionName::parse)?,
        external_id: flag("--external-id", args.external_id.as_ref(), ExternalId::parse)?,
        no_mfa_process: args.no_mfa_process,
    })
}
