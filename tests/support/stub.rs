//! A program that stands in for `mfa-env` on PATH.
//!
//! It is a shell script, written by a child: were it open for writing in this process, a test that forks at that moment would hold it
//! open too, and the kernel starts no file that somebody writes.

use super::home::Home;
use super::program::binary;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// Puts `script` on the home's PATH as `mfa-env`.
pub fn install(home: &mut Home, script: &str) {
    let dir = home.path().join("bin");
    let wrote = Command::new("/bin/sh")
        .args([
            "-c",
            "mkdir -p \"$1\" && printf '#!/bin/sh\\n%s\\n' \"$2\" >\"$1/mfa-env\" && chmod 755 \"$1/mfa-env\"",
            "sh",
        ])
        .arg(&dir)
        .arg(script)
        .status();
    assert!(wrote.is_ok_and(|status| status.success()), "the stub cannot be written");
    let rest = home.variables.get(&OsString::from("PATH")).cloned().unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(dir).chain(std::env::split_paths(&rest))).expect("a PATH");
    home.set("PATH", path);
}

/// A script that notes its arguments in a file and does what `more` says. What completion asks for it gets from the real program.
pub fn noting_arguments(home: &Home, more: &str) -> String {
    format!(
        "case ${{1-}} in __complete|init) exec '{}' \"$@\" ;; esac\nfor word do printf '%s\\0' \"$word\"; done >'{}'\n{more}",
        binary().display(),
        noted(home).display()
    )
}

/// The arguments of the last run; `None` if there was none.
pub fn arguments(home: &Home) -> Option<Vec<String>> {
    let text = String::from_utf8(std::fs::read(noted(home)).ok()?).expect("arguments in UTF-8");
    std::fs::remove_file(noted(home)).expect("the note");
    Some(text.split_terminator('\0').map(str::to_owned).collect())
}

fn noted(home: &Home) -> PathBuf {
    home.path().join("arguments")
}
