//! Answers that are none of STS's, or lack something: one clear line with the endpoint, nothing of it handed out, nothing sent a second time.

use crate::support::endless_server::Flood;
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::{Action, Fault, Patch, Sts, Text, User};

trials![
    answers_that_are_none,
    answers_that_are_not_http,
    answers_with_something_missing,
    a_redirect_is_not_followed,
    an_endless_answer_is_cut,
];

const GONE: &str = "check the network and the endpoint URL; a captive portal or a proxy may have responded\n  \
    the code may have been used; enter the next one";
const KEPT: &str = "check the endpoint URL; the response was discarded";

/// A user with keys and device in `main`, and an endpoint.
fn alice() -> (Sts, User, Home) {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::signed_up(&sts, &alice, &[]);
    (sts, alice, home)
}

/// A sign-in with a code meets this: exactly these words with HOST as the endpoint, one call, and no session is kept.
#[track_caller]
fn meets(fault: Fault, status: i32, said: &str) {
    let (sts, alice, home) = alice();
    sts.on(Action::Any, fault);
    let said = format!("mfa-env: {said}\n").replace("HOST", &sts.url().replace("http://", ""));
    Program::new(&home, ["main", &sts.code(&alice.mfa_serial), "--shell", "sh"])
        .fails(status)
        .stdout(format!("(exit {status});\n"))
        .stderr(said)
        .run();
    let actions: Vec<String> = sts.take_calls().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["GetSessionToken"]);
    let kept: Vec<_> = std::fs::read_dir(home.cache()).into_iter().flatten().flatten().collect();
    let kept = kept.iter().filter(|entry| entry.path().extension().is_some_and(|kind| kind == "json")).count();
    assert_eq!(kept, 0, "sessions are kept");
}

fn raw(status: u16, content_type: &str, body: &[u8]) -> Fault {
    Fault::Raw { status, content_type: content_type.into(), body: body.to_vec() }
}

// faults 114, 117
pub fn answers_that_are_none() {
    let begun = b"<GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>ASIA";
    let doctype = b"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>&x;</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></GetSessionTokenResult></GetSessionTokenResponse>";
    let laughs = b"<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>&b;</AccessKeyId></Credentials></GetSessionTokenResult></GetSessionTokenResponse>";
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x04\x00\x43\xbe\xb7\xe8\x01\x00\x00\x00";
    let portal = b"<!doctype html><html><body>Sign in to this hotel's Wi-Fi</body></html>";
    for (status, content_type, body) in [
        (200, "text/xml", &b""[..]),
        (200, "text/html", portal),
        (200, "application/json", b"{\"Credentials\":{\"AccessKeyId\":\"ASIA\"}}"),
        (200, "text/xml", doctype),
        (200, "text/xml", laughs),
        (200, "text/xml", gzip),
        (200, "text/xml", b"\xff\xfe\x00\x00"),
        (403, "text/html", b"<html>forbidden by the company</html>"),
        (404, "text/html; charset=\"utf-8\"", b"<html>not found</html>"),
        (511, "text/html", portal),
    ] {
        meets(
            raw(status, content_type, body),
            6,
            &format!("the response from HOST is not from STS (status {status}, {content_type})\n  {GONE}"),
        );
    }
    // The SDK's reader of XML takes an end for the end of all that is open.
    let lacks = "unexpected response from HOST: its credentials are incomplete";
    meets(raw(200, "text/xml", begun), 4, &format!("{lacks}\n  {KEPT}"));
}

// fault 114
pub fn answers_that_are_not_http() {
    for (wire, said) in [
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
        meets(Fault::Wire(wire.to_vec()), 6, &format!("{said}\n  {GONE}"));
    }
    // An answer that ends in its head is not one yet.
    let network = "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint URL\n  \
        the code may have been used; enter the next one";
    let ended = "HOST cannot be reached: connection closed before message completed";
    meets(Fault::Wire(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()), 6, &format!("{ended}\n  {network}"));
    meets(Fault::HalfAnswer, 6, &format!("the response from HOST is not from STS (incomplete)\n  {GONE}"));
}

// fault 114
pub fn answers_with_something_missing() {
    let patch = |part: fn(&mut Patch, Text), text: Text| {
        let mut patch = Patch::default();
        part(&mut patch, text);
        Fault::Credentials(patch)
    };
    let lacks = "unexpected response from HOST: its credentials are incomplete";
    let past = "unexpected response from HOST: its session has already expired";
    let not_sts = "the response from HOST is not from STS (status 200, text/xml)";
    let controls =
        "STS returned a value with control characters\n  check whether HOST is AWS; the response was discarded";
    for (fault, status, said) in [
        (patch(|p, t| p.access_key_id = Some(t), Text::Absent), 4, lacks),
        (patch(|p, t| p.secret_access_key = Some(t), Text::Absent), 4, lacks),
        (patch(|p, t| p.session_token = Some(t), Text::Absent), 4, lacks),
        (patch(|p, t| p.session_token = Some(t), "".into()), 4, lacks),
        (patch(|p, t| p.expiration = Some(t), Text::Absent), 4, past),
        (patch(|p, t| p.expiration = Some(t), "2001-01-01T00:00:00Z".into()), 4, past),
        (patch(|p, t| p.expiration = Some(t), "tomorrow".into()), 6, not_sts),
        (patch(|p, t| p.expiration = Some(t), "+99999-01-01T00:00:00Z".into()), 6, not_sts),
        (patch(|p, t| p.session_token = Some(t), "to\nken".into()), 4, controls),
        (patch(|p, t| p.secret_access_key = Some(t), "se\u{1b}cret".into()), 4, controls),
        (patch(|p, t| p.session_token = Some(t), Text::Raw("<x>".into())), 6, not_sts),
    ] {
        let said = match (status, said) {
            (6, said) => format!("{said}\n  {GONE}"),
            (_, said) if said == controls => said.to_owned(),
            (_, said) => format!("{said}\n  {KEPT}"),
        };
        meets(fault, status, &said);
    }
}

// faults 114, 117
pub fn a_redirect_is_not_followed() {
    let elsewhere = Sts::start();
    for (status, name) in
        [(301, "Moved Permanently"), (302, "Found"), (307, "Temporary Redirect"), (308, "Permanent Redirect")]
    {
        let to = format!("{}/", elsewhere.url());
        let answer = format!("HTTP/1.1 {status} {name}\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
        meets(
            Fault::Wire(answer.into_bytes()),
            6,
            &format!("the response from HOST is not from STS (status {status}, redirects to {to})\n  {GONE}"),
        );
    }
    assert!(elsewhere.calls().is_empty(), "the signature went elsewhere: {:?}", elsewhere.calls());
}

// fault 114
pub fn an_endless_answer_is_cut() {
    let flood = Flood::start();
    let (_sts, _, mut home) = alice();
    home.set("AWS_ENDPOINT_URL_STS", &flood.url);
    let host = flood.url.replace("http://", "");
    Program::new(&home, ["main", "123456", "--shell", "sh"])
        .fails(6)
        .stdout("(exit 6);\n")
        .stderr(format!("mfa-env: the response from {host} is not from STS (too long)\n  {GONE}\n"))
        .run();
    let taken = flood.written();
    // A megabyte, and what lay in the buffers of both sides.
    assert!(taken < 64_000_000, "{taken} bytes were taken");
}
