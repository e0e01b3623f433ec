//! The MFA devices of the keys' user, as IAM lists them; most users may see their own.

use super::http;
use super::limit::AnswerLimit;
use crate::plan::{Endpoint, IamEndpoint};
use aws_credential_types::Credentials;
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::config::{AppName, BehaviorVersion, Region};
use aws_sdk_iam::{Client, Config};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// IAM lets a user have eight; more are not worth showing, whoever says so.
const MOST: usize = 20;
/// In characters; IAM's own limit of a serial number.
const LONGEST: usize = 256;

/// Asks IAM at `url`, else AWS's own; `None` where it refuses or fails.
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
        // The second is for a clock that is off: the client learns from the first how far.
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .timeout_config(http::timeouts())
        .interceptor(AnswerLimit);
    config.set_app_name(AppName::new("mfa-env").ok());
    config.set_endpoint_url(url.map(str::to_owned));
    let listed = Client::from_conf(config.build()).list_mfa_devices().send().await.ok()?;
    let serials = listed.mfa_devices().iter().map(|device| device.serial_number());
    Some(serials.filter(|serial| serial.chars().count() <= LONGEST).take(MOST).map(str::to_owned).collect())
}
