//! A limit on the size of responses, so that an endless one does not exhaust memory.

use aws_sdk_sts::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// In bytes. A session token is "typically less than 4096 bytes" (STS API reference, AssumeRole).
const MAX_RESPONSE_SIZE: usize = 1_000_000;

/// Makes reading a response fail once it exceeds the limit.
#[derive(Debug)]
pub struct ResponseLimit;

#[dyn_dispatch_hint]
impl Intercept for ResponseLimit {
    fn name(&self) -> &'static str {
        "ResponseLimit"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        let unlimited = std::mem::replace(body, SdkBody::taken());
        *body = SdkBody::from_body_1_x(Limited::new(unlimited, MAX_RESPONSE_SIZE));
        Ok(())
    }
}
