//! Verifies Signature Version 4 from the request as received.
//!
//! Written from the published specification and sharing no code with the SDK, so that the two check each other:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use super::form;
use super::http::Request;
use super::mint::hex;
use super::refusal::Refusal;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The parsed `Authorization` header.
pub struct Authorization {
    pub access_key_id: String,
    pub date: String,
    pub region: String,
    pub service: String,
    pub terminator: String,
    pub signed_headers: Vec<String>,
    pub signature: String,
}

impl Authorization {
    pub fn of(request: &Request) -> Result<Authorization, Refusal> {
        let header = request.header("authorization").ok_or_else(Refusal::missing_authentication)?;
        let Some(fields) = header.strip_prefix(ALGORITHM).filter(|rest| rest.starts_with(' ')) else {
            return Err(Refusal::incomplete_signature(&format!("Unsupported AWS 'algorithm': it is not {ALGORITHM}.")));
        };
        let field = |name: &str| {
            let named = fields.split(',').filter_map(|field| field.trim().split_once('='));
            named.into_iter().find(|(other, _)| *other == name).map(|(_, value)| value.to_owned()).ok_or_else(|| {
                Refusal::incomplete_signature(&format!("Authorization header requires '{name}' parameter."))
            })
        };
        let (credential, signed_headers, signature) =
            (field("Credential")?, field("SignedHeaders")?, field("Signature")?);
        let scope: Vec<&str> = credential.split('/').collect();
        let [access_key_id, date, region, service, terminator] = scope[..] else {
            return Err(Refusal::incomplete_signature(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
            ));
        };
        Ok(Authorization {
            access_key_id: access_key_id.into(),
            date: date.into(),
            region: region.into(),
            service: service.into(),
            terminator: terminator.into(),
            signed_headers: signed_headers.split(';').map(str::to_owned).collect(),
            signature,
        })
    }

    /// The first header that must be signed but is not: `host` or any `x-amz-*`.
    pub fn uncovered<'a>(&self, request: &'a Request) -> Option<&'a str> {
        let sent = request.headers.iter().map(|(name, _)| name.as_str());
        let required = sent.filter(|name| name.starts_with("x-amz-")).chain(["host", "x-amz-date"]);
        required.into_iter().find(|name| !self.signed_headers.iter().any(|signed| signed == name))
    }

    /// The expected signature for `secret`; `None` if the request has no canonical form.
    pub fn expected(&self, request: &Request, secret: &str) -> Option<String> {
        let canonical = self.canonical_request(request)?;
        let Authorization { date, region, service, terminator, .. } = self;
        let string_to_sign = format!(
            "{ALGORITHM}\n{}\n{date}/{region}/{service}/{terminator}\n{}",
            request.header("x-amz-date")?,
            hex(&Sha256::digest(canonical))
        );
        let mut key = hmac(format!("AWS4{secret}").as_bytes(), date);
        for part in [region, service, terminator] {
            key = hmac(&key, part);
        }
        Some(hex(&hmac(&key, &string_to_sign)))
    }

    fn canonical_request(&self, request: &Request) -> Option<String> {
        let mut headers = String::new();
        // The client must sign the names in sorted order.
        if !self.signed_headers.is_sorted() {
            return None;
        }
        for name in &self.signed_headers {
            let values: Vec<String> = request
                .headers
                .iter()
                .filter(|(other, _)| other == name)
                .map(|(_, value)| value.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            if values.is_empty() {
                return None;
            }
            headers.push_str(&format!("{name}:{}\n", values.join(",")));
        }
        let segments = request.path.split('/').map(|segment| form::encoded(segment.as_bytes()));
        Some(format!(
            "{}\n{}\n{}\n{headers}\n{}\n{}",
            request.method,
            segments.collect::<Vec<_>>().join("/"),
            form::canonical_query(&request.query)?,
            self.signed_headers.join(";"),
            hex(&Sha256::digest(&request.body))
        ))
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
