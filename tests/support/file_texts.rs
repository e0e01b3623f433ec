//! The two AWS files as texts that were never on a disk: `/config` and `/credentials`.

use mfa_env::profile::{AwsFiles, FileKind, FileText, ProfileName};
use std::path::Path;

/// What the reader makes of two contents.
///
/// # Panics
/// One of them is not UTF-8.
pub fn of(config: &str, credentials: &str) -> Vec<FileText> {
    let read = |kind, path: &str, text: &str| {
        FileText::from_bytes(kind, Path::new(path).into(), text.as_bytes().to_vec()).expect("text")
    };
    vec![read(FileKind::Config, "/config", config), read(FileKind::Credentials, "/credentials", credentials)]
}

/// One setting as it is read, an empty one included.
pub fn value(config: &str, credentials: &str, profile: &str, key: &str) -> Option<String> {
    let texts = of(config, credentials);
    let files = AwsFiles::index(&texts).expect("headers that can be read");
    let name = ProfileName::parse(profile).expect("a profile name");
    let profile = files.profile(&name).expect("lines that can be read");
    profile.and_then(|p| p.raw(key).map(|s| s.value.clone().into_owned()))
}

/// The names of all profiles, sorted.
pub fn names(config: &str, credentials: &str) -> Vec<String> {
    let texts = of(config, credentials);
    let files = AwsFiles::index(&texts).expect("headers that can be read");
    let mut names: Vec<String> = files.names().into_iter().map(str::to_owned).collect();
    names.sort();
    names
}
