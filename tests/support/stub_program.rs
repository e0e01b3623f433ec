//! A program that stands in for `mfa-env` on PATH.
//!
//! It is a shell script, written by a child: were it open for writing in this process, a test that forks at that moment would hold it
//! open too, and the kernel starts no file that somebody writes.

use super::home::Home;
use super::program::binary;
use std::path::PathBuf;
use std::process::Command;

/// A home on whose PATH `mfa-env` notes its arguments in a file and then does what `more`, a shell script, says. What `init` and
/// completion ask for it gets from the real program.
pub fn home(more: &str) -> Home {
    let mut home = Home::empty();
    let (dir, program, note) = (home.path().join("bin"), binary(), noted(&home));
    let wrote = Command::new("/bin/sh")
        .args(["-c", "mkdir \"$1\" && printf '%s\n' \"$2\" >\"$1/mfa-env\" && chmod 755 \"$1/mfa-env\"", "sh"])
        .arg(&dir)
        .arg(format!(
            "#!/bin/sh\ncase ${{1-}} in (__complete|init) exec '{}' \"$@\" ;; esac\n\
             for word do printf '%s\\0' \"$word\"; done >'{}'\n{more}",
            program.display(),
            note.display()
        ))
        .status();
    assert!(wrote.is_ok_and(|status| status.success()), "the stub cannot be written");
    let rest = std::env::var_os("PATH").expect("PATH");
    home.set("PATH", std::env::join_paths(std::iter::once(dir).chain(std::env::split_paths(&rest))).expect("a PATH"));
    home
}

/// The arguments of the last run, which is then forgotten; `None` if there was none.
pub fn arguments(home: &Home) -> Option<Vec<String>> {
    let text = String::from_utf8(std::fs::read(noted(home)).ok()?).expect("arguments in UTF-8");
    std::fs::remove_file(noted(home)).expect("the note");
    Some(text.split_terminator('\0').map(str::to_owned).collect())
}

fn noted(home: &Home) -> PathBuf {
    home.path().join("arguments")
}
