//! STS rejected a call.

use crate::clock::ClockOffset;
use crate::origin::Sourced;

/// What STS's response means, and which call it was.
#[derive(Debug, PartialEq, Eq)]
pub struct AwsRefusal {
    pub reason: Refusal,
    pub call: CallDescription,
    /// STS's own error code and message, for people to search for.
    pub code: String,
    pub message: String,
}

/// The rejected call, as far as the advice needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallDescription {
    /// `GetSessionToken`, `AssumeRole` or `GetCallerIdentity`.
    pub operation: &'static str,
    /// Host and port of the endpoint.
    pub host: String,
    pub region: String,
    /// The profile with the keys that signed the call, or from which the session that signed it was made.
    pub signer: String,
    /// The access key ID of that profile.
    pub access_key_id: String,
    /// Whether a cached session signed the call, and not the keys themselves.
    pub by_session: bool,
    /// The ARN of the role to assume.
    pub role: Option<String>,
    /// The profile that names the role.
    pub role_profile: Option<String>,
    /// The MFA device whose code was sent with this call.
    pub device: Option<Sourced<String>>,
    /// Whether long-term keys are used without any MFA, because no profile between the role and them names a device.
    pub lacks_device: bool,
    /// In seconds.
    pub duration: u32,
    /// Whether the duration comes from `--duration`, so that the advice does not mention the profile.
    pub duration_by_flag: bool,
}

/// The reasons that need different advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// With AWS's time minus this machine's, in seconds, if the network's delay cannot explain the offset. Codes that
    /// are computed on this machine are then wrong.
    WrongCode(Option<i64>),
    /// With what was found out about the user afterwards.
    WrongDevice(KeyOwner),
    MfaIncomplete,
    SessionCannotStartSession,
    RoleNotAssumable,
    /// A call that needs no permission was denied.
    Denied,
    RootCannotAssume,
    UnknownKey,
    UnreadableKeyId,
    WrongSecret,
    Unsigned,
    /// With the offset, if the response showed one.
    ClockSkew(Option<ClockOffset>),
    Expired,
    DurationOverRole,
    DurationOverChain,
    InvalidParameter,
    RegionDisabled,
    BadScope,
    /// A successful response with a character that must not reach a shell.
    ControlCharacters,
    /// A successful response that is incomplete or has already expired; the text says which.
    Unusable(&'static str),
    Other,
}

/// What AWS says about the user that the keys belong to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyOwner {
    /// The user's ARN.
    pub arn: Option<String>,
    /// The serial numbers of the user's MFA devices.
    pub devices: Option<Vec<String>>,
}
