//! What a person should know although the sign-in goes on: one line each on stderr, and in `explain`.

use crate::clock::{ClockOffset, SET_CLOCK};
use crate::credentials::Expiration;
use crate::origin::Origin;
use crate::printable::printable;
use std::cell::RefCell;
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A section or key stands twice; the last one counts, and botocore refuses the file.
    Duplicate { what: String, first: Origin, last: Origin },
    /// A byte order mark in front of a file.
    ByteOrderMark { path: Arc<Path> },
    /// A comment behind a value.
    CommentCut { setting: &'static str, origin: Origin },
    /// Quotes around a value.
    Quoted { setting: &'static str, origin: Origin },
    /// A variable names a file that does not exist; the other one suffices.
    FileMissing { variable: &'static str },
    /// `aws_session_token` beside a long-term key, left over from a session.
    TokenIgnored { profile: String, origin: Origin },
    /// The device belongs to another account than the keys.
    DeviceOfOtherAccount { device: String, origin: Origin, account: String },
    /// Temporary keys sign without MFA: a session cannot pass a code.
    DeviceUnused { profile: String },
    /// `duration_seconds` above what STS gives to a role assumed from a session.
    DurationCut { profile: String, origin: Origin, from: u32 },
    /// The role allows less than its profile's `duration_seconds`; it is assumed for an hour.
    DurationRefused { profile: String, origin: Origin, from: u32 },
    /// A region of the environment that the partition does not have.
    RegionIgnored { region: String, origin: Origin, partition: String },
    /// Keys that somebody put into the environment; they are not written down anywhere.
    KeysOverwritten,
    /// `MFA_ENV_BEFORE` was not written by us, or was changed.
    BeforeIgnored,
    /// A variable whose value cannot be written into `MFA_ENV_BEFORE`.
    NotRestorable { variable: &'static str },
    /// No shell among the ancestors and none in a variable.
    ShellUnknown,
    /// Root in somebody else's home, as under sudo.
    CacheInForeignHome,
    /// The cache directory is not to be trusted or cannot be made.
    CacheUnusable { path: PathBuf, flaw: String },
    /// A kept session that is not to be trusted or cannot be read.
    EntryIgnored { path: PathBuf, flaw: String },
    /// Something that is no lock of ours stood in a lock's place.
    LockReplaced { path: PathBuf, flaw: String },
    /// No file locks there.
    NoLock { path: PathBuf, flaw: String },
    /// A session that could not be written, or not be removed.
    NotKept { path: PathBuf, problem: String },
    /// A role for more than an hour takes a code of its own.
    LongRole { seconds: u32, origin: Origin, mfa_session_kept: bool },
    /// `AWS_PROFILE` beside a session: tools disagree about which of the two counts.
    ProfileBesideKeys { variable: &'static str, profile: String },
    /// The parts of the keys in the environment are not of one session.
    MixedKeys { access_key_id: String, variable: &'static str },
    /// The session of the environment is not the one that is kept for its profile.
    OtherSessionKept { profile: String, end: Expiration },
    /// A code was given, but another process has just signed in with this device.
    CodeUnspent,
    /// A code was given for a session without MFA.
    CodeNotNeeded,
    /// The profile's `mfa_process` gave no code that can be used: why.
    MfaProcessFailed(String),
    /// The clock differs from STS's.
    ClockDiffers(ClockOffset),
}

impl Display for Warning {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Duplicate { what, first, last } => {
                write!(
                    f,
                    "{} stands twice, {first} and {last}: the last one counts here, the AWS CLI refuses the file",
                    printable(what)
                )
            }
            Warning::ByteOrderMark { path } => {
                let path = path.to_string_lossy();
                write!(
                    f,
                    "{} starts with a byte order mark: skipped here, the AWS CLI refuses the file",
                    printable(&path)
                )
            }
            Warning::CommentCut { setting, origin } => {
                write!(
                    f,
                    "the comment behind {setting} ({origin}) is cut off here; the AWS CLI takes it for a part of the value"
                )
            }
            Warning::Quoted { setting, origin } => {
                write!(
                    f,
                    "the quotes around {setting} ({origin}) are part of the value here and in the AWS CLI; the SDK for Go drops them"
                )
            }
            Warning::FileMissing { variable } => write!(f, "{variable} names a file that does not exist"),
            Warning::TokenIgnored { profile, origin } => write!(
                f,
                "profile {} has an aws_session_token ({origin}) beside a long-term key; AWS refuses the pair, so it is left out: remove the line",
                printable(profile)
            ),
            Warning::DeviceOfOtherAccount { device, origin, account } => {
                write!(
                    f,
                    "the MFA device {} ({origin}) is not of account {}, whose keys are used",
                    printable(device),
                    printable(account)
                )
            }
            Warning::DeviceUnused { profile } => {
                write!(
                    f,
                    "profile {} holds temporary keys; a session cannot pass an MFA code, so none is asked for",
                    printable(profile)
                )
            }
            Warning::DurationCut { profile, origin, from } => {
                write!(
                    f,
                    "duration_seconds {from} of {} ({origin}) is cut to 3600: STS gives no more to a role assumed from a session",
                    printable(profile)
                )
            }
            Warning::DurationRefused { profile, origin, from } => {
                write!(
                    f,
                    "the role of {} allows less than its duration_seconds {from} ({origin}); it is assumed for 1 h",
                    printable(profile)
                )
            }
            Warning::RegionIgnored { region, origin, partition } => {
                write!(
                    f,
                    "region {} ({origin}) is not of partition {}; STS is called in that partition's own region",
                    printable(region),
                    printable(partition)
                )
            }
            Warning::KeysOverwritten => {
                f.write_str("the keys in this shell's environment are replaced, and `unset` cannot bring them back")
            }
            Warning::BeforeIgnored => {
                f.write_str("MFA_ENV_BEFORE is not as mfa-env wrote it; it is ignored, so what it held is not restored")
            }
            Warning::NotRestorable { variable } => {
                write!(f, "{variable} holds something that is no name; `unset` cannot bring it back")
            }
            Warning::ShellUnknown => {
                f.write_str("no shell recognised; the statements are for a POSIX shell. Name yours with --shell")
            }
            Warning::CacheInForeignHome => {
                f.write_str("this is root in another person's home (sudo?); no session is kept there")
            }
            Warning::CacheUnusable { path, flaw } => {
                write!(
                    f,
                    "no session is kept: {} cannot be used ({})",
                    printable(&path.to_string_lossy()),
                    printable(flaw)
                )
            }
            Warning::EntryIgnored { path, flaw } => {
                write!(f, "a kept session is ignored: {} ({})", printable(&path.to_string_lossy()), printable(flaw))
            }
            Warning::LockReplaced { path, flaw } => {
                write!(f, "a lock is replaced: {} ({})", printable(&path.to_string_lossy()), printable(flaw))
            }
            Warning::NoLock { path, flaw } => {
                write!(
                    f,
                    "no locks in {} ({}); others may ask for a code as well",
                    printable(&path.to_string_lossy()),
                    printable(flaw)
                )
            }
            Warning::NotKept { path, problem } => {
                write!(
                    f,
                    "{} cannot be written ({}); the session is not kept",
                    printable(&path.to_string_lossy()),
                    printable(problem)
                )
            }
            Warning::LongRole { seconds, origin, mfa_session_kept } => {
                write!(
                    f,
                    "{seconds} s ({origin}) is more than an hour, so the role takes a code of its own; -d 1h would take "
                )?;
                f.write_str(if *mfa_session_kept {
                    "none: the MFA session is kept"
                } else {
                    "one that serves all roles of the day"
                })
            }
            Warning::ProfileBesideKeys { variable, profile } => {
                write!(
                    f,
                    "{variable} is {} beside the keys of a session; some tools use the one, some the other: unset {variable}",
                    printable(profile)
                )
            }
            Warning::MixedKeys { access_key_id, variable } => {
                write!(
                    f,
                    "{variable} does not belong to {}, so AWS will refuse the keys: sign in again",
                    printable(access_key_id)
                )
            }
            Warning::OtherSessionKept { profile, end } => {
                let end = end.rfc3339();
                write!(
                    f,
                    "another session of {} is kept, until {end}: a sign-in without a code puts it here",
                    printable(profile)
                )
            }
            Warning::CodeNotNeeded => f.write_str("the code is not spent: no MFA device is part of this sign-in"),
            Warning::CodeUnspent => {
                f.write_str("the code is not spent: this device was just signed in by another process")
            }
            Warning::MfaProcessFailed(why) => f.write_str(why),
            Warning::ClockDiffers(difference) => {
                write!(f, "{difference}; the sign-in goes on, but set the clock: {SET_CLOCK}")
            }
        }
    }
}

/// The warnings of a run, in the order in which they came up and each once. Everything that has one to give adds it here.
#[derive(Debug, Default)]
pub struct Warnings(RefCell<Vec<Warning>>);

impl Warnings {
    /// Adds a warning; one that is there already is not repeated.
    pub fn add(&self, warning: Warning) {
        let mut all = self.0.borrow_mut();
        if !all.contains(&warning) {
            all.push(warning);
        }
    }

    /// Takes the warnings that have come up since the last time.
    pub fn take(&self) -> Vec<Warning> {
        self.0.take()
    }
}

// PLACEHOLDER until merged
impl Warning {
    pub fn name(&self) -> &'static str {
        "x"
    }
    pub fn severity(&self) -> u8 {
        0
    }
    pub fn is_protected(&self) -> bool {
        true
    }
}
