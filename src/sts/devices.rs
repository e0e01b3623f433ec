//! The MFA devices of the user that the keys belong to, listed by IAM. Most users are allowed to list their own.

use super::http;
use super::response_limit::ResponseLimit;
use crate::plan::{Endpoint, IamEndpoint};
use aws_credential_types::Credentials;
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::config::{AppName, BehaviorVersion, Region};
use aws_sdk_iam::{Client, Config};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// IAM allows a user eight devices (IAM user guide, "IAM and AWS STS quotas"); a custom endpoint may list more.
const MAX_DEVICES: usize = 20;
/// In characters (IAM API reference, MFADevice: `SerialNumber`).
const MAX_SERIAL_LENGTH: usize = 256;

/// Lists the serial numbers with ListMFADevices at `url`, or at AWS's own endpoint; `None` if the call fails.
pub(super) async fn of_user(
    endpoint: &Endpoint,
    url: Option<&str>,
    client: SharedHttpClient,
    keys: Credentials,
) -> Option<Vec<String>> {
    let is_aws = endpoint.iam == IamEndpoint::Aws;
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(endpoint.region.value.to_string()))
        .use_fips(is_aws && endpoint.fips.is_some())
        .use_dual_stack(is_aws && endpoint.dual_stack.is_some())
        .http_client(client)
        .credentials_provider(keys)
        // If this machine's clock is wrong, the client learns the offset from the first response and signs again.
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .timeout_config(http::timeouts())
        .interceptor(ResponseLimit);
    config.set_app_name(AppName::new("mfa-env").ok());
    config.set_endpoint_url(url.map(str::to_owned));
    let listed = Client::from_conf(config.build()).list_mfa_devices().send().await.ok()?;
    let serials = listed.mfa_devices().iter().map(|device| device.serial_number());
    Some(
        serials
            .filter(|serial| serial.chars().count() <= MAX_SERIAL_LENGTH)
            .take(MAX_DEVICES)
            .map(str::to_owned)
            .collect(),
    )
}
