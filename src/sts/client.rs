//! The SDK's client. It is configured explicitly, because the SDK's own loader would read the AWS files again, ignores
//! `mfa_serial`, and panics on settings that other tools accept.

use super::issued_session;
use super::parameters::Parameters;
use super::refusal::refusal;
use crate::credentials::{Keys, SessionCredentials, TokenCode};
use crate::error::{AwsRefusal, CallDescription, Error, KeyOwner, Refusal, Result};
use crate::http::{self, CONNECT_TIMEOUT, CallContext, RequestSent, ResponseLimit, ServerClock, is_tls};
use crate::iam;
use crate::plan::Endpoint;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{AppName, BehaviorVersion, Builder, Region};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use aws_sdk_sts::{Client, Config};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use std::sync::{Arc, OnceLock};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

/// Attempts at a call without a code. A call with a code is sent only once, because the code may have been used even if
/// no response arrived.
const MAX_ATTEMPTS: u32 = 3;

/// A client for one endpoint, with a connection pool and the clock offset that its responses have shown.
pub(super) struct StsClient {
    client: Client,
    clock: ServerClock,
    endpoint: Endpoint,
    http: SharedHttpClient,
    /// Host and port of the proxy for STS.
    proxy: Option<String>,
    user: KeyUser,
    /// Whether GetCallerIdentity was called for the user's ARN. Locked during that call.
    is_identified: Mutex<bool>,
}

/// The ARN of the user that the keys belong to, once GetCallerIdentity has returned it. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyUser(Arc<OnceLock<String>>);

/// Who keys belong to. The texts are untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// Of the user, the root user, or the session of a role.
    pub arn: String,
    /// The account.
    pub account: String,
}

impl CallerIdentity {
    /// The name of the IAM user; `None` for the root user and for roles.
    pub fn user_name(&self) -> Option<&str> {
        let resource = self.arn.splitn(6, ':').nth(5)?.strip_prefix("user/")?;
        resource.rsplit('/').next()
    }

    /// Whether it is the root user of the account.
    pub fn is_root(&self) -> bool {
        self.arn.ends_with(":root")
    }
}

impl KeyUser {
    pub(super) fn arn(&self) -> Option<String> {
        self.0.get().cloned()
    }
}

