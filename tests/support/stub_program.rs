//! A shell script that replaces `mfa-env` on PATH.
//!
//! A child process writes it: if this process wrote it, a child that another test forks at that moment could hold it
//! open for writing, and starting it would fail with ETXTBSY.

use super::home::Home;
use super::program::binary;
use std::path::PathBuf;
use std::process::Command;

/// A home on whose PATH `mfa-env` records its arguments and then runs `more`, a shell script. `init` and completion
/// requests go to the real program.
pub fn home(more: &str) -> Home {
    let mut home = Home::empty();
    let (program, arguments_file) = (binary(), arguments_file(&home));
    let script = format!(
        "case ${{1-}} in (__complete|init) exec '{}' \"$@\" ;; esac\n\
         for word do printf '%s\\0' \"$word\"; done >'{}'\n{more}",
        program.display(),
        arguments_file.display()
    );
    let dir = write_script(&home, "bin/mfa-env", &script).parent().expect("a folder").to_owned();
    let rest = std::env::var_os("PATH").expect("PATH");
    home.set("PATH", std::env::join_paths(std::iter::once(dir).chain(std::env::split_paths(&rest))).expect("a PATH"));
    home
}

/// Writes a shell script that can be run.
pub fn write_script(home: &Home, name: &str, script: &str) -> PathBuf {
    let path = home.path().join(name);
    let wrote = Command::new("/bin/sh")
        .args(["-c", "mkdir -p \"${1%/*}\" && printf '%s\n' \"$2\" >\"$1\" && chmod 755 \"$1\"", "sh"])
        .arg(&path)
        .arg(format!("#!/bin/sh\n{script}"))
        .status();
    assert!(wrote.is_ok_and(|status| status.success()), "the script was not written");
    path
}

/// What a script `xdg-open` does to follow the link of the page on loopback, as a browser would.
pub const BROWSER: &str = "exec bash -c 'page=${1#http://}; address=${page%%/*}; \
     exec 3<>/dev/tcp/${address%:*}/${address##*:}; \
     printf \"GET /%s HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n\" \"${page#*/}\" >&3; cat <&3 >/dev/null' sh \"$1\"";

/// The arguments of the last run, or `None` if there was none since the previous call.
pub fn take_arguments(home: &Home) -> Option<Vec<String>> {
    let text = String::from_utf8(std::fs::read(arguments_file(home)).ok()?).expect("arguments in UTF-8");
    std::fs::remove_file(arguments_file(home)).expect("the arguments file");
    Some(text.split_terminator('\0').map(str::to_owned).collect())
}

fn arguments_file(home: &Home) -> PathBuf {
    home.path().join("arguments")
}
