//! Whether a request with a code in it has left this machine: only then can the code be used up.

use aws_sdk_sts::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Watches the body of one call, where the code stands. It is taken when a connection is there to write it to (name found, proxy passed, TLS
/// agreed on, head written) and never before. The errors would have to be known one by one and change with the layer that makes them.
#[derive(Clone, Debug, Default)]
pub(super) struct Departure(Arc<AtomicBool>);

impl Departure {
    /// Whether somebody can have read the code.
    pub(super) fn has_begun(&self) -> bool {
        self.0.load(Relaxed)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Departure {
    fn name(&self) -> &'static str {
        "Departure"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let has_begun = Arc::clone(&self.0);
        let body = context.request_mut().body_mut();
        let whole = std::mem::replace(body, SdkBody::taken());
        *body = SdkBody::from_body_1_x(whole.map_frame(move |frame| {
            has_begun.store(true, Relaxed);
            frame
        }));
        Ok(())
    }
}
