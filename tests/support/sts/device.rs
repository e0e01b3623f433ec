//! An MFA device: its seed, the codes it shows, and which of them AWS has already taken.

use std::collections::{BTreeMap, BTreeSet};
use totp_rs::{Algorithm, Builder, Totp};

/// Seconds that a code is shown for.
const PERIOD: u64 = 30;

/// A device of one user: TOTP with SHA-1, 30 s and six digits, the only kind that the API's `TokenCode` fits.
pub struct Device {
    pub serial: String,
    /// The ARN of the user it is associated with.
    pub owner: String,
    totp: Totp,
    /// Periods whose code was accepted; AWS takes each once.
    accepted: BTreeSet<u64>,
    /// Periods whose code a test was given, and when.
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
            .expect("a seed of 160 bits is what RFC 4226 asks for");
        Device { serial, owner, totp, accepted: BTreeSet::new(), handed_out: BTreeMap::new() }
    }

    /// The seed as an authenticator app takes it.
    pub fn seed(&self) -> String {
        self.totp.secret().to_base32()
    }

    /// What the device shows at `now` (Unix seconds).
    pub fn shown(&self, now: u64) -> String {
        self.code_of(now / PERIOD)
    }

    /// A code that is valid at `now` and was neither accepted nor handed out before: this period's, then the
    /// next one's, and the one before only as the last, because it is the first to die.
    pub fn hand_out(&mut self, now: u64) -> Option<String> {
        let current = now / PERIOD;
        let period = [current, current + 1, current - 1]
            .into_iter()
            .find(|period| !self.accepted.contains(period) && !self.handed_out.contains_key(period))?;
        self.handed_out.insert(period, now);
        Some(self.code_of(period))
    }

    /// Six digits each that are no code of this device for minutes around `now`.
    pub fn wrong(&self, now: u64) -> impl Iterator<Item = String> + use<> {
        let current = now / PERIOD;
        let near: BTreeSet<String> = (current - 20..=current + 20).map(|period| self.code_of(period)).collect();
        let candidates = (0..1_000_000_u32).map(|number| format!("{:06}", (number + 271_828) % 1_000_000));
        candidates.filter(move |code| !near.contains(code))
    }

    /// Takes `code` if it is of this period or of one beside it and was not taken before.
    ///
    /// A code that [`Device::hand_out`] gave lives for a whole period after that, so that the third code of a test
    /// does not depend on how far into the period the test began.
    pub fn accept(&mut self, code: &str, now: u64) -> bool {
        let current = now / PERIOD;
        let fresh = |at: &u64| (*at..=*at + PERIOD).contains(&now);
        let lent = self.handed_out.iter().filter(|(_, at)| fresh(at)).map(|(period, _)| *period);
        let valid: BTreeSet<u64> = (current - 1..=current + 1).chain(lent).collect();
        let matching = valid.difference(&self.accepted).find(|period| self.code_of(**period) == code).copied();
        matching.is_some_and(|period| self.accepted.insert(period))
    }

    fn code_of(&self, period: u64) -> String {
        self.totp.generate(period * PERIOD).to_string()
    }
}
