//! How every call to IAM is made: on the network thread, while this one waits.

use super::Iam;
use super::client::CallSpec;
use super::worker::Worker;
use crate::credentials::Keys;
use crate::error::{AwsRefusal, CallDescription, Error, Refusal, Result};
use crate::http;
use crate::network;
use crate::printable::printable;
use aws_sdk_iam::Client;
use aws_sdk_iam::config::Builder;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use std::future::Future;
use std::sync::mpsc::channel;

impl Iam<'_> {
    /// Makes one call. `send` may be called again, if AWS has not looked at the call or can do it only later.
    pub(super) fn call<T, E, F>(
        &self,
        keys: &Keys,
        call: CallSpec,
        send: impl Fn(Client, Builder) -> F + Send + 'static,
    ) -> Result<T>
    where
        T: Send + 'static,
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Future<Output = std::result::Result<T, SdkError<E>>> + 'static,
    {
        let (reply, result) = channel();
        let (keys, description) = (keys.clone(), self.describe(&call, keys.are_temporary()));
        self.worker()?.send(move |client| {
            Box::pin(async move {
                let made = match client {
                    Ok(client) => client.call(&call, &keys, &description, send).await,
                    Err(e) => Err(e),
                };
                // If nobody waits any more, the result is not needed.
                let _ = reply.send(made);
            })
        })?;
        network::wait_for(&result, || {
            self.report.notice(&format!("waiting for {}", printable(&self.endpoint.iam_host())));
        })?
    }

    fn worker(&self) -> Result<&Worker> {
        match self.worker.get() {
            Some(worker) => Ok(worker),
            None => {
                let worker = Worker::start(self.network, self.endpoint.clone(), self.clock.clone())?;
                Ok(self.worker.get_or_init(|| worker))
            }
        }
    }

    fn describe(&self, call: &CallSpec, by_session: bool) -> CallDescription {
        let host = self.endpoint.iam_host();
        CallDescription { by_session, ..http::describe(call.operation, host, &self.source, &self.endpoint) }
    }

    /// The error of a successful response that has not what it must have.
    pub(super) fn unusable(&self, call: &CallSpec, problem: &'static str) -> Error {
        let (call, code, message) = (self.describe(call, false), String::new(), String::new());
        AwsRefusal { reason: Refusal::Unusable(problem), call, code, message }.into()
    }
}
