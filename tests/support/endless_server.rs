//! A server whose response never ends: it writes until the client disconnects.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

pub struct EndlessServer {
    pub url: String,
    thread: JoinHandle<usize>,
}

impl EndlessServer {
    /// Responds to one request with 200 and an endless XML document.
    pub fn start() -> EndlessServer {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let thread = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut request = [0; 8192];
            let _ = stream.read(&mut request).expect("a request");
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<a><b>\r\n";
            stream.write_all(head.as_bytes()).expect("the head");
            let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
            let mut count = 0;
            // Far more than any client should read, but finite, so that the test ends.
            while count < 4_000_000_000 && stream.write_all(chunk.as_bytes()).is_ok() {
                count += chunk.len();
            }
            count
        });
        EndlessServer { url, thread }
    }

    /// How many bytes were written, buffered ones included, before the client disconnected.
    pub fn bytes_written(self) -> usize {
        self.thread.join().expect("the server")
    }
}
