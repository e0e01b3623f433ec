//! One call to STS, as a value.

use crate::origin::Sourced;
use crate::profile::{ExternalId, MfaSerial, ProfileName, RoleArn, RoleSessionName, SessionDuration, SourceProfile};
use std::sync::Arc;

/// A call whose answer is a session.
#[derive(Clone, Debug)]
pub struct StsCall {
    pub operation: Operation,
    pub signer: Signer,
    /// The device whose code goes with this call.
    pub mfa: Option<Sourced<MfaSerial>>,
    pub duration: Sourced<SessionDuration>,
}

/// Which call, and the parameters that only it has.
#[derive(Clone, Debug)]
pub enum Operation {
    GetSessionToken,
    AssumeRole {
        /// The profile that names the role.
        profile: ProfileName,
        role_arn: Sourced<RoleArn>,
        role_session_name: Sourced<RoleSessionName>,
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
    /// GetSessionToken with MFA: the MFA session that serves all roles of these keys. It lasts as long as was typed,
    /// else as the source profile says, else 43200 s.
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

    /// The call whose session signs this one.
    pub fn parent(&self) -> Option<&StsCall> {
        match &self.signer {
            Signer::Session(parent) => Some(parent),
            Signer::Keys(_) => None,
        }
    }

    /// The profile whose keys sign the first call of all.
    pub fn source(&self) -> &Arc<SourceProfile> {
        match &self.signer {
            Signer::Session(parent) => parent.source(),
            Signer::Keys(source) => source,
        }
    }

    /// The device whose code this session goes back to, in this call or in one that signs it.
    pub fn device(&self) -> Option<&Sourced<MfaSerial>> {
        self.mfa.as_ref().or_else(|| self.parent()?.device())
    }

    /// STS's name for the operation.
    pub fn name(&self) -> &'static str {
        match self.operation {
            Operation::GetSessionToken => "GetSessionToken",
            Operation::AssumeRole { .. } => "AssumeRole",
        }
    }

    /// The role that is assumed, if any.
    pub fn role_arn(&self) -> Option<&RoleArn> {
        match &self.operation {
            Operation::GetSessionToken => None,
            Operation::AssumeRole { role_arn, .. } => Some(&role_arn.value),
        }
    }

    /// The account that the session is for, if it is known beforehand: the role's, else the device's, else the one that
    /// the profile states.
    pub fn account(&self) -> Option<&str> {
        match self.role_arn() {
            Some(role) => Some(role.account()),
            None => self.mfa.as_ref().and_then(|d| d.value.account()).or(self.source().account.as_deref()),
        }
    }
}
