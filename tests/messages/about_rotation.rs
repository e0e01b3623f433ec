//! An access key cannot be replaced, or was replaced only in part.

use crate::support::messages::{Case, HOST, NEW_KEY, OLD_KEY, USER, case, config, credentials, path};
use mfa_env::error::{Error, KeyState, NetworkCause, NetworkError, NoCode, RotationError as E, SourceKind};

pub fn cases() -> Vec<Case> {
    [refused(), states()].into_iter().flatten().collect()
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn refused() -> Vec<Case> {
    let profile = || text("main");
    let not_in_files = |kind| E::NotInFiles { profile: text("dev"), kind, origin: config(11) };
    let two = |keys: &[&str], replaced: Option<&str>| E::TwoKeys {
        user: text("user alice"),
        profile: profile(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        replaced: replaced.map(str::to_owned),
    };
    let keys =
        [&*format!("{OLD_KEY}  active, in ~/.aws/credentials:2"), &*format!("{NEW_KEY}  active, last used today")];
    vec![
        case("temporary keys", E::TemporaryKeys { profile: text("tmp"), origin: credentials(5) }),
        case("IAM Identity Center has no key", not_in_files(SourceKind::Sso)),
        case("a process has the key", not_in_files(SourceKind::Process)),
        case("mfa-env is the process", not_in_files(SourceKind::MfaEnv)),
        case("variables have the key", not_in_files(SourceKind::CredentialSource)),
        case("the root user's key", E::RootUser { profile: profile() }),
        case("no device for the session", E::NoDevice { profile: profile() }),
        case("another key in this shell", E::KeyInEnvironment { id: text(NEW_KEY), profile: profile() }),
        case("two keys", two(&keys, None)),
        case("two keys, one of them replaced", two(&keys, Some(OLD_KEY))),
        case("two keys that may not be listed", two(&[], None)),
        case("nobody to confirm it", E::NoTerminal),
        case("it is being replaced", E::Running { id: text(OLD_KEY), holder: text("process 4711") }),
        case("the key is gone from the file", E::NotInFile { id: text(OLD_KEY), path: path("credentials") }),
        case("the new key could not be read", E::Unwritable { id: text("AKIA\u{1b}"), path: path("credentials") }),
        case("the new key is not accepted", E::NotAccepted { id: text(NEW_KEY), hosts: vec![text(HOST)], seconds: 60 }),
        case("the new key is somebody else's", E::OtherUser { id: text(NEW_KEY), arn: USER.replace("alice", "bob") }),
    ]
}

/// After a call without a response, after a signal, and after a question that was not answered.
fn states() -> Vec<Case> {
    let (old, new, place) = (|| text(OLD_KEY), || text(NEW_KEY), || credentials(2));
    let timeout = || {
        let host = text("iam.amazonaws.com");
        Error::from(NetworkError { host, problem: NetworkCause::Timeout, is_sent: true, code_may_be_used: false })
    };
    let failed = |problem, state| E::Failed { problem: Box::new(problem), state, profile: text("main") };
    let written = |works| KeyState::Written { old: old(), new: new(), place: place(), works };
    let lost = |found| KeyState::Lost { old: old(), place: place(), found };
    let left = KeyState::LeftBehind {
        old: old(),
        new: new(),
        place: place(),
        why: text("iam.amazonaws.com did not respond in time"),
    };
    let partly =
        KeyState::PartlyWritten { old: old(), new: new(), written: path("credentials"), unwritten: path("config") };
    vec![
        case("nothing was changed", failed(timeout(), KeyState::Unchanged { old: old(), place: place() })),
        case(
            "nobody said yes",
            failed(NoCode::NotConfirmed.into(), KeyState::Unchanged { old: old(), place: place() }),
        ),
        case("no response to the creation", failed(timeout(), lost(None))),
        case("no response to the creation, but there is a key", failed(timeout(), lost(Some(new())))),
        case(
            "the new key was deleted again",
            failed(timeout(), KeyState::Removed { old: old(), new: new(), place: place() }),
        ),
        case("the new key could not be deleted", failed(timeout(), left)),
        case("one of two files", failed(timeout(), partly)),
        case("another program wrote the file", failed(timeout(), KeyState::Overwritten { old: old(), new: new() })),
        case("both are active", failed(timeout(), written(true))),
        case("both are active, but the new one is not accepted", failed(timeout(), written(false))),
        case(
            "the old one is inactive",
            failed(timeout(), KeyState::Deactivated { old: old(), new: new(), place: place() }),
        ),
        case("a signal", E::Stopped { state: written(true), profile: text("main") }),
    ]
}
