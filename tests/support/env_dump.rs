//! The environment variables that a shell exports, byte for byte.

use super::shells::{Outcome, Shell};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

pub type Exported = BTreeMap<String, Vec<u8>>;

/// Variables that shells set on their own.
const IGNORED: [&str; 6] = ["_", "PWD", "OLDPWD", "SHLVL", "A__z", "PSModulePath"];

/// A command, valid in every shell, that writes the exported variables to a file.
pub fn dump(file: &str) -> String {
    format!("sh -c 'env -0 >{file}'")
}

/// Reads what [`dump`] wrote, without the shells' own variables.
#[track_caller]
pub fn read(file: &Path) -> Exported {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("reading the dump: {error}"));
    let pairs = bytes.split(|byte| *byte == 0).filter(|pair| !pair.is_empty()).map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=').expect("a name");
        (String::from_utf8_lossy(&pair[..at]).into_owned(), pair[at + 1..].to_owned())
    });
    pairs.filter(|(name, _)| !IGNORED.contains(&name.as_str())).collect()
}

/// Runs a script, which must succeed silently, and returns what was exported at its end.
#[track_caller]
pub fn after<K: AsRef<OsStr>, V: AsRef<OsStr>>(
    shell: Shell,
    script: &str,
    env: impl IntoIterator<Item = (K, V)>,
    cwd: &Path,
) -> Exported {
    let outcome: Outcome = shell.run(&format!("{script}\n{}", dump("exported")), env, cwd);
    assert!(
        outcome.status.success() && outcome.stdout.is_empty() && outcome.stderr.is_empty(),
        "{shell}: {outcome}\n{script}"
    );
    read(&cwd.join("exported"))
}
