//! An MFA device: its seed, the codes it shows, and the codes that AWS has already accepted.

use std::collections::{BTreeMap, BTreeSet};
use totp_rs::{Algorithm, Builder, Totp};

/// How long a code is shown, in seconds.
const PERIOD: u64 = 30;

/// A user's device: TOTP with SHA-1, a period of 30 s and six digits, as AWS's virtual devices use.
pub struct Device {
    pub serial: String,
    /// The ARN of its user.
    pub owner: String,
    totp: Totp,
    /// Periods whose code was accepted; AWS accepts each code once.
    accepted: BTreeSet<u64>,
    /// Periods whose code was handed to a test, and when.
    handed_out: BTreeMap<u64, u64>,
}

impl Device {
    pub fn new(serial: String, owner: String, seed: Vec<u8>) -> Device {
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_step_duration(PERIOD)
            .with_secret(seed)
            .build()
            .expect("a 160-bit seed, as RFC 4226 recommends");
        Device { serial, owner, totp, accepted: BTreeSet::new(), handed_out: BTreeMap::new() }
    }

    /// The seed in base32, as authenticator apps expect it.
    pub fn seed(&self) -> String {
        self.totp.secret().to_base32()
    }

    /// The code that the device shows at `now` (Unix seconds).
    pub fn current_code(&self, now: u64) -> String {
        self.code_of(now / PERIOD)
    }

    /// A code that is valid at `now` and was neither accepted nor handed out before: the current period's, then the
    /// next one's, then the previous one's, which expires first.
    pub fn hand_out(&mut self, now: u64) -> Option<String> {
        let current = now / PERIOD;
        let period = [current, current + 1, current - 1]
            .into_iter()
            .find(|period| !self.accepted.contains(period) && !self.handed_out.contains_key(period))?;
        self.handed_out.insert(period, now);
        Some(self.code_of(period))
    }

    /// Six-digit strings that are not a code of this device within ten minutes of `now`.
    pub fn wrong_codes(&self, now: u64) -> impl Iterator<Item = String> + use<> {
        let current = now / PERIOD;
        let near: BTreeSet<String> = (current - 20..=current + 20).map(|period| self.code_of(period)).collect();
        let candidates = (0..1_000_000_u32).map(|number| format!("{:06}", (number + 271_828) % 1_000_000));
        candidates.filter(move |code| !near.contains(code))
    }

    /// Accepts `code` once, if it belongs to the current period or an adjacent one.
    ///
    /// A code from [`Device::hand_out`] stays valid for a whole period, so that the third code of a test does not
    /// depend on when in the period the test started.
    pub fn accept(&mut self, code: &str, now: u64) -> bool {
        let current = now / PERIOD;
        let is_recent = |at: &u64| (*at..=*at + PERIOD).contains(&now);
        let handed_out = self.handed_out.iter().filter(|(_, at)| is_recent(at)).map(|(period, _)| *period);
        let valid: BTreeSet<u64> = (current - 1..=current + 1).chain(handed_out).collect();
        let matching = valid.difference(&self.accepted).find(|period| self.code_of(**period) == code).copied();
        matching.is_some_and(|period| self.accepted.insert(period))
    }

    fn code_of(&self, period: u64) -> String {
        self.totp.generate(period * PERIOD).to_string()
    }
}
