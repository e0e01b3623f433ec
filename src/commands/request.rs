//! From what was typed to a [`Request`]: which word is the profile, which one is the code, and whether each value is
//! valid.

use crate::cli::SignInArgs;
use crate::credentials::TokenCode;
use crate::environment::{SessionOptions, ShellSession};
use crate::error::{Result, UsageError, ValueError};
use crate::origin::{Origin, Sourced};
use crate::plan::Overrides;
use crate::profile::{
    DeviceChoice, ExternalId, MfaMaxAge, ProfileName, Region, RoleArn, RoleSessionName, SessionDuration, checked,
    typed_seconds,
};
use crate::sign_in::{Asking, CodeOption, Options, Request};
use crate::variables::Variables;
use crate::warning::Warnings;

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
    let first_half = match (&first, &second, &args.profile) {
        (Some(code), None, None) => parts(code).and_then(|(half, _)| ProfileName::parse(half).ok()),
        _ => None,
    };
    let positionals = Positionals::classify(first, second, args.profile.clone())?;
    let code = match (positionals.code, args.code.as_deref()) {
        (Some(_), Some(_)) => return Err(UsageError::TwoCodes.into()),
        (None, Some("-")) => CodeOption::Stdin,
        (None, None) => CodeOption::Ask,
        (Some(typed), None) => CodeOption::Given(parse_code(&typed)?),
        (None, Some(typed)) => CodeOption::Given(parse_code(typed)?),
    };
    let (profile, renewed) = match positionals.profile {
        Some((name, origin)) => (checked("profile", &name, &origin, ProfileName::parse)?, Overrides::default()),
        None => default_session(variables)?,
    };
    Ok(Request {
        profile,
        may_be_code: positionals.may_be_code,
        first_half,
        code,
        overrides: overrides(args, renewed, variables)?,
        options: Options {
            min_ttl: flag("--min-ttl", args.min_ttl.as_ref(), typed_seconds)?.map(|ttl| ttl.value),
            default_min_ttl: DEFAULT_MIN_TTL,
            renew: args.renew.is_some(),
            no_cache: args.no_cache.is_some(),
            no_preflight: args.no_preflight.is_some(),
            asking: if args.no_input.is_some() { Asking::Forbidden } else { Asking::Allowed },
            memory: None,
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
            (Some(word), None, None) if is_code(&word) => {
                Positionals { profile: None, code: Some(word), may_be_code: false }
            }
            (Some(word), None, None) => {
                let may_be_code = word.chars().all(|c| c.is_numeric() || c.is_whitespace() || c == '-');
                Positionals { profile: positional(word), code: None, may_be_code }
            }
            (Some(code), Some(name), None) if is_code(&code) && !is_code(&name) => {
                Positionals { profile: positional(name), code: Some(code), may_be_code: false }
            }
            (Some(first), Some(second), None) if TokenCode::parse(&second).is_none() => {
                return Err(UsageError::TwoProfiles { first, second, meaning: None }.into());
            }
            (Some(first), Some(second), None) => {
                Positionals { profile: positional(first), code: Some(second), may_be_code: false }
            }
        })
    }
}

/// Whether a word is a code and not a profile: six digits, which may be in two parts.
pub(super) fn is_code(word: &str) -> bool {
    let word = word.trim_ascii_end();
    word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit()) || parts(word).is_some()
}

/// The parts of a code that was typed in two, of three digits each.
fn parts(word: &str) -> Option<(&str, &str)> {
    let is_part = |part: &str| part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit());
    word.trim_ascii_end().split_once(' ').filter(|(first, second)| is_part(first) && is_part(second))
}

fn parse_code(typed: &str) -> Result<TokenCode> {
    TokenCode::parse(typed).ok_or_else(|| UsageError::NotACode { typed: typed.chars().take(40).collect() }.into())
}

