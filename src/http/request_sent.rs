//! Whether a request was sent. If it was, its code may have been used even if no response arrived.

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

/// Records whether the connection has started to read the body of a request, which contains the code. It does so after
/// name resolution, the proxy's tunnel, the TLS handshake and the request head, and never before. This is more reliable
/// than the error of a failed call, which depends on the layer that reports it.
///
/// Clones share their state.
#[derive(Clone, Debug, Default)]
pub struct RequestSent(Arc<AtomicBool>);

impl RequestSent {
    /// Whether the code may have been received.
    pub fn is_sent(&self) -> bool {
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
        let unwatched = std::mem::replace(body, SdkBody::taken());
        *body = SdkBody::from_body_1_x(Watched { body: unwatched, is_sent: Arc::clone(&self.0) });
        Ok(())
    }
}

/// The body of a request. It passes its size on, because a body of unknown size would be sent in chunks.
struct Watched {
    body: SdkBody,
    is_sent: Arc<AtomicBool>,
}

impl Body for Watched {
    type Data = <SdkBody as Body>::Data;
    type Error = <SdkBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.is_sent.store(true, Relaxed);
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.body)
    }
}
