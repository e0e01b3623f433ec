//! STS answered, and the answer is no.

use crate::clock::ClockOffset;
use crate::origin::Sourced;

/// What STS's answer means, and what it was call.
#[derive(Debug, PartialEq, Eq)]
pub struct AwsRefusal {
    pub reason: Refusal,
    pub call: CallDescription,
    /// STS's own code and message, for the person to search for.
    pub code: String,
    pub message: String,
}

/// The call that was refused, as far as the advice needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallDescription {
    /// `GetSessionToken` or `AssumeRole`.
    pub operation: &'static str,
    /// Host and port of the endpoint.
    pub host: String,
    pub region: String,
    /// The profile whose keys or whose session signed the call.
    pub signer: String,
    /// Whether a session that we keep signed the call, and not the keys themselves.
    pub by_session: bool,
    pub role: Option<String>,
    pub device: Option<Sourced<String>>,
    pub duration: u32,
    /// Whether the duration was typed: then it is the thing to change.
    pub duration_by_flag: bool,
}

/// The reasons that need different advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// With AWS's time less ours in seconds, where it is more than the answer took: then codes that are computed here are wrong.
    WrongCode(Option<i64>),
    /// With what was found out about the user afterwards.
    WrongDevice(KeyOwner),
    MfaIncomplete,
    SessionCannotStartSession,
    RoleNotAssumable,
    /// A call that needs no permission, forbidden all the same.
    Denied,
    RootCannotAssume,
    UnknownKey,
    UnreadableKeyId,
    WrongSecret,
    Unsigned,
    /// With the difference, where the answer showed one.
    ClockSkew(Option<ClockOffset>),
    Expired,
    DurationOverRole,
    DurationOverChain,
    InvalidParameter,
    RegionDisabled,
    BadScope,
    /// A good answer with something in it that no shell may be given.
    ControlCharacters,
    /// A good answer that lacks a part or has already expired.
    Unusable(&'static str),
    Other,
}

/// Whose the keys are, as far as AWS says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyOwner {
    /// The user's ARN.
    pub arn: Option<String>,
    /// The serial numbers of the user's MFA devices.
    pub devices: Option<Vec<String>>,
}
