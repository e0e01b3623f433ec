//! The name under which a session is kept: everything that decides what the session is, and nothing else.
//!
//! An MFA session belongs to a key and a device; which region, role or profile asked for it does not matter, so that
//! three roles in three regions cost one code. A role session is that, its endpoint, and the parameters of every hop.

use super::{Endpoint, Operation, Plan, StsCall};
use crate::origin::Origin;
use sha2::{Digest, Sha256};

/// Raised whenever the fields change their meaning: old entries are then found no more.
const VERSION: &str = "1";

/// Which of the fields is the identity of the source.
pub const SOURCE_FIELD: usize = 3;

/// The fields of a session's identity, in a fixed order. No secret is among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionKey {
    pub fields: Vec<(&'static str, String)>,
}

impl SessionKey {
    /// The identity of the session that a call of this plan makes.
    pub fn of(call: &StsCall, plan: &Plan) -> Self {
        let mut fields = Vec::with_capacity(16);
        fields.push(("version", VERSION.to_owned()));
        fields.push(("kind", if call.role_arn().is_some() { "role" } else { "mfa" }.to_owned()));
        fields.push(("partition", plan.partition.clone()));
        let source = call.source().source.identity();
        fields.push((source.name, source.value.into_owned()));
        let device = call.device().map(|d| d.value.as_str().to_owned()).unwrap_or_default();
        fields.push(("device", device));
        fields.push(("custom_endpoint", custom_endpoint(&plan.endpoint)));
        match call.operation {
            Operation::GetSessionToken if matches!(call.duration.origin, Origin::Flag(_)) => {
                fields.push(("duration", call.duration.value.seconds().to_string()));
            }
            Operation::GetSessionToken => {}
            Operation::AssumeRole { .. } => {
                fields.push(("endpoint", plan.endpoint.host()));
                hops(call, &mut fields);
            }
        }
        SessionKey { fields }
    }

    /// The fields in one line, `name=value` with blanks between: none of the values can hold a blank.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.fields.len() * 32);
        for (name, value) in &self.fields {
            let blank = if text.is_empty() { "" } else { " " };
            text.extend([blank, name, "=", value]);
        }
        text
    }

    /// SHA-256 over the values, each with its length before it, in hexadecimal: a name for a file. Their order is fixed
    /// by version and kind, which come first, so the fields' names add nothing.
    pub fn digest(&self) -> String {
        digest_of(self.fields.iter().map(|(_, value)| value.as_str()))
    }
}

/// The name of the lock of an MFA device: whoever asks for its code holds it.
pub fn device_lock(call: &StsCall, plan: &Plan) -> String {
    let device = call.device().map(|d| d.value.as_str()).unwrap_or_default();
    let endpoint = custom_endpoint(&plan.endpoint);
    let source = call.source().source.identity();
    digest_of([VERSION, "device", &plan.partition, &source.value, device, &endpoint].into_iter())
}

fn hops(call: &StsCall, fields: &mut Vec<(&'static str, String)>) {
    if let Some(parent) = call.parent() {
        hops(parent, fields);
    }
    if let Operation::AssumeRole { role_arn, role_session_name, external_id, .. } = &call.operation {
        fields.push(("role_arn", role_arn.value.as_str().to_owned()));
        fields.push(("role_session_name", role_session_name.value.as_str().to_owned()));
        fields.push(("external_id", external_id.as_ref().map(|e| e.value.as_str().to_owned()).unwrap_or_default()));
        fields.push(("duration", call.duration.value.seconds().to_string()));
    }
}

fn custom_endpoint(endpoint: &Endpoint) -> String {
    endpoint.url.as_ref().map(|url| url.value.clone()).unwrap_or_default()
}

fn digest_of<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}
