//! From what was typed to a [`Request`]: which word is the profile, which one is the code, and whether each value is
//! valid.

use crate::cli::SignInArgs;
use crate::credentials::TokenCode;
use crate::error::{Result, UsageError, ValueError};
use crate::origin::{Origin, Sourced};
use crate::plan::Overrides;
use crate::profile::{
    ExternalId, MfaSerial, ProfileName, Region, RoleArn, RoleSessionName, SessionDuration, checked, typed_seconds,
};
use crate::sign_in::{CodeOption, Options, Request};
use crate::variables::Variables;

/// In seconds. A cached session with less time left than this is renewed.
const DEFAULT_MIN_TTL: u32 = 300;

/// The request that the arguments and variables make.
///
/// # Errors
/// A value is invalid, or there are two codes or two profiles.
pub(super) fn from_arguments(
    first: Option<String>,
    second: Option<String>,
    args: &SignInArgs,
    variables: &Variables,
) -> Result<Request> {
    let positionals = Positionals::classify(first, second, args.profile.clone())?;
    let code = match (positionals.code, args.code.as_deref()) {
        (Some(_), Some(_)) => return Err(UsageError::TwoCodes.into()),
        (None, Some("-")) => CodeOption::Stdin,
        (None, None) => CodeOption::Ask,
        (Some(typed), None) => CodeOption::Given(parse_code(&typed)?),
        (None, Some(typed)) => CodeOption::Given(parse_code(typed)?),
    };
    let profile = match positionals.profile {
        Some((name, origin)) => checked("profile", &name, &origin, ProfileName::parse)?,
        None => default_profile(variables)?,
    };
    Ok(Request {
        profile,
        may_be_code: positionals.may_be_code,
        code,
        overrides: overrides(args, variables)?,
        options: Options {
            min_ttl: flag("--min-ttl", args.min_ttl.as_ref(), typed_seconds)?.map_or(DEFAULT_MIN_TTL, |ttl| ttl.value),
            renew: args.renew,
            no_cache: args.no_cache,
            no_preflight: args.no_preflight,
        },
    })
}

/// The profile and the code among the positional arguments and `--profile`.
struct Positionals {
    profile: Option<(String, Origin)>,
    code: Option<String>,
    /// See [`Request::may_be_code`].
    may_be_code: bool,
}

impl Positionals {
    fn classify(first: Option<String>, second: Option<String>, flag: Option<String>) -> Result<Self> {
        let flagged = flag.map(|name| (name, Origin::Flag("--profile")));
        let positional = |name: String| Some((name, Origin::Flag("PROFILE")));
        Ok(match (first, second, flagged) {
            (None, _, profile) => Positionals { profile, code: None, may_be_code: false },
            // With --profile, a single word is the code.
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

/// The profile if the user named none: `AWS_PROFILE`, then the one that this shell is signed in to, then
/// `AWS_DEFAULT_PROFILE`, then `default`.
///
/// # Errors
/// The variable that decides does not contain a profile name.
pub(super) fn default_profile(variables: &Variables) -> Result<Sourced<ProfileName>> {
    for name in ["AWS_PROFILE", "MFA_ENV_PROFILE", "AWS_DEFAULT_PROFILE"] {
        if let Some(value) = variables.text(name)? {
            return checked("profile", value, &Origin::Variable(name), ProfileName::parse);
        }
    }
    checked("profile", "default", &Origin::Default, ProfileName::parse)
}

fn overrides(args: &SignInArgs, variables: &Variables) -> Result<Overrides> {
    let mfa_serial = match (&args.mfa_serial, variables.text("MFA_ENV_MFA_SERIAL")?) {
        (None, Some(value)) => {
            Some(checked("mfa_serial", value, &Origin::Variable("MFA_ENV_MFA_SERIAL"), MfaSerial::parse)?)
        }
        (typed, _) => flag("--mfa-serial", typed.as_ref(), MfaSerial::parse)?,
    };
    Ok(Overrides {
        duration: flag("--duration", args.duration.as_ref(), SessionDuration::parse_typed)?,
        region: flag("--region", args.region.as_ref(), Region::parse)?,
        mfa_serial,
        role_arn: flag("--role-arn", args.role_arn.as_ref(), RoleArn::parse)?,
        role_session_name: flag("--role-session-name", args.role_session_name.as_ref(), RoleSessionName::parse)?,
        external_id: flag("--external-id", args.external_id.as_ref(), ExternalId::parse)?,
        no_mfa_process: args.no_mfa_process,
    })
}

fn flag<T>(
    name: &'static str,
    typed: Option<&String>,
    parse: impl Fn(&str) -> std::result::Result<T, ValueError>,
) -> Result<Option<Sourced<T>>> {
    typed.map(|value| checked(name, value, &Origin::Flag(name), parse)).transpose()
}
