//! The cache: which sessions are reused, which are removed, and how concurrent processes share a new one.
//!
//! [`Cache::single_flight`] looks for a cached session, takes the lock, looks again, and only then makes a session. The
//! lock of a process that ends is released.

use super::directory::CacheDirectory;
use super::entry::Entry;
use super::facts::{self, Fact, KeyRecord, ListedDevice, MfaAge};
use super::lock::{self, Lock, LockOutcome};
use super::memory::Memory;
use super::names::{self, is_own};
use super::reuse_criteria::ReuseCriteria;
use super::token_file;
use super::used_codes::UsedCodes;
use super::{OpenStore, Store, StoreError};
use crate::clock;
use crate::credentials::{TokenCode, wipe};
use crate::error::Result;
use crate::plan::{FactKey, SessionKey};
use crate::platform::{self, DirectoryError, PrivateDir};
use crate::profile::MfaSerial;
use crate::variables::Variables;
use crate::warning::{Warning, Warnings};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// How long to wait while another process changes a file of the user.
const FILE_LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// The lock for changing a file or an access key of the user. Dropping it releases it.
pub struct FileLock(#[allow(dead_code, reason = "it is held")] Lock);

/// What a view is made from: the paths of the two files, and the device for all profiles.
pub type ViewParts = [OsString; 3];

/// One user's sessions on disk. Entries are written atomically and are readable only by that user. A damaged or
/// unreadable entry is a cache miss with a warning, never an error.
pub struct Cache<'a> {
    /// The store of the entries, and the directory of locks and used codes; `None` if nothing is cached.
    storage: Option<(Store, CacheDirectory)>,
    /// If set, nothing is changed: even an entry that other users could access is not removed.
    is_read_only: bool,
    /// Where sessions are as well, so that an unusable directory does not matter within this run.
    memory: Option<&'a Memory>,
    warnings: &'a Warnings,
}

impl<'a> Cache<'a> {
    /// This user's cache. Nothing is opened or created yet.
    pub fn of(variables: &Variables, warnings: &'a Warnings) -> Self {
        if platform::home_belongs_to_another_user(variables) {
            warnings.add(Warning::HomeOfOtherUser);
            return Cache::none(warnings);
        }
        if let Some(value) = CacheDirectory::ignored(variables) {
            warnings.add(Warning::RelativeCacheDirectory { value });
        }
        let directory = CacheDirectory::of(variables);
        let storage = directory.map(|directory| (Store::in_directory(directory.clone()), directory));
        Cache { storage, ..Cache::none(warnings) }
    }

    /// Caches nothing, and uses no locks.
    pub fn none(warnings: &'a Warnings) -> Self {
        Cache { storage: None, is_read_only: false, memory: None, warnings }
    }

    /// The same cache, for commands that only read it.
    #[must_use]
    pub fn read_only(self) -> Self {
        Cache { is_read_only: true, ..self }
    }

    /// The same cache, whose sessions are in memory as well.
    #[must_use]
    pub fn with_memory(self, memory: Option<&'a Memory>) -> Self {
        Cache { memory, ..self }
    }

    /// The cached session of a key, if it meets the criteria. An entry that cannot be used is a cache miss with a
    /// warning.
    pub fn fetch(&self, key: &SessionKey, criteria: &ReuseCriteria) -> Option<Entry> {
        self.fetch_stored(key, criteria).or_else(|| self.memory?.fetch(key, criteria))
    }

    fn fetch_stored(&self, key: &SessionKey, criteria: &ReuseCriteria) -> Option<Entry> {
        let store = self.open()?;
        let name = entry_name(key);
        let entry = match store.read(&name) {
            Ok(None) => return None,
            Ok(Some(bytes)) => parse_and_wipe(bytes).filter(|entry| entry.is_of(key)),
            Err(error) => {
                if error.is_exposed && !self.is_read_only {
                    let _ = store.remove(&name);
                }
                self.warnings.add(Warning::EntryIgnored { path: store.location(&name), reason: error.reason });
                return None;
            }
        };
        let Some(entry) = entry else {
            let reason = DAMAGED.to_owned();
            self.warnings.add(Warning::EntryIgnored { path: store.location(&name), reason });
            return None;
        };
        entry.meets(criteria, clock::now()).then_some(entry)
    }

