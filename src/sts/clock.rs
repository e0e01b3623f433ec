//! How far STS's clock is from ours, read off the `Date` of every answer.

use crate::clock::{self, ClockOffset};
use aws_sdk_sts::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};

/// A smaller difference is the time that the answer took.
const TOLERANCE: i64 = 30;
const UNKNOWN: i64 = i64::MIN;

#[derive(Clone, Debug)]
pub(super) struct ServerClock(Arc<Reading>);

#[derive(Debug)]
struct Reading {
    offset: AtomicI64,
    is_taken: AtomicBool,
}

impl Default for ServerClock {
    fn default() -> Self {
        ServerClock(Arc::new(Reading { offset: AtomicI64::new(UNKNOWN), is_taken: AtomicBool::new(false) }))
    }
}

impl ServerClock {
    /// Server less local in seconds, once something was answered.
    pub(super) fn seconds(&self) -> Option<i64> {
        Some(self.0.offset.load(Relaxed)).filter(|offset| *offset != UNKNOWN)
    }

    /// The same, if it is more than can be told from the network's delay.
    pub(super) fn offset(&self) -> Option<i64> {
        self.seconds().filter(|offset| offset.abs() > TOLERANCE)
    }

    pub(super) fn difference(&self) -> Option<ClockOffset> {
        Some(ClockOffset { seconds: self.offset()?, now: clock::now() })
    }

    /// The difference, once: every answer of a sign-in shows it.
    pub(super) fn take_difference(&self) -> Option<ClockOffset> {
        let difference = self.difference()?;
        (!self.0.is_taken.swap(true, Relaxed)).then_some(difference)
    }
}

#[dyn_dispatch_hint]
impl Intercept for ServerClock {
    fn name(&self) -> &'static str {
        "ServerClock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").and_then(|d| DateTime::from_str(d, Format::HttpDate).ok());
        if let Some(date) = date {
            self.0.offset.store(date.secs() - clock::now(), Relaxed);
        }
        Ok(())
    }
}