impl StsClient {
    /// Creates a client, which loads the certificates.
    ///
    /// # Errors
    /// The CA bundle cannot be used.
    pub(super) fn new(endpoint: &Endpoint, clock: ServerClock, user: KeyUser) -> Result<Self> {
        let http = http::client(endpoint, is_tls(endpoint.url.as_ref().map(|url| url.value.as_str())))?;
        let mut config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(endpoint.region.value.to_string()))
            .use_fips(endpoint.fips.is_some())
            .use_dual_stack(endpoint.dual_stack.is_some())
            .http_client(http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .timeout_config(http::timeouts())
            .interceptor(ResponseLimit)
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
            user,
            is_identified: Mutex::new(false),
        })
    }

    /// Makes one call. One with a code is sent only once, unless its signature was rejected because of a wrong clock:
    /// then the offset is known, and the code is still unused, because STS checks the signature first.
    pub(super) async fn call(
        &self,
        parameters: &Parameters,
        keys: &Keys,
        code: Option<&TokenCode>,
        description: &CallDescription,
    ) -> Result<SessionCredentials> {
        let mut result = self.send(parameters, keys, code, description).await;
        if code.is_some()
            && let Err(Error::Aws(refusal)) = &result
            && matches!(refusal.reason, Refusal::ClockSkew(_))
        {
            result = self.send(parameters, keys, code, description).await;
        }
        match result {
            // The user has to compare the device with those of their IAM user, which the AWS files do not name.
            Err(Error::Aws(mut refusal)) if matches!(refusal.reason, Refusal::WrongDevice(_)) => {
                refusal.reason = Refusal::WrongDevice(self.owner(keys, description).await);
                Err(Error::Aws(refusal))
            }
            result => result,
        }
    }

    /// Checks the keys with GetCallerIdentity.
    pub(super) async fn check_keys(&self, keys: &Keys, description: &CallDescription) -> Result<()> {
        let identity = self.identity(keys, 1, description).await?;
        match (identity.account(), &description.account) {
            (Some(found), Some(expected)) if found != expected => {
                let reason = Refusal::OtherAccount { found: found.to_owned(), expected: expected.clone() };
                let call = description.clone();
                Err(AwsRefusal { reason, call, code: String::new(), message: String::new() }.into())
            }
            _ => Ok(()),
        }
    }

    /// Says who the keys belong to.
    pub(super) async fn caller(&self, keys: &Keys, description: &CallDescription) -> Result<CallerIdentity> {
        let identity = self.identity(keys, MAX_ATTEMPTS, description).await?;
        match (identity.arn, identity.account) {
            (Some(arn), Some(account)) => Ok(CallerIdentity { arn, account }),
            _ => {
                let reason = Refusal::Unusable("it does not say who the keys belong to");
                let call = description.clone();
                Err(AwsRefusal { reason, call, code: String::new(), message: String::new() }.into())
            }
        }
    }

    /// The ARN of the user that the keys belong to; `None` if AWS does not say it. Later calls return the same.
    pub(super) async fn user_arn(&self, keys: &Keys, description: &CallDescription) -> Option<String> {
        let mut is_identified = self.is_identified.lock().await;
        if self.user.arn().is_none() && !*is_identified {
            // A second attempt, for a clock that is wrong. The name of a session is not worth a longer wait.
            let _ = timeout_at(Instant::now() + CONNECT_TIMEOUT, self.identity(keys, 2, description)).await;
            *is_identified = true;
        }
        self.user.arn()
    }

    /// Calls GetCallerIdentity, and keeps the user's ARN.
    async fn identity(
        &self,
        keys: &Keys,
        attempts: u32,
        description: &CallDescription,
    ) -> Result<GetCallerIdentityOutput> {
        let request_sent = RequestSent::default();
        let call = self.client.get_caller_identity().customize().config_override(signed_by(keys, attempts));
        let result = call.interceptor(request_sent.clone()).send().await;
        let identity = result.map_err(|e| self.explain(&e, description, &request_sent, false))?;
        if let Some(arn) = identity.arn() {
            self.user.0.get_or_init(|| arn.to_owned());
        }
        Ok(identity)
    }

    /// Interprets the SDK's error.
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
        let (is_sent, proxy) = (request_sent.is_sent(), self.proxy.as_deref());
        let context = CallContext { service: "STS", call: description, is_sent, has_code, proxy };
        http::explain(error, &context, |code, message| refusal(code, message, description, self.clock.offset()))
    }

    /// The user that the keys belong to, and the user's devices. They only add to an error message, so failures are
    /// ignored, and the lookup takes at most as long as opening a connection.
    async fn owner(&self, keys: &Keys, description: &CallDescription) -> KeyOwner {
        let deadline = Instant::now() + CONNECT_TIMEOUT;
        if self.user.arn().is_none() {
            let _ = timeout_at(deadline, self.check_keys(keys, description)).await;
        }
        let devices =
            timeout_at(deadline, iam::serials_of_user(&self.endpoint, self.http.clone(), keys, description)).await;
        KeyOwner { arn: self.user.arn(), devices: devices.ok().flatten() }
    }

    /// Makes one call, without handling a wrong clock.
    async fn send(
        &self,
        parameters: &Parameters,
        keys: &Keys,
        code: Option<&TokenCode>,
        description: &CallDescription,
    ) -> Result<SessionCredentials> {
        let config = signed_by(keys, if code.is_some() { 1 } else { MAX_ATTEMPTS });
        let serial = code.and(parameters.serial.as_ref()).map(|s| s.as_str().to_owned());
        let token_code = code.map(|c| c.expose().to_owned());
        let request_sent = RequestSent::default();
        match &parameters.role {
            None => {
                let call = self.client.get_session_token().duration_seconds(parameters.seconds);
                let call = call.set_serial_number(serial).set_token_code(token_code);
                match call.customize().config_override(config).interceptor(request_sent.clone()).send().await {
                    Ok(output) => {
                        issued_session::check(output.credentials(), None, parameters, &self.clock, description)
                    }
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
                        issued_session::check(output.credentials(), identity, parameters, &self.clock, description)
                    }
                    Err(e) => Err(self.explain(&e, description, &request_sent, code.is_some())),
                }
            }
        }
    }
}

/// Overrides the keys and the number of attempts for one call.
fn signed_by(keys: &Keys, attempts: u32) -> Builder {
    Config::builder()
        .credentials_provider(http::credentials(keys))
        .retry_config(RetryConfig::standard().with_max_attempts(attempts))
}
