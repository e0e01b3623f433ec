//! Settings of a profile that other programs no longer read once `AWS_PROFILE` is gone, because a sign-in exports no
//! variable for them.

use super::{AwsFiles, ProfileName};
use crate::error::Result;
use crate::origin::Origin;

/// A setting that stays behind in the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftBehind {
    /// The key.
    pub name: &'static str,
    /// Where it is set.
    pub origin: Origin,
    /// The variable with which the user can set it for other programs, if there is one.
    pub variable: Option<&'static str>,
}

/// Settings of clients, and the variables that carry them (AWS SDKs and Tools Reference Guide, "Settings reference"; AWS
/// CLI User Guide, "Configuration and credential file settings").
const OF_CLIENTS: [(&str, Option<&str>); 33] = [
    ("s3", None),
    ("s3api", None),
    ("api_versions", None),
    ("parameter_validation", None),
    ("tcp_keepalive", None),
    ("signature_version", None),
    ("cli_binary_format", None),
    ("cli_error_format", None),
    ("cli_follow_urlparam", None),
    ("cli_help_output", None),
    ("cli_history", None),
    ("cli_timestamp_format", None),
    ("account_id_endpoint_mode", Some("AWS_ACCOUNT_ID_ENDPOINT_MODE")),
    ("auth_scheme_preference", Some("AWS_AUTH_SCHEME_PREFERENCE")),
    ("cli_auto_prompt", Some("AWS_CLI_AUTO_PROMPT")),
    ("cli_pager", Some("AWS_PAGER")),
    ("defaults_mode", Some("AWS_DEFAULTS_MODE")),
    ("disable_request_compression", Some("AWS_DISABLE_REQUEST_COMPRESSION")),
    ("ec2_metadata_service_endpoint", Some("AWS_EC2_METADATA_SERVICE_ENDPOINT")),
    ("ec2_metadata_service_endpoint_mode", Some("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")),
    ("endpoint_discovery_enabled", Some("AWS_ENABLE_ENDPOINT_DISCOVERY")),
    ("max_attempts", Some("AWS_MAX_ATTEMPTS")),
    ("output", Some("AWS_DEFAULT_OUTPUT")),
    ("request_checksum_calculation", Some("AWS_REQUEST_CHECKSUM_CALCULATION")),
    ("request_min_compression_size_bytes", Some("AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES")),
    ("response_checksum_validation", Some("AWS_RESPONSE_CHECKSUM_VALIDATION")),
    ("retry_mode", Some("AWS_RETRY_MODE")),
    ("s3_disable_express_session_auth", Some("AWS_S3_DISABLE_EXPRESS_SESSION_AUTH")),
    ("s3_disable_multiregion_access_points", Some("AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS")),
    ("s3_us_east_1_regional_endpoint", Some("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT")),
    ("s3_use_arn_region", Some("AWS_S3_USE_ARN_REGION")),
    ("sdk_ua_app_id", Some("AWS_SDK_UA_APP_ID")),
    ("sigv4a_signing_region_set", Some("AWS_SIGV4A_SIGNING_REGION_SET")),
];

impl LeftBehind {
    /// Those of `profile`, in alphabetical order of those that no variable carries, then of the others. A variable that
    /// the user has set, as `is_set` tells, takes precedence over the profile anyway. Everybody reads `[default]`, so
    /// nothing stays behind there.
    ///
    /// # Errors
    /// A line of the profile is malformed.
    pub fn of(profile: &ProfileName, files: &AwsFiles<'_>, is_set: impl Fn(&'static str) -> bool) -> Result<Vec<Self>> {
        if profile.as_str() == "default" {
            return Ok(Vec::new());
        }
        let Some(profile) = files.profile(profile)? else { return Ok(Vec::new()) };
        let left = OF_CLIENTS.into_iter().filter(|(_, variable)| !variable.is_some_and(&is_set));
        let found = left.filter_map(|(name, variable)| {
            Some(LeftBehind { name, origin: profile.get(name)?.origin.clone(), variable })
        });
        Ok(found.collect())
    }
}
