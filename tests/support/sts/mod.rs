//! An STS for the tests and for the demo in the README: a real HTTP server on the loopback interface.
//!
//! It has accounts with users, MFA devices, roles and keys, and verifies every request from its bytes as AWS does: the
//! Signature Version 4 (scope, signed headers, payload, age), the session token and its expiry, each parameter against
//! the service model, the MFA code against the device and earlier use, and the role's trust policy and limits. Errors
//! have AWS's own codes and messages.
//!
//! At `/federation` it is AWS Sign-In, which exchanges the session of a role for a console sign-in.
//!
//! It also records all calls, can inject faults ([`Fault`]), and has a clock that can be set wrong. It shares no code
//! with the program under test or with the SDK.
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
//! At the same address it is IAM, with the operations for a user's own devices and access keys ([`iam`]).
//!
//! Not implemented: policies other than a role's trust policy and a user's [`Policy`], presigned requests, SigV4a,
//! GetFederationToken, and all other operations.

mod account;
mod authentication;
mod calls;
mod clock;
mod device;
mod exchange;
mod fault;
mod federation;
mod form;
mod http;
mod iam;
mod key;
mod mint;
mod operations;
mod outcome;
mod refusal;
mod role;
mod server;
mod signature;
mod success;
mod user;
mod validation;

pub use calls::Call;
pub use fault::{Action, Fault, Gate, Patch, Text};
pub use iam::{Policy, is_operation as is_iam_operation};
pub use key::Session;
pub use role::RoleSpec;
pub use user::{Devices, User, UserSpec};

use account::Accounts;
use calls::Calls;
use clock::Clock;
use device::Device;
use fault::Faults;
use server::Server;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use time::OffsetDateTime;

/// The default account of users and roles.
pub const ACCOUNT: &str = "123456789012";

/// An address that refuses connections. No test gets this port by chance, as it could get one that was free a moment
/// ago.
pub const NO_LISTENER: &str = "127.0.0.1:1";

/// A running endpoint. Clones share it; it stops when the last one is dropped.
#[derive(Clone)]
pub struct Sts {
    shared: Arc<Shared>,
    server: Arc<Server>,
}

