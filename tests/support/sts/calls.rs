//! A record of the calls that the endpoint received.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One HTTP request that reached the endpoint, with a valid signature or without.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// Position among all calls to the endpoint, from 1.
    pub number: usize,
    /// Number of the TCP connection, from 1; calls with the same number shared it.
    pub connection: usize,
    /// Empty if the request named none.
    pub action: String,
    /// All parameters as sent, including `Action` and `Version`.
    pub params: BTreeMap<String, String>,
    /// Empty for an unsigned request.
    pub access_key_id: String,
    /// From the credential scope; empty for an unsigned request.
    pub region: String,
    /// The `Host` header.
    pub host: String,
    pub user_agent: String,
    /// Whether `X-Amz-Security-Token` was sent.
    pub session_token_sent: bool,
    /// The ARN of the caller, if the signature was valid.
    pub caller: Option<String>,
    /// HTTP status of the response; `None` until it is sent, or if the connection was closed instead.
    pub status: Option<u16>,
    /// The `<Code>` of an error response.
    pub error: Option<String>,
}

impl Call {
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {}(", self.number, self.action)?;
        for (name, value) in self.params.iter().filter(|(name, _)| !matches!(name.as_str(), "Action" | "Version")) {
            let is_code = name == "TokenCode" || name.starts_with("AuthenticationCode");
            let shown = if is_code { "(not shown)" } else { value };
            write!(f, "{name}={shown} ")?;
        }
        write!(f, ") by {} in {} -> {:?} {:?}", self.access_key_id, self.region, self.status, self.error)
    }
}

#[derive(Default)]
pub struct Calls {
    log: Mutex<Log>,
    arrived: Condvar,
}

#[derive(Default)]
struct Log {
    calls: Vec<Call>,
    count: usize,
}

impl Calls {
    /// Records a call when it arrives and returns its number.
    pub fn record(&self, mut call: Call) -> usize {
        let mut log = self.log();
        log.count += 1;
        call.number = log.count;
        log.calls.push(call);
        self.arrived.notify_all();
        log.count
    }

    /// Completes a record, unless a test has taken the call in the meantime.
    pub fn complete(&self, number: usize, change: impl FnOnce(&mut Call)) {
        if let Some(call) = self.log().calls.iter_mut().find(|call| call.number == number) {
            change(call);
        }
    }

    pub fn all(&self) -> Vec<Call> {
        self.log().calls.clone()
    }

    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.log().calls)
    }

    /// Whether `count` calls arrive within `limit`, not counting those that were taken.
    pub fn wait_for(&self, count: usize, limit: Duration) -> bool {
        let waited = self.arrived.wait_timeout_while(self.log(), limit, |log| log.calls.len() < count);
        waited.unwrap_or_else(PoisonError::into_inner).0.calls.len() >= count
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
