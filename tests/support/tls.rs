//! A TLS server in front of the test STS, with a self-signed certificate.

use super::sts::Sts;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

pub struct Tls {
    pub address: SocketAddr,
    /// The certificate, for `AWS_CA_BUNDLE`.
    pub pem: String,
}

impl Tls {
    /// Listens on the loopback interface until the tests end, with a certificate for `names`, and forwards requests to
    /// `sts`.
    pub fn in_front_of(sts: &Sts, names: &[&str]) -> Tls {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a certificate and its key");
        let (config, upstream) = (Arc::new(config), sts.url().replace("http://", ""));
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, upstream) = (Arc::clone(&config), upstream.clone());
                // A client that rejects the certificate disconnects, which some tests expect.
                thread::spawn(move || drop(relay(stream, config, &upstream)));
            }
        });
        Tls { address, pem: made.cert.pem() }
    }
}

/// Forwards one request at a time.
fn relay(stream: TcpStream, config: Arc<ServerConfig>, upstream: &str) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut client = StreamOwned::new(connection, stream);
    let mut server = TcpStream::connect(upstream)?;
    loop {
        let request = message(&mut client)?;
        server.write_all(&request)?;
        let response = message(&mut server)?;
        client.write_all(&response)?;
        client.flush()?;
    }
}

/// Reads a head, and a body of its `Content-Length`.
fn message(stream: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    bytes.extend(body);
    Ok(bytes)
}
