//! The way to STS: proxies, certificates, and every manner of not getting there. Nothing leaves the loopback; names end in `.invalid`.

use crate::support::home::Home;
use crate::support::program::{Program, Ran};
use crate::support::proxy::Proxy;
use crate::support::sts::{Sts, User};
use crate::support::tls::Tls;

trials![
    a_certificate_that_nobody_trusts,
    a_certificate_for_another_name,
    a_bundle_makes_it_trusted,
    a_bundle_that_is_none,
    a_proxy_is_used,
    no_proxy_is_obeyed,
    a_proxy_that_refuses,
    a_proxy_that_is_not_there,
    a_proxy_that_leads_elsewhere,
    plain_http_goes_past_the_proxy,
    nobody_listens,
    a_name_that_is_unknown,
    something_else_than_tls_answers,
];

struct Way {
    sts: Sts,
    alice: User,
    tls: Tls,
    home: Home,
}

impl Way {
    /// STS behind TLS with a certificate for these names.
    fn with(names: &[&str]) -> Way {
        let sts = Sts::start();
        let alice = sts.add_user("alice");
        let tls = Tls::before(&sts, names);
        let mut home = Home::signed_up(&sts, &alice, &[]);
        home.set("AWS_ENDPOINT_URL_STS", format!("https://{}", tls.address));
        Way { sts, alice, tls, home }
    }

    /// The certificate in a file of the home.
    fn bundle(&self) -> String {
        self.home.write("ca.pem", &self.tls.pem).display().to_string()
    }

    fn sign_in<'a>(&'a self, variables: &[(&str, &str)]) -> Program<'a> {
        let program = Program::new(&self.home, ["main", &self.sts.code(&self.alice.mfa_serial), "--shell", "sh"]);
        variables.iter().fold(program, |program, (name, value)| program.env(*name, *value))
    }

    /// Status 6 with this on stderr, and STS was not reached.
    fn fails(&self, variables: &[(&str, &str)], says: &[&str]) -> Ran {
        let program = self.sign_in(variables).fails(6).stdout("(exit 6);\n");
        let ran = says.iter().fold(program, |program, part| program.says(*part)).run();
        assert!(self.sts.calls().is_empty(), "{:?}", self.sts.calls());
        ran
    }
}

// fault 117
pub fn a_certificate_that_nobody_trusts() {
    let way = Way::with(&["127.0.0.1"]);
    let said = format!("mfa-env: the certificate of {} is not trusted: ", way.tls.address);
    way.fails(
        &[],
        &[
            &said,
            "behind a corporate proxy, set AWS_CA_BUNDLE to its CA certificate;\n  \
            otherwise, somebody may be intercepting the connection\n",
        ],
    );
}

// fault 117
pub fn a_certificate_for_another_name() {
    let way = Way::with(&["other.invalid"]);
    let said = format!("mfa-env: the certificate of {} is not trusted: ", way.tls.address);
    way.fails(&[("AWS_CA_BUNDLE", &way.bundle())], &[&said]);
}

// fault 117
pub fn a_bundle_makes_it_trusted() {
    let way = Way::with(&["127.0.0.1"]);
    let bundle = way.bundle();
    way.sign_in(&[("AWS_CA_BUNDLE", &bundle)]).says("signed in to main").run();
    assert_eq!(way.sts.take_calls()[0].host, way.tls.address.to_string());
    // By the profile too; the variable comes first.
    let way = Way::with(&["127.0.0.1"]);
    let config = format!("[profile main]\nmfa_serial = {}\nca_bundle = {}\n", way.alice.mfa_serial, way.bundle());
    way.home.write(".aws/config", config);
    way.fails(&[("AWS_CA_BUNDLE", "/nonexistent/ca.pem")], &["the CA bundle /nonexistent/ca.pem cannot be used: "]);
    way.sign_in(&[]).says("signed in to main").run();
}