    /// The cached session, or else the one that `make` returns, which caches it with [`Cache::put`]. Processes that want
    /// the same session at the same time share it: only the one that holds the lock named `lock` makes it, and the
    /// others wait for up to `timeout`, then look in the cache again. `on_wait` is called once with a description of
    /// the holder.
    ///
    /// # Errors
    /// `make` failed, or the lock was held for longer than `timeout`.
    pub fn single_flight(
        &self,
        key: &SessionKey,
        lock: impl FnOnce() -> String,
        criteria: &ReuseCriteria,
        timeout: Duration,
        on_wait: impl FnOnce(&str),
        make: impl FnOnce() -> Result<Entry>,
    ) -> Result<Entry> {
        if let Some(cached) = self.fetch(key, criteria) {
            return Ok(cached);
        }
        let Some(directory) = self.create_directory() else { return make() };
        let on_replaced = |name: &str, error: DirectoryError| {
            self.warnings.add(Warning::LockReplaced { path: directory.path().join(name), reason: error.to_string() });
        };
        let _lock = match Lock::take(&directory, &lock(), timeout, on_wait, on_replaced)? {
            LockOutcome::Held(lock) => Some(lock),
            // Without a lock, every process makes its own session.
            LockOutcome::Unavailable(error) => {
                self.warnings.add(Warning::NoLock { path: directory.path().to_owned(), reason: error.to_string() });
                None
            }
        };
        if let Some(cached) = self.fetch(key, criteria) {
            return Ok(cached);
        }
        let entry = make()?;
        sweep(&directory);
        Ok(entry)
    }

    /// Takes the lock for changing this file of the user. `None` if there can be no lock.
    ///
    /// # Errors
    /// Another process holds it for longer than a change takes.
    pub fn lock_file(&self, path: &str, on_wait: impl FnOnce(&str)) -> Result<Option<FileLock>> {
        let Some(directory) = self.create_directory() else { return Ok(None) };
        let name = hex::encode(Sha256::digest(path.as_bytes()));
        Ok(match Lock::take(&directory, &name, FILE_LOCK_TIMEOUT, on_wait, |_, _| {})? {
            LockOutcome::Held(lock) => Some(FileLock(lock)),
            LockOutcome::Unavailable(_) => None,
        })
    }

    /// The path of the directory, after it was written to; `None` if nothing is cached.
    ///
    /// # Errors
    /// It cannot be trusted, created or written to.
    pub fn try_directory(&self) -> Option<std::result::Result<PathBuf, (PathBuf, DirectoryError)>> {
        let (_, directory) = self.storage.as_ref()?;
        let path = directory.path().to_owned();
        let name = format!("{}{}", hex::encode([0; 32]), names::TOKEN);
        let unwritable = |e: std::io::Error| DirectoryError::Unusable(e.kind().to_string());
        let written = directory.create().and_then(|directory| {
            directory.write(&name, b"").and_then(|()| directory.remove(&name)).map_err(unwritable)
        });
        Some(written.map(|()| path.clone()).map_err(|e| (path, e)))
    }

    /// The directory for the token of a credentials endpoint, without the files of endpoints that were killed.
    ///
    /// # Errors
    /// There is no such directory, or it cannot be used.
    pub fn directory_of_tokens(&self) -> std::result::Result<PrivateDir, DirectoryError> {
        let directory = self.directory()?.create()?;
        token_file::sweep(&directory);
        Ok(directory)
    }

    /// Caches a session and removes expired ones. Failures are warnings.
    pub fn put(&self, key: &SessionKey, entry: &Entry) {
        if let Some(memory) = self.memory {
            memory.put(key, entry);
        }
        let (Some((store, _)), Some(_)) = (&self.storage, self.create_directory()) else { return };
        let written = store.create().and_then(|open| {
            open.write(&entry_name(key), &entry.to_bytes())?;
            sweep_sessions(&open);
            Ok(())
        });
        if let Err(error) = written {
            self.warnings.add(Warning::CacheNotWritable { path: store.location(), reason: error.reason });
        }
    }

    /// The recently used codes of a device, which is identified by the name of its lock. `None` if there is no readable
    /// file.
    pub fn used_codes(&self, device: &str) -> Option<UsedCodes> {
        let (_, directory) = self.storage.as_ref()?;
        UsedCodes::parse(&self.or_warn(directory.open())??.read(&used_codes_name(device)).ok()??)
    }