/// The profile if the user named none: `AWS_PROFILE`, then the one that this shell is signed in to, then
/// `AWS_DEFAULT_PROFILE`, then `default`. The session of this shell comes with the options that made it what it is.
///
/// # Errors
/// The variable that decides does not contain a profile name, or the options of this shell's session are not known: to
/// leave them out, or to use another profile instead, would give another session than the one to renew.
pub(super) fn default_session(variables: &Variables) -> Result<(Sourced<ProfileName>, Overrides)> {
    let named = |name| -> Result<Option<Sourced<ProfileName>>> {
        let value = variables.text(name)?;
        value.map(|value| checked("profile", value, &Origin::Variable(name), ProfileName::parse)).transpose()
    };
    if let Some(profile) = named("AWS_PROFILE")? {
        return Ok((profile, Overrides::default()));
    }
    let profile = named("MFA_ENV_PROFILE")?;
    let unknown = |reason| {
        let profile = profile.as_ref().map(|profile| profile.value.to_string());
        UsageError::OptionsUnknown { profile, reason }.into()
    };
    let shell = ShellSession::read(variables, &Warnings::default());
    let renews = shell.has_our_keys();
    match (shell.options(), &profile) {
        (SessionOptions::None, Some(profile)) => {
            return Ok((profile.clone(), Overrides { renews, ..Overrides::default() }));
        }
        (SessionOptions::Some(overrides), Some(profile)) => {
            return Ok((profile.clone(), Overrides { renews, ..*overrides }));
        }
        (SessionOptions::Unknown(reason), _) => return Err(unknown(reason)),
        (SessionOptions::Some(_), None) => return Err(unknown("its profile is not in this shell")),
        (SessionOptions::None, None) => {}
    }
    let default = || checked("profile", "default", &Origin::Default, ProfileName::parse);
    Ok((named("AWS_DEFAULT_PROFILE")?.map_or_else(default, Ok)?, Overrides::default()))
}

/// The options as typed; those that were not typed are those of the session that is `renewed`.
fn overrides(args: &SignInArgs, renewed: Overrides, variables: &Variables) -> Result<Overrides> {
    let mfa_serial = flag("--mfa-serial", args.mfa_serial.as_ref(), DeviceChoice::parse)?.or(renewed.mfa_serial);
    let mfa_serial = match (mfa_serial, variables.text("MFA_ENV_MFA_SERIAL")?) {
        (None, Some(value)) => {
            Some(checked("mfa_serial", value, &Origin::Variable("MFA_ENV_MFA_SERIAL"), DeviceChoice::parse)?)
        }
        (option, _) => option,
    };
    let role_session_name = flag("--role-session-name", args.role_session_name.as_ref(), RoleSessionName::parse)?;
    Ok(Overrides {
        duration: flag("--duration", args.duration.as_ref(), SessionDuration::parse_typed)?.or(renewed.duration),
        region: flag("--region", args.region.as_ref(), Region::parse)?.or(renewed.region),
        mfa_serial,
        listed_device: None,
        role_arn: flag("--role-arn", args.role_arn.as_ref(), RoleArn::parse)?.or(renewed.role_arn),
        role_session_name: role_session_name.or(renewed.role_session_name),
        external_id: flag("--external-id", args.external_id.as_ref(), ExternalId::parse)?.or(renewed.external_id),
        mfa_max_age: flag("--mfa-max-age", args.mfa_max_age.as_ref(), MfaMaxAge::parse)?,
        renews: renewed.renews,
        shares_code: false,
        no_mfa_process: args.no_mfa_process.is_some(),
        no_session: args.no_session.0 || renewed.no_session,
    })
}

fn flag<T>(
    name: &'static str,
    typed: Option<&String>,
    parse: impl Fn(&str) -> std::result::Result<T, ValueError>,
) -> Result<Option<Sourced<T>>> {
    typed.map(|value| checked(name, value, &Origin::Flag(name), parse)).transpose()
}
