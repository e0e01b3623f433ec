//! What the user typed instead of the settings of a profile.

use crate::origin::Sourced;
use crate::profile::{ExternalId, MfaSerial, Region, RoleArn, RoleSessionName, SessionDuration};

/// Options that override the settings of a profile, checked.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub duration: Option<Sourced<SessionDuration>>,
    pub region: Option<Sourced<Region>>,
    /// From `--mfa-serial` or `MFA_ENV_MFA_SERIAL`.
    pub mfa_serial: Option<Sourced<MfaSerial>>,
    pub role_arn: Option<Sourced<RoleArn>>,
    pub role_session_name: Option<Sourced<RoleSessionName>>,
    pub external_id: Option<Sourced<ExternalId>>,
    /// Do not get the code from an `mfa_process`.
    pub no_mfa_process: bool,
}