    /// Records that AWS accepted this code, or rejected it. The caller must hold the lock of the device's calls. Failures
    /// are ignored: without the record, AWS rejects a repeated code.
    pub fn add_used_code(&self, device: &str, code: &TokenCode, rejected: bool) {
        let Some(directory) = self.create_directory() else { return };
        let Some(mut used) = self.used_codes(device).or_else(|| getrandom::u64().ok().map(UsedCodes::empty)) else {
            return;
        };
        used.add(code, rejected, clock::now_ms());
        let _ = directory.write(&used_codes_name(device), &used.to_bytes());
    }

    /// The ARN of the IAM user that the keys of a plan belong to, if a sign-in has learned it.
    pub fn user(&self, key: &FactKey) -> Option<String> {
        self.fact(Fact::User, key)
    }

    /// Remembers the ARN of that user. Failures are ignored: it can be learned again.
    pub fn add_user(&self, key: &FactKey, arn: &str) {
        self.add_fact(Fact::User, key, arn.to_owned());
    }

    /// What is known about the MFA sessions that a role accepts.
    pub fn mfa_age(&self, key: &FactKey) -> Option<MfaAge> {
        MfaAge::parse(&self.fact(Fact::MfaAge, key)?)
    }

    /// Remembers which MFA sessions a role accepts. Failures are ignored.
    pub fn add_mfa_age(&self, key: &FactKey, age: MfaAge) {
        self.add_fact(Fact::MfaAge, key, age.to_text());
    }

    /// The MFA device that the user of the keys of a plan has, if IAM has listed it within the last day.
    pub fn device(&self, key: &FactKey) -> Option<MfaSerial> {
        Some(ListedDevice::parse(&self.fact(Fact::Device, key)?, clock::now_ms())?.serial)
    }

    /// Remembers that device for a day. Failures are ignored.
    pub fn add_device(&self, key: &FactKey, serial: &MfaSerial) {
        let device = ListedDevice { serial: serial.clone(), at: clock::now_ms() };
        self.add_fact(Fact::Device, key, device.to_text());
    }

    /// Forgets that device, because the user may have another one now.
    pub fn forget_device(&self, key: &FactKey) {
        self.forget_fact(Fact::Device, key);
    }

    /// What is known about an access key.
    pub fn access_key(&self, key: &FactKey) -> Option<KeyRecord> {
        KeyRecord::parse(&self.fact(Fact::AccessKey, key)?)
    }

    /// Remembers what is known about an access key. Failures are ignored.
    pub fn add_access_key(&self, key: &FactKey, record: &KeyRecord) {
        self.add_fact(Fact::AccessKey, key, record.to_text());
    }

    /// Forgets an access key, which was deleted.
    pub fn forget_access_key(&self, key: &FactKey) {
        self.forget_fact(Fact::AccessKey, key);
    }

    /// When the access keys were created of which that is known, by their IDs, in seconds since 1970.
    pub fn access_key_times(&self) -> BTreeMap<String, i64> {
        let Some((_, directory)) = self.storage.as_ref() else { return BTreeMap::new() };
        let Some(directory) = self.or_warn(directory.open()).flatten() else { return BTreeMap::new() };
        let names = directory.names().into_iter().filter(|name| is_own(name, names::ACCESS_KEY));
        let time = |name: String| {
            let (key, value) = facts::key_and_value(&directory.read(&name).ok()??)?;
            let id = key.split(' ').find_map(|field| field.strip_prefix("access_key_id="))?;
            Some((id.to_owned(), KeyRecord::parse(&value)?.created))
        };
        names.filter_map(time).collect()
    }

    /// Takes the lock of replacing an access key. `None` if there can be no lock.
    ///
    /// # Errors
    /// Another process holds it, which is described.
    pub fn lock_access_key(&self, id: &str) -> std::result::Result<Option<FileLock>, String> {
        let Some(directory) = self.create_directory() else { return Ok(None) };
        let name = hex::encode(Sha256::digest(format!("access key {id}")));
        let mut holder = String::new();
        match Lock::take(&directory, &name, Duration::ZERO, |other| other.clone_into(&mut holder), |_, _| {}) {
            Ok(LockOutcome::Held(lock)) => Ok(Some(FileLock(lock))),
            Ok(LockOutcome::Unavailable(_)) => Ok(None),
            Err(_) => Err(holder),
        }
    }

