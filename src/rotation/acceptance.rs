//! Whether AWS accepts a new access key everywhere it is needed, which takes a few seconds.

use super::Stop;
use crate::context::Context;
use crate::credentials::Keys;
use crate::enrollment::Owner;
use crate::error::{Error, Refusal, Result, RotationError};
use crate::http::CONNECT_TIMEOUT;
use crate::network;
use crate::origin::{Origin, Sourced};
use crate::plan::{Endpoint, Overrides};
use crate::printable::printable;
use crate::profile::{AwsFiles, DeviceChoice, MfaSerial, ProfileName};
use crate::sign_in::plan_by_name;
use crate::sts::{CallerIdentity, Sts};
use crate::warning::Warnings;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// The pause before the next try, after all endpoints have accepted the key and after one has not.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];
/// How often a wait looks for a signal.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);
/// How often the wait is mentioned.
const NOTICE_INTERVAL: Duration = Duration::from_secs(15);
/// A person's files name a few regions. More endpoints would need too many connections at once.
const MAX_ENDPOINTS: usize = 20;

/// The endpoints of STS at which the old key works, so that the new one must, too.
pub struct Acceptance<'a> {
    owner: &'a Owner<'a>,
    context: &'a Context,
    endpoints: Vec<Sts<'a>>,
}

/// One endpoint in the course of a wait.
struct Progress<'s, 'a> {
    sts: &'s Sts<'a>,
    successes: u32,
    failure: Option<Error>,
}

impl<'a> Acceptance<'a> {
    /// The endpoint of the owner's plan, and those of other profiles with the same key, if they accept it.
    ///
    /// # Errors
    /// The network thread cannot be started.
    pub fn of(owner: &'a Owner<'a>, keys: &Keys, files: &AwsFiles<'_>, context: &'a Context) -> Result<Self> {
        let mut endpoints = vec![Sts::at(owner.plan.endpoint.clone(), &context.network)];
        let source = owner.source();
        let others = other_endpoints(owner, keys, files, context).into_iter();
        let asked: Result<Vec<_>> = others
            .map(|endpoint| {
                let sts = Sts::at(endpoint, &context.network);
                let answer = sts.ask_caller(source, keys.clone())?;
                Ok((sts, answer))
            })
            .collect();
        // One that does not respond is not needed at the moment.
        let deadline = Instant::now() + CONNECT_TIMEOUT;
        for (sts, answer) in asked? {
            let left = deadline.saturating_duration_since(Instant::now());
            if matches!(answer.recv_timeout(left), Ok(Ok(caller)) if caller.arn == owner.arn) {
                endpoints.push(sts);
            }
        }
        Ok(Acceptance { owner, context, endpoints })
    }

    /// Waits until every endpoint accepts a new key so many times in a row, because the servers behind it learn of it one
    /// by one; for `limit` at most.
    ///
    /// # Errors
    /// One of them does not, or says that the key is somebody else's; or a signal has arrived.
    pub fn wait(&self, keys: &Keys, successes: u32, limit: Duration) -> std::result::Result<(), Stop> {
        let start = |sts| Progress { sts, successes: 0, failure: None };
        let mut all: Vec<Progress<'_, '_>> = self.endpoints.iter().map(start).collect();
        let begin = Instant::now();
        let mut notice_at = Duration::ZERO;
        loop {
            let pending: Vec<&mut Progress<'_, '_>> = all.iter_mut().filter(|one| one.successes < successes).collect();
            if pending.is_empty() {
                return super::check_signal();
            }
            let answers: Result<Vec<_>> =
                pending.iter().map(|one| one.sts.ask_caller(self.owner.source(), keys.clone())).collect();
            let mut has_failed = false;
            for (one, answer) in pending.into_iter().zip(answers?) {
                self.take(one, keys, receive(&answer)?)?;
                has_failed |= one.failure.is_some();
            }
            let elapsed = begin.elapsed();
            if has_failed && elapsed >= limit {
                return Err(not_accepted(keys, limit, all).into());
            }
            if has_failed && elapsed >= notice_at {
                let left = limit.saturating_sub(elapsed).as_millis().div_ceil(1000);
                let id = printable(&keys.access_key_id).to_string();
                self.context.report.notice(&format!("waiting until AWS accepts {id} everywhere, {left} s at most"));
                notice_at = elapsed + NOTICE_INTERVAL;
            }
            pause(PAUSES[usize::from(has_failed)])?;
        }
    }

