//! The cache: which of its sessions may be used, one process at a time making a new one, and what is removed.
//!
//! The rule of [`Cache::single_flight`]: cached, else under the lock: cached by now, else made and cached. A lock dies
//! with its process.

use super::directory::CacheDirectory;
use super::lock::{Lock, Locking};
use super::{Entry, OpenStore, Store, StoreError, UsedCodes, lock};
use crate::clock;
use crate::credentials::{TokenCode, wipe};
use crate::error::Result;
use crate::plan::SessionKey;
use crate::platform::{self, DirectoryError, PrivateDir};
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use std::time::Duration;

/// One user's sessions on disk. Entries are written atomically and are readable only by that user. A damaged or
/// unreadable entry is a cache miss with a warning, never an error.
pub struct Cache<'a> {
    /// Where the entries are, and the directory for locks and used codes; `None` if nothing is cached.
    places: Option<(Store, CacheDirectory)>,
    /// Nothing is changed, not even what is not to be trusted.
    is_read_only: bool,
    warnings: &'a Warnings,
}

/// What a cached session must be like to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReuseCriteria {
    /// Seconds that must be left.
    pub min_left: i64,
    /// The MFA session behind it must have been made since then, in ms since 1970: a code that is given is always used,
    /// and `--renew` wants new sessions.
    pub made_since: Option<i64>,
    /// The requested duration, in seconds: more than this cannot be left unless the clock was set back.
    pub duration: i64,
}

impl<'a> Cache<'a> {
    /// The cache of this user. Nothing is created or opened yet.
    pub fn of(variables: &Variables, warnings: &'a Warnings) -> Self {
        if platform::home_belongs_to_another_user(variables) {
            warnings.add(Warning::CacheInForeignHome);
            return Cache::none(warnings);
        }
        let places = Store::of(variables).zip(CacheDirectory::of(variables));
        Cache { places, ..Cache::none(warnings) }
    }

    /// No cache: neither sessions nor locks are read or written.
    pub fn none(warnings: &'a Warnings) -> Self {
        Cache { places: None, is_read_only: false, warnings }
    }

    /// The same for commands that only look at what is there.
    #[must_use]
    pub fn read_only(self) -> Self {
        Cache { is_read_only: true, ..self }
    }

    /// The cached session of a key, if it meets the criteria. Whatever is wrong with an entry makes it a miss.
    pub fn fetch(&self, key: &SessionKey, criteria: &ReuseCriteria) -> Option<Entry> {
        let store = self.open()?;
        let name = file_name(key);
        let entry = match store.read(&name) {
            Ok(None) => return None,
            Ok(Some(bytes)) => parsed(bytes).filter(|entry| entry.is_of(key)),
            Err(error) => {
                if error.is_exposed && !self.is_read_only {
                    let _ = store.remove(&name);
                }
                self.warnings.add(Warning::EntryIgnored { path: store.location(&name), flaw: error.reason });
                return None;
            }
        };
        let Some(entry) = entry else {
            let flaw = "it is not as this version writes it".to_owned();
            self.warnings.add(Warning::EntryIgnored { path: store.location(&name), flaw });
            return None;
        };
        entry.meets(criteria, clock::now()).then_some(entry)
    }

    /// The cached session, or the one that `make` makes, which is then cached. Under `lock` only one process at a time
    /// makes one, and whoever waited looks again first. `waiting` is told once whom it waits for, for as long as
    /// `patience` lasts.
    ///
    /// # Errors
    /// What `make` fails with, or the lock is held for too long.
    pub fn single_flight(
        &self,
        key: &SessionKey,
        lock: impl FnOnce() -> String,
        criteria: &ReuseCriteria,
        patience: Duration,
        waiting: impl FnOnce(&str),
        make: impl FnOnce() -> Result<Entry>,
    ) -> Result<Entry> {
        if let Some(cached) = self.fetch(key, criteria) {
            return Ok(cached);
        }
        let Some(directory) = self.create_directory() else { return make() };
        let replaced = |name: &str, error: DirectoryError| {
            self.warnings.add(Warning::LockReplaced { path: directory.path().join(name), flaw: error.to_string() });
        };
        let _lock = match Lock::take(&directory, &lock(), patience, waiting, replaced)? {
            Locking::Held(lock) => Some(lock),
            // Without locks each process asks for itself.
            Locking::Unavailable(error) => {
                self.warnings.add(Warning::NoLock { path: directory.path().to_owned(), flaw: error.to_string() });
                None
            }
        };
        if let Some(cached) = self.fetch(key, criteria) {
            return Ok(cached);
        }
        let entry = make()?;
        self.put(key, &entry);
        sweep(&directory);
        Ok(entry)
    }