    fn forget_fact(&self, fact: Fact, key: &FactKey) {
        let Some((_, directory)) = self.storage.as_ref() else { return };
        if let Some(directory) = self.or_warn(directory.open()).flatten() {
            let _ = directory.remove(&fact_name(fact, key));
        }
    }

    fn fact(&self, fact: Fact, key: &FactKey) -> Option<String> {
        let (_, directory) = self.storage.as_ref()?;
        let bytes = self.or_warn(directory.open())??.read(&fact_name(fact, key)).ok()??;
        facts::parse(&bytes, &key.text())
    }

    fn add_fact(&self, fact: Fact, key: &FactKey, value: String) {
        if self.fact(fact, key).as_ref() == Some(&value) {
            return;
        }
        if let Some(directory) = self.create_directory() {
            let _ = directory.write(&fact_name(fact, key), &facts::to_bytes(key.text(), value));
        }
    }

    /// The paths of the two files of a view, the config file first. `parts` is what it is made from.
    ///
    /// # Errors
    /// There is no cache directory.
    pub fn view_paths(&self, parts: &ViewParts) -> std::result::Result<[PathBuf; 2], DirectoryError> {
        let directory = self.directory()?;
        Ok(view_names(parts).map(|name| directory.path().join(name)))
    }

    /// Whether sessions can be cached.
    ///
    /// # Errors
    /// They cannot.
    pub fn check_writable(&self) -> std::result::Result<(), DirectoryError> {
        self.directory()?.create()?.check_writable()
    }

    fn directory(&self) -> std::result::Result<&CacheDirectory, DirectoryError> {
        let no_directory = || DirectoryError::Unusable("there is no cache directory".to_owned());
        self.storage.as_ref().map(|(_, directory)| directory).ok_or_else(no_directory)
    }

    /// The start of each of these files, up to `limit` bytes; `None` for one that is not there, or that others can change.
    ///
    /// # Errors
    /// The directory cannot be trusted.
    pub fn view_starts(
        &self,
        parts: &ViewParts,
        limit: u64,
    ) -> std::result::Result<[Option<Vec<u8>>; 2], DirectoryError> {
        let Some(directory) = self.directory()?.open()? else { return Ok([None, None]) };
        Ok(view_names(parts).map(|name| directory.read_start(&name, limit).ok().flatten()))
    }

    /// Writes the two files of a view, or replaces them atomically.
    ///
    /// # Errors
    /// The directory cannot be used, or a file cannot be written.
    pub fn write_view(&self, parts: &ViewParts, contents: [&str; 2]) -> std::result::Result<(), DirectoryError> {
        let directory = self.directory()?.create()?;
        for (name, content) in view_names(parts).iter().zip(contents) {
            let written = directory.write_read_only(name, content.as_bytes());
            written.map_err(|e| DirectoryError::Unusable(e.kind().to_string()))?;
        }
        Ok(())
    }

    /// Removes every fact about users and roles.
    pub fn remove_facts(&self) {
        let Some((_, directory)) = self.storage.as_ref() else { return };
        let Some(directory) = self.or_warn(directory.open()).flatten() else { return };
        let is_fact = |name: &String| Fact::ALL.iter().any(|fact| is_own(name, fact.suffix()));
        for name in directory.names().into_iter().filter(is_fact) {
            let _ = directory.remove(&name);
        }
    }

    /// All cached sessions, except damaged and expired ones.
    pub fn entries(&self) -> Vec<Entry> {
        let now = clock::now();
        self.all_entries().into_iter().filter(|entry| entry.is_valid(now)).collect()
    }

    /// All cached sessions, except damaged ones.
    pub fn all_entries(&self) -> Vec<Entry> {
        let Some(store) = self.open() else { return Vec::new() };
        let names = store.names().into_iter().filter(|name| is_own(name, names::SESSION));
        names.filter_map(|name| parse_and_wipe(store.read(&name).ok()??)).collect()
    }

