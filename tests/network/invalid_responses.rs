//! Responses that are not from STS or are incomplete: the error names the endpoint, nothing from the response is
//! exported, and nothing is sent again.

use crate::support::endless_server::EndlessServer;
use crate::support::failure_statement;
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::{Action, Fault, Patch, Sts, Text, User};
use mfa_env::credentials::Expiration;

trials![
    refuses_responses_that_are_not_from_sts,
    refuses_responses_that_are_not_http,
    refuses_incomplete_or_invalid_credentials,
    does_not_follow_a_redirect,
    stops_reading_an_endless_response,
];

const PORTAL_ADVICE: &str = "check the network and the endpoint URL; a captive portal or a proxy may have responded\n  \
    the code may have been used; enter the next one";
const NOTHING_EXPORTED: &str = "check whether HOST belongs to AWS; the response was discarded\n  \
    the code is used up; wait for the next one";

/// An endpoint, and a user whose profile `main` has her keys and device.
fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    (sts, alice, home)
}

/// Asserts that a sign-in that meets this fault prints exactly this message, in which HOST stands for the endpoint,
/// makes one call, and caches no session.
#[track_caller]
fn assert_message(fault: Fault, status: i32, message: &str) {
    let (sts, alice, home) = alice();
    sts.on(Action::Any, fault);
    let message = format!("mfa-env: {message}\n").replace("HOST", &sts.url().replace("http://", ""));
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"])
        .fails(status)
        .stdout(failure_statement::of("sh", status))
        .stderr(message)
        .run();
    let actions: Vec<String> = sts.take_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["GetSessionToken"]);
    let cached: Vec<_> = std::fs::read_dir(home.cache()).into_iter().flatten().flatten().collect();
    let cached = cached.iter().filter(|entry| entry.path().extension().is_some_and(|kind| kind == "json")).count();
    assert_eq!(cached, 0, "a session was cached");
}

fn raw(status: u16, content_type: &str, body: &[u8]) -> Fault {
    Fault::Raw { status, content_type: content_type.into(), body: body.to_vec() }
}

// faults 114, 117
fn refuses_responses_that_are_not_from_sts() {
    let truncated = b"<GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>ASIA";
    let doctype = b"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\
        <GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>&x;</AccessKeyId>\
        <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
        </Credentials></GetSessionTokenResult></GetSessionTokenResponse>";
    let billion_laughs = b"<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>\
        <GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>&b;</AccessKeyId></Credentials>\
        </GetSessionTokenResult></GetSessionTokenResponse>";
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x04\x00\x43\xbe\xb7\xe8\x01\x00\x00\x00";
    let portal = b"<!doctype html><html><body>Sign in to this hotel's Wi-Fi</body></html>";
    for (status, content_type, body) in [
        (200, "text/xml", &b""[..]),
        (200, "text/html", portal),
        (200, "application/json", b"{\"Credentials\":{\"AccessKeyId\":\"ASIA\"}}"),
        (200, "text/xml", doctype),
        (200, "text/xml", billion_laughs),
        (200, "text/xml", gzip),
        (200, "text/xml", b"\xff\xfe\x00\x00"),
        (403, "text/html", b"<html>forbidden by the company</html>"),
        (404, "text/html; charset=\"utf-8\"", b"<html>not found</html>"),
        (511, "text/html", portal),
    ] {
        assert_message(
            raw(status, content_type, body),
            6,
            &format!("the response from HOST is not from STS (status {status}, {content_type})\n  {PORTAL_ADVICE}"),
        );
    }
    // The SDK's XML parser treats end of input as the end of all open elements.
    let incomplete = "unexpected response from HOST: its credentials are incomplete";
    assert_message(raw(200, "text/xml", truncated), 4, &format!("{incomplete}\n  {NOTHING_EXPORTED}"));
}

// fault 114
fn refuses_responses_that_are_not_http() {
    for (wire, message) in [
        (
            &b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08"[..],
            "the response from HOST is not from STS (status 200)",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabcdef", "the response from HOST is not from STS (incomplete)"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabc",
            "the response from HOST is not from STS (incomplete)",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
            "the response from HOST is not from STS (not HTTP)",
        ),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "the response from HOST is not from STS (not HTTP)"),
    ] {
        assert_message(Fault::Wire(wire.to_vec()), 6, &format!("{message}\n  {PORTAL_ADVICE}"));
    }
    // A response that ends within its head counts as no response.
    let network = "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint URL\n  \
        the code may have been used; enter the next one";
    let ended = "HOST cannot be reached: connection closed before message completed";
    assert_message(Fault::Wire(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()), 6, &format!("{ended}\n  {network}"));
    assert_message(
        Fault::TruncatedResponse,
        6,
        &format!("the response from HOST is not from STS (incomplete)\n  {PORTAL_ADVICE}"),
    );
}

