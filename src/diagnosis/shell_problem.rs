//! What can be wrong with a shell: its variables, the profile that they select, and the clock.

use super::advice::{Advice, Typing};
use super::sign_in_line::SignInLine;
use crate::clock::{ClockOffset, HumanDuration, SET_CLOCK};
use crate::credentials::Expiration;
use crate::error::MissingFile;
use crate::function_name::function_name;
use crate::origin::Origin;
use crate::printable::{printable, printable_path, shown_value};
use crate::timestamp::NotATime;

/// In characters. AWS's messages have a few hundred.
const LONGEST_MESSAGE: usize = 300;

/// Something that is certainly wrong with a shell, or in the way of programs that it starts. Whether it is the cause of
/// an error is another question.
#[derive(Debug)]
pub enum ShellProblem {
    /// AWS rejects the keys.
    Rejected {
        /// The access key.
        access_key_id: String,
        /// The profile that it is from; `None` for the variables.
        profile: Option<String>,
        /// Whether it is that of a session.
        is_temporary: bool,
        /// Why.
        reason: Rejection,
    },
    /// AWS accepts the session of this user, but IAM does not.
    WithoutMfa { user: String, profile: Option<String> },
    /// AWS's clock shows another time than this machine's.
    ClockDiffers(ClockOffset),
    /// The access key ID and its secret, each in the variable of the other.
    Swapped,
    /// An access key ID without its secret, or a temporary one without its token.
    Incomplete { missing: &'static str, access_key_id: String },
    /// A session token with a long-term access key.
    TokenWithLongTermKey { variable: &'static str, access_key_id: String },
    /// Two session tokens, of which programs use different ones.
    TwoTokens,
    /// The variable is of another session than the access key, as the cache knows.
    Mixed { variable: &'static str, access_key_id: String },
    /// A key or token with characters that none has, with what is wrong.
    Damaged { variable: &'static str, problem: &'static str },
    /// The session has expired.
    Expired { profile: Option<String>, at: Expiration },
    /// `AWS_CREDENTIAL_EXPIRATION` is past, but is not that of the keys.
    OtherExpiration,
    /// `AWS_CREDENTIAL_EXPIRATION` cannot be read.
    ExpirationUnreadable(NotATime),
    /// The clock was set back since the session was made, by this many seconds.
    ClockSetBack(u64),
    /// The view of all profiles was replaced.
    LostView,
    /// A variable names a file that does not exist.
    FileMissing(MissingFile),
    /// The profile that programs use cannot be used, with the reason.
    ProfileUnusable { variable: Option<&'static str>, what: String, advice: Option<String> },
    /// The session in the profile that programs use has expired, as the program that wrote it says.
    ProfileExpired { profile: String, at: Expiration, origin: Origin },
    /// The profile that programs use needs a code.
    ProfileNeedsCode { profile: String, variable: Option<&'static str>, device: Origin },
    /// There are neither keys nor a profile.
    NoCredentials,
    /// A variable selects a profile without a name, which only some programs take for none.
    EmptyProfile { variable: &'static str },
    /// A profile is selected although there are keys.
    ProfileWithKeys { variable: &'static str, profile: String },
    /// The region is in another partition than the session.
    OtherPartition { variable: &'static str, region: String, partition: String, right: &'static str },
    /// A variable has something that is not a region.
    NotARegion { variable: &'static str, what: String, advice: Option<String> },
    /// Programs use different regions.
    TwoRegions { region: String, default: String },
    /// A service uses this token instead of the session.
    BearerToken(String),
}

/// Why AWS rejects keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The session has expired.
    Expired,
    /// It does not know the key or the token.
    UnknownKey,
    /// The secret is not that of the key.
    WrongSecret,
    /// The time of the request is wrong.
    Clock,
    /// Anything else, in AWS's words.
    Other {
        /// Its error code.
        code: String,
        /// Its message.
        message: String,
    },
}

impl ShellProblem {
    /// Its name for programs; it never changes.
    pub fn name(&self) -> &'static str {
        match self {
            ShellProblem::Rejected { .. } => "rejected",
            ShellProblem::WithoutMfa { .. } => "without-mfa",
            ShellProblem::ClockDiffers(_) => "clock",
            ShellProblem::Swapped => "swapped-keys",
            ShellProblem::Incomplete { .. } => "incomplete-keys",
            ShellProblem::TokenWithLongTermKey { .. } => "token-with-long-term-key",
            ShellProblem::TwoTokens => "two-tokens",
            ShellProblem::Mixed { .. } => "mixed-credentials",
            ShellProblem::Damaged { .. } => "damaged-keys",
            ShellProblem::Expired { .. } => "expired",
            ShellProblem::OtherExpiration => "other-expiration",
            ShellProblem::ExpirationUnreadable(_) => "unreadable-expiration",
            ShellProblem::ClockSetBack(_) => "clock-set-back",
            ShellProblem::LostView => "lost-view",
            ShellProblem::FileMissing(_) => "missing-file",
            ShellProblem::ProfileUnusable { .. } => "unusable-profile",
            ShellProblem::ProfileExpired { .. } => "expired-profile",
            ShellProblem::ProfileNeedsCode { .. } => "code-needed",
            ShellProblem::NoCredentials => "no-credentials",
            ShellProblem::EmptyProfile { .. } => "empty-profile",
            ShellProblem::ProfileWithKeys { .. } => "profile-and-session",
            ShellProblem::OtherPartition { .. } => "other-partition",
            ShellProblem::NotARegion { .. } => "not-a-region",
            ShellProblem::TwoRegions { .. } => "two-regions",
            ShellProblem::BearerToken(_) => "bearer-token",
        }
    }

    /// Whether AWS rejects the keys because of it.
    pub(super) fn is_about_keys(&self) -> bool {
        matches!(
            self,
            ShellProblem::Swapped
                | ShellProblem::Incomplete { .. }
                | ShellProblem::TokenWithLongTermKey { .. }
                | ShellProblem::TwoTokens
                | ShellProblem::Mixed { .. }
                | ShellProblem::Damaged { .. }
                | ShellProblem::Expired { .. }
                | ShellProblem::ProfileExpired { .. }
                | ShellProblem::OtherPartition { .. }
        )
    }

    /// What is wrong, in one line. Untrusted text is escaped.
    pub fn what(&self) -> String {
        match self {
            ShellProblem::Rejected { access_key_id, profile, is_temporary, reason } => {
                let (key, from) = (shown(access_key_id), place(profile.as_deref()));
                match (reason, is_temporary) {
                    (Rejection::Expired, _) => format!("AWS says that the session of {key} ({from}) has expired"),
                    (Rejection::UnknownKey, true) => format!("AWS does not accept the session of {key} ({from})"),
                    (Rejection::UnknownKey, false) => format!(
                        "AWS does not know access key {key} ({from}): it was deleted or deactivated, or is of another \
                         partition"
                    ),
                    (Rejection::WrongSecret, _) => {
                        format!("the secret access key that belongs to {key} ({from}) is another one")
                    }
                    (Rejection::Clock, _) => format!("AWS rejects the time of requests with {key} ({from})"),
                    (Rejection::Other { code, message }, _) => format!(
                        "AWS rejects access key {key} ({from}): {}: {}",
                        printable(code),
                        printable(&message.chars().take(LONGEST_MESSAGE).collect::<String>())
                    ),
                }
            }
            ShellProblem::WithoutMfa { user, profile } => {
                let from = place(profile.as_deref());
                format!("these keys ({from}) are a session of user {} without MFA, which IAM refuses", printable(user))
            }
            ShellProblem::ClockDiffers(offset) => offset.to_string(),
            ShellProblem::Swapped => {
                "AWS_ACCESS_KEY_ID has a secret access key, and AWS_SECRET_ACCESS_KEY the ID of an access key"
                    .to_owned()
            }
            ShellProblem::Incomplete { missing, access_key_id } if *missing == "AWS_SESSION_TOKEN" => {
                format!("access key {} is that of a session, but {missing} is not set", shown(access_key_id))
            }
            ShellProblem::Incomplete { missing, .. } => format!("AWS_ACCESS_KEY_ID is set, but {missing} is not"),
            ShellProblem::TokenWithLongTermKey { variable, access_key_id } => format!(
                "{variable} is set together with the long-term access key {}; AWS rejects the two together",
                shown(access_key_id)
            ),
            ShellProblem::TwoTokens => {
                "AWS_SECURITY_TOKEN has another token than AWS_SESSION_TOKEN, and the AWS CLI and \
                                        boto3 use it"
                    .to_owned()
            }
            ShellProblem::Mixed { variable, access_key_id } if *variable == "AWS_ACCESS_KEY_ID" => format!(
                "{variable} is another one than {}, to which the other variables of the session belong",
                shown(access_key_id)
            ),
            ShellProblem::Mixed { variable, access_key_id } => {
                format!("{variable} does not belong to access key {}", shown(access_key_id))
            }
            ShellProblem::Damaged { variable, problem } => format!("{variable} {problem}"),
            ShellProblem::Expired { profile, at } => {
                let of = profile.as_deref().map(|profile| format!(" of {}", printable(profile))).unwrap_or_default();
                format!("this shell's session{of} {}", at.expired())
            }
            ShellProblem::OtherExpiration => {
                "AWS_CREDENTIAL_EXPIRATION is past, but not that of this shell's keys; the \
                                              AWS CLI and boto3 refuse them because of it"
                    .to_owned()
            }
            ShellProblem::ExpirationUnreadable(problem) => match problem {
                NotATime::NoZone => "AWS_CREDENTIAL_EXPIRATION has no time zone, and the AWS CLI and boto3 fail on it",
                NotATime::Unknown => "AWS_CREDENTIAL_EXPIRATION is not a time, and the AWS CLI and boto3 fail on it",
            }
            .to_owned(),
            ShellProblem::ClockSetBack(seconds) => {
                format!("this machine's clock was set back by {} after the sign-in", HumanDuration(*seconds))
            }
            ShellProblem::LostView => {
                "AWS_CONFIG_FILE was set after the sign-in, so programs do not use the view of your profiles".to_owned()
            }
            ShellProblem::FileMissing(MissingFile { variable, path, .. }) => {
                format!("{variable} names {}, which does not exist", printable_path(path))
            }
            ShellProblem::ProfileUnusable { what, .. } | ShellProblem::NotARegion { what, .. } => what.clone(),
            ShellProblem::ProfileExpired { profile, at, origin } => {
                format!("the session in profile {} {} ({origin})", printable(profile), at.expired())
            }
            ShellProblem::ProfileNeedsCode { profile, variable, device } => format!(
                "profile {}{} needs an MFA code (mfa_serial, {device}), which most programs cannot ask for",
                printable(profile),
                variable.map(|variable| format!(" ({variable})")).unwrap_or_default()
            ),
            ShellProblem::NoCredentials => {
                "this shell has no credentials: AWS_ACCESS_KEY_ID is not set, and no profile is selected".to_owned()
            }
            ShellProblem::EmptyProfile { variable } => {
                format!("{variable} is set, but empty, and the AWS CLI and boto3 look for a profile without a name")
            }
            ShellProblem::ProfileWithKeys { variable, profile } => format!(
                "{variable} is set to `{}` together with keys, and programs disagree on which to use",
                printable(&shown_value(profile))
            ),
            ShellProblem::OtherPartition { variable, region, partition, .. } => {
                format!(
                    "region {} ({variable}) is not in the partition of this session, {partition}",
                    printable(region)
                )
            }
            ShellProblem::TwoRegions { region, default } => format!(
                "AWS_REGION is {}, but AWS_DEFAULT_REGION is {}, which boto3 uses",
                printable(region),
                printable(default)
            ),
            ShellProblem::BearerToken(variable) => {
                format!("{} is set, and its service uses it instead of the session", printable(variable))
            }
        }
    }

    /// What to do about it. `sign_in` is what to type to sign in.
    pub fn advice(&self, sign_in: &SignInLine, typing: &Typing) -> Advice {
        match self {
            ShellProblem::Swapped => Advice::of("exchange the values of the two variables"),
            ShellProblem::Incomplete { .. } if *sign_in == SignInLine::Elsewhere => Advice::line(
                "pass on AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN together",
                "mfa-env help docker",
            ),
            ShellProblem::TokenWithLongTermKey { variable, .. }
            | ShellProblem::ProfileWithKeys { variable, .. }
            | ShellProblem::EmptyProfile { variable } => typing.unset(variable),
            ShellProblem::TwoTokens => typing.unset("AWS_SECURITY_TOKEN"),
            ShellProblem::OtherExpiration | ShellProblem::ExpirationUnreadable(_) => {
                typing.unset("AWS_CREDENTIAL_EXPIRATION")
            }
            ShellProblem::Expired { .. } => match sign_in {
                SignInLine::Renew => typing.sign_in_as("renew it with", sign_in),
                _ => typing.sign_in_as("sign in again with", sign_in),
            },
            ShellProblem::ClockSetBack(_)
            | ShellProblem::ClockDiffers(_)
            | ShellProblem::Rejected { reason: Rejection::Clock, .. } => Advice::line("set the clock with", SET_CLOCK),
            ShellProblem::Rejected { is_temporary: false, profile: Some(profile), .. } => Advice::line(
                "enter the keys again with",
                format!("aws configure --profile {}", typing.shell.word(profile)),
            ),
            ShellProblem::Mixed { .. } | ShellProblem::Damaged { .. } | ShellProblem::Rejected { .. } => {
                typing.sign_in_as("sign in again with", sign_in)
            }
            ShellProblem::LostView => Advice::line("sign in again with", format!("{} --all", function_name())),
            ShellProblem::FileMissing(missing) => typing.unset(missing.variable),
            ShellProblem::ProfileUnusable { variable, advice, .. } => match (advice, variable) {
                (Some(advice), _) => Advice::of_error(advice),
                (None, Some(variable)) => typing.unset(variable),
                (None, None) => Advice::line("see which profiles there are with", "mfa-env list"),
            },
            ShellProblem::NotARegion { variable, advice, .. } => match advice {
                Some(advice) => Advice::of_error(advice),
                None => typing.unset(variable),
            },
            ShellProblem::ProfileExpired { profile, .. } => match sign_in {
                // Programs go on using the profile, whatever is in the variables.
                SignInLine::Profile(from) if from != profile => {
                    Advice::line("replace it with", format!("mfa-env save {}", typing.profile(from)))
                }
                _ => typing.sign_in(sign_in),
            },
            ShellProblem::ProfileNeedsCode { profile, .. } => Advice::line("sign in with", typing.sign_in_to(profile)),
            ShellProblem::OtherPartition { variable, right, .. } => Advice::line(
                format!("use a region of that partition, such as {right}"),
                typing.shell.set_line(variable, right),
            ),
            ShellProblem::TwoRegions { region, .. } => {
                Advice::line("use one for all with", typing.shell.set_line("AWS_DEFAULT_REGION", region))
            }
            ShellProblem::BearerToken(variable) => typing.unset(variable),
            ShellProblem::Incomplete { .. } | ShellProblem::NoCredentials | ShellProblem::WithoutMfa { .. } => {
                typing.sign_in(sign_in)
            }
        }
    }
}

/// Where keys are from.
fn place(profile: Option<&str>) -> String {
    profile.map_or_else(|| "AWS_ACCESS_KEY_ID".to_owned(), |profile| format!("profile {}", printable(profile)))
}

fn shown(value: &str) -> String {
    printable(&shown_value(value)).to_string()
}
