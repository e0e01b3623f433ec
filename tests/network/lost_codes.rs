//! Whether a code is gone after a call that failed on the way: said where somebody can have read it, and nowhere else.

use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::proxy::Proxy;
use crate::support::sts::{Action, Fault, Gate, Sts, User};
use crate::support::tls::Tls;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::thread;

trials![
    nobody_listens,
    a_name_that_is_unknown,
    a_certificate_that_nobody_trusts,
    a_server_that_agrees_on_no_tls,
    a_proxy_that_opens_no_way,
    the_end_of_the_connection_before_the_answer,
    a_reset_after_the_request,
    half_an_answer,
    a_busy_endpoint,
    somebody_elses_answer,
    no_answer_in_time,
];

const NETWORK: &str = "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint URL";
const GONE: &str = "\n  the code may have been used; enter the next one";

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::signed_up(&sts, &alice, &[]);
    (sts, alice, home)
}

/// Signs in with a code by way of `variables`: status 6 with exactly this on stderr.
fn says(sts: &Sts, user: &User, home: &Home, variables: &[(&str, &str)], said: &str) {
    let program = Program::new(home, ["main", &sts.code(&user.mfa_serial), "--shell", "sh"]);
    let program = variables.iter().fold(program, |program, (name, value)| program.env(*name, *value));
    program.fails(6).stdout("(exit 6);\n").stderr(format!("mfa-env: {said}\n")).run();
}

/// An address of the loopback where nobody listens.
fn nowhere() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port on the loopback");
    listener.local_addr().expect("its address").to_string()
}

/// A listener that does this with its only client.
fn listener(serve: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port on the loopback");
    let address = listener.local_addr().expect("its address").to_string();
    thread::spawn(move || serve(listener.accept().expect("a client").0));
    address
}

// faults 113, 117
pub fn nobody_listens() {
    let (sts, alice, home) = alice();
    for scheme in ["http", "https"] {
        let host = nowhere();
        let url = format!("{scheme}://{host}");
        let refused = TcpStream::connect(&host).expect_err("nobody listens");
        let said = format!("{host} cannot be reached: {refused}\n  {NETWORK}");
        says(&sts, &alice, &home, &[("AWS_ENDPOINT_URL_STS", &url)], &said);
    }
}

// faults 113, 117
pub fn a_name_that_is_unknown() {
    let (sts, alice, home) = alice();
    let said = "nosuch.invalid cannot be resolved (DNS)\n  check the network, the region and the endpoint URL";
    says(&sts, &alice, &home, &[("AWS_ENDPOINT_URL_STS", "https://nosuch.invalid")], said);
}

// faults 113, 117
pub fn a_certificate_that_nobody_trusts() {
    let (sts, alice, home) = alice();
    let tls = Tls::before(&sts, &["127.0.0.1"]);
    let host = tls.address;
    let said = format!(
        "the certificate of {host} is not trusted: UnknownIssuer\n  \
         behind a corporate proxy, set AWS_CA_BUNDLE to its CA certificate;\n  \
         otherwise, somebody may be intercepting the connection"
    );
    says(&sts, &alice, &home, &[("AWS_ENDPOINT_URL_STS", &format!("https://{host}"))], &said);
    assert!(sts.calls().is_empty());
}

// faults 113, 117
pub fn a_server_that_agrees_on_no_tls() {
    let (sts, alice, home) = alice();
    // It listens until the client has had enough.
    let host = listener(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    let said =
        format!("waiting for {host}\nmfa-env: {host} did not respond in time\n  check the network and try again");
    says(&sts, &alice, &home, &[("AWS_ENDPOINT_URL_STS", &format!("https://{host}"))], &said);
    // Or it goes in the middle of it.
    let host = listener(|mut stream| drop(stream.read(&mut [0; 16])));
    let program = Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]);
    let ran = program
        .env("AWS_ENDPOINT_URL_STS", format!("https://{host}"))
        .fails(6)
        .stdout("(exit 6);\n")
        .says(format!("mfa-env: {host} cannot be reached: "))
        .says(NETWORK)
        .run();
    assert!(!ran.stderr.contains(GONE), "{}", ran.stderr);
}

