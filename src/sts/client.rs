//! The SDK's client, configured by hand: the SDK's own loading reads the AWS files again, ignores `mfa_serial` and
//! panics on settings that are legal elsewhere.

use super::Parameters;
use super::clock::ServerClock;
use super::devices;
use super::failure::{self, CallContext};
use super::http::{self, CONNECT, is_tls};
use super::issued_session;
use super::limit::AnswerLimit;
use super::request_sent::RequestSent;
use crate::credentials::{Keys, SessionCredentials, TokenCode};
use crate::error::{CallDescription, Error, KeyOwner, Refusal, Result};
use crate::plan::{Endpoint, IamEndpoint};
use aws_credential_types::Credentials;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{AppName, BehaviorVersion, Builder, Region};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::{Client, Config};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use std::cell::OnceCell;
use tokio::time::{Instant, timeout_at};

/// Attempts of a call without a code; one with a code is sent once, because the code may be used up even when no answer
/// came.
const ATTEMPTS: u32 = 3;

/// One client: one pool of connections, and one learned difference between the clocks.
pub(super) struct StsClient {
    client: Client,
    clock: ServerClock,
    endpoint: Endpoint,
    http: SharedHttpClient,
    /// Host and port of the proxy on the way to STS.
    proxy: Option<String>,
    /// Whose the long-term keys are, once STS has said so.
    user: OnceCell<String>,
}

impl StsClient {
    pub(super) fn new(endpoint: &Endpoint, clock: ServerClock) -> Result<Self> {
        let http = http::client(endpoint, is_tls(endpoint.url.as_ref().map(|url| url.value.as_str())))?;
        let mut config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(endpoint.region.value.to_string()))
            .use_fips(endpoint.fips.is_some())
            .use_dual_stack(endpoint.dual_stack.is_some())
            .http_client(http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(http::timeouts())
            .interceptor(AnswerLimit)
            .interceptor(clock.clone());
        config.set_app_name(AppName::new("mfa-env").ok());
        config.set_endpoint_url(endpoint.url.as_ref().map(|url| url.value.clone()));
        let client = Client::from_conf(config.build());
        Ok(StsClient {
            client,
            clock,
            endpoint: endpoint.clone(),
            http,
            proxy: http::proxy(endpoint),
            user: OnceCell::new(),
        })
    }

    /// Makes one call. With a code it goes out once; only a signature that was refused for its time goes out again,
    /// when the clock's difference is known: STS looks at the signature before it looks at the code.
    pub(super) async fn call(
        &self,
        parameters: &Parameters,
        keys: &Keys,
        code: Option<&TokenCode>,
        description: &CallDescription,
    ) -> Result<SessionCredentials> {
        let mut answer = self.send(parameters, keys, code, description).await;
        if code.is_some()
            && let Err(Error::Aws(refusal)) = &answer
            && matches!(refusal.reason, Refusal::ClockSkew(_))
        {
            answer = self.send(parameters, keys, code, description).await;
        }
        match answer {
            // The one who reads this must compare the device with the user, and a file says nothing of the user.
            Err(Error::Aws(mut refusal)) if matches!(refusal.reason, Refusal::WrongDevice(_)) => {
                refusal.reason = Refusal::WrongDevice(self.owner(keys, description).await);
                Err(Error::Aws(refusal))
            }
            answer => answer,
        }
    }

    /// GetCallerIdentity: do these keys sign?
    pub(super) async fn check(&self, keys: &Keys, description: &CallDescription) -> Result<()> {
        let request_sent = RequestSent::default();
        let call = self.client.get_caller_identity().customize().config_override(signed_by(keys, 1));
        let sent = call.interceptor(request_sent.clone()).send().await;
        let identity = sent.map_err(|e| self.explain(&e, description, &request_sent, false))?;
        if let Some(arn) = identity.arn() {
            self.user.get_or_init(|| arn.to_owned());
        }
        Ok(())
    }

    fn explain<E>(
        &self,
        error: &SdkError<E>,
        description: &CallDescription,
        request_sent: &RequestSent,
        has_code: bool,
    ) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let (clock, proxy) = (self.clock.difference(), self.proxy.as_deref());
        failure::explain(
            error,
            &CallContext { call: description, is_sent: request_sent.has_begun(), has_code, clock, proxy },
        )
    }

    /// Whose the keys are, and the user's devices. It is said besides an error, so it takes no longer than a connection
    /// may, and what fails of it is left out.
    async fn owner(&self, keys: &Keys, description: &CallDescription) -> KeyOwner {
        let end = Instant::now() + CONNECT;
        if self.user.get().is_none() {
            let _ = timeout_at(end, self.check(keys, description)).await;
        }
        let devices = timeout_at(end, self.devices(keys)).await;
        KeyOwner { arn: self.user.get().cloned(), devices: devices.ok().flatten() }
    }

    async fn devices(&self, keys: &Keys) -> Option<Vec<String>> {
        let url = match &self.endpoint.iam {
            IamEndpoint::Aws => None,
            IamEndpoint::At(url) => Some(url.as_str()),
            IamEndpoint::Nobody => return None,
        };
        // With TLS and without it are two clients.
        let like_sts = is_tls(url) == is_tls(self.endpoint.url.as_ref().map(|url| url.value.as_str()));
        let http = if like_sts { self.http.clone() } else { http::client(&self.endpoint, is_tls(url)).ok()? };
        devices::of_user(&self.endpoint, url, http, credentials(keys)).await
    }

    async fn send(
        &self,
        parameters: &Parameters,
        keys: &Keys,
        code: Option<&TokenCode>,
        description: &CallDescription,
    ) -> Result<SessionCredentials> {
        let config = signed_by(keys, if code.is_some() { 1 } else { ATTEMPTS });
        let serial = code.and(parameters.serial.as_ref()).map(|s| s.as_str().to_owned());
        let token_code = code.map(|c| c.expose().to_owned());
        let request_sent = RequestSent::default();
        match &parameters.role {
            None => {
                let call = self.client.get_session_token().duration_seconds(parameters.seconds);
                let call = call.set_serial_number(serial).set_token_code(token_code);
                match call.customize().config_override(config).interceptor(request_sent.clone()).send().await {
                    Ok(output) => issued_session::check(output.credentials(), None, &self.clock, description),
                    Err(e) => Err(self.explain(&e, description, &request_sent, code.is_some())),
                }
            }
            Some(role) => {
                let call = self.client.assume_role().duration_seconds(parameters.seconds);
                let call = call.role_arn(role.arn.as_str()).role_session_name(role.session_name.as_str());
                let call = call.set_external_id(role.external_id.as_ref().map(|e| e.as_str().to_owned()));
                let call = call.set_serial_number(serial).set_token_code(token_code);
                match call.customize().config_override(config).interceptor(request_sent.clone()).send().await {
                    Ok(output) => {
                        let identity = output.assumed_role_user().map(|user| user.arn().to_owned());
                        issued_session::check(output.credentials(), identity, &self.clock, description)
                    }
                    Err(e) => Err(self.explain(&e, description, &request_sent, code.is_some())),
                }
            }
        }
    }
}

/// Overrides for one call; pool, clock and interceptors stay the client's.
fn signed_by(keys: &Keys, attempts: u32) -> Builder {
    Config::builder()
        .credentials_provider(credentials(keys))
        .retry_config(RetryConfig::standard().with_max_attempts(attempts))
}

fn credentials(keys: &Keys) -> Credentials {
    let token = keys.session_token.as_ref().map(|t| t.expose().to_owned());
    Credentials::new(&keys.access_key_id, keys.secret_access_key.expose(), token, None, "mfa-env")
}
