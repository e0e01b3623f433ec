//! Requests to the endpoint of `serve`. httparse, which knows nothing of hyper, judges which of them may get credentials.

#![cfg(unix)]

use crate::support::cached;
use crate::support::endpoint::Serving;
use crate::support::fuzz::{Checked, Target, ensure};
use crate::support::home::Home;
use crate::support::program::Program;
use crate::support::sts::Sts;
use nix::sys::signal::Signal;

trials![no_request_without_the_token_gets_credentials];

/// Where the token is in an input, which is the same for every run.
const TOKEN: &str = "TOKEN";

const DICTIONARY: [&str; 30] = [
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    " ",
    "\t",
    ":",
    "GET",
    "POST",
    "HEAD",
    "CONNECT",
    "/credentials",
    "/",
    "//",
    "?x",
    "#x",
    "%2e",
    "http://evil.example/",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/2.0",
    "Host: evil.example\r\n",
    "Host: 127.0.0.1\r\n",
    "Origin: null\r\n",
    "Authorization: TOKEN\r\n",
    "Authorization: x\r\n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "\u{0}",
    "TOKEN",
];

/// Why a request must be refused; `None` if it may get credentials.
fn reason(bytes: &[u8]) -> Option<&'static str> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    if !request.parse(bytes).is_ok_and(|parsed| parsed.is_complete()) {
        return Some("it is no complete request");
    }
    let values = |name: &str| -> Vec<&[u8]> {
        let named = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| header.value.trim_ascii()).collect()
    };
    let path = request.path.unwrap_or_default().split(['?', '#']).next().unwrap_or_default().to_owned();
    let path = path.strip_prefix("http://127.0.0.1").unwrap_or(&path);
    match () {
        () if request.method != Some("GET") => Some("its method"),
        () if path != "/credentials" => Some("its path"),
        () if values("Authorization") != [TOKEN.as_bytes()] => Some("its token"),
        () if values("Host").len() != 1 => Some("its hosts"),
        () if !values("Host")[0].starts_with(b"127.0.0.1") && !values("Host")[0].starts_with(b"localhost") => {
            Some("its host")
        }
        () if !values("Origin").is_empty() => Some("its origin"),
        () => None,
    }
}

fn no_request_without_the_token_gets_credentials() {
    let sts = Sts::start();
    let alice = sts.add_user("alice");
    let home = Home::with_user(&sts, &alice, &[]);
    let code = sts.code(&alice.mfa_serial);
    Program::new(&home, ["export", "main", &code, "-q", "-s", "sh"]).run();
    let secret = cached::only(&home.cache(), "mfa").fields["secret_access_key"].as_str().expect("text").to_owned();
    let serving = Serving::start(&home, &["serve", "main", "-q"]);
    let endpoint = serving.endpoint.clone();
    let check = |input: &[u8]| -> Checked {
        let text = String::from_utf8_lossy(input);
        // Without an end, the server would wait for the rest of the head.
        let sent = text.replace(TOKEN, &endpoint.token) + "\r\n\r\n";
        let answer = String::from_utf8_lossy(&endpoint.send(sent.as_bytes())).into_owned();
        let refusal = reason((text.into_owned() + "\r\n\r\n").as_bytes());
        let got = answer.contains(&secret);
        ensure(!got || refusal.is_none(), || format!("{refusal:?}: {answer}"))?;
        ensure(!answer.contains(&endpoint.token), || format!("the token: {answer}"))
    };
    let valid = [
        "GET /credentials HTTP/1.1\r\nHost: 127.0.0.1:80\r\nAuthorization: TOKEN\r\n",
        "GET /credentials HTTP/1.1\r\nAuthorization: TOKEN\r\nAccept: */*\r\nHost: localhost",
    ];
    // The judge agrees that these may get credentials, and they do.
    for request in valid {
        assert_eq!(reason(format!("{request}\r\n\r\n").as_bytes()), None, "{request}");
        let sent = request.replace(TOKEN, &endpoint.token) + "\r\n\r\n";
        assert!(String::from_utf8_lossy(&endpoint.send(sent.as_bytes())).contains(&secret));
    }
    let valid = valid.map(|request| request.as_bytes().to_vec()).to_vec();
    Target { corpus: include_str!("corpus/endpoint_requests.txt"), valid, dictionary: &DICTIONARY }.run(check);
    assert_eq!(endpoint.get().status, 200);
    serving.end_by(Signal::SIGTERM);
}
