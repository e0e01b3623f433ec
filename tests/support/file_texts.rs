//! The two AWS files as in-memory texts, with the paths `/config` and `/credentials`.

use mfa_env::profile::{AwsFiles, FileKind, FileText, ProfileName};
use std::path::Path;

/// Parses the contents of the two files.
///
/// # Panics
/// If one of them is not UTF-8.
pub fn of(config: &str, credentials: &str) -> Vec<FileText> {
    let read = |kind, path: &str, text: &str| {
        FileText::from_bytes(kind, Path::new(path).into(), text.as_bytes().to_vec()).expect("text")
    };
    vec![read(FileKind::Config, "/config", config), read(FileKind::Credentials, "/credentials", credentials)]
}

/// The raw value of a setting, which may be empty.
pub fn value(config: &str, credentials: &str, profile: &str, key: &str) -> Option<String> {
    let texts = of(config, credentials);
    let files = AwsFiles::index(&texts);
    let name = ProfileName::parse(profile).expect("a profile name");
    let profile = files.profile(&name).expect("valid lines");
    profile.and_then(|p| p.raw(key).map(|s| s.value.clone().into_owned()))
}

/// The names of all profiles, sorted.
pub fn names(config: &str, credentials: &str) -> Vec<String> {
    let texts = of(config, credentials);
    let files = AwsFiles::index(&texts);
    let mut names: Vec<String> = files.names().into_iter().map(str::to_owned).collect();
    names.sort();
    names
}
