//! The sessions that are kept in a home, as files to look at and to change.

use super::home::Home;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Kept sessions and locks, byte by byte.
pub fn files(home: &Home) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(home.cache()).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.map(|path| (path.clone(), std::fs::read(&path).expect("a file"))).collect()
}

/// The sessions alone, parsed.
pub fn sessions(home: &Home) -> Vec<serde_json::Value> {
    let files = files(home).into_iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "json"));
    files.map(|(_, bytes)| serde_json::from_slice(&bytes).expect("JSON")).collect()
}

/// Lets time pass for every session: each ends so many seconds earlier.
pub fn age(home: &Home, seconds: i64) {
    for (path, bytes) in files(home) {
        if path.extension().is_some_and(|e| e == "json") {
            let mut entry: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
            entry["expires"] = (entry["expires"].as_i64().expect("a time") - seconds).into();
            std::fs::write(path, entry.to_string()).expect("our own file");
        }
    }
}
