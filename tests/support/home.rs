//! A home directory with AWS files, and the matching environment.

use super::sts::{Sts, User};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A temporary home directory, deleted when dropped.
pub struct Home {
    dir: TempDir,
    pub variables: BTreeMap<OsString, OsString>,
}

impl Home {
    /// A home without AWS files, with only HOME and PATH in the environment.
    pub fn empty() -> Self {
        let dir = tempfile::Builder::new().prefix("home").tempdir().expect("a temporary directory");
        let mut home = Home { dir, variables: BTreeMap::new() };
        home.set("HOME", home.path().to_owned());
        home.set("PATH", std::env::var_os("PATH").expect("PATH"));
        // Windows programs do not start without SystemRoot.
        if let Some(root) = std::env::var_os("SystemRoot") {
            home.set("SystemRoot", root);
        }
        home
    }

    /// A home with these two AWS files.
    pub fn with(config: &str, credentials: &str) -> Self {
        let home = Home::empty();
        home.write(".aws/config", config);
        home.write(".aws/credentials", credentials);
        home
    }

    /// A home whose profile `main` has the keys and the device of `user`, with STS at `sts`. Each role is
    /// `(profile, role ARN, further lines)` and has `main` as its source profile.
    pub fn with_user(sts: &Sts, user: &User, roles: &[(&str, &str, &str)]) -> Self {
        let mut config = format!("[profile main]\nmfa_serial = {}\n", user.mfa_serial);
        for (profile, arn, more) in roles {
            config.push_str(&format!("[profile {profile}]\nrole_arn = {arn}\nsource_profile = main\n{more}\n"));
        }
        let mut home = Home::with(&config, &credentials_section("main", user));
        home.set("AWS_ENDPOINT_URL_STS", sts.url());
        home
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A path as messages show it.
    pub fn shown(&self, path: impl AsRef<Path>) -> String {
        let path = path.as_ref();
        path.strip_prefix(self.path()).map_or(path.display().to_string(), |rest| format!("~/{}", rest.display()))
    }

    /// Writes a file in the home and creates its parent directories.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(&path, content).expect("a file");
        path
    }

    /// Sets a variable for every program that runs in this home.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> &mut Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Where the program caches sessions in this home.
    pub fn cache(&self) -> PathBuf {
        self.path().join(".cache/mfa-env")
    }

    /// Every file in the home with its content, except cached sessions.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.path().to_owned()];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(&dir).expect("a directory").flatten() {
                let path = entry.path();
                let kind = entry.file_type().expect("a kind");
                if kind.is_dir() {
                    open.extend((path != self.cache()).then_some(path));
                } else if kind.is_file() {
                    found.insert(path.clone(), fs::read(&path).unwrap_or_default());
                }
            }
        }
        found
    }
}

/// The section of the credentials file that holds a user's keys.
pub fn credentials_section(profile: &str, user: &User) -> String {
    format!(
        "[{profile}]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        user.access_key_id, user.secret_access_key
    )
}
