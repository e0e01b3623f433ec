//! How every call to IAM is made: on the network thread, while this one waits.

use super::Iam;
use super::answer::Answer;
use super::call::Call;
use super::worker::{Request, Worker};
use crate::credentials::Keys;
use crate::error::{AwsRefusal, CallDescription, Error, Refusal, Result};
use crate::http;
use crate::network;
use crate::printable::printable;
use std::sync::mpsc::channel;

impl Iam<'_> {
    /// Makes one call. It may be sent again, if AWS has not looked at it or can do it only later.
    pub(super) fn call(&self, keys: &Keys, call: Call) -> Result<Answer> {
        let (reply, result) = channel();
        let description = self.describe(&call, keys.are_temporary());
        self.worker()?.send(Request { call, keys: keys.clone(), description, reply })?;
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

    fn describe(&self, call: &Call, by_session: bool) -> CallDescription {
        let host = self.endpoint.iam_host();
        CallDescription { by_session, ..http::describe(call.operation, host, &self.source, &self.endpoint) }
    }

    /// The error of a successful response that has not what it must have.
    pub(super) fn unusable(&self, call: &Call, problem: &'static str) -> Error {
        let (call, code, message) = (self.describe(call, false), String::new(), String::new());
        AwsRefusal { reason: Refusal::Unusable(problem), call, code, message }.into()
    }
}
