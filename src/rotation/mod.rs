//! Replacing an access key: a new one is created, tested, and written in place of the old one, which is deactivated and
//! perhaps deleted. However that ends, the key in the file works, and the message says which one it is.

mod acceptance;
mod key_files;

pub use acceptance::Acceptance;
pub use key_files::KeyFiles;

use crate::clock;
use crate::context::Context;
use crate::credentials::Keys;
use crate::enrollment::Owner;
use crate::error::{
    Error, FileError, IamRefusal, KeyState, NetworkCause, NetworkError, Refusal, Result, RotationError,
};
use crate::iam::{AccessKeyStatus, NewAccessKey};
use crate::plan::FactKey;
use crate::platform::{self, Interruption};
use crate::printable::{printable, printable_path};
use crate::session::{Cache, KeyRecord, KeyStage};
use key_files::NotWritten;
use std::time::Duration;

/// How long to wait until AWS accepts a new key. It usually takes a few seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(90);
/// How often in a row AWS must accept it before it is written.
const SUCCESSES: u32 = 3;

/// The replacement of one key.
pub struct Rotation<'a> {
    /// Whose key it is.
    pub owner: &'a Owner<'a>,
    /// The session with MFA that signs the calls to IAM; without one, the keys themselves do.
    pub session: Option<Keys>,
    /// The key, and the files that have it.
    pub files: &'a KeyFiles<'a>,
    /// The IDs of the keys that the user has now; `None` if that is not known.
    pub listed: Option<Vec<String>>,
    /// Where the new key must work.
    pub acceptance: Acceptance<'a>,
    /// The outside world.
    pub context: &'a Context,
}

/// Why a replacement ends early.
#[derive(Debug)]
pub enum Stop {
    /// A call or a file.
    Failed(Error),
    /// A signal has arrived.
    Interrupted,
}

impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        Stop::Failed(e)
    }
}

/// An early end, and what is true of the keys then.
struct End {
    why: Stop,
    state: KeyState,
}

impl End {
    fn new(why: impl Into<Stop>, state: KeyState) -> Box<Self> {
        Box::new(End { why: why.into(), state })
    }
}

/// The result of what can end early.
type OrEnd<T> = std::result::Result<T, Box<End>>;

/// A wait ends when a signal has arrived.
fn check_signal() -> std::result::Result<(), Stop> {
    if Interruption::signal().is_some() { Err(Stop::Interrupted) } else { Ok(()) }
}

