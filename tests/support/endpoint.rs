//! A running `serve`, and a client of its endpoint that sends what it is told to.

use super::home::Home;
use super::program::Program;
use super::shells::{self, Event, Outcome, Running};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a response may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The endpoint as its clients know it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub port: u16,
    pub token_file: PathBuf,
    pub token: String,
}

/// A response, or whatever came instead.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Response {
    /// A field of the JSON in the body.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let object: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"));
        object[name].as_str().unwrap_or_else(|| panic!("no {name}: {self:?}")).to_owned()
    }
}

impl Endpoint {
    /// The endpoint that text of `serve` without a command names.
    pub fn announced(text: &str) -> Option<Endpoint> {
        let line = |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(name));
        let url = line("AWS_CONTAINER_CREDENTIALS_FULL_URI=")?;
        let token_file = PathBuf::from(line("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=")?);
        let port = url.strip_prefix("http://127.0.0.1:")?.split('/').next()?.parse().ok()?;
        let token = fs::read_to_string(&token_file).ok()?;
        Some(Endpoint { port, token_file, token })
    }

    /// Sends bytes, and returns everything that comes back.
    pub fn send(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the endpoint");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        // The server may refuse the head before its end.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    /// Sends a request with these lines after the first one.
    pub fn request(&self, first: &str, headers: &[(&str, &str)]) -> Response {
        let mut text = format!("{first}\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let answer = String::from_utf8(self.send((text + "\r\n").as_bytes())).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Response { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    /// Asks for the credentials as an SDK does.
    pub fn get(&self) -> Response {
        let host = format!("127.0.0.1:{}", self.port);
        self.request("GET /credentials HTTP/1.1", &[("Host", &host), ("Authorization", &self.token)])
    }

    /// Asks until the status is this one.
    #[track_caller]
    pub fn get_until(&self, status: u16) -> Response {
        let start = Instant::now();
        loop {
            let response = self.get();
            if response.status == status {
                return response;
            }
            assert!(start.elapsed() < PATIENCE, "never {status}: {response:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// `serve` without a command and without a terminal.
pub struct Serving {
    running: Running,
    pub endpoint: Endpoint,
    stderr: String,
}

impl Serving {
    /// Starts it, and waits until it has said where it is.
    #[track_caller]
    pub fn start(home: &Home, arguments: &[&str]) -> Serving {
        let mut running = shells::start(Program::new(home, arguments).command());
        let mut stderr = String::new();
        loop {
            match running.next_event() {
                Event::Stderr(bytes) => stderr.push_str(&String::from_utf8_lossy(&bytes)),
                Event::Stdout(_) => {}
                Event::Closed | Event::Ended(_) => panic!("serve {arguments:?} has ended: {stderr}"),
            }
            if let Some(endpoint) = Endpoint::announced(&stderr) {
                return Serving { running, endpoint, stderr };
            }
        }
    }

    /// Waits until stderr has this text.
    #[track_caller]
    pub fn says(&mut self, text: &str) {
        while !self.stderr.contains(text) {
            match self.running.next_event() {
                Event::Stderr(bytes) => self.stderr.push_str(&String::from_utf8_lossy(&bytes)),
                Event::Stdout(_) => {}
                Event::Closed | Event::Ended(_) => panic!("serve has ended without {text:?}: {}", self.stderr),
            }
        }
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.running.pid().cast_signed()), signal).expect("the server is there");
    }

    /// Sends a signal, and returns the end and the whole stderr.
    pub fn end_by(self, signal: Signal) -> (Outcome, String) {
        self.signal(signal);
        let outcome = self.running.finish();
        let stderr = self.stderr + &String::from_utf8_lossy(&outcome.stderr);
        (outcome, stderr)
    }
}
