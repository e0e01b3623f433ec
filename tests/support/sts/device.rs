//! An MFA device: its seed, the codes it shows, and the codes that AWS has already accepted.

use std::collections::{BTreeMap, BTreeSet};
use totp_rs::{Algorithm, Builder, Totp};

/// How long a code is shown, in seconds.
const PERIOD: u64 = 30;
/// How far off the two codes of EnableMFADevice and ResyncMFADevice may be, in periods. AWS documents no number.
const RESYNC_WINDOW: i64 = 20;

/// A user's device: TOTP with SHA-1, a period of 30 s and six digits, as AWS's virtual devices use.
pub struct Device {
    pub serial: String,
    /// The ARN of its user; empty for a virtual device that is not enabled.
    pub owner: String,
    /// The account that it was created in.
    pub account: String,
    totp: Totp,
    /// Periods whose code was accepted; AWS accepts each code once.
    accepted: BTreeSet<u64>,
    /// Periods whose code was handed to a test, and when.
    handed_out: BTreeMap<u64, u64>,
    /// How far the device's own clock is ahead, in periods.
    drift: i64,
    /// The drift that AWS has seen when the device was enabled or resynced.
    known_drift: i64,
}

impl Device {
    pub fn new(serial: String, owner: String, account: String, seed: Vec<u8>) -> Device {
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_step_duration(PERIOD)
            .with_secret(seed)
            .build()
            .expect("a seed of at least 160 bits, as RFC 4226 recommends");
        let (accepted, handed_out) = (BTreeSet::new(), BTreeMap::new());
        Device { serial, owner, account, totp, accepted, handed_out, drift: 0, known_drift: 0 }
    }

    /// Whether it is a security key or a passkey, which generates no codes.
    pub fn is_security_key(&self) -> bool {
        self.serial.contains(":u2f/")
    }

    /// Whether CreateVirtualMFADevice can have created it.
    pub fn is_virtual(&self) -> bool {
        self.serial.contains(":mfa/")
    }

    /// The seed in base32, as authenticator apps expect it.
    pub fn seed(&self) -> String {
        self.totp.secret().to_base32()
    }

    /// Moves the device's own clock by this many periods, without AWS noticing.
    pub fn drift(&mut self, periods: i64) {
        self.drift += periods;
    }

    /// The code that the device shows at `now` (Unix seconds).
    pub fn current_code(&self, now: u64) -> String {
        self.code_of(self.shown_period(now))
    }

    /// The code that the device shows at `now`, and the one after it.
    pub fn consecutive_codes(&self, now: u64) -> [String; 2] {
        let shown = self.shown_period(now);
        [shown, shown + 1].map(|period| self.code_of(period))
    }

    /// A code that is valid at `now` and was neither accepted nor handed out before: the current period's, then the
    /// next one's, then the previous one's, which expires first.
    pub fn hand_out(&mut self, now: u64) -> Option<String> {
        let current = self.shown_period(now);
        let period = [current, current + 1, current - 1]
            .into_iter()
            .find(|period| !self.accepted.contains(period) && !self.handed_out.contains_key(period))?;
        self.handed_out.insert(period, now);
        Some(self.code_of(period))
    }

    /// Six-digit strings that are not a code of this device within ten minutes of `now`.
    pub fn wrong_codes(&self, now: u64) -> impl Iterator<Item = String> + use<> {
        let current = now / PERIOD;
        let near: BTreeSet<String> = (current - 40..=current + 40).map(|period| self.code_of(period)).collect();
        let candidates = (0..1_000_000_u32).map(|number| format!("{:06}", (number + 271_828) % 1_000_000));
        candidates.filter(move |code| !near.contains(code))
    }

    /// Accepts `code` once, if it belongs to the current period or an adjacent one.
    ///
    /// A code from [`Device::hand_out`] stays valid for a whole period, so that the third code of a test does not
    /// depend on when in the period the test started.
    pub fn accept(&mut self, code: &str, now: u64) -> bool {
        let current = (now / PERIOD).saturating_add_signed(self.known_drift);
        let is_recent = |at: &u64| (*at..=*at + PERIOD).contains(&now);
        let handed_out = self.handed_out.iter().filter(|(_, at)| is_recent(at)).map(|(period, _)| *period);
        let handed_out = handed_out.filter(|_| self.drift == self.known_drift);
        let valid: BTreeSet<u64> = (current - 1..=current + 1).chain(handed_out).collect();
        let matching = valid.difference(&self.accepted).find(|period| self.code_of(**period) == code).copied();
        matching.is_some_and(|period| self.accepted.insert(period))
    }

    /// Whether the device has drifted so far that none of its codes is accepted.
    pub fn is_out_of_sync(&self) -> bool {
        (self.drift - self.known_drift).abs() > 2
    }

    /// Accepts two consecutive codes near `now`, and takes the device's clock from them. The codes are used up. As at
    /// AWS, codes that come late are accepted, and the device is then out of sync.
    pub fn synchronize(&mut self, first: &str, second: &str, now: u64) -> bool {
        let current = now / PERIOD;
        let found = (-RESYNC_WINDOW..=RESYNC_WINDOW).find(|offset| {
            let period = current.saturating_add_signed(*offset);
            let is_unused = !self.accepted.contains(&period) && !self.accepted.contains(&(period + 1));
            is_unused && self.code_of(period) == first && self.code_of(period + 1) == second
        });
        let Some(offset) = found else { return false };
        let period = current.saturating_add_signed(offset);
        self.accepted.extend([period, period + 1]);
        // The second code is the device's current one; adjacent periods are accepted anyway.
        self.known_drift = if (offset + 1).abs() <= 1 { 0 } else { offset + 1 };
        true
    }

    /// The period of the code that the device shows.
    fn shown_period(&self, now: u64) -> u64 {
        (now / PERIOD).saturating_add_signed(self.drift)
    }

    fn code_of(&self, period: u64) -> String {
        self.totp.generate(period * PERIOD).to_string()
    }
}
