//! The program's cache files: reads them, and rewrites them as if time had passed.

use super::home::Home;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub struct CachedFile {
    pub path: PathBuf,
    pub fields: Map<String, Value>,
}

/// The cached sessions in a directory of one kind (`mfa` or `role`), sorted by file name.
pub fn of_kind(dir: &Path, kind: &str) -> Vec<CachedFile> {
    let mut paths: Vec<PathBuf> = names(dir).into_iter().map(|name| dir.join(name)).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "json"));
    let read = |path: PathBuf| match serde_json::from_slice(&fs::read(&path).expect("a cached session")) {
        Ok(Value::Object(fields)) => CachedFile { path, fields },
        other => panic!("{other:?} is not a cached session"),
    };
    paths.into_iter().map(read).filter(|session| session.key("kind") == Some(kind)).collect()
}

/// The only cached session of this kind.
#[track_caller]
pub fn only(dir: &Path, kind: &str) -> CachedFile {
    let mut found = of_kind(dir, kind);
    assert_eq!(found.len(), 1, "expected one cached session of kind {kind}");
    found.remove(0)
}

/// Whether this is the name of a lock file.
pub fn is_lock(name: &str) -> bool {
    name.rsplit('.').next() == Some("lock")
}

/// Whether this is the name of a file that records used codes.
pub fn is_used_codes(name: &str) -> bool {
    name.rsplit('.').next() == Some("used")
}

/// Whether this is the name of a cached session.
pub fn is_session(name: &str) -> bool {
    name.rsplit('.').next() == Some("json")
}

/// Whether this is the name of a file that records the user of an access key.
pub fn is_user(name: &str) -> bool {
    name.rsplit('.').next() == Some("user")
}

/// The file that tells backup programs to leave the directory out.
pub const TAG: &str = "CACHEDIR.TAG";

/// The names of all files in the directory except [`TAG`], including hidden ones, sorted.
pub fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a directory").flatten();
    let mut names: Vec<String> = entries.map(|e| e.file_name().into_string().expect("a name in UTF-8")).collect();
    names.retain(|name| name != TAG);
    names.sort();
    names
}

/// The content of every file in a home's cache.
pub fn files(home: &Home) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(home.cache()).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("an entry").path()).filter(|path| !path.ends_with(TAG));
    paths.map(|path| (path.clone(), fs::read(&path).expect("a file"))).collect()
}

/// Backdates every cached session of a home.
pub fn age(home: &Home, seconds: i64) {
    for kind in ["mfa", "role"] {
        for mut session in of_kind(&home.cache(), kind) {
            session.backdate(seconds);
        }
    }
}

impl CachedFile {
    /// The last field with this name in the entry's key.
    pub fn key(&self, name: &str) -> Option<&str> {
        let key = self.fields["key"].as_str().expect("a string");
        key.split(' ').rev().find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
    }

    pub fn number(&self, name: &str) -> i64 {
        self.fields[name].as_i64().expect("a number")
    }

    /// Changes a field and writes the file.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.fields.insert(name.to_owned(), value.into());
        fs::write(&self.path, Value::from(self.fields.clone()).to_string()).expect("writing the cached session");
        self
    }

    /// Makes the session expire in `seconds`.
    pub fn expires_in(&mut self, seconds: i64) -> &mut Self {
        self.set("expires", mfa_env::clock::now() + seconds)
    }

    /// Makes the session look issued `seconds` earlier, with the same expiry.
    pub fn backdate_issue(&mut self, seconds: i64) -> &mut Self {
        for name in ["made", "mfa_made"] {
            self.set(name, self.number(name) - seconds * 1000);
        }
        self
    }

    /// Makes the session look issued, and expire, `seconds` earlier.
    pub fn backdate(&mut self, seconds: i64) -> &mut Self {
        self.set("expires", self.number("expires") - seconds);
        self.backdate_issue(seconds)
    }
}
