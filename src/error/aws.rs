//! STS rejected a call.

use super::IamRefusal;
use crate::clock::ClockOffset;
use crate::origin::{Origin, Sourced};

/// What STS's response means, and which call it was.
#[derive(Debug, PartialEq, Eq)]
pub struct AwsRefusal {
    /// What the response means.
    pub reason: Refusal,
    /// The rejected call.
    pub call: CallDescription,
    /// STS's own error code, for people to search for.
    pub code: String,
    /// STS's own message, unchanged.
    pub message: String,
}

/// What the advice needs to know about the rejected call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallDescription {
    /// `GetSessionToken`, `AssumeRole`, `GetCallerIdentity` or an operation of IAM.
    pub operation: &'static str,
    /// Host and port of the endpoint.
    pub host: String,
    /// The region that the call was signed for.
    pub region: String,
    /// The profile with the keys that signed the call, or from which the session that signed it was made.
    pub signer: String,
    /// The header of that profile in the config file.
    pub signer_header: String,
    /// The access key ID of that profile.
    pub access_key_id: String,
    /// The `aws_account_id` of that profile.
    pub account: Option<String>,
    /// Whether a session that mfa-env got, cached or new, signed the call, and not the keys themselves.
    pub by_session: bool,
    /// If the session of a role signed the call: the name of that role, and the profile that has it.
    pub signed_by_role: Option<(String, String)>,
    /// If a session signed the call: seconds since the MFA code was accepted from which it was made.
    pub mfa_age: Option<i64>,
    /// The name of the role session, if it should be that of the user, who is not known.
    pub guessed_name: Option<String>,
    /// Whether a code was used on the way to that session.
    pub used_mfa: bool,
    /// The ARN of the role to assume.
    pub role: Option<String>,
    /// The profile that names the role.
    pub role_profile: Option<String>,
    /// The MFA device whose code was sent with this call.
    pub device: Option<Sourced<String>>,
    /// Whether long-term keys are used without any MFA, because no profile between the role and them names a device.
    pub lacks_device: bool,
    /// Whether AWS says that the user has no device at all.
    pub has_no_device: bool,
    /// If the user has said that there is to be no MFA: the option or variable, or `Default` for an empty `mfa_serial`.
    pub no_mfa: Option<Origin>,
    /// In seconds.
    pub duration: u32,
    /// Whether the duration comes from `--duration`, so that the advice does not mention the profile.
    pub duration_by_flag: bool,
}

impl Refusal {
    /// Whether AWS made the call, so that its code is used up, but the response was discarded.
    pub fn is_discarded_response(&self) -> bool {
        matches!(self, Refusal::OtherIdentity(_) | Refusal::Unusable(_))
    }
}

/// The reasons that need different advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// With AWS's time minus this machine's, in seconds, if the network's delay cannot explain the offset. Codes that
    /// are computed on this machine are then wrong.
    WrongCode(Option<i64>),
    /// AWS rejected the code a moment ago, so it was not sent again.
    WrongCodeBefore,
    /// With what was found out about the user afterwards.
    WrongDevice(KeyOwner),
    /// The call had a device without a code, or a code without a device.
    MfaIncomplete,
    /// GetSessionToken was signed with temporary keys.
    SessionCannotStartSession,
    /// AssumeRole was denied. AWS does not say why.
    RoleNotAssumable,
    /// A call that needs no permission was denied.
    Denied,
    /// The keys are the root user's, which cannot assume roles.
    RootCannotAssume,
    /// AWS does not know the access key ID, or it does not match the session token.
    UnknownKey,
    /// AWS cannot parse the access key ID.
    UnreadableKeyId,
    /// The signature does not match: the secret access key is wrong.
    WrongSecret,
    /// The call arrived without a signature.
    Unsigned,
    /// With the offset, if the response showed one.
    ClockSkew(Option<ClockOffset>),
    /// The session that signed the call has expired.
    Expired,
    /// The duration is longer than the role's maximum.
    DurationOverRole,
    /// The duration is longer than 1 h, and a session signed the call.
    DurationOverChain,
    /// AWS rejected the value of another parameter.
    InvalidParameter,
    /// STS is not activated in this region.
    RegionDisabled,
    /// The call was signed for a region that this endpoint does not serve.
    BadScope,
    /// A successful response for another role, account, partition or session name, which are in this ARN.
    OtherIdentity(String),
    /// The keys belong to this account, and not to the one that the profile's `aws_account_id` names.
    OtherAccount { found: String, expected: String },
    /// A successful response whose credentials cannot be used; the text says why.
    Unusable(&'static str),
    /// One of IAM's own errors, with what the call was about.
    Iam { reason: IamRefusal, subject: String },
    /// Any other error; only AWS's own text explains it.
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
