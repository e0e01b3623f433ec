//! Sessions kept between runs: one code for the day, in every terminal and for any number of processes at once.
//!
//! The rule of `single_flight`: kept, else under the lock: kept by now, else made and kept. The lock is the device's where a code is spent,
//! else the session's own, and is always taken from the target towards the keys. It dies with its process.

mod entry;
mod lock;
mod used;

pub use entry::Entry;
pub use used::UsedCodes;

use crate::clock;
use crate::credentials::TokenCode;
use crate::error::Result;
use crate::plan::SessionKey;
use crate::platform::{self, DirectoryError, PrivateDir};
use crate::variables::Variables;
use crate::warning::Warning;
use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

/// The sessions of this user, or nothing where they cannot be kept.
pub struct Cache {
    place: Place,
    /// Nothing is changed there, not even what is not to be trusted.
    is_read_only: bool,
    warnings: RefCell<Vec<Warning>>,
}

enum Place {
    /// Where sessions are or will be kept; the directory is made when the first one is.
    At(PathBuf),
    /// Nowhere, by wish or because the place is not to be trusted.
    Nowhere,
}

/// What a kept session must be to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReuseCriteria {
    /// Seconds that must be left.
    pub min_left: i64,
    /// A code that is given is spent, and `--renew` wants all new: the MFA session behind it must have been made since then, in ms since 1970.
    pub made_since: Option<i64>,
    /// The duration asked for, in seconds: more than this cannot be left unless the clock was set back.
    pub duration: i64,
}

impl Cache {
    /// The cache of this user: `MFA_ENV_CACHE_DIR`, else `mfa-env` in the system's place for caches. Nothing is made or opened yet.
    pub fn of(variables: &Variables) -> Self {
        if platform::home_belongs_to_another_user(variables) {
            let warnings = RefCell::new(vec![Warning::CacheInForeignHome]);
            return Cache { warnings, ..Cache::none() };
        }
        let by_variable = variables.os("MFA_ENV_CACHE_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
        let dir = by_variable.or_else(|| Some(platform::cache_home(variables)?.join("mfa-env")));
        Cache { place: dir.map_or(Place::Nowhere, Place::At), ..Cache::none() }
    }

    /// No cache: neither sessions nor locks are read or written.
    pub fn none() -> Self {
        Cache { place: Place::Nowhere, is_read_only: false, warnings: RefCell::default() }
    }

    /// The same, for those who only want to know what is there.
    #[must_use]
    pub fn read_only(self) -> Self {
        Cache { is_read_only: true, ..self }
    }

    /// What the person should know of it, said once.
    pub fn take_warnings(&self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings.borrow_mut())
    }

    /// The session kept under a key, if it meets the terms. Whatever is wrong with an entry makes it a miss.
    pub fn fetch(&self, key: &SessionKey, terms: &ReuseCriteria) -> Option<Entry> {
        let dir = self.open()?;
        let name = file_name(key);
        let entry = match dir.read(&name) {
            Ok(None) => return None,
            Ok(Some(bytes)) => Entry::parse(&bytes).filter(|entry| entry.is_of(key)),
            Err(flaw) => {
                // What is open to others may have been read or written by them.
                if flaw == DirectoryError::OpenToOthers && !self.is_read_only {
                    let _ = dir.remove(&name);
                }
                self.warning(Warning::EntryIgnored { path: dir.path().join(&name), flaw: flaw.to_string() });
                return None;
            }
        };
        let Some(entry) = entry else {
            self.warning(Warning::EntryIgnored {
                path: dir.path().join(&name),
                flaw: "it is not as this version writes it".to_owned(),
            });
            return None;
        };
        entry.meets(terms, clock::now()).then_some(entry)
    }

    /// The kept session, or the one that `make` makes, which is then kept. Under `lock` only one process at a time is at it, and whoever
    /// waited looks again before making one. `waiting` is told once whom we wait for, for as long as the `patience` lasts.
    ///
    /// # Errors
    /// What `make` fails with, or the lock is held for too long.
    pub fn single_flight(
        &self,
        key: &SessionKey,
        lock: impl FnOnce() -> String,
        terms: &ReuseCriteria,
        patience: Duration,
        waiting: impl FnOnce(&str),
        make: impl FnOnce() -> Result<Entry>,
    ) -> Result<Entry> {
        if let Some(kept) = self.fetch(key, terms) {
            return Ok(kept);
        }
        let Some(dir) = self.make_dir() else { return make() };
        let cleared = |name: &str, flaw: DirectoryError| {
            self.warning(Warning::LockReplaced { path: dir.path().join(name), flaw: flaw.to_string() });
        };
        let _lock = match lock::Lock::take(&dir, &lock(), patience, waiting, cleared)? {
            Ok(lock) => Some(lock),
            // Without locks each process asks for itself.
            Err(flaw) => {
                self.warning(Warning::NoLock { path: dir.path().to_owned(), flaw: flaw.to_string() });
                None
            }
        };
        if let Some(kept) = self.fetch(key, terms) {
            return Ok(kept);
        }
        let entry = make()?;
        if let Err(e) = dir.write(&file_name(key), &entry.to_bytes()) {
            self.warning(Warning::NotKept { path: dir.path().to_owned(), problem: e.kind().to_string() });
        }
        sweep(&dir);
        Ok(entry)
    }

