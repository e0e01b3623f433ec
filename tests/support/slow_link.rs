//! A long way to an endpoint: whatever goes over it arrives so much later, in both directions, and nothing is lost or reordered.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub struct SlowLink {
    /// Stands for the endpoint.
    pub address: SocketAddr,
    arrived: Arc<Arrived>,
}

/// How many pieces have come back from the endpoint.
#[derive(Default)]
struct Arrived(Mutex<usize>, Condvar);

impl SlowLink {
    /// Listens on a port of its own, a `round_trip` away from `target`, for as long as the tests run.
    pub fn to(target: SocketAddr, round_trip: Duration) -> SlowLink {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port on the loopback");
        let address = listener.local_addr().expect("an address");
        let arrived = Arc::new(Arrived::default());
        let way = SlowLink { address, arrived: arrived.clone() };
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let arrived = arrived.clone();
                thread::spawn(move || {
                    // To connect is a round trip too.
                    thread::sleep(round_trip);
                    let Ok(far) = TcpStream::connect(target) else { return };
                    let clone = |stream: &TcpStream| stream.try_clone().expect("a stream");
                    carry(clone(&near), clone(&far), round_trip / 2, None);
                    carry(far, near, round_trip / 2, Some(arrived));
                });
            }
        });
        way
    }

    /// Waits until so many answers have come back in all; false if `limit` passes first.
    pub fn wait_for_answers(&self, count: usize, limit: Duration) -> bool {
        let arrived = self.arrived.0.lock().expect("no panic under the lock");
        let wait = self.arrived.1.wait_timeout_while(arrived, limit, |arrived| *arrived < count);
        !wait.expect("no panic under the lock").1.timed_out()
    }
}

/// What was read, and when it is to arrive; nothing is the end.
type Parcel = (Instant, Vec<u8>);

fn carry(mut from: TcpStream, to: TcpStream, delay: Duration, arrived: Option<Arc<Arrived>>) {
    let (sender, parcels): (Sender<Parcel>, Receiver<Parcel>) = channel();
    thread::spawn(move || deliver(to, &parcels, arrived.as_deref()));
    thread::spawn(move || {
        let mut chunk = [0; 16 * 1024];
        while let Ok(count) = from.read(&mut chunk) {
            if sender.send((Instant::now() + delay, chunk[..count].to_vec())).is_err() || count == 0 {
                return;
            }
        }
    });
}

fn deliver(mut to: TcpStream, parcels: &Receiver<Parcel>, arrived: Option<&Arrived>) {
    drop(to.set_nodelay(true));
    for (due, bytes) in parcels {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let is_taken = if bytes.is_empty() { to.shutdown(Shutdown::Write) } else { to.write_all(&bytes) };
        if is_taken.is_err() || bytes.is_empty() {
            return;
        }
        if let Some(Arrived(count, changed)) = arrived {
            *count.lock().expect("no panic under the lock") += 1;
            changed.notify_all();
        }
    }
}
