//! The sessions that the program keeps, as files of a directory: looked at, and rewritten as if time had passed.

use super::home::Home;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub struct CachedFile {
    pub path: PathBuf,
    pub fields: Map<String, Value>,
}

/// The kept sessions of a directory that are of a kind, `mfa` or `role`, by name of the file.
pub fn of_kind(dir: &Path, kind: &str) -> Vec<CachedFile> {
    let mut paths: Vec<PathBuf> = names(dir).into_iter().map(|name| dir.join(name)).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "json"));
    let read = |path: PathBuf| match serde_json::from_slice(&fs::read(&path).expect("a kept session")) {
        Ok(Value::Object(fields)) => CachedFile { path, fields },
        other => panic!("{other:?} is no kept session"),
    };
    paths.into_iter().map(read).filter(|kept| kept.key("kind") == Some(kind)).collect()
}

/// The only one of its kind.
#[track_caller]
pub fn only(dir: &Path, kind: &str) -> CachedFile {
    let mut found = of_kind(dir, kind);
    assert_eq!(found.len(), 1, "one kept session of kind {kind}");
    found.remove(0)
}

/// Whether a file of the directory is a lock, by its name.
pub fn is_lock(name: &str) -> bool {
    name.rsplit('.').next() == Some("lock")
}

/// Whether it says which codes were used.
pub fn is_used(name: &str) -> bool {
    name.rsplit('.').next() == Some("used")
}

/// Whether it is a session.
pub fn is_session(name: &str) -> bool {
    name.rsplit('.').next() == Some("json")
}

/// Everything in the directory, hidden files included.
pub fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a directory").flatten();
    let mut names: Vec<String> = entries.map(|e| e.file_name().into_string().expect("a name in UTF-8")).collect();
    names.sort();
    names
}

/// CachedFile sessions and locks of a home, byte by byte.
pub fn files(home: &Home) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(home.cache()).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.map(|path| (path.clone(), fs::read(&path).expect("a file"))).collect()
}

/// As if every kept session of a home had been made so many seconds earlier.
pub fn age(home: &Home, seconds: i64) {
    for kind in ["mfa", "role"] {
        for mut kept in of_kind(&home.cache(), kind) {
            kept.is_older(seconds);
        }
    }
}

impl CachedFile {
    /// A field of its key; of several with this name the last.
    pub fn key(&self, name: &str) -> Option<&str> {
        let key = self.fields["key"].as_str().expect("a text");
        key.split(' ').rev().find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
    }

    pub fn number(&self, name: &str) -> i64 {
        self.fields[name].as_i64().expect("a number")
    }

    /// Puts another value into the file.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.fields.insert(name.to_owned(), value.into());
        fs::write(&self.path, Value::from(self.fields.clone()).to_string()).expect("a kept session can be written");
        self
    }

    /// Has it end in so many seconds.
    pub fn ends_in(&mut self, seconds: i64) -> &mut Self {
        self.set("expires", mfa_env::clock::now() + seconds)
    }

    /// As if it had been made so many seconds earlier; its end stays.
    pub fn was_made_earlier(&mut self, seconds: i64) -> &mut Self {
        for name in ["made", "mfa_made"] {
            self.set(name, self.number(name) - seconds * 1000);
        }
        self
    }

    /// As if it had been made so many seconds earlier, and so ends earlier.
    pub fn is_older(&mut self, seconds: i64) -> &mut Self {
        self.set("expires", self.number("expires") - seconds);
        self.was_made_earlier(seconds)
    }
}