/// The state shared by the endpoint's threads.
struct Shared {
    accounts: Mutex<Accounts>,
    faults: Mutex<Faults>,
    /// The tokens of console sign-ins, and when they expire.
    sign_in_tokens: Mutex<BTreeMap<String, OffsetDateTime>>,
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
    /// If no loopback port is available.
    pub fn start() -> Sts {
        let shared = Arc::new(Shared {
            accounts: Mutex::new(Accounts::new()),
            faults: Mutex::default(),
            sign_in_tokens: Mutex::default(),
            calls: Calls::default(),
            clock: Clock::default(),
            stopped: Gate::new(),
        });
        let server = Arc::new(Server::start(Arc::clone(&shared)).expect("a loopback port"));
        Sts { shared, server }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Closes all connections and refuses new ones, as dropping the last clone does. The record stays readable.
    pub fn stop(&self) {
        self.server.stop();
    }

    // Users, roles and keys.

    /// Adds a user in account 123456789012 with long-term keys and one virtual device.
    pub fn add_user(&self, name: &str) -> User {
        self.add_user_with(name, UserSpec::default())
    }

    pub fn add_user_with(&self, name: &str, spec: UserSpec) -> User {
        lock(&self.shared.accounts).add_user(name, spec)
    }

    /// Adds a role and returns its ARN.
    pub fn add_role(&self, name: &str, spec: RoleSpec) -> String {
        lock(&self.shared.accounts).add_role(name, spec)
    }

    /// Adds the root user of account 123456789012, with an access key and no device.
    pub fn add_root(&self) -> User {
        lock(&self.shared.accounts).add_root(ACCOUNT)
    }

    /// Changes what a user may do.
    ///
    /// # Panics
    ///
    /// If there is no such user.
    pub fn restrict(&self, user: &User, policy: Policy) {
        lock(&self.shared.accounts).principal_mut(&user.arn).expect("a user").policy = policy;
    }

    /// The user's access keys, oldest first, each with whether it is active.
    pub fn access_keys(&self, user: &User) -> Vec<(String, bool)> {
        let accounts = lock(&self.shared.accounts);
        accounts.keys_of(&user.arn).map(|key| (key.access_key_id.clone(), key.is_active)).collect()
    }

    /// Adds an access key as CreateAccessKey does, and returns the user with it.
    ///
    /// # Panics
    ///
    /// If there is no such user.
    pub fn add_access_key(&self, user: &User) -> User {
        let now = self.shared.clock.now();
        let mut accounts = lock(&self.shared.accounts);
        let caller = accounts.principal(&user.arn).expect("a user").caller.clone();
        let id = accounts.add_key(caller, now);
        let key = accounts.key(&id).expect("it was just added");
        let secret_access_key = key.secret_access_key.clone();
        User { access_key_id: id, secret_access_key, ..user.clone() }
    }

    /// Makes an access key look as if it had been created this many days earlier.
    ///
    /// # Panics
    ///
    /// If there is no such key.
    pub fn age_access_key(&self, access_key_id: &str, days: i64) {
        let mut accounts = lock(&self.shared.accounts);
        accounts.key_mut(access_key_id).expect("a key").created -= time::Duration::days(days);
    }

    /// Makes this many calls with each access key that is created from now on fail, as if AWS had not distributed it yet.
    pub fn delay_new_keys(&self, calls: u32) {
        lock(&self.shared.accounts).new_keys_unknown_for = calls;
    }

    /// The serial numbers of the user's devices.
    pub fn devices_of(&self, user: &User) -> Vec<String> {
        lock(&self.shared.accounts).serials_of(&user.arn)
    }

    /// The serial numbers of the virtual devices that were created and belong to nobody.
    pub fn unassigned_devices(&self) -> Vec<String> {
        lock(&self.shared.accounts).unassigned_serials()
    }

    /// Adds a device: of this user, or of nobody.
    pub fn add_device(&self, serial: &str, user: Option<&User>) {
        let owner = user.map(|user| user.arn.clone()).unwrap_or_default();
        let account = user.map_or(ACCOUNT.to_owned(), |user| user.account.clone());
        lock(&self.shared.accounts).add_device(serial, &owner, &account);
    }

    /// All temporary keys issued so far, in order.
    pub fn sessions(&self) -> Vec<Session> {
        lock(&self.shared.accounts).sessions()
    }

    /// Removes a long-term or temporary key, as deleting or revoking it does.
    pub fn remove_key(&self, access_key_id: &str) {
        lock(&self.shared.accounts).remove_key(access_key_id);
    }

    /// Makes all sessions expire now, earlier than STS said when it issued them.
    pub fn expire_sessions(&self) {
        let now = self.shared.clock.now();
        lock(&self.shared.accounts).expire_sessions(now);
    }

    // Codes. All of these panic if no user has a device with this serial number.

    /// A code that is valid now and was neither accepted nor handed out before; it stays valid for at least 30 s.
    ///
    /// # Panics
    ///
    /// On the fourth call within a period: AWS accepts three codes at any moment, and this does not wait for a new one.
    pub fn code(&self, serial: &str) -> String {
        let code = self.device(serial, Device::hand_out);
        code.unwrap_or_else(|| panic!("the three codes of {serial} that are valid now are used up"))
    }

    /// Six digits that are not a code of the device within ten minutes of now.
    pub fn wrong_code(&self, serial: &str) -> String {
        self.wrong_codes(serial).next().expect("a wrong code")
    }

    /// Distinct wrong codes.
    pub fn wrong_codes(&self, serial: &str) -> impl Iterator<Item = String> {
        self.device(serial, |device, now| device.wrong_codes(now))
    }

    /// The code that the device shows now by the endpoint's clock, used or not.
    pub fn current_code(&self, serial: &str) -> String {
        self.device(serial, |device, now| device.current_code(now))
    }

    /// The code that the device shows now, and the one after it, which enable or resync it.
    pub fn consecutive_codes(&self, serial: &str) -> [String; 2] {
        self.device(serial, |device, now| device.consecutive_codes(now))
    }

    /// Moves the device's own clock by this many periods of 30 s, so that it is out of sync with AWS.
    pub fn drift_device(&self, serial: &str, periods: i64) {
        self.device(serial, |device, _| device.drift(periods));
    }

    /// The device's seed in base32, as authenticator apps and `oathtool --totp -b` expect it.
    pub fn seed(&self, serial: &str) -> String {
        self.device(serial, |device, _| device.seed())
    }

    // Time.

    /// Sets the endpoint's clock to this machine's clock plus `seconds`.
    pub fn set_clock(&self, seconds: i64) {
        self.shared.clock.set(seconds);
    }

    /// Moves the endpoint's clock by `seconds`.
    pub fn advance(&self, seconds: i64) {
        self.shared.clock.advance(seconds);
    }

    /// Makes every MFA session look as if its code had been accepted `seconds` earlier.
    pub fn age_mfa(&self, seconds: i64) {
        lock(&self.shared.accounts).age_mfa(time::Duration::seconds(seconds));
    }

    // The record.

    /// The calls since the start or the last [`Sts::take_calls`], in order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.all()
    }

    /// Like [`Sts::calls`], and clears the record.
    pub fn take_calls(&self) -> Vec<Call> {
        self.shared.calls.take()
    }

    /// Like [`Sts::take_calls`], without those of GetCallerIdentity, which issues no session. How often that is called is
    /// the subject of the tests about the names of role sessions and about the preflight.
    pub fn take_session_calls(&self) -> Vec<Call> {
        self.take_calls().into_iter().filter(|call| call.action != "GetCallerIdentity").collect()
    }

    /// The number of connections so far, including those without calls.
    pub fn connections(&self) -> usize {
        self.server.accepted()
    }

    /// Waits until [`Sts::calls`] has `count` calls, with or without a response; false if `limit` passes first.
    pub fn wait_for_calls(&self, count: usize, limit: Duration) -> bool {
        self.shared.calls.wait_for(count, limit)
    }

    // Faults.

    /// Injects a fault into the next call of this action; two calls to this affect the next two.
    pub fn on(&self, action: Action, fault: Fault) {
        lock(&self.shared.faults).add(action, fault);
    }

    /// Injects a fault into every call of this action that has no one-shot fault.
    pub fn always(&self, action: Action, fault: Fault) {
        lock(&self.shared.faults).set_standing(action, fault);
    }

    /// Removes all pending and standing faults.
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

/// Ignores poisoning: a panic under the lock is reported by its own test.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
