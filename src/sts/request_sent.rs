//! Whether a request with a code in it has left this machine: only then can the code be used up.

use aws_sdk_sts::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_types::body::SdkBody;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

/// Watches the body of one call, where the code stands. It is taken when a connection is there to write it to (name
/// found, proxy passed, TLS agreed on, head written) and never before. The errors would have to be known one by one and
/// change with the layer that makes them.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestSent(Arc<AtomicBool>);

impl RequestSent {
    /// Whether somebody can have read the code.
    pub(super) fn has_begun(&self) -> bool {
        self.0.load(Relaxed)
    }
}

#[dyn_dispatch_hint]
impl Intercept for RequestSent {
    fn name(&self) -> &'static str {
        "RequestSent"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.request_mut().body_mut();
        let whole = std::mem::replace(body, SdkBody::taken());
        *body = SdkBody::from_body_1_x(Watched { body: whole, has_begun: Arc::clone(&self.0) });
        Ok(())
    }
}

/// The same body: its length must stay known, or it would go out in chunks.
struct Watched {
    body: SdkBody,
    has_begun: Arc<AtomicBool>,
}

impl Body for Watched {
    type Data = <SdkBody as Body>::Data;
    type Error = <SdkBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.has_begun.store(true, Relaxed);
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.body)
    }
}
