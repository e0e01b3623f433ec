//! What the user typed instead of the settings of a profile.

use crate::origin::Sourced;
use crate::profile::{
    DeviceChoice, ExternalId, MfaMaxAge, MfaSerial, Region, RoleArn, RoleSessionName, SessionDuration,
};

/// Options that override the settings of a profile, checked.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// From `--duration`.
    pub duration: Option<Sourced<SessionDuration>>,
    /// From `--region`.
    pub region: Option<Sourced<Region>>,
    /// From `--mfa-serial` or `MFA_ENV_MFA_SERIAL`.
    pub mfa_serial: Option<Sourced<DeviceChoice>>,
    /// The device to use if nobody has named one, neither here nor in the AWS files: the one that IAM lists for the user.
    pub listed_device: Option<Sourced<MfaSerial>>,
    /// From `--role-arn`.
    pub role_arn: Option<Sourced<RoleArn>>,
    /// From `--role-session-name`.
    pub role_session_name: Option<Sourced<RoleSessionName>>,
    /// From `--external-id`.
    pub external_id: Option<Sourced<ExternalId>>,
    /// From `--mfa-max-age`.
    pub mfa_max_age: Option<Sourced<MfaMaxAge>>,
    /// Whether nobody named a profile, so that the session of this shell is renewed.
    pub renews: bool,
    /// Whether the code is for other profiles, too: then a role is assumed from the MFA session for an hour at most,
    /// although a longer `duration_seconds` takes a code of its own.
    pub shares_code: bool,
    /// Whether `--no-mfa-process` is set.
    pub no_mfa_process: bool,
    /// Whether the profile's keys are used as they are, without a session.
    pub no_session: bool,
}
