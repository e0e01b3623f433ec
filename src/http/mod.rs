//! HTTP to AWS, which the calls to STS and to IAM share: hyper and rustls, the proxy, the trusted certificates, the
//! timeouts, and what a failed call means as long as it does not depend on the service.

mod failure;
mod request_sent;
mod response_limit;
mod server_clock;

pub use failure::{CallContext, connection, explain, refused_signature};
pub use request_sent::RequestSent;
pub use response_limit::ResponseLimit;
pub use server_clock::ServerClock;

use crate::credentials::Keys;
use crate::error::{CallDescription, Error, NetworkCause, NetworkError, Result};
use crate::plan::Endpoint;
use crate::platform;
use crate::printable::shown_value;
use crate::profile::SourceProfile;
use aws_credential_types::Credentials;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Connector, ConnectorBuilder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The time limit for opening a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The time limit from the last byte of the request to the first byte of the response.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// The time limit for an operation with all its attempts.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(30);

pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// What an error message needs to know about a call that the keys of `source` sign.
pub fn describe(operation: &'static str, host: String, source: &SourceProfile, endpoint: &Endpoint) -> CallDescription {
    CallDescription {
        operation,
        host,
        region: endpoint.region.value.to_string(),
        signer: source.profile.to_string(),
        signer_header: source.config_header(),
        access_key_id: source.source.access_key_id().unwrap_or_default().to_owned(),
        account: source.account.clone(),
        by_session: false,
        signed_by_role: None,
        mfa_age: None,
        guessed_name: None,
        used_mfa: false,
        role: None,
        role_profile: None,
        device: None,
        lacks_device: false,
        has_no_device: false,
        no_mfa: None,
        duration: 0,
        duration_by_flag: false,
    }
}

/// Keys as the SDK takes them.
pub fn credentials(keys: &Keys) -> Credentials {
    let token = keys.session_token.as_ref().map(|t| t.expose().to_owned());
    Credentials::new(&keys.access_key_id, keys.secret_access_key.expose(), token, None, "mfa-env")
}

/// Whether an endpoint uses TLS. AWS's own endpoints, for which there is no URL, always do.
pub fn is_tls(url: Option<&str>) -> bool {
    !url.is_some_and(|url| url.starts_with("http://"))
}

/// Host and port of the proxy that the environment sets for STS, by the rules that the client uses too, to be shown.
/// Without the credentials that its URL may contain, or that may be in its place.
pub fn proxy(endpoint: &Endpoint) -> Option<String> {
    let url = endpoint.url.as_ref().map_or_else(|| format!("https://{}", endpoint.host()), |url| url.value.clone());
    proxy_of(&url)
}

/// The same for any URL.
pub fn proxy_of(url: &str) -> Option<String> {
    let uri = url.parse::<hyper::Uri>().ok().filter(|_| is_tls(Some(url)))?;
    let found = Matcher::from_env().intercept(&uri)?;
    let host = shown_value(found.uri().host()?);
    Some(found.uri().port().map_or_else(|| host.clone().into_owned(), |port| format!("{host}:{port}")))
}

/// Returns a client that trusts the CA bundle, if one is configured, or the system's certificates. With TLS it uses the
/// proxy that the environment sets.
///
/// # Errors
/// The CA bundle cannot be read, or contains no valid certificate.
pub fn client(endpoint: &Endpoint, is_tls: bool) -> Result<SharedHttpClient> {
    let context = tls_context(endpoint)?;
    Ok(aws_smithy_http_client::Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder();
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        connect(builder, is_tls, &context)
    }))
}

/// A connector for requests that are not calls of the SDK.
///
/// # Errors
/// As for [`client`].
pub fn connector(endpoint: &Endpoint, is_tls: bool) -> Result<Connector> {
    Ok(connect(Connector::builder(), is_tls, &tls_context(endpoint)?))
}

fn connect(builder: ConnectorBuilder, is_tls: bool, context: &tls::TlsContext) -> Connector {
    // http:// is allowed on loopback only. Through a proxy, the code would cross the network unencrypted.
    let proxy = if is_tls { ProxyConfig::from_env() } else { ProxyConfig::disabled() };
    let builder = builder.proxy_config(proxy);
    if is_tls {
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        builder.tls_provider(provider).tls_context(context.clone()).build()
    } else {
        // Without TLS no certificates are loaded.
        builder.build_http()
    }
}

/// What TLS trusts.
fn tls_context(endpoint: &Endpoint) -> Result<tls::TlsContext> {
    let mut trust = tls::TrustStore::default();
    if let Some(bundle) = &endpoint.ca_bundle {
        let unusable = |problem: String| NetworkError {
            host: endpoint.host(),
            problem: NetworkCause::CaBundle { path: bundle.value.clone(), problem },
            is_sent: false,
            code_may_be_used: false,
        };
        // Accepts only regular files. The path may come from a variable and lead to a FIFO, which would block.
        let path: Arc<Path> = Path::new(&bundle.value).into();
        let pem = platform::read_file(&path).map_err(|e| unusable(e.what()))?;
        let pem = pem.ok_or_else(|| unusable("the file does not exist".to_owned()))?;
        // Checked here, because the SDK panics on invalid PEM.
        let certificates: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let certificates = certificates.map_err(|_| unusable("it is not in PEM format".to_owned()))?;
        let mut roots = rustls::RootCertStore::empty();
        if certificates.is_empty() || certificates.into_iter().any(|c| roots.add(c).is_err()) {
            return Err(unusable("it contains no certificate, or an invalid one".to_owned()).into());
        }
        trust = trust.with_native_roots(false).with_pem_certificate(pem);
    }
    tls::TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|e| Error::Unexpected(format!("TLS could not be set up: {e}")))
}
