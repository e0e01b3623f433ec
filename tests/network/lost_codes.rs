//! After a failed call, the error says that the code may be used up if, and only if, the server may have read it.

use crate::support::failure_statement;
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::proxy::Proxy;
use crate::support::sts::{Action, Fault, Gate, NO_LISTENER, Sts, User};
use crate::support::tls::Tls;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::thread;

trials![
    code_survives_a_refused_connection,
    code_survives_an_unknown_host_name,
    code_survives_an_untrusted_certificate,
    code_survives_a_failed_tls_handshake,
    code_survives_a_proxy_that_refuses,
    code_may_be_used_if_the_connection_closes_before_the_response,
    code_may_be_used_after_a_reset,
    code_may_be_used_after_a_truncated_response,
    code_may_be_used_if_the_endpoint_is_busy,
    code_may_be_used_if_another_server_responds,
    code_may_be_used_after_a_timeout,
];

const NETWORK_ADVICE: &str = "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint URL";
const CODE_MAY_BE_USED: &str = "\n  the code may have been used; enter the next one";

fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    (sts, alice, home)
}

/// Asserts that a sign-in with a code and these variables fails with status 6 and exactly this message.
fn assert_message(sts: &Sts, user: &User, home: &Home, variables: &[(&str, &str)], message: &str) {
    let program = Program::new(home, ["main", &sts.code(&user.mfa_serial), "--shell", "sh"]);
    let program = variables.iter().fold(program, |program, (name, value)| program.env(*name, *value));
    program.fails(6).stdout(failure_statement::of("sh", 6)).stderr(format!("mfa-env: {message}\n")).run();
}

/// Starts a listener that handles one client with `serve`, and returns its address.
fn listener(serve: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
    let address = listener.local_addr().expect("its address").to_string();
    thread::spawn(move || serve(listener.accept().expect("a client").0));
    address
}

// faults 113, 117
fn code_survives_a_refused_connection() {
    let (sts, alice, home) = alice();
    for scheme in ["http", "https"] {
        let host = NO_LISTENER;
        let url = format!("{scheme}://{host}");
        let refused = TcpStream::connect(host).expect_err("a refused connection");
        let message = format!("{host} cannot be reached: {refused}\n  {NETWORK_ADVICE}");
        assert_message(&sts, &alice, &home, &[("AWS_ENDPOINT_URL_STS", &url)], &message);
    }
}

// faults 113, 117
fn code_survives_an_unknown_host_name() {
    let (sts, alice, home) = alice();
    let message = "nosuch.invalid cannot be resolved (DNS)\n  check the network, the region and the endpoint URL";
    assert_message(&sts, &alice, &home, &[("AWS_ENDPOINT_URL_STS", "https://nosuch.invalid")], message);
}

// faults 113, 117
fn code_survives_an_untrusted_certificate() {
    let (sts, alice, home) = alice();
    let tls = Tls::in_front_of(&sts, &["127.0.0.1"]);
    let host = tls.address;
    let message = format!(
        "the certificate of {host} is not trusted: UnknownIssuer\n  \
         behind a corporate proxy, set AWS_CA_BUNDLE to its CA certificate;\n  \
         otherwise, someone may be intercepting the connection"
    );
    assert_message(&sts, &alice, &home, &[("AWS_ENDPOINT_URL_STS", &format!("https://{host}"))], &message);
    assert!(sts.calls().is_empty());
}

// faults 113, 117
fn code_survives_a_failed_tls_handshake() {
    let (sts, alice, home) = alice();
    // It reads until the client gives up.
    let host = listener(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    let message =
        format!("waiting for {host}\nmfa-env: {host} did not respond in time\n  check the network and try again");
    assert_message(&sts, &alice, &home, &[("AWS_ENDPOINT_URL_STS", &format!("https://{host}"))], &message);
    // It disconnects during the handshake.
    let host = listener(|mut stream| drop(stream.read(&mut [0; 16])));
    let program = Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]);
    let ran = program
        .env("AWS_ENDPOINT_URL_STS", format!("https://{host}"))
        .fails(6)
        .stdout(failure_statement::of("sh", 6))
        .says(format!("mfa-env: {host} cannot be reached: "))
        .says(NETWORK_ADVICE)
        .run();
    assert!(!ran.stderr.contains(CODE_MAY_BE_USED), "{}", ran.stderr);
}

