//! The way to AWS: hyper and rustls, the proxy, the certificates that are trusted, and how long all of it may take.

use super::network;
use crate::error::{Error, NetworkCause, Result};
use crate::plan::Endpoint;
use crate::platform;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub(super) const CONNECT: Duration = Duration::from_secs(5);
/// From the request's last byte to the answer's first.
const READ: Duration = Duration::from_secs(10);
/// One operation with all its attempts.
const OPERATION: Duration = Duration::from_secs(30);

pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).read_timeout(READ).operation_timeout(OPERATION).build()
}

/// AWS's own endpoints are; of the others, those that say so.
pub(super) fn is_tls(url: Option<&str>) -> bool {
    !url.is_some_and(|url| url.starts_with("http://"))
}

/// The proxy that the environment names for STS, as hyper reads the environment; without the credentials that may stand
/// in its URL.
pub(super) fn proxy(endpoint: &Endpoint) -> Option<String> {
    let url = endpoint.url.as_ref().map_or_else(|| format!("https://{}", endpoint.host()), |url| url.value.clone());
    let uri = url.parse::<hyper::Uri>().ok().filter(|_| is_tls(Some(&url)))?;
    let found = Matcher::from_env().intercept(&uri)?;
    let host = found.uri().host()?;
    Some(found.uri().port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// hyper and rustls on ring, the proxy of the environment where there is TLS, and the certificates of the CA bundle
/// where one is named, else the system's.
pub(super) fn client(endpoint: &Endpoint, is_tls: bool) -> Result<SharedHttpClient> {
    let mut trust = tls::TrustStore::default();
    if let Some(bundle) = &endpoint.ca_bundle {
        let bad = |problem: String| {
            network(endpoint.host(), NetworkCause::CaBundle { path: bundle.value.clone(), problem }, false)
        };
        // As careful as with the AWS files: a variable names it, so it may be a FIFO.
        let path: Arc<Path> = Path::new(&bundle.value).into();
        let pem = platform::read_file(&path).map_err(|e| bad(e.what()))?;
        let pem = pem.ok_or_else(|| bad("the file does not exist".to_owned()))?;
        // The SDK panics on PEM that it cannot read.
        let certificates: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let certificates = certificates.map_err(|_| bad("it is not in PEM format".to_owned()))?;
        let mut roots = rustls::RootCertStore::empty();
        if certificates.is_empty() || certificates.into_iter().any(|c| roots.add(c).is_err()) {
            return Err(bad("it contains no certificate, or an invalid one".to_owned()));
        }
        trust = trust.with_native_roots(false).with_pem_certificate(pem);
    }
    let context = tls::TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|e| Error::Unexpected(format!("TLS could not be set up: {e}")))?;
    Ok(aws_smithy_http_client::Builder::new().build_with_connector_fn(move |settings, components| {
        // http:// is for this machine only: by way of a proxy it would carry the code over the network as it is.
        let proxy = if is_tls { ProxyConfig::from_env() } else { ProxyConfig::disabled() };
        let mut builder = Connector::builder().proxy_config(proxy);
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        if is_tls {
            let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
            builder.tls_provider(provider).tls_context(context.clone()).build()
        } else {
            // Loopback only; no certificates are loaded for it.
            builder.build_http()
        }
    }))
}
