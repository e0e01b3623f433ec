//! Connecting to STS: proxies, certificates, and every way that it can fail. Nothing leaves the loopback interface;
//! host names end in `.invalid`.

use crate::support::failure_statement;
use crate::support::home::Home;
use crate::support::program::{Program, Ran};
use crate::support::proxy::Proxy;
use crate::support::sts::{NO_LISTENER, Sts, User};
use crate::support::tls::Tls;
use mfa_env::error::{Error, NetworkCause, NetworkError};

trials![
    refuses_an_untrusted_certificate,
    refuses_a_certificate_for_another_name,
    trusts_a_ca_bundle,
    refuses_an_invalid_ca_bundle,
    uses_a_proxy,
    obeys_no_proxy,
    reports_a_proxy_that_refuses,
    reports_an_unreachable_proxy,
    does_not_blame_the_proxy_for_a_failure_beyond_it,
    does_not_use_a_proxy_for_plain_http,
    reports_a_refused_connection,
    reports_an_unknown_host_name,
    guesses_the_region_of_a_host_that_does_not_exist,
    reports_an_endpoint_without_tls,
];

struct TlsEndpoint {
    sts: Sts,
    alice: User,
    tls: Tls,
    home: Home,
}

impl TlsEndpoint {
    /// STS behind TLS with a certificate for these names.
    fn with(names: &[&str]) -> TlsEndpoint {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let tls = Tls::in_front_of(&sts, names);
        let mut home = Home::with_user(&sts, &alice, &[]);
        home.set("AWS_ENDPOINT_URL_STS", format!("https://{}", tls.address));
        TlsEndpoint { sts, alice, tls, home }
    }

    /// Writes the certificate to a file and returns its path.
    fn bundle(&self) -> String {
        self.home.write("ca.pem", &self.tls.pem).display().to_string()
    }

    fn sign_in<'a>(&'a self, variables: &[(&str, &str)]) -> Program<'a> {
        let program = Program::new(&self.home, ["main", &self.sts.code(&self.alice.mfa_serial), "--shell", "sh"]);
        variables.iter().fold(program, |program, (name, value)| program.env(*name, *value))
    }

    /// Asserts that the sign-in fails with status 6 and these messages, without reaching STS.
    fn assert_fails(&self, variables: &[(&str, &str)], says: &[&str]) -> Ran {
        // A file that cannot be used is no matter of the network.
        let status = if says.iter().any(|says| says.contains("CA bundle")) { 7 } else { 6 };
        let program = self.sign_in(variables).fails(status).stdout(failure_statement::of("sh", status));
        let ran = says.iter().fold(program, |program, part| program.says(*part)).run();
        assert!(self.sts.calls().is_empty(), "{:?}", self.sts.calls());
        ran
    }
}

// fault 117
fn refuses_an_untrusted_certificate() {
    let endpoint = TlsEndpoint::with(&["127.0.0.1"]);
    let message = format!("mfa-env: the certificate of {} is not trusted: ", endpoint.tls.address);
    endpoint.assert_fails(
        &[],
        &[
            &message,
            "behind a corporate proxy, set AWS_CA_BUNDLE to its CA certificate;\n  \
            otherwise, someone may be intercepting the connection\n",
        ],
    );
}

// fault 117
fn refuses_a_certificate_for_another_name() {
    let endpoint = TlsEndpoint::with(&["other.invalid"]);
    let message = format!("mfa-env: the certificate of {} is not trusted: ", endpoint.tls.address);
    endpoint.assert_fails(&[("AWS_CA_BUNDLE", &endpoint.bundle())], &[&message]);
}

// fault 117
fn trusts_a_ca_bundle() {
    let endpoint = TlsEndpoint::with(&["127.0.0.1"]);
    let bundle = endpoint.bundle();
    endpoint.sign_in(&[("AWS_CA_BUNDLE", &bundle)]).signs_in_to("main").run();
    assert_eq!(endpoint.sts.take_calls()[0].host, endpoint.tls.address.to_string());
    // The profile can name it too, but the variable takes precedence.
    let endpoint = TlsEndpoint::with(&["127.0.0.1"]);
    let config =
        format!("[profile main]\nmfa_serial = {}\nca_bundle = {}\n", endpoint.alice.mfa_serial, endpoint.bundle());
    endpoint.home.write(".aws/config", config);
    endpoint.assert_fails(
        &[("AWS_CA_BUNDLE", "/nonexistent/ca.pem")],
        &["the CA bundle /nonexistent/ca.pem cannot be used: "],
    );
    endpoint.sign_in(&[]).signs_in_to("main").run();
}

