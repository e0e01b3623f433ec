//! The SDK's client for IAM, configured explicitly, as that for STS.

use super::answer::Answer;
use super::call::Call;
use super::device;
use super::exchange::Exchange;
use super::refusal::refusal;
use crate::credentials::Keys;
use crate::error::{
    CallDescription, Error, IamRefusal, NetworkCause, NetworkError, Refusal, Result, UnexpectedResponse,
};
use crate::http::{self, CallContext, RequestSent, ResponseLimit, ServerClock, is_tls};
use crate::plan::{Endpoint, IamEndpoint};
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::config::{AppName, BehaviorVersion, Region};
use aws_sdk_iam::{Client, Config};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use std::time::Duration;

/// What IAM calls itself.
const SERVICE: &str = "IAM";
/// How often to wait for an earlier change of the same device or key, and how long each time.
const UNMODIFIABLE_RETRIES: u32 = 5;
const UNMODIFIABLE_WAIT: Duration = Duration::from_secs(1);

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
        Ok(IamClient::with(endpoint, clock, url, http::client(endpoint, is_tls(url))?))
    }

    /// A client that uses the connections of another one.
    fn with(endpoint: &Endpoint, clock: ServerClock, url: Option<&str>, http: SharedHttpClient) -> Self {
        let is_aws = endpoint.iam == IamEndpoint::Aws;
        let mut config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(endpoint.region.value.to_string()))
            .use_fips(is_aws && endpoint.fips.is_some())
            .use_dual_stack(is_aws && endpoint.dual_stack.is_some())
            .http_client(http)
            .timeout_config(http::timeouts())
            .interceptor(ResponseLimit)
            .interceptor(clock.clone());
        config.set_app_name(AppName::new("mfa-env").ok());
        config.set_endpoint_url(url.map(str::to_owned));
        let proxy_url = url.map_or_else(|| format!("https://{}", endpoint.iam_host()), str::to_owned);
        IamClient { client: Client::from_conf(config.build()), clock, proxy: http::proxy_of(&proxy_url) }
    }

    /// Makes one call, and interprets its error.
    pub(super) async fn call(&self, call: &Call, keys: &Keys, description: &CallDescription) -> Result<Answer> {
        let mut skewed = false;
        let mut waits = 0;
        loop {
            let e = match self.send(call, keys, description).await {
                Ok(answer) => return Ok(answer),
                Err(e) => e,
            };
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

    async fn send(&self, call: &Call, keys: &Keys, description: &CallDescription) -> Result<Answer> {
        let request_sent = RequestSent::default();
        let exchange = Exchange::of(call.operation, &call.parameters);
        let overrides = Config::builder()
            .credentials_provider(http::credentials(keys))
            .retry_config(RetryConfig::standard().with_max_attempts(call.attempts))
            .interceptor(exchange.clone())
            .interceptor(request_sent.clone());
        let context = |is_sent| CallContext {
            service: SERVICE,
            call: description,
            is_sent,
            has_code: call.has_codes,
            proxy: self.proxy.as_deref(),
        };
        match self.client.list_mfa_devices().customize().config_override(overrides).send().await {
            Ok(_) => exchange.answer(call.operation).map_err(|content_type| {
                let response = UnexpectedResponse::Page { status: 200, content_type };
                let problem = NetworkCause::NotAws { service: SERVICE, response };
                let host = description.host.clone();
                NetworkError { host, problem, is_sent: true, code_may_be_used: call.has_codes }.into()
            }),
            Err(e) => Err(http::explain(&e, &context(request_sent.is_sent()), |code, message| {
                refusal(code, message, &call.subject, self.clock.offset())
            })),
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
pub async fn serials_of_user(
    endpoint: &Endpoint,
    http: SharedHttpClient,
    keys: &Keys,
    description: &CallDescription,
) -> Option<Vec<String>> {
    let url = endpoint.iam_url().ok()?.map(|url| url.value.as_str());
    // A client either uses TLS or does not.
    let can_share = is_tls(url) == is_tls(endpoint.url.as_ref().map(|url| url.value.as_str()));
    let http = if can_share { http } else { http::client(endpoint, is_tls(url)).ok()? };
    let client = IamClient::with(endpoint, ServerClock::default(), url, http);
    let call = Call { attempts: 2, ..Call::repeated("ListMFADevices") };
    let listed = client.call(&call, keys, description).await.ok()?;
    Some(device::listed(&listed).into_iter().map(|device| device.serial).collect())
}