// faults 51, 117
pub fn a_bundle_that_is_none() {
    let way = Way::with(&["127.0.0.1"]);
    let write = |name: &str, text: &str| way.home.write(name, text).display().to_string();
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    #[cfg(unix)]
    nix::unistd::mkfifo(&way.home.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    let in_home = |name: &str| way.home.path().join(name).display().to_string();
    for path in [
        in_home("nosuch"),
        in_home(".aws"),
        #[cfg(unix)]
        in_home("fifo"),
        write("empty", ""),
        write("text", "hello"),
        write("garbage", garbage),
        write("cut", &way.tls.pem[..way.tls.pem.len() / 2]),
        write("half", &(way.tls.pem.clone() + garbage)),
    ] {
        let shown = path.replace(&way.home.path().display().to_string(), "~");
        let said = format!("mfa-env: the CA bundle {shown} cannot be used: ");
        way.sts.advance(60);
        way.fails(&[("AWS_CA_BUNDLE", &path)], &[&said, "\n  correct AWS_CA_BUNDLE or ca_bundle\n"]);
    }
}

// fault 118
pub fn a_proxy_is_used() {
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let mut way = Way::with(&["sts.invalid"]);
        let proxy = Proxy::to(way.tls.address);
        let bundle = way.bundle();
        way.home.set("AWS_ENDPOINT_URL_STS", "https://sts.invalid");
        let url = format!("http://us%20er:p%40ss-word@{}", proxy.address);
        let ran = way.sign_in(&[("AWS_CA_BUNDLE", &bundle), (variable, &url)]).says("signed in to main").run();
        assert!(!ran.stderr.contains("ss-word") && !ran.stdout.contains("ss-word"), "{}", ran.stderr);
        let [head] = &proxy.heads()[..] else { panic!("{:?}", proxy.heads()) };
        assert!(head.starts_with("CONNECT sts.invalid:443 HTTP/1.1\r\n"), "{head}");
        // us er:p@ss-word
        assert!(head.to_ascii_lowercase().contains("proxy-authorization: basic dxmgzxi6cebzcy13b3jk\r\n"), "{head}");
        assert_eq!(way.sts.take_calls()[0].host, "sts.invalid");
    }
}

// fault 118
pub fn no_proxy_is_obeyed() {
    let way = Way::with(&["127.0.0.1"]);
    let proxy = Proxy::answering("HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n");
    let (bundle, url) = (way.bundle(), format!("http://{}", proxy.address));
    for exception in ["127.0.0.1", "other.invalid, 127.0.0.0/8"] {
        let home = Home::signed_up(&way.sts, &way.alice, &[]);
        way.sts.advance(60);
        let code = way.sts.code(&way.alice.mfa_serial);
        Program::new(&home, ["main", &code, "--shell", "sh"])
            .env("AWS_ENDPOINT_URL_STS", format!("https://{}", way.tls.address))
            .env("AWS_CA_BUNDLE", &bundle)
            .env("HTTPS_PROXY", &url)
            .env("NO_PROXY", exception)
            .says("signed in to main")
            .run();
    }
    // By name; that the name leads nowhere shows that the way was tried.
    for exception in ["sts.invalid", ".invalid", "other,sts.invalid", "*"] {
        let home = Home::signed_up(&way.sts, &way.alice, &[]);
        Program::new(&home, ["main", "123456", "--shell", "sh"])
            .env("AWS_ENDPOINT_URL_STS", "https://sts.invalid")
            .env("HTTPS_PROXY", &url)
            .env("no_proxy", exception)
            .fails(6)
            .stdout("(exit 6);\n")
            .says("mfa-env: sts.invalid cannot be resolved (DNS)\n")
            .run();
    }
    assert_eq!(proxy.heads(), Vec::<String>::new());
}

// fault 118
pub fn a_proxy_that_refuses() {
    for answer in [
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    ] {
        let proxy = Proxy::answering(answer);
        let said = format!("the proxy {} refused to connect to sts.invalid", proxy.address);
        fails_by_proxy(&format!("http://user:TOPSECRET@{}", proxy.address), &said);
        assert_eq!(proxy.heads().len(), 1);
    }
}