// faults 113, 118
pub fn a_proxy_that_opens_no_way() {
    let (sts, alice, home) = alice();
    let refusing = Proxy::answering("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    let url = format!("http://{}", refusing.address);
    let said = format!(
        "the proxy {} refused to connect to sts.invalid\n  \
         check HTTPS_PROXY and its credentials, or add the host to NO_PROXY",
        refusing.address
    );
    says(&sts, &alice, &home, &[("AWS_ENDPOINT_URL_STS", "https://sts.invalid"), ("HTTPS_PROXY", &url)], &said);
}

// fault 113
pub fn the_end_of_the_connection_before_the_answer() {
    // To us it looks the same whether the code was taken or not.
    for fault in [Fault::CloseUnprocessed, Fault::CloseProcessed] {
        let (sts, alice, home) = alice();
        sts.on(Action::GetSessionToken, fault);
        let host = sts.url().replace("http://", "");
        let said = format!("{host} cannot be reached: connection closed before message completed\n  {NETWORK}{GONE}");
        says(&sts, &alice, &home, &[], &said);
        assert_eq!(sts.calls().len(), 1);
    }
}

// fault 113
pub fn a_reset_after_the_request() {
    let (sts, alice, home) = alice();
    // With the request unread in its buffer, the kernel resets the connection.
    let host = listener(|stream| drop(stream.peek(&mut [0])));
    let program = Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]);
    program
        .env("AWS_ENDPOINT_URL_STS", format!("http://{host}"))
        .fails(6)
        .stdout("(exit 6);\n")
        .says(format!("mfa-env: {host} cannot be reached: "))
        .says(format!("\n  {NETWORK}{GONE}\n"))
        .run();
}

// faults 113, 114
pub fn half_an_answer() {
    let (sts, alice, home) = alice();
    sts.on(Action::GetSessionToken, Fault::HalfAnswer);
    let said = not_sts(&sts, "incomplete");
    says(&sts, &alice, &home, &[], &said);
    assert_eq!(sts.calls().len(), 1);
}

// fault 113
pub fn a_busy_endpoint() {
    let refuse = |status, code: &str| Fault::Refuse { status, code: code.into(), message: "Please try again".into() };
    for (fault, code) in [
        (refuse(503, "ServiceUnavailable"), "ServiceUnavailable"),
        (refuse(500, "InternalFailure"), "InternalFailure"),
        (refuse(400, "RequestLimitExceeded"), "RequestLimitExceeded"),
        (Fault::Throttle, "Throttling"),
    ] {
        let (sts, alice, home) = alice();
        sts.on(Action::GetSessionToken, fault);
        let host = sts.url().replace("http://", "");
        says(&sts, &alice, &home, &[], &format!("{host} is busy ({code})\n  try again in a minute{GONE}"));
        assert_eq!(sts.calls().len(), 1);
    }
}

// faults 114, 117
pub fn somebody_elses_answer() {
    for status in [200, 502] {
        let (sts, alice, home) = alice();
        let page = b"<html>log in</html>".to_vec();
        sts.on(Action::GetSessionToken, Fault::Raw { status, content_type: "text/html".into(), body: page });
        let said = not_sts(&sts, &format!("status {status}, text/html"));
        says(&sts, &alice, &home, &[], &said);
        assert_eq!(sts.calls().len(), 1);
    }
}

// fault 113
pub fn no_answer_in_time() {
    let (sts, alice, home) = alice();
    sts.on(Action::GetSessionToken, Fault::Hold(Gate::new()));
    let host = sts.url().replace("http://", "");
    let said =
        format!("waiting for {host}\nmfa-env: {host} did not respond in time\n  check the network and try again{GONE}");
    says(&sts, &alice, &home, &[], &said);
    assert_eq!(sts.calls().len(), 1);
}

fn not_sts(sts: &Sts, what: &str) -> String {
    let host = sts.url().replace("http://", "");
    format!(
        "the response from {host} is not from STS ({what})\n  \
         check the network and the endpoint URL; a captive portal or a proxy may have responded{GONE}"
    )
}