    /// Warns of each entry that no sign-in would use.
    pub fn warn_of_unusable_entries(&self) {
        let Some(store) = self.open() else { return };
        for name in store.names().into_iter().filter(|name| is_own(name, names::SESSION)) {
            let read = store.read(&name).map(|bytes| bytes.is_none_or(|bytes| parse_and_wipe(bytes).is_some()));
            let reason = match read {
                Ok(true) => continue,
                Ok(false) => DAMAGED.to_owned(),
                Err(error) => error.reason,
            };
            self.warnings.add(Warning::EntryIgnored { path: store.location(&name), reason });
        }
    }

    /// Removes the sessions for which `should_remove` returns true, and damaged entries. Returns the number of sessions
    /// removed.
    pub fn remove(&self, should_remove: impl Fn(&Entry) -> bool) -> usize {
        let Some(store) = self.open() else { return 0 };
        let mut removed = 0;
        for name in store.names().into_iter().filter(|name| is_own(name, names::SESSION)) {
            let entry = store.read(&name).ok().flatten().and_then(parse_and_wipe);
            let is_selected = entry.as_ref().is_some_and(&should_remove);
            if entry.is_none() || is_selected {
                match store.remove(&name) {
                    Ok(()) => removed += usize::from(is_selected),
                    Err(error) => {
                        self.warnings
                            .add(Warning::CacheNotWritable { path: store.location(&name), reason: error.reason });
                    }
                }
            }
        }
        removed
    }

    fn open(&self) -> Option<OpenStore> {
        let (store, _) = self.storage.as_ref()?;
        self.or_warn(store.open())?
    }

    fn create_directory(&self) -> Option<PrivateDir> {
        let (_, directory) = self.storage.as_ref()?;
        self.or_warn(directory.create())
    }

    /// Turns the error of an untrusted or unusable directory into a warning.
    fn or_warn<T>(&self, opened: std::result::Result<T, impl Into<StoreError>>) -> Option<T> {
        let path = || self.storage.as_ref().map(|(store, _)| store.location()).unwrap_or_default();
        opened.map_err(|e| self.warnings.add(Warning::CacheUnusable { path: path(), reason: e.into().reason })).ok()
    }
}

/// Parses an entry and wipes the bytes.
fn parse_and_wipe(mut bytes: Vec<u8>) -> Option<Entry> {
    let entry = Entry::parse(&bytes);
    wipe(&mut bytes);
    entry
}

/// Why an entry cannot be read.
const DAMAGED: &str = "written by another version, or damaged";

/// The name of a session's entry.
fn entry_name(key: &SessionKey) -> String {
    key.digest() + names::SESSION
}

/// The names of the two files of a view: a digest of what it is made from.
fn view_names(parts: &ViewParts) -> [String; 2] {
    let mut digest = Sha256::new();
    for part in parts.iter().map(|part| part.as_encoded_bytes()) {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    let digest = hex::encode(digest.finalize());
    names::VIEW.map(|suffix| format!("{digest}{suffix}"))
}

/// The name of the file of a fact.
fn fact_name(fact: Fact, key: &FactKey) -> String {
    key.digest() + fact.suffix()
}

/// The name of the file with a device's used codes.
fn used_codes_name(device: &str) -> String {
    format!("{device}{}", names::USED_CODES)
}

/// Removes sessions that have expired.
fn sweep_sessions(store: &OpenStore) {
    let now = clock::now();
    for name in store.names().into_iter().filter(|name| is_own(name, names::SESSION)) {
        let entry = store.read(&name).ok().flatten().and_then(parse_and_wipe);
        if entry.is_some_and(|entry| entry.is_expired(now)) {
            // Fails if another process has just removed it.
            let _ = store.remove(&name);
        }
    }
}

/// Removes expired used codes, temporary files of processes that were killed while writing, and old locks.
fn sweep(directory: &PrivateDir) {
    for name in directory.names() {
        let is_old = if is_own(&name, names::USED_CODES) {
            let used = directory.read(&name).ok().flatten().and_then(|bytes| UsedCodes::parse(&bytes));
            used.is_none_or(|used| used.all_expired(clock::now_ms()))
        } else {
            names::writer_of_temporary(&name).is_some_and(platform::process_is_gone)
        };
        if is_old {
            let _ = directory.remove(&name);
        }
    }
    token_file::sweep(directory);
    lock::sweep(directory);
}
