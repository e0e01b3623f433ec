//! The offset between AWS's clock and this machine's, read from the `Date` header of every response.

use crate::clock::{self, ClockOffset};
use aws_sdk_sts::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};

/// In seconds. A smaller offset may just be the response's time on the network.
const TOLERANCE: i64 = 30;
/// The stored offset before the first response.
const UNKNOWN: i64 = i64::MIN;

/// AWS's clock as the responses show it. Clones share their state.
#[derive(Clone, Debug)]
pub struct ServerClock(Arc<State>);

#[derive(Debug)]
struct State {
    /// AWS's time minus this machine's, in seconds.
    offset: AtomicI64,
    /// The same in milliseconds, as if the response had been sent in the middle of the second that it names.
    offset_ms: AtomicI64,
    is_taken: AtomicBool,
}

impl Default for ServerClock {
    fn default() -> Self {
        ServerClock(Arc::new(State {
            offset: AtomicI64::new(UNKNOWN),
            offset_ms: AtomicI64::new(UNKNOWN),
            is_taken: AtomicBool::new(false),
        }))
    }
}

impl ServerClock {
    /// AWS's time minus this machine's, in seconds; `None` before the first response.
    pub fn seconds(&self) -> Option<i64> {
        Some(self.0.offset.load(Relaxed)).filter(|offset| *offset != UNKNOWN)
    }

    /// The same in milliseconds, with an error of half a second and the response's time on the network.
    pub fn milliseconds(&self) -> Option<i64> {
        Some(self.0.offset_ms.load(Relaxed)).filter(|offset| *offset != UNKNOWN)
    }

    /// The same in seconds; `None` also if the network's delay may explain it.
    pub fn significant_seconds(&self) -> Option<i64> {
        self.seconds().filter(|offset| offset.abs() > TOLERANCE)
    }

    /// The significant offset, and the current time.
    pub fn offset(&self) -> Option<ClockOffset> {
        Some(ClockOffset { seconds: self.significant_seconds()?, now: clock::now() })
    }

    /// The significant offset, returned only once.
    pub fn take_offset(&self) -> Option<ClockOffset> {
        let offset = self.offset()?;
        (!self.0.is_taken.swap(true, Relaxed)).then_some(offset)
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
            self.0.offset_ms.store(date.secs() * 1000 + 500 - clock::now_ms(), Relaxed);
        }
        Ok(())
    }
}
