//! The parameters and the result of a call, in place of those that the SDK's client would send and read.
//!
//! Each operation of the SDK adds about two hundred addresses to the program, which the loader has to relocate at every
//! start, even for a cached session. So every call is made as one operation, ListMFADevices, for which the SDK chooses the
//! endpoint, signs, repeats and interprets errors; the parameters and the result of the operation that is meant are written
//! and read here.

use super::answer::Answer;
use aws_sdk_iam::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_iam::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_iam::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use zeroize::Zeroizing;

/// IAM's only version.
const VERSION: &str = "2010-05-08";
/// What is encoded in a form.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What the SDK's client reads in place of a successful response.
const NO_DEVICES: &str = "<ListMFADevicesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
     <ListMFADevicesResult><IsTruncated>false</IsTruncated><MFADevices/></ListMFADevicesResult></ListMFADevicesResponse>";

/// What one call sends, and what comes back. Clones share their state.
#[derive(Clone)]
pub(super) struct Exchange(Arc<State>);

struct State {
    form: Zeroizing<String>,
    received: Mutex<Received>,
}

/// A successful response, as far as it has been read.
#[derive(Default)]
struct Received {
    body: Zeroizing<Vec<u8>>,
    content_type: Option<String>,
}

impl Exchange {
    /// The parameters of an operation.
    pub(super) fn of(operation: &str, parameters: &[(&'static str, Zeroizing<String>)]) -> Self {
        let mut form = Zeroizing::new(format!("Action={operation}&Version={VERSION}"));
        for (name, value) in parameters {
            form.push_str(&format!("&{name}={}", utf8_percent_encode(value, ENCODED)));
        }
        Exchange(Arc::new(State { form, received: Mutex::default() }))
    }

    /// The result of the call, once it has succeeded. If this is not a response to that operation, its content type.
    pub(super) fn answer(&self, operation: &str) -> Result<Answer, Option<String>> {
        let received = std::mem::take(&mut *self.received());
        Answer::parse(&received.body, operation).ok_or(received.content_type)
    }

    fn received(&self) -> std::sync::MutexGuard<'_, Received> {
        self.0.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exchange(…)")
    }
}

#[dyn_dispatch_hint]
impl Intercept for Exchange {
    fn name(&self) -> &'static str {
        "Exchange"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        request.headers_mut().insert("content-length", self.0.form.len().to_string());
        *request.body_mut() = SdkBody::from(self.0.form.as_str());
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        // The SDK's client interprets errors, whatever the operation.
        if response.status().is_success() {
            let content_type = response.headers().get("content-type").map(|text| text.chars().take(200).collect());
            *self.received() = Received { content_type, ..Received::default() };
            let body = response.body_mut();
            let inner = std::mem::replace(body, SdkBody::taken());
            *body = SdkBody::from_body_1_x(Replaced { inner, exchange: self.clone(), is_read: false });
        }
        Ok(())
    }
}

/// The body of a successful response: keeps what arrives, and then passes on that there are no devices.
struct Replaced {
    inner: SdkBody,
    exchange: Exchange,
    is_read: bool,
}

impl Body for Replaced {
    type Data = Bytes;
    type Error = <SdkBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        while !self.is_read {
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Err(e)) => return Poll::Ready(Some(Err(e))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.exchange.received().body.extend_from_slice(&data);
                    }
                }
                None => {
                    self.is_read = true;
                    return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(NO_DEVICES.as_bytes())))));
                }
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.is_read
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
