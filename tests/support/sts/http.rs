//! The part of HTTP/1.1 that SDKs use with STS: requests with a `Content-Length`, keep-alive, `Expect: 100-continue`.

use std::io::{self, Read, Write};

const LONGEST_HEAD: usize = 64 * 1024;
/// Far above STS's own limits on parameters.
const LONGEST_BODY: usize = 1024 * 1024;
const MOST_HEADERS: usize = 100;

pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    /// In the order sent, with lower-case names.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub keep_alive: bool,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

pub enum Incoming {
    Request(Request),
    /// Not valid or not supported; the text says why.
    Bad(&'static str),
    /// The client closed the connection, or it failed.
    End,
}

/// Reads one request; the bytes after it stay in `buffer`.
pub fn read_request(stream: &mut (impl Read + Write), buffer: &mut Vec<u8>) -> Incoming {
    let (mut request, head_length) = loop {
        match head_of(buffer) {
            Ok(Some(head)) => break head,
            Ok(None) if buffer.len() > LONGEST_HEAD => {
                return Incoming::Bad("the head is too long");
            }
            Ok(None) => match more(stream, buffer) {
                Ok(0) | Err(_) => return Incoming::End,
                Ok(_) => {}
            },
            Err(reason) => return Incoming::Bad(reason),
        }
    };
    if request.header("transfer-encoding").is_some() {
        return Incoming::Bad("a body without Content-Length");
    }
    let length = match request.header("content-length").map(str::parse::<usize>) {
        None => 0,
        Some(Ok(length)) if length <= LONGEST_BODY => length,
        Some(_) => return Incoming::Bad("the Content-Length is invalid or too large"),
    };
    let expects = request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
    if expects && stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_err() {
        return Incoming::End;
    }
    while buffer.len() < head_length + length {
        match more(stream, buffer) {
            Ok(0) | Err(_) => return Incoming::End,
            Ok(_) => {}
        }
    }
    request.body = buffer[head_length..head_length + length].to_vec();
    buffer.drain(..head_length + length);
    Incoming::Request(request)
}

fn more(stream: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let mut chunk = [0; 16 * 1024];
    let count = stream.read(&mut chunk)?;
    buffer.extend_from_slice(&chunk[..count]);
    Ok(count)
}

fn head_of(bytes: &[u8]) -> Result<Option<(Request, usize)>, &'static str> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err("not an HTTP request"),
    };
    let target = head.path.unwrap_or("/");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = Vec::new();
    for header in head.headers.iter() {
        let value = std::str::from_utf8(header.value).map_err(|_| "a header is not UTF-8")?;
        headers.push((header.name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut request = Request {
        method: head.method.unwrap_or_default().into(),
        path: path.into(),
        query: query.into(),
        headers,
        body: Vec::new(),
        keep_alive: true,
    };
    let closes = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    request.keep_alive = head.version == Some(1) && !closes;
    Ok(Some((request, length)))
}

pub struct Response {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// The head, with the `Content-Length` of the whole body.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len()));
        head.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        302 => "Found",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}
