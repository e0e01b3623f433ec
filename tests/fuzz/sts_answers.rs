//! Responses of STS.

use crate::support::fixture::Fixture;
use crate::support::fuzz::{Checked, Target, ensure, no_statements_on_failure, outcome, session_needs_no_quotes};
use crate::support::sts::{Action, Fault};

trials![survives_any_response_body, survives_any_response];

const DICTIONARY: [&str; 44] = [
    "<",
    ">",
    "</",
    "/>",
    "&lt;",
    "&amp;",
    "&#10;",
    "&#x1b;",
    "&#x202e;",
    "&x;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml?>",
    "<!DOCTYPE a [<!ENTITY x \"y\">]>",
    "<Credentials>",
    "</Credentials>",
    "<AccessKeyId>",
    "</AccessKeyId>",
    "<Error>",
    "<Code>AccessDenied</Code>",
    "<Message>",
    "2099-01-01T00:00:00Z",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "+10000-01-01T00:00:00Z",
    "'",
    "\"",
    ";",
    "$(touch pwn)",
    "`",
    " ",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "HTTP/1.1 200 OK\r\n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Date: x\r\n",
    "0\r\n\r\n",
    "\u{202e}",
    "\u{feff}",
    "\0",
];

/// A session that STS could have issued.
fn body() -> String {
    let expiration = mfa_env::credentials::Expiration::from_unix(mfa_env::clock::now() + 3600).expect("a time");
    format!(
        "<GetSessionTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetSessionTokenResult><Credentials>\
         <AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>wJalrXUtnFEMI/K7MDENG</SecretAccessKey>\
         <SessionToken>AQoDYXdzEJr+x/y==</SessionToken><Expiration>{}</Expiration></Credentials>\
         </GetSessionTokenResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetSessionTokenResponse>",
        expiration.rfc3339()
    )
}

fn refusal() -> String {
    "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token is expired</Message>\
     </Error><RequestId>1</RequestId></ErrorResponse>"
        .to_owned()
}

fn survives_any_response_body() {
    let valid = vec![body().into_bytes(), refusal().into_bytes()];
    let fault = |input: &[u8]| Fault::Raw {
        status: if input.starts_with(b"<E") { 403 } else { 200 },
        content_type: "text/xml".to_owned(),
        body: input.to_vec(),
    };
    run(valid, fault);
}

fn survives_any_response() {
    let valid = [body(), refusal()].map(|body| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n", body.len());
        (head + &body).into_bytes()
    });
    run(valid.to_vec(), |input| Fault::Wire(input.to_vec()));
}

/// Signs in while every call gets the response that an input stands for.
fn run(valid: Vec<Vec<u8>>, fault: impl Fn(&[u8]) -> Fault) {
    let fixture = Fixture::with(&[]);
    let secret = fixture.alice.secret_access_key.clone();
    let check = |input: &[u8]| -> Checked {
        fixture.sts.always(Action::Any, fault(input));
        let ran = outcome(|| fixture.program(&["main", "--code", "123456", "--no-cache"]).command())?;
        no_statements_on_failure(&ran)?;
        session_needs_no_quotes(&ran)?;
        ensure(!String::from_utf8_lossy(&ran.stderr).contains(&secret), || format!("a secret on stderr: {ran}"))
    };
    Target { corpus: include_str!("corpus/sts_answers.txt"), valid, dictionary: &DICTIONARY }.run(check);
}