// faults 51, 117, 231
fn refuses_an_invalid_ca_bundle() {
    let endpoint = TlsEndpoint::with(&["127.0.0.1"]);
    let write = |name: &str, text: &str| endpoint.home.write(name, text).display().to_string();
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    #[cfg(unix)]
    nix::unistd::mkfifo(&endpoint.home.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    let in_home = |name: &str| endpoint.home.path().join(name).display().to_string();
    for path in [
        in_home("nosuch"),
        in_home(".aws"),
        #[cfg(unix)]
        in_home("fifo"),
        write("empty", ""),
        write("text", "hello"),
        write("garbage", garbage),
        write("cut", &endpoint.tls.pem[..endpoint.tls.pem.len() / 2]),
        write("half", &(endpoint.tls.pem.clone() + garbage)),
    ] {
        let shown = path.replace(&endpoint.home.path().display().to_string(), "~");
        let message = format!("mfa-env: the CA bundle {shown} cannot be used: ");
        endpoint.sts.advance(60);
        endpoint.assert_fails(&[("AWS_CA_BUNDLE", &path)], &[&message, "\n  correct AWS_CA_BUNDLE or ca_bundle\n"]);
    }
}

// fault 118
fn uses_a_proxy() {
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let mut endpoint = TlsEndpoint::with(&["sts.invalid"]);
        let proxy = Proxy::to(endpoint.tls.address);
        let bundle = endpoint.bundle();
        endpoint.home.set("AWS_ENDPOINT_URL_STS", "https://sts.invalid");
        let url = format!("http://us%20er:p%40ss-word@{}", proxy.address);
        let ran = endpoint.sign_in(&[("AWS_CA_BUNDLE", &bundle), (variable, &url)]).signs_in_to("main").run();
        assert!(!ran.stderr.contains("ss-word") && !ran.stdout.contains("ss-word"), "{}", ran.stderr);
        let [head] = &proxy.heads()[..] else { panic!("{:?}", proxy.heads()) };
        assert!(head.starts_with("CONNECT sts.invalid:443 HTTP/1.1\r\n"), "{head}");
        // The base64 of `us er:p@ss-word`, in lower case.
        assert!(head.to_ascii_lowercase().contains("proxy-authorization: basic dxmgzxi6cebzcy13b3jk\r\n"), "{head}");
        assert_eq!(endpoint.sts.take_calls()[0].host, "sts.invalid");
    }
}

// fault 118
fn obeys_no_proxy() {
    let endpoint = TlsEndpoint::with(&["127.0.0.1"]);
    let proxy = Proxy::responding("HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n");
    let (bundle, url) = (endpoint.bundle(), format!("http://{}", proxy.address));
    for exception in ["127.0.0.1", "other.invalid, 127.0.0.0/8"] {
        let home = Home::with_user(&endpoint.sts, &endpoint.alice, &[]);
        endpoint.sts.advance(60);
        let code = endpoint.sts.code(&endpoint.alice.mfa_serial);
        Program::new(&home, ["main", &code, "--shell", "sh"])
            .env("AWS_ENDPOINT_URL_STS", format!("https://{}", endpoint.tls.address))
            .env("AWS_CA_BUNDLE", &bundle)
            .env("HTTPS_PROXY", &url)
            .env("NO_PROXY", exception)
            .signs_in_to("main")
            .run();
    }
    // By name; the DNS error shows that a direct connection was tried.
    for exception in ["sts.invalid", ".invalid", "other,sts.invalid", "*"] {
        let home = Home::with_user(&endpoint.sts, &endpoint.alice, &[]);
        Program::new(&home, ["main", "123456", "--shell", "sh"])
            .env("AWS_ENDPOINT_URL_STS", "https://sts.invalid")
            .env("HTTPS_PROXY", &url)
            .env("no_proxy", exception)
            .fails(6)
            .stdout(failure_statement::of("sh", 6))
            .says("mfa-env: sts.invalid cannot be resolved (DNS)\n")
            .run();
    }
    assert_eq!(proxy.heads(), Vec::<String>::new());
}

// fault 118
fn reports_a_proxy_that_refuses() {
    for response in [
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\
         Content-Length: 0\r\n\r\n",
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    ] {
        let proxy = Proxy::responding(response);
        let message = format!("the proxy {} refused to connect to sts.invalid", proxy.address);
        assert_fails_through_proxy(&format!("http://user:TOPSECRET@{}", proxy.address), &message);
        assert_eq!(proxy.heads().len(), 1);
    }
}

/// Asserts that a sign-in through this proxy fails with status 6 and exactly this message and the advice about proxies.
#[track_caller]
fn assert_fails_through_proxy(url: &str, message: &str) {
    let mut endpoint = TlsEndpoint::with(&["sts.invalid"]);
    endpoint.home.set("AWS_ENDPOINT_URL_STS", "https://sts.invalid");
    let message = format!("mfa-env: {message}\n  check HTTPS_PROXY and its credentials, or add the host to NO_PROXY\n");
    endpoint.sign_in(&[("HTTPS_PROXY", url)]).fails(6).stdout(failure_statement::of("sh", 6)).stderr(message).run();
    assert!(endpoint.sts.calls().is_empty());
}