/// A time that is so many seconds away.
fn in_seconds(seconds: i64) -> Text {
    let time = Expiration::from_unix(mfa_env::clock::now() + seconds).expect("a time");
    Text::Escaped(time.rfc3339())
}

// faults 114, 148
fn refuses_incomplete_or_invalid_credentials() {
    let patch = |part: fn(&mut Patch, Text), text: Text| {
        let mut patch = Patch::default();
        part(&mut patch, text);
        Fault::Credentials(patch)
    };
    let incomplete = "unexpected response from HOST: its credentials are incomplete";
    let expired = "unexpected response from HOST: its session has already expired";
    let not_sts = "the response from HOST is not from STS (status 200, text/xml)";
    let alphabet = "unexpected response from HOST: its credentials contain characters that STS never uses";
    let too_long = "unexpected response from HOST: its session lasts longer than requested";
    for (fault, status, message) in [
        (patch(|p, t| p.access_key_id = Some(t), Text::Absent), 4, incomplete),
        (patch(|p, t| p.secret_access_key = Some(t), Text::Absent), 4, incomplete),
        (patch(|p, t| p.session_token = Some(t), Text::Absent), 4, incomplete),
        (patch(|p, t| p.session_token = Some(t), "".into()), 4, incomplete),
        (patch(|p, t| p.expiration = Some(t), Text::Absent), 4, expired),
        (patch(|p, t| p.expiration = Some(t), "2001-01-01T00:00:00Z".into()), 4, expired),
        (patch(|p, t| p.expiration = Some(t), "9999-12-31T23:59:59Z".into()), 4, too_long),
        (patch(|p, t| p.expiration = Some(t), in_seconds(43_200 + 120)), 4, too_long),
        (patch(|p, t| p.expiration = Some(t), in_seconds(-1)), 4, expired),
        (patch(|p, t| p.expiration = Some(t), "tomorrow".into()), 6, not_sts),
        (patch(|p, t| p.expiration = Some(t), "+99999-01-01T00:00:00Z".into()), 6, not_sts),
        (patch(|p, t| p.session_token = Some(t), "to\nken".into()), 4, alphabet),
        (patch(|p, t| p.secret_access_key = Some(t), "se\u{1b}cret".into()), 4, alphabet),
        (patch(|p, t| p.session_token = Some(t), Text::Raw("<x>".into())), 6, not_sts),
    ] {
        let message = match (status, message) {
            (6, message) => format!("{message}\n  {PORTAL_ADVICE}"),
            (_, message) => format!("{message}\n  {NOTHING_EXPORTED}"),
        };
        assert_message(fault, status, &message);
    }
}

// faults 114, 117
fn does_not_follow_a_redirect() {
    let elsewhere = Sts::start();
    for (status, name) in
        [(301, "Moved Permanently"), (302, "Found"), (307, "Temporary Redirect"), (308, "Permanent Redirect")]
    {
        let to = format!("{}/", elsewhere.url());
        let response = format!("HTTP/1.1 {status} {name}\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
        assert_message(
            Fault::Wire(response.into_bytes()),
            6,
            &format!("the response from HOST is not from STS (status {status}, redirects to {to})\n  {PORTAL_ADVICE}"),
        );
    }
    assert!(elsewhere.calls().is_empty(), "the signature went elsewhere: {:?}", elsewhere.calls());
}

// fault 114
fn stops_reading_an_endless_response() {
    let server = EndlessServer::start();
    let (_sts, _, mut home) = alice();
    home.set("AWS_ENDPOINT_URL_STS", &server.url);
    let host = server.url.replace("http://", "");
    Program::new(&home, ["main", "123456", "--shell", "sh"])
        .fails(6)
        .stdout(failure_statement::of("sh", 6))
        .stderr(format!("mfa-env: the response from {host} is not from STS (too long)\n  {PORTAL_ADVICE}\n"))
        .run();
    let read = server.bytes_written();
    // A megabyte, plus the buffers of both sides.
    assert!(read < 64_000_000, "{read} bytes were read");
}