    /// The codes of a device, by the name of its lock, that AWS took a moment ago. Whatever is wrong with the file makes it none.
    pub fn used_codes(&self, device: &str) -> Option<UsedCodes> {
        UsedCodes::parse(&self.open()?.read(&used_name(device)).ok()??)
    }

    /// Remembers for a moment that AWS took this code; whoever calls holds the device's lock. Where it cannot be written nothing is lost
    /// but a call.
    pub fn keep_used(&self, device: &str, code: &TokenCode) {
        let Some(dir) = self.make_dir() else { return };
        let Some(mut used) = self.used_codes(device).or_else(|| getrandom::u64().ok().map(UsedCodes::none)) else {
            return;
        };
        used.add(code, clock::now_ms());
        let _ = dir.write(&used_name(device), &used.to_bytes());
    }

    /// Every session that is kept, broken and expired entries left out.
    pub fn entries(&self) -> Vec<Entry> {
        let Some(dir) = self.open() else { return Vec::new() };
        let names = dir.names().into_iter().filter(|name| name.ends_with(SESSION_SUFFIX));
        let found = names.filter_map(|name| Entry::parse(&dir.read(&name).ok()??));
        let now = clock::now();
        found.filter(|entry| entry.is_alive(now)).collect()
    }

    /// Forgets the sessions that `which` picks; broken entries go as well. The number of sessions forgotten.
    pub fn forget(&self, which: impl Fn(&Entry) -> bool) -> usize {
        let Some(dir) = self.open() else { return 0 };
        let mut forgotten = 0;
        for name in dir.names().into_iter().filter(|name| name.ends_with(SESSION_SUFFIX)) {
            let entry = dir.read(&name).ok().flatten().and_then(|bytes| Entry::parse(&bytes));
            let picked = entry.as_ref().is_some_and(&which);
            if entry.is_none() || picked {
                match dir.remove(&name) {
                    Ok(()) => forgotten += usize::from(picked),
                    Err(e) => {
                        self.warning(Warning::NotKept { path: dir.path().join(&name), problem: e.kind().to_string() });
                    }
                }
            }
        }
        forgotten
    }

    fn open(&self) -> Option<PrivateDir> {
        let Place::At(path) = &self.place else { return None };
        self.usable(PrivateDir::open(path))?
    }

    fn make_dir(&self) -> Option<PrivateDir> {
        let Place::At(path) = &self.place else { return None };
        self.usable(PrivateDir::make(path))
    }

    fn usable<T>(&self, dir: std::result::Result<T, DirectoryError>) -> Option<T> {
        let Place::At(path) = &self.place else { return None };
        dir.map_err(|flaw| self.warning(Warning::CacheUnusable { path: path.clone(), flaw: flaw.to_string() })).ok()
    }

    fn warning(&self, warning: Warning) {
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
}

const SESSION_SUFFIX: &str = ".json";

fn file_name(key: &SessionKey) -> String {
    key.digest() + SESSION_SUFFIX
}

const USED_SUFFIX: &str = ".used";

fn used_name(device: &str) -> String {
    format!("{device}{USED_SUFFIX}")
}

/// Removes what has expired, and what a process left that was killed while it wrote.
fn sweep(dir: &PrivateDir) {
    let now = clock::now();
    for name in dir.names() {
        let is_over = if name.ends_with(SESSION_SUFFIX) {
            dir.read(&name)
                .is_ok_and(|bytes| bytes.and_then(|b| Entry::parse(&b)).is_some_and(|entry| entry.is_over(now)))
        } else if name.ends_with(USED_SUFFIX) {
            let used = dir.read(&name).ok().flatten().and_then(|bytes| UsedCodes::parse(&bytes));
            used.is_none_or(|used| used.are_over(clock::now_ms()))
        } else {
            name.starts_with('.')
                && name.rsplit('.').next().is_some_and(|pid| pid.parse().is_ok_and(platform::process_is_gone))
        };
        if is_over {
            // Somebody else may have swept it.
            let _ = dir.remove(&name);
        }
    }
    lock::sweep(dir);
}
