//! The listener and its threads: one that accepts and one per connection, all joined when it stops.

use super::{Shared, exchange, lock};
use std::collections::BTreeMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    connections: Arc<Connections>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Connections {
    stopping: AtomicBool,
    accepted: AtomicUsize,
    /// By number, a second handle to each open connection; shutting it down ends a blocked read in its thread.
    open: Mutex<BTreeMap<usize, TcpStream>>,
}

impl Connections {
    fn close(&self) {
        for stream in lock(&self.open).values() {
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

impl Server {
    pub fn start(shared: Arc<Shared>) -> io::Result<Server> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let connections = Arc::new(Connections::default());
        let accepting = {
            let (shared, connections) = (Arc::clone(&shared), Arc::clone(&connections));
            thread::Builder::new().name("sts".into()).spawn(move || accept(&listener, &shared, &connections))?
        };
        Ok(Server { address, shared, connections, accepting: Mutex::new(Some(accepting)) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn accepted(&self) -> usize {
        self.connections.accepted.load(Ordering::SeqCst)
    }

    pub fn stop(&self) {
        let Some(accepting) = lock(&self.accepting).take() else {
            return;
        };
        self.connections.stopping.store(true, Ordering::SeqCst);
        // Before opening the gates, so that waiting clients see the connection close and not a last-minute response.
        self.connections.close();
        self.shared.stopped.open();
        lock(&self.shared.faults).open_gates();
        // Only a connection wakes a thread that is blocked in accept().
        let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(5)).is_ok();
        if woken {
            drop(accepting.join());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>, connections: &Arc<Connections>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for number in 1.. {
        let accepted = listener.accept();
        if connections.stopping.load(Ordering::SeqCst) {
            break;
        }
        // The client may have disconnected already.
        let Ok((stream, _)) = accepted else { continue };
        connections.accepted.fetch_add(1, Ordering::SeqCst);
        drop(stream.set_nodelay(true));
        let Ok(handle) = stream.try_clone() else {
            continue;
        };
        lock(&connections.open).insert(number, handle);
        let (shared, connections) = (Arc::clone(shared), Arc::clone(connections));
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread::spawn(move || {
            // A client that disconnects early is not an error.
            drop(exchange::serve(&shared, &stream, number));
            lock(&connections.open).remove(&number);
            drop(stream.shutdown(Shutdown::Both));
        }));
    }
    // Connections accepted while stop() was closing the others.
    connections.close();
    for thread in threads {
        drop(thread.join());
    }
}