/// STS is behind this proxy: status 6 with exactly this and what to do about a proxy.
#[track_caller]
fn fails_by_proxy(url: &str, said: &str) {
    let mut way = Way::with(&["sts.invalid"]);
    way.home.set("AWS_ENDPOINT_URL_STS", "https://sts.invalid");
    let said = format!("mfa-env: {said}\n  check HTTPS_PROXY and its credentials, or add the host to NO_PROXY\n");
    way.sign_in(&[("HTTPS_PROXY", url)]).fails(6).stdout("(exit 6);\n").stderr(said).run();
    assert!(way.sts.calls().is_empty());
}

// faults 117, 118
pub fn a_proxy_that_is_not_there() {
    let gone = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port on the loopback");
    let address = gone.local_addr().expect("its address");
    drop(gone);
    let refused = std::net::TcpStream::connect(address).expect_err("nobody listens");
    fails_by_proxy(
        &format!("http://user:TOPSECRET@{address}"),
        &format!("the proxy {address} for sts.invalid cannot be reached: {refused}"),
    );
    fails_by_proxy(
        "http://user:TOPSECRET@proxy.invalid:3128",
        "the proxy proxy.invalid:3128 for sts.invalid cannot be resolved (DNS)",
    );
}

// faults 117, 118
pub fn a_proxy_that_leads_elsewhere() {
    let mut way = Way::with(&["other.invalid"]);
    way.home.set("AWS_ENDPOINT_URL_STS", "https://sts.invalid");
    let proxy = Proxy::to(way.tls.address);
    // What fails behind the proxy is not the proxy's.
    way.fails(
        &[("HTTPS_PROXY", &format!("http://{}", proxy.address))],
        &["mfa-env: the certificate of sts.invalid is not trusted: "],
    );
    // No proxy can be made of this, so nobody is between.
    let said = "mfa-env: sts.invalid cannot be resolved (DNS)\n";
    let ran = way.fails(&[("HTTPS_PROXY", "http://user:TOPSECRET@")], &[said]);
    assert!(!ran.stderr.contains("TOPSECRET"), "{}", ran.stderr);
}

// faults 118, 120
pub fn plain_http_goes_past_the_proxy() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::signed_up(&sts, &alice, &[]);
    let proxy = Proxy::answering("HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n");
    let url = format!("http://{}", proxy.address);
    let program = Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]);
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"];
    names.into_iter().fold(program, |program, name| program.env(name, &url)).says("signed in to main").run();
    assert_eq!(proxy.heads(), Vec::<String>::new());
}

// fault 117
pub fn nobody_listens() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::signed_up(&sts, &alice, &[]);
    let (code, host) = (sts.code(&alice.mfa_serial), sts.url().replace("http://", ""));
    sts.stop();
    for scheme in ["http", "https"] {
        Program::new(&home, ["main", &code, "--shell", "sh"])
            .env("AWS_ENDPOINT_URL_STS", format!("{scheme}://{host}"))
            .fails(6)
            .stdout("(exit 6);\n")
            .says(format!("mfa-env: {host} cannot be reached: "))
            .says("check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint URL\n")
            .run();
    }
}

// fault 117
pub fn a_name_that_is_unknown() {
    let mut way = Way::with(&["sts.invalid"]);
    way.home.set("AWS_ENDPOINT_URL_STS", "https://nosuch.invalid");
    way.fails(
        &[],
        &["mfa-env: nosuch.invalid cannot be resolved (DNS)\n  check the network, the region and the endpoint URL\n"],
    );
}

// fault 117
pub fn something_else_than_tls_answers() {
    let way = Way::with(&["127.0.0.1"]);
    let host = way.sts.url().replace("http://", "");
    let said = format!("mfa-env: {host} cannot be reached: ");
    way.fails(&[("AWS_ENDPOINT_URL_STS", &format!("https://{host}"))], &[&said]);
}