    /// Notes the answer of an endpoint.
    fn take(&self, one: &mut Progress<'_, '_>, keys: &Keys, answer: Result<CallerIdentity>) -> Result<()> {
        match answer {
            Ok(caller) if caller.arn == self.owner.arn => {
                (one.successes, one.failure) = (one.successes + 1, None);
                Ok(())
            }
            Ok(caller) => Err(RotationError::OtherUser { id: keys.access_key_id.clone(), arn: caller.arn }.into()),
            Err(e) => {
                (one.successes, one.failure) = (0, Some(e));
                Ok(())
            }
        }
    }
}

/// The error at the end of a wait: that of an endpoint that could not be asked, or else that the key is not accepted.
fn not_accepted(keys: &Keys, limit: Duration, all: Vec<Progress<'_, '_>>) -> Error {
    let failed: Vec<(String, Error)> = all.into_iter().filter_map(|one| Some((one.sts.host(), one.failure?))).collect();
    let is_unknown = |e: &Error| match e {
        Error::Aws(refusal) => matches!(refusal.reason, Refusal::UnknownKey | Refusal::WrongSecret),
        _ => false,
    };
    if failed.iter().any(|(_, e)| is_unknown(e)) {
        let hosts = failed.into_iter().map(|(host, _)| host).collect();
        return RotationError::NotAccepted { id: keys.access_key_id.clone(), hosts, seconds: limit.as_secs() }.into();
    }
    let (_, e) = failed.into_iter().next().expect("one of them has failed");
    e
}

/// The endpoints of other profiles with the same key, without that of the owner.
fn other_endpoints(owner: &Owner<'_>, keys: &Keys, files: &AwsFiles<'_>, context: &Context) -> Vec<Endpoint> {
    let any = DeviceChoice::Device(MfaSerial::not_listed_yet());
    let overrides = Overrides { mfa_serial: Some(Sourced::new(any, Origin::Listed)), ..Overrides::default() };
    let own = &owner.plan.endpoint;
    let address = |endpoint: &Endpoint| (endpoint.host(), endpoint.url.as_ref().map(|url| url.value.clone()));
    let mut known = vec![address(own)];
    let mut found = Vec::new();
    for name in files.names() {
        let plan = ProfileName::parse(name)
            .ok()
            .and_then(|name| plan_by_name(files, &name, &overrides, &context.variables, &Warnings::default()).ok());
        let Some(plan) = plan else { continue };
        let is_same = plan.call.source().source.access_key_id() == Some(&keys.access_key_id);
        if is_same && !known.contains(&address(&plan.endpoint)) && known.len() < MAX_ENDPOINTS {
            known.push(address(&plan.endpoint));
            found.push(plan.endpoint);
        }
    }
    found
}

/// Waits for an answer, or for a signal.
fn receive(answer: &Receiver<Result<CallerIdentity>>) -> std::result::Result<Result<CallerIdentity>, Stop> {
    loop {
        match answer.recv_timeout(SIGNAL_INTERVAL) {
            Ok(answer) => return Ok(answer),
            Err(RecvTimeoutError::Disconnected) => return Err(network::thread_ended().into()),
            Err(RecvTimeoutError::Timeout) => super::check_signal()?,
        }
    }
}

/// Waits for this time, or for a signal.
fn pause(time: Duration) -> std::result::Result<(), Stop> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        super::check_signal()?;
        std::thread::sleep(SIGNAL_INTERVAL.min(end.saturating_duration_since(Instant::now())));
    }
    super::check_signal()
}
