//! The SDK's client for IAM, configured explicitly, as that for STS.

use super::device;
use super::refusal::refusal;
use crate::credentials::Keys;
use crate::error::{CallDescription, Error, IamRefusal, Refusal, Result};
use crate::http::{self, CallContext, RequestSent, ResponseLimit, ServerClock, is_tls};
use crate::plan::{Endpoint, IamEndpoint};
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::config::{AppName, BehaviorVersion, Builder, Region};
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::{Client, Config};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use std::future::Future;
use std::time::Duration;

/// Attempts at a call that can be repeated without an effect of its own.
const MAX_ATTEMPTS: u32 = 3;
/// How often to wait for an earlier change of the same device or key, and how long each time.
const UNMODIFIABLE_RETRIES: u32 = 5;
const UNMODIFIABLE_WAIT: Duration = Duration::from_secs(1);

/// What a call is, apart from its parameters.
#[derive(Clone)]
pub(super) struct CallSpec {
    pub operation: &'static str,
    /// What it is about, for error messages.
    subject: String,
    /// A call is not repeated if the first attempt may have changed something or used a code.
    attempts: u32,
    has_codes: bool,
}

impl CallSpec {
    /// A call that may be repeated.
    pub(super) fn repeated(operation: &'static str) -> Self {
        CallSpec { operation, subject: "the user".to_owned(), attempts: MAX_ATTEMPTS, has_codes: false }
    }

    /// A call that is sent once.
    pub(super) fn once(operation: &'static str) -> Self {
        CallSpec { attempts: 1, ..CallSpec::repeated(operation) }
    }

    pub(super) fn about(self, subject: String) -> Self {
        CallSpec { subject, ..self }
    }

    pub(super) fn about_device(self, device: &str) -> Self {
        self.about(format!("MFA device {device}"))
    }

    pub(super) fn about_key(self, id: &str) -> Self {
        self.about(format!("access key {id}"))
    }

    pub(super) fn with_codes(self) -> Self {
        CallSpec { has_codes: true, ..self }
    }
}

/// A client for one endpoint.
#[derive(Clone)]
pub(super) struct IamClient {
    client: Client,
    clock: ServerClock,
    /// Host and port of the proxy for IAM.
    proxy: Option<String>,
}

impl IamClient {
    /// Creates a client, which loads the certificates.
    ///
    /// # Errors
    /// The CA bundle or the endpoint cannot be used.
    pub(super) fn new(endpoint: &Endpoint, clock: ServerClock) -> Result<Self> {
        let url = endpoint.iam_url()?.map(|url| url.value.as_str());
        let http = http::client(endpoint, is_tls(url))?;
        let proxy_url = url.map_or_else(|| format!("https://{}", endpoint.iam_host()), str::to_owned);
        let client = Client::from_conf(config(endpoint, url, http).interceptor(clock.clone()).build());
        Ok(IamClient { client, clock, proxy: http::proxy_of(&proxy_url) })
    }

    /// Makes one call, and interprets its error.
    pub(super) async fn call<T, E, F>(
        &self,
        call: &CallSpec,
        keys: &Keys,
        description: &CallDescription,
        send: impl Fn(Client, Builder) -> F,
    ) -> Result<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Future<Output = std::result::Result<T, SdkError<E>>>,
    {
        let mut skewed = false;
        let mut waits = 0;
        loop {
            let request_sent = RequestSent::default();
            let overrides = Config::builder()
                .credentials_provider(http::credentials(keys))
                .retry_config(RetryConfig::standard().with_max_attempts(call.attempts))
                .interceptor(request_sent.clone());
            let e = match send(self.client.clone(), overrides).await {
                Ok(output) => return Ok(output),
                Err(e) => e,
            };
            let context = CallContext {
                service: "IAM",
                call: description,
                is_sent: request_sent.is_sent(),
                has_code: call.has_codes,
                proxy: self.proxy.as_deref(),
            };
            let e =
                http::explain(&e, &context, |code, message| refusal(code, message, &call.subject, self.clock.offset()));
            match reason(&e) {
                // The offset is known now, and AWS has not looked at the call.
                Some(Refusal::ClockSkew(_)) if !skewed => skewed = true,
                Some(Refusal::Iam { reason: IamRefusal::Unmodifiable, .. }) if waits < UNMODIFIABLE_RETRIES => {
                    waits += 1;
                    tokio::time::sleep(UNMODIFIABLE_WAIT).await;
                }
                _ => return Err(e),
            }
        }
    }
}

fn reason(e: &Error) -> Option<&Refusal> {
    match e {
        Error::Aws(refusal) => Some(&refusal.reason),
        _ => None,
    }
}

/// The serial numbers of the devices of the user that the keys belong to, for the message of another error: `None` if the
/// call fails. `http` is a client of STS at this endpoint.
pub async fn serials_of_user(endpoint: &Endpoint, http: SharedHttpClient, keys: &Keys) -> Option<Vec<String>> {
    let url = endpoint.iam_url().ok()?.map(|url| url.value.as_str());
    // A client either uses TLS or does not.
    let can_share = is_tls(url) == is_tls(endpoint.url.as_ref().map(|url| url.value.as_str()));
    let http = if can_share { http } else { http::client(endpoint, is_tls(url)).ok()? };
    let config = config(endpoint, url, http)
        .credentials_provider(http::credentials(keys))
        // If this machine's clock is wrong, the client learns the offset from the first response and signs again.
        .retry_config(RetryConfig::standard().with_max_attempts(2));
    let listed = Client::from_conf(config.build()).list_mfa_devices().send().await.ok()?;
    Some(device::listed(listed.mfa_devices()).into_iter().map(|device| device.serial).collect())
}

fn config(endpoint: &Endpoint, url: Option<&str>, http: SharedHttpClient) -> Builder {
    let is_aws = endpoint.iam == IamEndpoint::Aws;
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(endpoint.region.value.to_string()))
        .use_fips(is_aws && endpoint.fips.is_some())
        .use_dual_stack(is_aws && endpoint.dual_stack.is_some())
        .http_client(http)
        .timeout_config(http::timeouts())
        .interceptor(ResponseLimit);
    config.set_app_name(AppName::new("mfa-env").ok());
    config.set_endpoint_url(url.map(str::to_owned));
    config
}