impl Rotation<'_> {
    /// Replaces the key and deactivates the old one. Returns the new one. If a signal interrupts it, the process ends by
    /// that signal.
    ///
    /// # Errors
    /// A call fails, or a file cannot be written. Until the new key is in the file, it is deleted again, or named.
    pub fn run(&self) -> Result<Keys> {
        let interruption = Interruption::catch().map_err(|e| Error::File(FileError::Exhausted(e.to_string())))?;
        let result = self.replace();
        drop(interruption);
        let profile = self.profile();
        let end = match (result, Interruption::signal()) {
            (Ok(new), None) => return Ok(new),
            (Ok(new), Some(_)) => End { why: Stop::Interrupted, state: self.deactivated(&new) },
            (Err(end), _) => *end,
        };
        let e = Error::from(match end {
            End { why: Stop::Interrupted, state } => RotationError::Stopped { state, profile },
            End { why: Stop::Failed(e), state } => RotationError::Failed { problem: Box::new(e), state, profile },
        });
        if let Some(signal) = Interruption::signal() {
            self.context.show_error(&e);
            platform::die_of(signal);
        }
        Err(e)
    }

    /// Deletes the old key, which is inactive. `new_session` makes a session from the new key, if that of the old one has
    /// ended with it.
    ///
    /// # Errors
    /// A call fails.
    pub fn delete_old(&self, new: &Keys, new_session: impl FnOnce() -> Result<Keys>) -> Result<()> {
        let old = &self.files.keys.access_key_id;
        let delete = |keys: &Keys| self.owner.iam.delete_access_key(keys, &self.owner.user, old);
        let deleted = match delete(self.session.as_ref().unwrap_or(new)) {
            Err(e) if self.session.is_some() && is_ended(&e) => new_session().and_then(|session| delete(&session)),
            deleted => deleted,
        };
        if let Err(e) = deleted.or_else(unless_gone) {
            let (problem, state) = (Box::new(e), self.deactivated(new));
            return Err(RotationError::Failed { problem, state, profile: self.profile() }.into());
        }
        self.forget(old);
        self.remember(&new.access_key_id, |record| record.stage = KeyStage::Done);
        self.context.report.notice(&format!("deleted access key {}", printable(old)));
        Ok(())
    }

    fn replace(&self) -> OrEnd<Keys> {
        let new = self.create()?;
        let id = &new.keys.access_key_id;
        let created = new.created.unwrap_or_else(|| clock::now() + self.owner.iam.clock_offset().unwrap_or(0));
        self.add_record(id, &KeyRecord { created, stage: KeyStage::Created(self.old().to_owned()) });
        self.context.report.notice(&format!("created access key {}", printable(id)));
        let written = check_signal()
            .and_then(|()| self.acceptance.wait(&new.keys, SUCCESSES, LONGEST_WAIT))
            .map_err(|why| End::new(why, self.undo(id)))
            .and_then(|()| self.write(&new.keys));
        written?;
        self.remember(id, |record| record.stage = KeyStage::Written(self.old().to_owned()));
        self.forget_sessions();
        let path = printable_path(self.files.path());
        self.context.report.notice(&format!("wrote access key {} to {path}", printable(id)));
        // Once more, before the old key stops working.
        let accepted = self.acceptance.wait(&new.keys, 1, LONGEST_WAIT);
        accepted.map_err(|why| {
            let works = matches!(why, Stop::Interrupted);
            End::new(why, self.written(&new.keys, works))
        })?;
        self.check_file(&new.keys)?;
        self.deactivate(&new.keys).map_err(|e| End::new(e, self.written(&new.keys, true)))?;
        self.context.report.notice(&format!("deactivated access key {}", printable(self.old())));
        Ok(new.keys)
    }

    fn create(&self) -> OrEnd<NewAccessKey> {
        let Owner { iam, user, .. } = self.owner;
        let signer = self.session.as_ref().unwrap_or(&self.files.keys);
        let e = match iam.create_access_key(signer, user) {
            Ok(new) => return Ok(new),
            Err(e) => e,
        };
        let unchanged = KeyState::Unchanged { old: self.old().to_owned(), place: self.files.place.clone() };
        match &e {
            Error::Network(NetworkError { is_sent: true, .. }) => {}
            Error::Aws(refusal) if matches!(refusal.reason, Refusal::Unusable(_)) => {}
            Error::Aws(refusal) if is(&refusal.reason, IamRefusal::LimitExceeded) => {
                let (user, profile) = (user.clone(), self.profile());
                let e = RotationError::TwoKeys { user, profile, keys: Vec::new(), replaced: None };
                return Err(End::new(Error::from(e), unchanged));
            }
            _ => return Err(End::new(e, unchanged)),
        }
        // It may exist, and then its secret is lost.
        let now = self.listed.as_ref().zip(iam.access_keys_of(signer, user).ok());
        let is_listed = now.is_some();
        let found = now.and_then(|(before, now)| now.into_iter().map(|key| key.id).find(|id| !before.contains(id)));
        let is_busy = matches!(&e, Error::Network(NetworkError { problem: NetworkCause::Busy(_), .. }));
        if is_busy && is_listed && found.is_none() {
            return Err(End::new(e, unchanged));
        }
        let state = KeyState::Lost { old: self.old().to_owned(), place: self.files.place.clone(), found };
        Err(End::new(e, state))
    }

    /// Deletes the new key again.
    fn undo(&self, id: &str) -> KeyState {
        let (old, new, place) = (self.old().to_owned(), id.to_owned(), self.files.place.clone());
        let signer = self.session.as_ref().unwrap_or(&self.files.keys);
        match self.owner.iam.delete_access_key(signer, &self.owner.user, id).or_else(unless_gone) {
            Ok(()) => {
                self.forget(id);
                KeyState::Removed { old, new, place }
            }
            Err(e) => KeyState::LeftBehind { old, new, place, why: e.what() },
        }
    }

    fn write(&self, new: &Keys) -> OrEnd<()> {
        self.files.replace(new).map_err(|e| {
            let NotWritten { problem, written } = *e;
            let (old, id) = (self.old().to_owned(), new.access_key_id.clone());
            let state = match written {
                Some((written, unwritten)) => KeyState::PartlyWritten { old, new: id, written, unwritten },
                None => self.undo(&id),
            };
            End::new(problem, state)
        })
    }

    /// Another program may have written the file, too.
    fn check_file(&self, new: &Keys) -> OrEnd<()> {
        if self.files.have(new) {
            return Ok(());
        }
        let (old, id) = (self.old().to_owned(), new.access_key_id.clone());
        let e = RotationError::NotInFile { id: id.clone(), path: self.files.path().into() };
        Err(End::new(Error::from(e), KeyState::Overwritten { old, new: id }))
    }

    fn deactivate(&self, new: &Keys) -> Result<()> {
        let signer = self.session.as_ref().unwrap_or(new);
        let Owner { iam, user, .. } = self.owner;
        iam.set_access_key(signer, user, self.old(), AccessKeyStatus::Inactive).or_else(unless_gone)
    }

    fn old(&self) -> &str {
        &self.files.keys.access_key_id
    }

    fn profile(&self) -> String {
        self.owner.source().profile.to_string()
    }

    fn written(&self, new: &Keys, works: bool) -> KeyState {
        let (old, new) = (self.old().to_owned(), new.access_key_id.clone());
        KeyState::Written { old, new, place: self.files.place.clone(), works }
    }

    fn deactivated(&self, new: &Keys) -> KeyState {
        let (old, new) = (self.old().to_owned(), new.access_key_id.clone());
        KeyState::Deactivated { old, new, place: self.files.place.clone() }
    }

    fn cache(&self) -> Cache<'_> {
        Cache::of(&self.context.variables, &self.context.warnings)
    }

    fn add_record(&self, id: &str, record: &KeyRecord) {
        self.cache().add_access_key(&FactKey::access_key(id, &self.owner.plan), record);
    }

    fn remember(&self, id: &str, change: impl FnOnce(&mut KeyRecord)) {
        let key = FactKey::access_key(id, &self.owner.plan);
        let cache = self.cache();
        if let Some(mut record) = cache.access_key(&key) {
            change(&mut record);
            cache.add_access_key(&key, &record);
        }
    }

    fn forget(&self, id: &str) {
        self.cache().forget_access_key(&FactKey::access_key(id, &self.owner.plan));
    }

    /// Removes the sessions of the old key, which no sign-in finds any more.
    fn forget_sessions(&self) {
        let identity = self.owner.source().source.identity();
        self.cache().remove(|entry| entry.source() == Some((identity.name, &identity.value)));
    }
}

fn is(reason: &Refusal, iam: IamRefusal) -> bool {
    matches!(reason, Refusal::Iam { reason, .. } if *reason == iam)
}

/// Whether AWS does not accept the session that has signed a call.
fn is_ended(e: &Error) -> bool {
    matches!(e, Error::Aws(refusal) if matches!(refusal.reason, Refusal::UnknownKey | Refusal::Expired))
}

/// A key that does not exist need not be changed or deleted.
fn unless_gone(e: Error) -> Result<()> {
    match &e {
        Error::Aws(refusal) if is(&refusal.reason, IamRefusal::NotFound) => Ok(()),
        _ => Err(e),
    }
}
