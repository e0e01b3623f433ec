//! The parameters of a call in the types that the network thread needs, without what signs it.

use crate::plan::{Operation, StsCall};
use crate::profile::{ExternalId, MfaSerial, RoleArn, RoleSessionName};

/// The parameters of GetSessionToken, or of AssumeRole if there is a role.
#[derive(Clone, Debug)]
pub(super) struct Parameters {
    pub role: Option<Role>,
    /// `SerialNumber`, sent together with a code.
    pub serial: Option<MfaSerial>,
    /// `DurationSeconds`.
    pub seconds: i32,
}

/// The parameters that only AssumeRole has.
#[derive(Clone, Debug)]
pub(super) struct Role {
    pub arn: RoleArn,
    pub session_name: RoleSessionName,
    pub external_id: Option<ExternalId>,
}

impl Parameters {
    /// The parameters of a planned call. A role session has the name `default_name` if the plan sets none.
    pub(super) fn of(call: &StsCall, default_name: RoleSessionName) -> Self {
        let role = match &call.operation {
            Operation::GetSessionToken => None,
            Operation::AssumeRole { role_arn, role_session_name, external_id, .. } => Some(Role {
                arn: role_arn.value.clone(),
                session_name: role_session_name.as_ref().map_or(default_name, |name| name.value.clone()),
                external_id: external_id.as_ref().map(|e| e.value.clone()),
            }),
        };
        let seconds = i32::try_from(call.duration.value.seconds()).unwrap_or(i32::MAX);
        Parameters { role, serial: call.mfa.as_ref().map(|d| d.value.clone()), seconds }
    }
}
