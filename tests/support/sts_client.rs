//! A client for the tests' STS and IAM that signs with the SDK's own signer and shows what the server said.

use super::sts::{self, Sts, User};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::SystemTime;

#[derive(Clone)]
pub struct Client {
    pub sts: Sts,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
    pub region: &'static str,
}

impl Client {
    pub fn of(sts: &Sts, user: &User) -> Client {
        Client {
            sts: sts.clone(),
            access_key_id: user.access_key_id.clone(),
            secret_access_key: user.secret_access_key.clone(),
            session_token: None,
            region: "eu-central-1",
        }
    }

    /// Sends `form`, the text that follows `Action=`. Nothing in these tests needs escaping.
    pub fn call(&self, form: &str) -> Reply {
        send(&self.sts, &self.request(form)).expect("a response")
    }

    /// A client with the credentials that `form` returns.
    pub fn session(&self, form: &str) -> Client {
        let reply = self.call(form);
        Client {
            sts: self.sts.clone(),
            access_key_id: reply.element("AccessKeyId"),
            secret_access_key: reply.element("SecretAccessKey"),
            session_token: Some(reply.element("SessionToken")),
            region: self.region,
        }
    }

    /// Asserts that the error begins with `refusal` (`Code: message`) and that the call is recorded accordingly.
    pub fn assert_refused(&self, form: &str, refusal: &str) {
        let reply = self.call(form);
        let got = format!("{}: {}", reply.element("Code"), reply.element("Message"));
        assert!(got.starts_with(refusal), "{form}: {got}");
        let call = self.sts.calls().pop().expect("a recorded call");
        assert_eq!((call.status, call.error), (Some(reply.status), Some(reply.element("Code"))));
    }

    /// A complete signed request.
    pub fn request(&self, form: &str) -> String {
        let is_iam = sts::is_iam_operation(form.split('&').next().unwrap_or_default());
        let (service, version) = if is_iam { ("iam", "2010-05-08") } else { ("sts", "2011-06-15") };
        let body = format!("Version={version}&Action={form}");
        let (key, secret) = (&self.access_key_id, &self.secret_access_key);
        let identity: Identity = Credentials::new(key, secret, self.session_token.clone(), None, "test").into();
        let signing = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .expect("complete signing parameters");
        let url = self.sts.url();
        let headers =
            [("host", url.trim_start_matches("http://")), ("content-type", "application/x-www-form-urlencoded")];
        let content = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new("POST", format!("{url}/"), headers.into_iter(), content);
        let (signed, _) = sign(signable.expect("a request"), &signing.into()).expect("a signature").into_parts();
        let lines = headers.into_iter().chain(signed.headers()).map(|(name, value)| format!("{name}: {value}\r\n"));
        let lines: String = lines.collect();
        format!("POST / HTTP/1.1\r\nConnection: close\r\n{lines}Content-Length: {}\r\n\r\n{body}", body.len())
    }
}

pub fn send(sts: &Sts, request: &str) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(sts.url().trim_start_matches("http://"))?;
    stream.write_all(request.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head.get(9..12).and_then(|digits| digits.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    Ok(Reply { status, body: body.into() })
}

pub struct Reply {
    pub status: u16,
    pub body: String,
}

impl Reply {
    /// The raw XML content of the first element with this name; empty if there is none.
    pub fn element(&self, name: &str) -> String {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let inside = self.body.split_once(&open).and_then(|(_, rest)| rest.split_once(&close));
        inside.map(|(text, _)| text.to_owned()).unwrap_or_default()
    }
}