    fn put(&self, key: &SessionKey, entry: &Entry) {
        let Some((place, _)) = &self.places else { return };
        let written = place.create().and_then(|store| {
            store.write(&file_name(key), &entry.to_bytes())?;
            sweep_sessions(&store);
            Ok(())
        });
        if let Err(error) = written {
            self.warnings.add(Warning::NotKept { path: place.location(), problem: error.reason });
        }
    }

    /// The codes of a device, by the name of its lock, that AWS has just accepted. If the file cannot be read there are
    /// none.
    pub fn used_codes(&self, device: &str) -> Option<UsedCodes> {
        let (_, directory) = self.places.as_ref()?;
        UsedCodes::parse(&self.usable(directory.open())??.read(&used_name(device)).ok()??)
    }

    /// Remembers for a moment that AWS accepted this code; the caller holds the device's lock. If it cannot be written,
    /// all that is lost is one call.
    pub fn add_used_code(&self, device: &str, code: &TokenCode) {
        let Some(directory) = self.create_directory() else { return };
        let Some(mut used) = self.used_codes(device).or_else(|| getrandom::u64().ok().map(UsedCodes::none)) else {
            return;
        };
        used.add(code, clock::now_ms());
        let _ = directory.write(&used_name(device), &used.to_bytes());
    }

    /// Every cached session, except damaged and expired ones.
    pub fn entries(&self) -> Vec<Entry> {
        let Some(store) = self.open() else { return Vec::new() };
        let names = store.names().into_iter().filter(|name| name.ends_with(SESSION_SUFFIX));
        let found = names.filter_map(|name| parsed(store.read(&name).ok()??));
        let now = clock::now();
        found.filter(|entry| entry.is_alive(now)).collect()
    }

    /// Removes the sessions that `which` picks, and damaged entries. The number of sessions removed.
    pub fn remove(&self, which: impl Fn(&Entry) -> bool) -> usize {
        let Some(store) = self.open() else { return 0 };
        let mut removed = 0;
        for name in store.names().into_iter().filter(|name| name.ends_with(SESSION_SUFFIX)) {
            let entry = store.read(&name).ok().flatten().and_then(parsed);
            let is_picked = entry.as_ref().is_some_and(&which);
            if entry.is_none() || is_picked {
                match store.remove(&name) {
                    Ok(()) => removed += usize::from(is_picked),
                    Err(error) => {
                        self.warnings.add(Warning::NotKept { path: store.location(&name), problem: error.reason });
                    }
                }
            }
        }
        removed
    }

    fn open(&self) -> Option<OpenStore> {
        let (store, _) = self.places.as_ref()?;
        self.usable(store.open())?
    }

    fn create_directory(&self) -> Option<PrivateDir> {
        let (_, directory) = self.places.as_ref()?;
        self.usable(directory.create())
    }

    fn usable<T>(&self, place: std::result::Result<T, impl Into<StoreError>>) -> Option<T> {
        let path = || self.places.as_ref().map(|(store, _)| store.location()).unwrap_or_default();
        place.map_err(|e| self.warnings.add(Warning::CacheUnusable { path: path(), flaw: e.into().reason })).ok()
    }
}

/// The entry in these bytes, which are wiped.
fn parsed(mut bytes: Vec<u8>) -> Option<Entry> {
    let entry = Entry::parse(&bytes);
    wipe(&mut bytes);
    entry
}

const SESSION_SUFFIX: &str = ".json";

fn file_name(key: &SessionKey) -> String {
    key.digest() + SESSION_SUFFIX
}

const USED_SUFFIX: &str = ".used";

fn used_name(device: &str) -> String {
    format!("{device}{USED_SUFFIX}")
}

/// Removes sessions that have expired.
fn sweep_sessions(store: &OpenStore) {
    let now = clock::now();
    for name in store.names().into_iter().filter(|name| name.ends_with(SESSION_SUFFIX)) {
        let entry = store.read(&name).ok().flatten().and_then(parsed);
        if entry.is_some_and(|entry| entry.is_expired(now)) {
            // Another process may have removed it by now.
            let _ = store.remove(&name);
        }
    }
}

/// Removes codes that no longer matter, what a process left that was killed while it wrote, and old locks.
fn sweep(directory: &PrivateDir) {
    for name in directory.names() {
        let is_old = if name.ends_with(USED_SUFFIX) {
            let used = directory.read(&name).ok().flatten().and_then(|bytes| UsedCodes::parse(&bytes));
            used.is_none_or(|used| used.are_over(clock::now_ms()))
        } else {
            let pid = name.rsplit('.').next().filter(|_| name.starts_with('.'));
            pid.is_some_and(|pid| pid.parse().is_ok_and(platform::process_is_gone))
        };
        if is_old {
            let _ = directory.remove(&name);
        }
    }
    lock::sweep(directory);
}