// faults 113, 118
fn code_survives_a_proxy_that_refuses() {
    let (sts, alice, home) = alice();
    let proxy = Proxy::responding("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    let url = format!("http://{}", proxy.address);
    let message = format!(
        "the proxy {} refused to connect to sts.invalid\n  \
         check HTTPS_PROXY and its credentials, or add the host to NO_PROXY",
        proxy.address
    );
    assert_message(
        &sts,
        &alice,
        &home,
        &[("AWS_ENDPOINT_URL_STS", "https://sts.invalid"), ("HTTPS_PROXY", &url)],
        &message,
    );
}

// fault 113
fn code_may_be_used_if_the_connection_closes_before_the_response() {
    // The client cannot tell whether the code was used.
    for fault in [Fault::CloseUnprocessed, Fault::CloseProcessed] {
        let (sts, alice, home) = alice();
        sts.on(Action::GetSessionToken, fault);
        let host = sts.url().replace("http://", "");
        let message = format!(
            "{host} cannot be reached: connection closed before message completed\n  {NETWORK_ADVICE}{CODE_MAY_BE_USED}"
        );
        assert_message(&sts, &alice, &home, &[], &message);
        assert_eq!(sts.calls().len(), 1);
    }
}

// fault 113
fn code_may_be_used_after_a_reset() {
    let (sts, alice, home) = alice();
    // If data is still unread when a socket is closed, the kernel resets the connection.
    let host = listener(|stream| drop(stream.peek(&mut [0])));
    let program = Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"]);
    program
        .env("AWS_ENDPOINT_URL_STS", format!("http://{host}"))
        .fails(6)
        .stdout(failure_statement::of("sh", 6))
        .says(format!("mfa-env: {host} cannot be reached: "))
        .says(format!("\n  {NETWORK_ADVICE}{CODE_MAY_BE_USED}\n"))
        .run();
}

// faults 113, 114
fn code_may_be_used_after_a_truncated_response() {
    let (sts, alice, home) = alice();
    sts.on(Action::GetSessionToken, Fault::TruncatedResponse);
    let message = not_sts(&sts, "incomplete");
    assert_message(&sts, &alice, &home, &[], &message);
    assert_eq!(sts.calls().len(), 1);
}

// fault 113
fn code_may_be_used_if_the_endpoint_is_busy() {
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
        assert_message(
            &sts,
            &alice,
            &home,
            &[],
            &format!("{host} is busy ({code})\n  try again in a minute{CODE_MAY_BE_USED}"),
        );
        assert_eq!(sts.calls().len(), 1);
    }
}

// faults 114, 117
fn code_may_be_used_if_another_server_responds() {
    for status in [200, 502] {
        let (sts, alice, home) = alice();
        let page = b"<html>log in</html>".to_vec();
        sts.on(Action::GetSessionToken, Fault::Raw { status, content_type: "text/html".into(), body: page });
        let message = not_sts(&sts, &format!("status {status}, text/html"));
        assert_message(&sts, &alice, &home, &[], &message);
        assert_eq!(sts.calls().len(), 1);
    }
}

// fault 113
fn code_may_be_used_after_a_timeout() {
    let (sts, alice, home) = alice();
    sts.on(Action::GetSessionToken, Fault::Hold(Gate::new()));
    let host = sts.url().replace("http://", "");
    let message = format!(
        "waiting for {host}\nmfa-env: {host} did not respond in time\n  \
         check the network and try again{CODE_MAY_BE_USED}"
    );
    assert_message(&sts, &alice, &home, &[], &message);
    assert_eq!(sts.calls().len(), 1);
}

fn not_sts(sts: &Sts, what: &str) -> String {
    let host = sts.url().replace("http://", "");
    format!(
        "the response from {host} is not from STS ({what})\n  \
         check the network and the endpoint URL; a captive portal or a proxy may have responded{CODE_MAY_BE_USED}"
    )
}
