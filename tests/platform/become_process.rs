//! The program replaced by a command (`exec`): its status, its signals, and what cannot be started.

#![cfg(target_os = "linux")]

use crate::support::child_programs;
use crate::support::shells::{self, Outcome};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

trials![
    exits_with_the_status_of_the_command,
    the_command_starts_with_no_signal_blocked_or_ignored,
    reports_a_command_that_cannot_be_started
];

fn run(words: &[&str]) -> Outcome {
    shells::finish(child_programs::becoming(words))
}

fn exits_with_the_status_of_the_command() {
    let outcome = run(&["/bin/sh", "-c", "echo out; echo err >&2; exit 7"]);
    assert_eq!(outcome.status.code(), Some(7), "{outcome}");
    assert_eq!((outcome.stdout.as_slice(), outcome.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
    let outcome = run(&["/bin/sh", "-c", "kill -TERM $$"]);
    assert_eq!(outcome.status.signal(), Some(nix::libc::SIGTERM), "{outcome}");
    assert!(outcome.stdout.is_empty(), "the failure statement was printed: {outcome}");
}

/// A command that inherited blocked signals or an ignored suspend key would not react to Ctrl-C and Ctrl-Z.
fn the_command_starts_with_no_signal_blocked_or_ignored() {
    let masks = |status: &str| {
        ["SigBlk:", "SigIgn:"].map(|name| {
            let mask = status.lines().find_map(|line| line.strip_prefix(name)).expect("a mask").trim();
            u64::from_str_radix(mask, 16).expect("a hexadecimal number")
        })
    };
    // Some signals may be ignored in all processes of this session.
    let mut direct = Command::new("/bin/cat");
    direct.arg("/proc/self/status");
    let [_, inherited] = masks(&String::from_utf8_lossy(&shells::finish(direct).stdout));
    let outcome = run(&["/bin/cat", "/proc/self/status"]);
    assert_eq!(masks(&String::from_utf8_lossy(&outcome.stdout)), [0, inherited], "{outcome}");
    let outcome = run(&["/bin/sh", "-c", "trap 'echo caught' USR1; kill -USR1 $$; echo done"]);
    assert_eq!(outcome.stdout, b"caught\ndone\n", "{outcome}");
}

fn reports_a_command_that_cannot_be_started() {
    for (program, status) in [("/no/such/program", 127), ("/", 126)] {
        let outcome = run(&[program]);
        assert_eq!(outcome.status.code(), Some(status), "{outcome}");
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        assert!(stderr.starts_with("mfa-env: ") && stderr.contains(&format!("`{program}`")), "{outcome}");
    }
}
