//! A call to STS, as a value.

use crate::origin::Sourced;
use crate::profile::{ExternalId, MfaSerial, ProfileName, RoleArn, RoleSessionName, SessionDuration, SourceProfile};
use std::sync::Arc;

/// A call to STS that issues a session, with the calls that lead to it as its [`Signer`].
#[derive(Clone, Debug)]
pub struct StsCall {
    /// Which operation is called.
    pub operation: Operation,
    /// What the call is signed with.
    pub signer: Signer,
    /// The device whose code this call sends; `None` if it sends no code.
    pub mfa: Option<Sourced<MfaSerial>>,
    /// `DurationSeconds`; at most 1 h for a role that is not assumed with long-term keys.
    pub duration: Sourced<SessionDuration>,
}

/// The operation, with the parameters that only it has.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Issues an MFA session.
    GetSessionToken,
    /// Issues a role session.
    AssumeRole {
        /// The profile that the role belongs to.
        profile: ProfileName,
        /// `RoleArn`.
        role_arn: Sourced<RoleArn>,
        /// `RoleSessionName`; if none is set, the name of the IAM user whose keys sign the first call.
        role_session_name: Option<Sourced<RoleSessionName>>,
        /// `ExternalId`.
        external_id: Option<Sourced<ExternalId>>,
    },
}

/// What a call is signed with.
#[derive(Clone, Debug)]
pub enum Signer {
    /// The keys of the source profile.
    Keys(Arc<SourceProfile>),
    /// The session of another call.
    Session(Box<StsCall>),
}

impl StsCall {
    /// GetSessionToken with a code, for the MFA session that serves all roles of these keys. Its duration is the one
    /// that was typed, then the source profile's `duration_seconds`, then 43200 s.
    pub fn mfa_session(
        source: Arc<SourceProfile>,
        device: Sourced<MfaSerial>,
        typed: Option<Sourced<SessionDuration>>,
    ) -> Self {
        let duration = typed.or_else(|| source.duration.clone());
        StsCall {
            operation: Operation::GetSessionToken,
            signer: Signer::Keys(source),
            mfa: Some(device),
            duration: duration.unwrap_or(Sourced::default_of(SessionDuration::LONGEST)),
        }
    }

    /// What stands for a call where the keys of a profile are used as they are. It is never made.
    pub fn not_made(source: Arc<SourceProfile>) -> Self {
        StsCall {
            operation: Operation::GetSessionToken,
            signer: Signer::Keys(source),
            mfa: None,
            duration: Sourced::default_of(SessionDuration::LONGEST),
        }
    }

    /// The call whose session signs this one; `None` if the keys sign it.
    pub fn parent(&self) -> Option<&StsCall> {
        match &self.signer {
            Signer::Session(parent) => Some(parent),
            Signer::Keys(_) => None,
        }
    }

    /// The profile whose keys sign the first call.
    pub fn source(&self) -> &Arc<SourceProfile> {
        match &self.signer {
            Signer::Session(parent) => parent.source(),
            Signer::Keys(source) => source,
        }
    }

    /// The device whose code is sent with this call or with one of those before it.
    pub fn device(&self) -> Option<&Sourced<MfaSerial>> {
        self.mfa.as_ref().or_else(|| self.parent()?.device())
    }

    /// The name of the operation in the STS API.
    pub fn name(&self) -> &'static str {
        match self.operation {
            Operation::GetSessionToken => "GetSessionToken",
            Operation::AssumeRole { .. } => "AssumeRole",
        }
    }

    /// The role that this call assumes, if it does.
    pub fn role_arn(&self) -> Option<&RoleArn> {
        match &self.operation {
            Operation::GetSessionToken => None,
            Operation::AssumeRole { role_arn, .. } => Some(&role_arn.value),
        }
    }

    /// The account of the session, if it is known before the call: the role's, then the device's, then the
    /// `aws_account_id` of the source profile.
    pub fn account(&self) -> Option<&str> {
        match self.role_arn() {
            Some(role) => Some(role.account()),
            None => self.mfa.as_ref().and_then(|d| d.value.account()).or(self.source().account.as_deref()),
        }
    }
}
