//! STS answered, and the answer is no.

use super::Words;
use crate::printable::printable;

/// What STS's answer means, and what it was asked.
#[derive(Debug, PartialEq, Eq)]
pub struct AwsRefusal {
    pub reason: Refusal,
    pub asked: Asked,
    /// STS's own code and message, for the person to search for.
    pub code: String,
    pub message: String,
}

/// The call that was refused, as far as the advice needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `GetSessionToken` or `AssumeRole`.
    pub operation: &'static str,
    /// Host and port of the endpoint.
    pub host: String,
    pub region: String,
    /// The profile whose keys or whose session signed the call.
    pub signer: String,
    /// Whether a session that we keep signed the call, and not the keys themselves.
    pub by_session: bool,
    /// The ARN of whoever signed, where STS has said it.
    pub user: Option<String>,
    pub role: Option<String>,
    pub device: Option<String>,
    pub duration: u32,
    /// Whether the duration was typed: then it is the thing to change.
    pub duration_by_flag: bool,
}

/// The reasons that need different advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    WrongCode,
    WrongDevice,
    MfaRequired,
    SessionCannotStartSession,
    NotAuthorized,
    RootCannotAssume,
    UnknownKey,
    WrongSecret,
    /// Server's time less ours in seconds, where known.
    ClockSkew(Option<i64>),
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

impl AwsRefusal {
    pub(super) fn words(&self) -> Words {
        let Asked { operation, host, region, signer, by_session, user, role, device, duration, duration_by_flag } =
            &self.asked;
        let role = role.as_deref().unwrap_or("the role");
        let device = device.as_deref().unwrap_or("the device");
        let said = match self.message.trim() {
            "" => printable(&self.code).to_string(),
            message => format!("{}: {}", printable(&self.code), printable(message)),
        };
        match &self.reason {
            Refusal::WrongCode => Words::new("AWS refused the MFA code").advise(format!(
                "it was wrong, too old, or already used: every code works once. Wait for the next one ({device})\nAWS said: {said}"
            )),
            Refusal::WrongDevice => Words::new(match user {
                Some(user) => format!("AWS cannot check codes of {device} for {user}, the user of profile {signer}"),
                None => format!("AWS cannot check codes of {device} for the user of profile {signer}"),
            }).advise(format!(
                "the device must be this user's own, and its ARN must say :mfa/. Compare with: aws iam list-mfa-devices\na device out of step with AWS's clock is mended in the IAM console (Resync)\nAWS said: {said}"
            )),
            Refusal::MfaRequired => Words::new("AWS asks for both the MFA device and its code").advise(format!("AWS said: {said}")),
            Refusal::SessionCannotStartSession => Words::new(format!("the keys of profile {signer} are themselves a session, which cannot start another"))
                .advise(format!("use the long-term key of an IAM user (AKIA…)\nAWS said: {said}")),
            Refusal::NotAuthorized => Words::new(format!("AWS does not let {signer} call {operation} for {role}")).advise(format!(
                "one of these is missing, and AWS does not say which:\n- the user's permission sts:AssumeRole on the role\n- the role's trust policy naming the user or the account\n- MFA, if the trust policy asks for it (mfa_serial; it is lost from role to role)\n- the external id that the trust policy asks for (external_id)\nAWS said: {said}"
            )),
            Refusal::RootCannotAssume => Words::new("the account's root user cannot assume roles")
                .advise(format!("use the key of an IAM user\nAWS said: {said}")),
            Refusal::UnknownKey if *by_session => Words::new(format!("AWS does not know the kept session of profile {signer}")).advise(format!(
                "it was revoked, or its key was deleted; --renew makes new ones\n(region {region} at {host})\nAWS said: {said}"
            )),
            Refusal::UnknownKey => Words::new(format!("AWS does not know the access key of profile {signer}")).advise(format!(
                "it was deleted or deactivated, belongs to another partition, or carries a session token that is not its own\n(region {region} at {host}); see: aws iam list-access-keys\nAWS said: {said}"
            )),
            Refusal::WrongSecret => Words::new(format!("the secret access key of profile {signer} is wrong or has stray characters"))
                .advise(format!("write the pair again with: aws configure\nAWS said: {}", self.code)),
            Refusal::ClockSkew(offset) => clock_skew(*offset, &said),
            Refusal::Expired => Words::new(format!("the session that profile {signer} signs with has expired"))
                .advise(format!("renew the source of its keys\nAWS said: {said}")),
            Refusal::DurationOverRole => {
                let advice = if *duration_by_flag {
                    "`-d 1h` always works; the role's own setting is MaxSessionDuration".to_owned()
                } else {
                    "`-d 1h` always works; change duration_seconds of the profile, or the role's MaxSessionDuration".to_owned()
                };
                Words::new(format!("this role allows less than {duration} s: {role}")).advise(format!("{advice}\nAWS said: {said}"))
            }
            Refusal::DurationOverChain => Words::new(format!("a role assumed from a session lasts 3600 s at most, not {duration} s: {role}"))
                .advise(format!("`-d 1h` always works\nAWS said: {said}")),
            Refusal::InvalidParameter => Words::new(format!("AWS does not accept a parameter of {operation}")).advise(format!("AWS said: {said}")),
            Refusal::RegionDisabled => Words::new(format!("STS is not active in region {region} ({host})"))
                .advise(format!("use another region (-r), or activate it in the IAM console, Account settings\nAWS said: {said}")),
            Refusal::BadScope => Words::new(format!("{host} does not answer for region {region}"))
                .advise(format!("correct the region (-r, or region in the profile) or the endpoint\nAWS said: {said}")),
            Refusal::ControlCharacters => Words::new("STS returned a value with control characters")
                .advise(format!("{host} may not be AWS; nothing of it was handed to the shell")),
            Refusal::Unusable(what) => Words::new(format!("unexpected answer from {host}: {what}")).advise("nothing of it was handed to the shell"),
            Refusal::Other => Words::new(format!("AWS refused {operation}")).advise(format!("AWS said: {said}")),
        }
    }
}

fn clock_skew(offset: Option<i64>, said: &str) -> Words {
    let what = match offset {
        Some(s) if s > 0 => format!("this machine's clock is {s} s behind AWS's"),
        Some(s) => format!("this machine's clock is {} s ahead of AWS's", -s),
        None => "this machine's clock differs too much from AWS's".to_owned(),
    };
    Words::new(what).advise(format!("set the clock (time synchronisation)\nAWS said: {said}"))
}
