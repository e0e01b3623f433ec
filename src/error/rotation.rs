//! An access key cannot be replaced, or was replaced only in part.

use super::config::SourceKind;
use super::{Error, Message, quoted};
use crate::clock::HumanDuration;
use crate::origin::Origin;
use crate::printable::{printable, printable_path, shown_value};
use std::path::Path;
use std::sync::Arc;

/// What prevents the replacement. `profile` is the profile with the keys. IDs of keys are untrusted text.
#[derive(Debug)]
pub enum RotationError {
    /// The profile has the keys of a session.
    TemporaryKeys { profile: String, origin: Origin },
    /// The profile gets its credentials from somewhere else than the AWS files.
    NotInFiles { profile: String, kind: SourceKind, origin: Origin },
    /// The keys are those of the account's root user.
    RootUser { profile: String },
    /// The user has no MFA device for the session that signs the calls.
    NoDevice { profile: String },
    /// Nobody has named a profile, and the variables of this shell have a long-term key that is not that of the default one.
    KeyInEnvironment { id: String, profile: String },
    /// The user has two keys, and nobody can be asked what to do with them.
    TwoKeys {
        user: String,
        profile: String,
        /// What is known about each, if AWS has listed them.
        keys: Vec<String>,
        /// The key that `--delete` would delete.
        replaced: Option<String>,
    },
    /// There is no terminal for the question whether to do it.
    NoTerminal,
    /// Another process is replacing the same key.
    Running { id: String, holder: String },
    /// The file does not have the key any more.
    NotInFile { id: String, path: Arc<Path> },
    /// The file would not be read with the new key as it must be.
    Unwritable { id: String, path: Arc<Path> },
    /// The new key was not accepted in time.
    NotAccepted { id: String, hosts: Vec<String>, seconds: u64 },
    /// The new key belongs to somebody else.
    OtherUser { id: String, arn: String },
    /// Something has failed after the user was asked; with what is true of the keys now.
    Failed { problem: Box<Error>, state: KeyState, profile: String },
    /// A signal has ended it.
    Stopped { state: KeyState, profile: String },
}

/// What is true of the two keys when a replacement ends early. `place` is where the key is in the AWS files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// No new key was created.
    Unchanged { old: String, place: Origin },
    /// There was no response to the call that creates one. `found` is a key that the user did not have before.
    Lost { old: String, place: Origin, found: Option<String> },
    /// The new key was deleted again.
    Removed { old: String, new: String, place: Origin },
    /// The new key could not be deleted again.
    LeftBehind { old: String, new: String, place: Origin, why: String },
    /// Only one of the two files was written.
    PartlyWritten { old: String, new: String, written: Arc<Path>, unwritten: Arc<Path> },
    /// Another program has removed the new key from the file.
    Overwritten { old: String, new: String },
    /// The new key is in the file, and the old one is active. `works` is whether AWS accepts the new one at the moment.
    Written { old: String, new: String, place: Origin, works: bool },
    /// The new key is in the file, and the old one is inactive, but not deleted.
    Deactivated { old: String, new: String, place: Origin },
}

