//! A link to an endpoint that delays everything in both directions and loses or reorders nothing.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub struct SlowLink {
    /// Connect here instead of to the endpoint.
    pub address: SocketAddr,
    responses: Arc<Responses>,
}

/// How many chunks have come back from the endpoint.
#[derive(Default)]
struct Responses(Mutex<usize>, Condvar);

impl SlowLink {
    /// Listens on its own port, one `round_trip` away from `target`, until the tests end.
    pub fn to(target: SocketAddr, round_trip: Duration) -> SlowLink {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
        let address = listener.local_addr().expect("an address");
        let responses = Arc::new(Responses::default());
        let link = SlowLink { address, responses: responses.clone() };
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let responses = responses.clone();
                thread::spawn(move || {
                    // Connecting takes a round trip too.
                    thread::sleep(round_trip);
                    let Ok(far) = TcpStream::connect(target) else { return };
                    let clone = |stream: &TcpStream| stream.try_clone().expect("a stream");
                    carry(clone(&near), clone(&far), round_trip / 2, None);
                    carry(far, near, round_trip / 2, Some(responses));
                });
            }
        });
        link
    }

    /// Waits until `count` responses have come back in total; false if `limit` passes first.
    pub fn wait_for_responses(&self, count: usize, limit: Duration) -> bool {
        let responses = self.responses.0.lock().expect("no panic under the lock");
        let wait = self.responses.1.wait_timeout_while(responses, limit, |responses| *responses < count);
        !wait.expect("no panic under the lock").1.timed_out()
    }
}

/// What was read, and when to deliver it; an empty chunk is end of file.
type DelayedChunk = (Instant, Vec<u8>);

fn carry(mut from: TcpStream, to: TcpStream, delay: Duration, responses: Option<Arc<Responses>>) {
    let (sender, chunks): (Sender<DelayedChunk>, Receiver<DelayedChunk>) = channel();
    thread::spawn(move || deliver(to, &chunks, responses.as_deref()));
    thread::spawn(move || {
        let mut chunk = [0; 16 * 1024];
        while let Ok(count) = from.read(&mut chunk) {
            if sender.send((Instant::now() + delay, chunk[..count].to_vec())).is_err() || count == 0 {
                return;
            }
        }
    });
}

fn deliver(mut to: TcpStream, chunks: &Receiver<DelayedChunk>, responses: Option<&Responses>) {
    drop(to.set_nodelay(true));
    for (due, bytes) in chunks {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let result = if bytes.is_empty() { to.shutdown(Shutdown::Write) } else { to.write_all(&bytes) };
        if result.is_err() || bytes.is_empty() {
            return;
        }
        if let Some(Responses(count, changed)) = responses {
            *count.lock().expect("no panic under the lock") += 1;
            changed.notify_all();
        }
    }
}
