//! Programs that reach the tests' STS under AWS's own names, with a certificate that this machine seems to have: a
//! proxy connects every name to the STS, and only these programs see the certificate in the place of the system's. So
//! they print what they print when they talk to AWS.

use super::home::Home;
use super::proxy::Proxy;
use super::sts::Sts;
use super::tls::Tls;
use super::unprivileged::is_root;
use std::ffi::OsStr;
use std::process::Command;

const MOUNT: &str = "mount -t tmpfs tmpfs /etc/ssl && mkdir /etc/ssl/certs && \
                     cp \"$1\" /etc/ssl/certs/ca-certificates.crt && shift && exec \"$@\"";

/// Makes `home` reach `sts` as each of these hosts. It works as long as the STS does.
pub fn use_in(home: &mut Home, sts: &Sts, hosts: &[&str]) {
    let tls = Tls::in_front_of(sts, hosts);
    let proxy = Proxy::to(tls.address);
    home.variables.retain(|name, _| !name.to_string_lossy().starts_with("AWS_ENDPOINT_URL"));
    home.write("certificate.pem", tls.pem);
    // The path of a system's own certificates, so it is not named anywhere.
    home.set("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt");
    home.set("HTTPS_PROXY", format!("http://{}", proxy.address));
}

/// A command that sees the certificate. Whoever runs it must be able to mount: see `read_only_trials!`.
pub fn command(home: &Home, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("unshare");
    let own: &[&str] = if is_root() { &["--mount"] } else { &["--user", "--map-root-user", "--mount"] };
    command.args(own).args(["sh", "-c", MOUNT, "sh"]).arg(home.path().join("certificate.pem")).arg(program);
    command.env_clear().envs(&home.variables).current_dir(home.path());
    command
}