// faults 117, 118
fn reports_an_unreachable_proxy() {
    let refused = std::net::TcpStream::connect(NO_LISTENER).expect_err("a refused connection");
    assert_fails_through_proxy(
        &format!("http://user:TOPSECRET@{NO_LISTENER}"),
        &format!("the proxy {NO_LISTENER} for sts.invalid cannot be reached: {refused}"),
    );
    assert_fails_through_proxy(
        "http://user:TOPSECRET@proxy.invalid:3128",
        "the proxy proxy.invalid:3128 for sts.invalid cannot be resolved (DNS)",
    );
}

// faults 117, 118
fn does_not_blame_the_proxy_for_a_failure_beyond_it() {
    let mut endpoint = TlsEndpoint::with(&["other.invalid"]);
    endpoint.home.set("AWS_ENDPOINT_URL_STS", "https://sts.invalid");
    let proxy = Proxy::to(endpoint.tls.address);
    endpoint.assert_fails(
        &[("HTTPS_PROXY", &format!("http://{}", proxy.address))],
        &["mfa-env: the certificate of sts.invalid is not trusted: "],
    );
    // This is not a valid proxy URL, so the connection is direct.
    let message = "mfa-env: sts.invalid cannot be resolved (DNS)\n";
    let ran = endpoint.assert_fails(&[("HTTPS_PROXY", "http://user:TOPSECRET@")], &[message]);
    assert!(!ran.stderr.contains("TOPSECRET"), "{}", ran.stderr);
}

// faults 118, 120
fn does_not_use_a_proxy_for_plain_http() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    let proxy = Proxy::responding("HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n");
    let url = format!("http://{}", proxy.address);
    let program = Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]);
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"];
    names.into_iter().fold(program, |program, name| program.env(name, &url)).signs_in_to("main").run();
    assert_eq!(proxy.heads(), Vec::<String>::new());
}

// fault 117
fn reports_a_refused_connection() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    let (code, host) = (sts.code(&alice.mfa_serial), NO_LISTENER);
    for scheme in ["http", "https"] {
        Program::new(&home, ["main", &code, "--shell", "sh"])
            .env("AWS_ENDPOINT_URL_STS", format!("{scheme}://{host}"))
            .fails(6)
            .stdout(failure_statement::of("sh", 6))
            .says(format!("mfa-env: {host} cannot be reached: "))
            .says("check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint URL\n")
            .run();
    }
}

// fault 117
fn reports_an_unknown_host_name() {
    let mut endpoint = TlsEndpoint::with(&["sts.invalid"]);
    endpoint.home.set("AWS_ENDPOINT_URL_STS", "https://nosuch.invalid");
    endpoint.assert_fails(
        &[],
        &["mfa-env: nosuch.invalid cannot be resolved (DNS)\n  check the network, the region and the endpoint URL\n"],
    );
}

/// Nothing is looked up here: the name would leave this machine.
fn guesses_the_region_of_a_host_that_does_not_exist() {
    let advice = |host: &str| {
        let (host, problem) = (host.to_owned(), NetworkCause::Dns);
        let e = Error::from(NetworkError { host, problem, is_sent: false, code_may_be_used: false });
        e.advice().expect("advice")
    };
    for (region, meant) in
        [("eu-centrl-1", "eu-central-1"), ("us-esat-1", "us-east-1"), ("ap-northeat-2", "ap-northeast-2")]
    {
        let expected = format!("check the region (did you mean {meant}?) and the network");
        assert_eq!(advice(&format!("sts.{region}.amazonaws.com")), expected);
    }
    // Regions that exist, or may, and hosts that are not AWS's.
    for host in ["sts.eu-central-1", "sts.eu-central-7", "sts.xy-nowhere-1", "sts"] {
        let expected = "check the network, the region and the endpoint URL";
        assert_eq!(advice(&format!("{host}.amazonaws.com")), expected, "{host}");
    }
    assert!(!advice("sts.eu-centrl-1.example").contains("did you mean"));
}

// fault 117
fn reports_an_endpoint_without_tls() {
    let endpoint = TlsEndpoint::with(&["127.0.0.1"]);
    let host = endpoint.sts.url().replace("http://", "");
    let message = format!("mfa-env: {host} cannot be reached: ");
    endpoint.assert_fails(&[("AWS_ENDPOINT_URL_STS", &format!("https://{host}"))], &[&message]);
}