impl RotationError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            RotationError::TemporaryKeys { .. }
            | RotationError::NotInFiles { .. }
            | RotationError::NoDevice { .. }
            | RotationError::KeyInEnvironment { .. }
            | RotationError::TwoKeys { .. } => 3,
            RotationError::RootUser { .. }
            | RotationError::NotAccepted { .. }
            | RotationError::OtherUser { .. }
            | RotationError::Unwritable { .. } => 4,
            RotationError::NoTerminal | RotationError::Running { .. } => 5,
            RotationError::NotInFile { .. } => 7,
            RotationError::Failed { problem, .. } => problem.exit_code(),
            // The process ends by the signal.
            RotationError::Stopped { .. } => 1,
        }
    }

    pub(super) fn message(&self) -> Message {
        match self {
            RotationError::TemporaryKeys { profile, origin } => {
                Message::new(format!("profile {profile} has temporary keys ({origin}), which cannot be replaced"))
                    .advise("they expire by themselves; name the profile with the access key of the IAM user (AKIA…)")
            }
            RotationError::NotInFiles { profile, kind, origin } => Message::new(format!(
                "profile {profile} has no access key: it gets its credentials from {} ({origin})",
                kind.name()
            ))
            .advise(match kind {
                SourceKind::Sso | SourceKind::Login | SourceKind::WebIdentity => {
                    "those are new at each sign-in, so there is nothing to replace"
                }
                SourceKind::MfaEnv => "name the profile that its credential_process names",
                SourceKind::Process => "if that is an access key, replace it where the command has it from",
                SourceKind::CredentialSource => {
                    "if that is an access key in variables, replace it where the variables are set"
                }
            }),
            RotationError::RootUser { profile } => {
                Message::new(format!("the access key of profile {profile} is that of the account's root user")).advise(
                    "delete it in the AWS console (Security credentials) instead of replacing it\n\
                     use the access key of an IAM user here",
                )
            }
            RotationError::NoDevice { profile } => Message::new(format!(
                "the user of profile {profile} has no MFA device, and a session without MFA cannot call IAM"
            ))
            .advise(format!(
                "register an authenticator app with: mfa-env enroll {0}\n\
                 or replace the key without MFA, if your policies allow it: {1} --mfa-serial none",
                quoted(profile),
                rotate(profile)
            )),
            RotationError::KeyInEnvironment { id, profile } => Message::new(format!(
                "this shell has access key {} in AWS_ACCESS_KEY_ID, which is not that of profile {profile}",
                printable(&shown_value(id))
            ))
            .advise(
                "replace it where the variable is set, or name the profile whose key you mean: mfa-env rotate PROFILE",
            ),
            RotationError::TwoKeys { user, profile, keys, replaced } => {
                let what = match replaced {
                    Some(old) => format!("to delete {}, and to replace the other one, add --delete", printable(old)),
                    None if keys.is_empty() => {
                        "delete one of them in the AWS console; to choose one here, the user needs iam:ListAccessKeys"
                            .to_owned()
                    }
                    None => format!("to choose what to do with them, run in a terminal: {}", rotate(profile)),
                };
                let keys: String = keys.iter().map(|key| format!("{key}\n")).collect();
                Message::new(format!("{} has two access keys, and AWS allows no more", printable(user)))
                    .advise(format!("{keys}{what}"))
            }
            RotationError::NoTerminal => {
                Message::new("there is no terminal to ask on whether to replace the access key")
                    .advise("to replace it without a question, add --no-input")
            }
            RotationError::Running { id, holder } => {
                Message::new(format!("{} is replacing access key {}", printable(holder), printable(id)))
                    .advise("wait until it has ended, or stop it")
            }
            RotationError::NotInFile { id, path } => {
                Message::new(format!("{} does not have access key {} any more", printable_path(path), printable(id)))
                    .advise("another program has changed it; run the command again")
            }
            RotationError::Unwritable { id, path } => Message::new(format!(
                "access key {} cannot be written to {} so that it is read there",
                printable(id),
                printable_path(path)
            ))
            .advise("check whether the endpoint belongs to AWS"),
            RotationError::NotAccepted { id, hosts, seconds } => {
                let hosts: Vec<String> = hosts.iter().map(|host| printable(host).to_string()).collect();
                Message::new(format!(
                    "AWS did not accept the new access key {} within {} ({})",
                    printable(id),
                    HumanDuration(*seconds),
                    hosts.join(", ")
                ))
                .advise("try again in a few minutes")
            }
            RotationError::OtherUser { id, arn } => {
                Message::new(format!("the new access key {} belongs to {}", printable(id), printable(arn)))
                    .advise("check whether the endpoint belongs to AWS")
            }
            RotationError::Failed { problem, state, profile } => {
                let message = problem.message();
                let advice = message.advice.clone().unwrap_or_default();
                let separator = if advice.is_empty() { "" } else { "\n" };
                message.advise(format!("{advice}{separator}{}", state.text(profile)))
            }
            RotationError::Stopped { state, profile } => {
                Message::new("stopped by a signal").advise(state.text(profile))
            }
        }
    }
}

impl KeyState {
    /// Which key works, and what to do next.
    fn text(&self, profile: &str) -> String {
        let again = rotate(profile);
        let is_unchanged =
            |old: &str, place: &Origin| format!("access key {} is still the one in {place}, and works", printable(old));
        let is_written =
            |new: &str, place: &Origin| format!("the new access key, {}, is in {place}, and works", printable(new));
        match self {
            KeyState::Unchanged { old, place } => format!("{}; nothing was changed", is_unchanged(old, place)),
            KeyState::Lost { old, place, found } => {
                let found = match found {
                    Some(new) => format!("{} has been created meanwhile, and its secret is lost", printable(new)),
                    None => "a new one may have been created".to_owned(),
                };
                format!("{}\n{found}; to see the keys, and to delete it, run: {again}", is_unchanged(old, place))
            }
            KeyState::Removed { old, new, place } => {
                format!("{}; the new one, {}, was deleted again", is_unchanged(old, place), printable(new))
            }
            KeyState::LeftBehind { old, new, place, why } => format!(
                "{}\nthe new one, {}, could not be deleted again: {why}\n\
                 its secret is in no file; to delete it, run: {again}",
                is_unchanged(old, place),
                printable(new)
            ),
            KeyState::PartlyWritten { old, new, written, unwritten } => format!(
                "the new access key, {}, is in {}, and works; the old one, {}, is still in {}, and works, too\n\
                 copy the two lines of the new key there, and run: {again}",
                printable(new),
                printable_path(written),
                printable(old),
                printable_path(unwritten)
            ),
            KeyState::Overwritten { old, new } => {
                format!("both {} and {} are active; to see them, run: {again}", printable(old), printable(new))
            }
            KeyState::Written { old, new, place, works } => format!(
                "{}; the old one, {}, is still active\nto go on, run: {again}",
                if *works { is_written(new, place) } else { format!("{} is in {place}", printable(new)) },
                printable(old)
            ),
            KeyState::Deactivated { old, new, place } => format!(
                "{}; the old one, {}, is inactive\nto delete it, run: {again}",
                is_written(new, place),
                printable(old)
            ),
        }
    }
}

fn rotate(profile: &str) -> String {
    format!("mfa-env rotate {}", quoted(profile))
}
