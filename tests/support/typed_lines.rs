//! A user who types lines in bash. The variables of that shell are those of a home.

use super::env_dump;
use super::home::Home;
use super::shells::{Outcome, Shell};

/// Runs a script in bash, after the function `aws-mfa` is defined.
pub fn bash(home: &Home, script: &str) -> Outcome {
    let script = format!("eval \"$(mfa-env init bash)\"\n{script}");
    Shell::Bash.run(&script, &home.variables, home.path())
}

/// Types a line, which must succeed. The home has the variables afterwards that the line has set.
#[track_caller]
pub fn follow(home: &mut Home, line: &str) -> String {
    let ran = bash(home, &format!("{line} || exit\n{}", env_dump::dump("exported")));
    assert!(ran.status.success(), "{line}: {ran}");
    let exported = env_dump::read(&home.path().join("exported"));
    home.variables = exported
        .into_iter()
        .map(|(name, value)| (name.into(), String::from_utf8(value).expect("UTF-8").into()))
        .collect();
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

/// Puts a program in front of the PATH of a home.
pub fn stand_in(home: &mut Home, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let program = home.write(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let (bin, path) = (home.path().join("bin"), home.variables[std::ffi::OsStr::new("PATH")].clone());
    let others = std::env::split_paths(&path).filter(|folder| *folder != bin);
    let path = std::env::join_paths(std::iter::once(bin.clone()).chain(others)).expect("a PATH");
    home.set("PATH", path);
}
