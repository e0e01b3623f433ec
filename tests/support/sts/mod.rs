//! An STS that tests, and the demonstration in the README, can sign in to: a real HTTP server on the loopback.
//!
//! It owns accounts with users, MFA devices, roles and keys, and it believes nothing. Every request is verified from
//! its bytes as AWS verifies it: the Signature Version 4 (scope, signed headers, payload, age), the session token and
//! its expiry, each parameter against the service model, the MFA code against the device and its earlier use, the
//! role's trust and its limits. Refusals carry AWS's own codes and texts.
//!
//! Beyond that, it keeps a record of all calls, can be told to spoil single answers ([`Fault`]), and has a clock that
//! can be set wrong. It shares no code with the program under test or with the SDK.
//!
//! ```no_run
//! let sts = Sts::start();
//! let alice = sts.add_user("alice");
//! let admin = sts.add_role("admin", RoleSpec { requires_mfa: true, ..RoleSpec::default() });
//! let code = sts.code(&alice.mfa_serial);
//! // … run the program with AWS_ENDPOINT_URL_STS={sts.url()} and give it the code …
//! assert_eq!(sts.calls()[0].action, "GetSessionToken");
//! ```
//!
//! What it leaves out: policies other than a role's trust, root users, presigned requests, SigV4a,
//! GetFederationToken and the operations that sign nobody in, save IAM's list of a user's own devices.

mod account;
mod answer;
mod authentication;
mod calls;
mod clock;
mod device;
mod exchange;
mod fault;
mod form;
mod http;
mod key;
mod mint;
mod operations;
mod outcome;
mod refusal;
mod role;
mod server;
mod signature;
mod user;
mod validation;

pub use calls::Call;
pub use fault::{Action, Fault, Gate, Patch, Text};
pub use key::Session;
pub use role::RoleSpec;
pub use user::{Devices, User, UserSpec};

use account::Accounts;
use calls::Calls;
use clock::Clock;
use device::Device;
use fault::Faults;
use server::Server;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The account of users and roles whose spec names no other.
pub const ACCOUNT: &str = "123456789012";

/// A running endpoint. Clones are the same one; it stops when the last is dropped.
#[derive(Clone)]
pub struct Sts {
    shared: Arc<Shared>,
    server: Arc<Server>,
}

/// What the endpoint's threads work on.
struct Shared {
    accounts: Mutex<Accounts>,
    faults: Mutex<Faults>,
    calls: Calls,
    clock: Clock,
    /// Opens when the endpoint stops.
    stopped: Gate,
}

impl Sts {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// If the loopback gives no port.
    pub fn start() -> Sts {
        let shared = Arc::new(Shared {
            accounts: Mutex::new(Accounts::new()),
            faults: Mutex::default(),
            calls: Calls::default(),
            clock: Clock::default(),
            stopped: Gate::new(),
        });
        let server = Arc::new(Server::start(Arc::clone(&shared)).expect("a port on the loopback"));
        Sts { shared, server }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Closes all connections and refuses new ones, as dropping the last handle does. The record stays readable.
    pub fn stop(&self) {
        self.server.stop();
    }

    // What there is.

    /// A user of account 123456789012 with long-term keys and one virtual device.
    pub fn add_user(&self, name: &str) -> User {
        self.add_user_with(name, UserSpec::default())
    }

    pub fn add_user_with(&self, name: &str, spec: UserSpec) -> User {
        lock(&self.shared.accounts).add_user(name, spec)
    }

    /// Returns the role's ARN.
    pub fn add_role(&self, name: &str, spec: RoleSpec) -> String {
        lock(&self.shared.accounts).add_role(name, spec)
    }

    /// All temporary keys given out, in order.
    pub fn sessions(&self) -> Vec<Session> {
        lock(&self.shared.accounts).sessions()
    }

    /// Makes a key unknown, long-term or temporary, as deleting or revoking it does.
    pub fn remove_key(&self, access_key_id: &str) {
        lock(&self.shared.accounts).remove_key(access_key_id);
    }

    /// Lets all sessions end now, whatever their expiration said.
    pub fn expire_sessions(&self) {
        let now = self.shared.clock.now();
        lock(&self.shared.accounts).expire_sessions(now);
    }

    // Codes. All of them panic on a serial number that no user of the endpoint has.

    /// A code that is valid now and was neither accepted nor handed out before; it stays valid for 30 s at least.
    ///
    /// # Panics
    ///
    /// On the fourth call within a period: AWS accepts three codes at any moment, and this waits for nothing.
    pub fn code(&self, serial: &str) -> String {
        let code = self.device(serial, Device::hand_out);
        code.unwrap_or_else(|| panic!("the three codes of {serial} that are valid now are used up"))
    }

    /// Six digits that the device shows neither now nor within ten minutes.
    pub fn wrong_code(&self, serial: &str) -> String {
        self.wrong_codes(serial).next().expect("a wrong code")
    }

    /// As many such codes as are wanted, each another.
    pub fn wrong_codes(&self, serial: &str) -> impl Iterator<Item = String> {
        self.device(serial, |device, now| device.wrong(now))
    }

    /// What the device shows at this moment of the endpoint's clock, used or not.
    pub fn current_code(&self, serial: &str) -> String {
        self.device(serial, |device, now| device.shown(now))
    }

    /// The device's seed in base32, as authenticator apps and `oathtool --totp -b` take it.
    pub fn seed(&self, serial: &str) -> String {
        self.device(serial, |device, _| device.seed())
    }

    // Time.

    /// Sets the endpoint's clock to this machine's plus `seconds`.
    pub fn set_clock(&self, seconds: i64) {
        self.shared.clock.set(seconds);
    }

    /// Moves the endpoint's clock by `seconds` from where it is.
    pub fn advance(&self, seconds: i64) {
        self.shared.clock.advance(seconds);
    }

    // The record.

    /// The calls since the start or the last [`Sts::take_calls`], in order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.all()
    }

    /// As [`Sts::calls`], which then begins anew.
    pub fn take_calls(&self) -> Vec<Call> {
        self.shared.calls.take()
    }

    /// How many connections there have been, with calls on them or without.
    pub fn connections(&self) -> usize {
        self.server.accepted()
    }

    /// Waits until [`Sts::calls`] has `count` of them, answered or not; false if `limit` passes first.
    pub fn wait_for_calls(&self, count: usize, limit: Duration) -> bool {
        self.shared.calls.wait_for(count, limit)
    }

    // Faults.

    /// Spoils the next call of this action; said twice, the next two.
    pub fn on(&self, action: Action, fault: Fault) {
        lock(&self.shared.faults).add(action, fault);
    }

    /// Spoils every call of this action that has no fault of its own.
    pub fn always(&self, action: Action, fault: Fault) {
        lock(&self.shared.faults).set_standing(action, fault);
    }

    /// Takes back all faults that no call has met yet, and the standing ones.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    fn device<T>(&self, serial: &str, read: impl FnOnce(&mut Device, u64) -> T) -> T {
        let now = self.shared.clock.now().unix_timestamp().unsigned_abs();
        let mut accounts = lock(&self.shared.accounts);
        let device = accounts.device_mut(serial).unwrap_or_else(|| panic!("there is no device {serial}"));
        read(device, now)
    }
}

impl fmt::Debug for Sts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sts({})", self.url())
    }
}

/// A test that failed while it held the lock has been reported; the others go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
