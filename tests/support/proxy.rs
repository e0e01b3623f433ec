//! A proxy on the loopback interface. It connects every client to one address, whatever host was requested, and
//! records the requests.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub struct Proxy {
    /// `127.0.0.1:PORT`
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// `CONNECT` requests are connected to `target`.
    pub fn to(target: SocketAddr) -> Proxy {
        Proxy::start(move |client| {
            let server = TcpStream::connect(target)?;
            (&client).write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            let (from_server, to_client) = (server.try_clone()?, client.try_clone()?);
            thread::spawn(move || drop(std::io::copy(&mut &from_server, &mut &to_client)));
            std::io::copy(&mut &client, &mut &server).map(drop)
        })
    }

    /// Every request gets this response.
    pub fn responding(response: &'static str) -> Proxy {
        Proxy::start(move |client| (&client).write_all(response.as_bytes()))
    }

    fn start(serve: impl Fn(TcpStream) -> std::io::Result<()> + Clone + Send + 'static) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heads);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (log, serve) = (Arc::clone(&log), serve.clone());
                thread::spawn(move || {
                    let Ok(head) = head(&client) else { return };
                    log.lock().unwrap_or_else(PoisonError::into_inner).push(head);
                    drop(serve(client));
                });
            }
        });
        Proxy { address, heads }
    }

    /// The request heads received so far.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn head(mut client: &TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
