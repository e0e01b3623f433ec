//! A server whose answer never ends: it writes until the client has had enough.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

pub struct Flood {
    pub url: String,
    written: JoinHandle<usize>,
}

impl Flood {
    /// Answers one request with 200 and an endless XML document.
    pub fn start() -> Flood {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port on the loopback");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let written = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut request = [0; 8192];
            let _ = stream.read(&mut request).expect("a request");
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<a><b>\r\n";
            stream.write_all(head.as_bytes()).expect("the head");
            let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
            let mut count = 0;
            // Far more than any client should take, and an end to the test all the same.
            while count < 4_000_000_000 && stream.write_all(chunk.as_bytes()).is_ok() {
                count += chunk.len();
            }
            count
        });
        Flood { url, written }
    }

    /// Bytes that were taken from us, those under way included, once the client has gone.
    pub fn written(self) -> usize {
        self.written.join().expect("the server")
    }
}
