//! A custom endpoint URL: where it is configured, and which URLs are accepted.

use crate::error::{ConfigError, Result};
use crate::origin::{Origin, Sourced};
use crate::profile::ServiceSettings;
use crate::variables::Variables;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The custom endpoint of a service: from the variable of the service, the variable for all services, or the files.
/// `None` if none is set or all are ignored. It is not checked yet.
///
/// # Errors
/// A variable is invalid.
pub(super) fn custom_url(
    variable: &'static str,
    configured: Option<&Sourced<String>>,
    service: &ServiceSettings,
    variables: &Variables,
) -> Result<Option<Sourced<String>>> {
    let is_ignored = variables.boolean("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?;
    if is_ignored.unwrap_or_default() || service.ignore_configured_endpoint_urls {
        return Ok(None);
    }
    let mut url = None;
    for name in [variable, "AWS_ENDPOINT_URL"] {
        url = match url {
            None => variables.text(name)?.map(|v| Sourced::new(v.to_owned(), Origin::Variable(name))),
            some => some,
        };
    }
    Ok(url.or_else(|| configured.cloned()))
}

/// Checks the URL of a custom endpoint.
///
/// # Errors
/// It is invalid, or it is an `http://` URL of another machine, to which a code would be sent unencrypted.
pub(super) fn check_url(url: &Sourced<String>) -> Result<()> {
    let (text, origin) = (url.value.clone(), url.origin.clone());
    let Some(authority) = authority(&text) else {
        return Err(ConfigError::EndpointNotUrl { url: text, origin }.into());
    };
    if text.starts_with("http://") && !is_loopback(authority) {
        return Err(ConfigError::EndpointPlainHttp { url: text, origin }.into());
    }
    Ok(())
}

/// Whether a custom endpoint can have this URL.
pub fn is_endpoint_url(text: &str) -> bool {
    authority(text).is_some()
}

/// The host and port of an `http://` or `https://` URL. `None` for URLs with a user name, a query, a fragment or other
/// characters about which URL parsers disagree, because the host shown to the user must be the host that is called.
pub(super) fn authority(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = split_port(authority)?;
    let host_ok = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
    };
    // Rust's own parser also accepts `+80`.
    let port_ok = port.is_none_or(|p| p.bytes().all(|b| b.is_ascii_digit()) && p.parse::<u16>().is_ok());
    let path_ok = path.bytes().all(|b| b.is_ascii_graphic() && !b"?#\\".contains(&b));
    (host_ok && port_ok && path_ok).then_some(authority)
}

/// Splits `HOST:PORT`; the host may be an IPv6 address in brackets.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    match authority.rfind(']') {
        Some(end) if authority.len() == end + 1 => Some((authority, None)),
        Some(end) => Some((&authority[..=end], Some(authority[end + 1..].strip_prefix(':')?))),
        None => Some(authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)))),
    }
}

/// Whether the host is this machine: `localhost`, 127.0.0.0/8 or `[::1]`.
fn is_loopback(authority: &str) -> bool {
    let Some((host, _)) = split_port(authority) else { return false };
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || host.trim_matches(['[', ']']).parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
}
