//! The variables that replace the system's root certificates, in every program that uses OpenSSL or rustls.

use crate::origin::{Origin, Sourced};
use crate::platform;
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use std::path::Path;

const VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Where systems keep their own certificates, as OpenSSL and Go list them. Naming one of them changes nothing.
const OF_SYSTEMS: [&str; 13] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
    "/etc/certs",
    "/system/etc/security/cacerts",
];

/// Removes a variable that names nothing, with a warning, so that the system's certificates are used: nix-shell, for
/// example, sets such a path. Called before any thread is started, because the TLS library reads the real environment.
pub fn ignore_missing(variables: &mut Variables, warnings: &Warnings) {
    for name in VARIABLES {
        let Some(path) = variables.raw(name).map(|value| Path::new(value).to_owned()) else { continue };
        if !path.exists() {
            if !path.as_os_str().is_empty() {
                warnings.add(Warning::CertificatesMissing { variable: name, path });
            }
            variables.remove(name);
            platform::remove_variable(name);
        }
    }
}

/// The variables that name other certificates than the system's.
pub fn replaced_by_variables(variables: &Variables) -> Vec<Sourced<String>> {
    let named = VARIABLES.iter().filter_map(|name| Some((*name, variables.raw(name)?)));
    let others = named.filter(|(_, path)| !OF_SYSTEMS.iter().any(|system| Path::new(system) == Path::new(path)));
    others.map(|(name, path)| Sourced::new(path.to_string_lossy().into_owned(), Origin::Variable(name))).collect()
}
