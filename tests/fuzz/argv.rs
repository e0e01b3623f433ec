//! Arguments.

#![cfg(unix)]

use crate::support::fixture::{Fixture, MFA, ROLE};
use crate::support::fuzz::{Checked, Target, ensure, outcome_or};
use crate::support::program::binary;
use crate::support::{cached, failure_statement};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

trials![survives_any_arguments];

/// Separates the arguments of an input.
const SEPARATOR: char = '\x1f';

const DICTIONARY: [&str; 71] = [
    "\x1f",
    "\x1f",
    "\x1f--\x1f",
    "\x1f-p\x1f",
    "--profile=",
    "\x1f--code\x1f",
    "123456",
    "12345",
    "\x1f-d\x1f",
    "1h",
    "43200",
    "43201",
    "899",
    "0",
    "-1",
    "18446744073709551616",
    "\x1f-r\x1f",
    "eu-central-1",
    "\x1f--role-arn\x1f",
    "arn:aws:iam::123456789012:role/x",
    "\x1f--mfa-serial\x1f",
    "none",
    "\x1f--shell\x1f",
    "fish",
    "bash",
    "powershell",
    "zsh",
    "sh",
    "nu",
    "\x1f--show\x1f",
    "\x1f--format\x1f",
    "json",
    "env-file",
    "\x1f--renew\x1f",
    "\x1f--no-cache\x1f",
    "\x1f--quiet\x1f",
    "\x1f--help\x1f",
    "\x1f--version\x1f",
    "\x1f--json\x1f",
    "github-env",
    "terragrunt",
    "sts",
    "\x1f--no-input\x1f",
    "\x1f--print-config\x1f",
    "\x1f--as\x1f",
    "exec",
    "tool",
    "shim",
    "__shim",
    "credential-process",
    "export",
    "unset",
    "explain",
    "list",
    "status",
    "logout",
    "init",
    "help",
    "__complete",
    "main",
    "r1",
    "default",
    "nosuch",
    "\x1f--min-ttl\x1f",
    "\x1f--external-id\x1f",
    "\x1f--role-session-name\x1f",
    "\x1f--no-preflight\x1f",
    "@",
    "=",
    " ",
    "\u{202e}",
];

fn survives_any_arguments() {
    let fixture = Fixture::with(&[("r1", "")]);
    fixture.sign_in_with_code(&["r1"], &[MFA, ROLE], &[]);
    let sessions = cached::files(&fixture.home);
    let secrets: Vec<String> = fixture.sts.sessions().into_iter().map(|session| session.secret_access_key).collect();
    let valid = [
        "r1\x1f--shell\x1fsh",
        "export\x1f--profile\x1fmain\x1f--shell\x1ffish\x1f--quiet",
        "r1\x1f-d\x1f30m\x1f-r\x1fus-east-1\x1f--shell\x1fpowershell",
        "unset\x1f--shell\x1fbash",
        "explain\x1fr1\x1f--json",
        "list\x1f--json",
        "status",
        "logout\x1fr1",
        "init\x1fzsh",
        "help\x1ffailure",
        "__complete\x1f2\x1fmfa-env\x1f-p\x1fr",
        "r1\x1f--format\x1fjson\x1f--no-cache\x1f--code\x1f123456",
        "exec\x1fr1\x1f-q\x1f--\x1ftool\x1f-x",
        "credential-process\x1fr1\x1f--no-input",
        "credential-process\x1fr1\x1f--print-config\x1f--as\x1fx",
        "shim\x1ftool\x1f-p\x1fr1",
        "__shim\x1ftool\x1f-p\x1fr1\x1f--\x1ftool\x1fx",
        "main\x1f--no-input\x1f--format\x1fsts",
    ];
    // The only program that `exec` finds.
    let tool = fixture.home.write("bin/tool", "#!/bin/sh\n");
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let command = |input: &[u8]| {
        let mut command = Command::new(binary());
        let arguments = input.split(|byte| *byte == SEPARATOR as u8).map(|argument| {
            // No argument contains NUL.
            let bytes: Vec<u8> = argument.iter().copied().filter(|byte| *byte != 0).collect();
            OsStr::from_bytes(&bytes).to_owned()
        });
        command.args(arguments).env_clear().envs(&fixture.home.variables).current_dir(fixture.home.path());
        command.stdin(Stdio::null()).env("PATH", tool.parent().expect("a folder"));
        command
    };
    let check = |input: &[u8]| -> Checked {
        // An input may have removed them.
        for (path, content) in &sessions {
            std::fs::write(path, content).expect("a cached session");
        }
        let has = |word: &str| input.split(|byte| *byte == SEPARATOR as u8).any(|argument| argument == word.as_bytes());
        // `status` exits with 1 if the shell is not signed in, and `exec` as shells do without a program.
        let more: &[i32] = match () {
            () if has("status") => &[1],
            () if has("exec") || has("__shim") => &[126, 127],
            () => &[],
        };
        let ran = outcome_or(more, || command(input))?;
        let status = ran.status.code().unwrap_or_default();
        let is_empty_or_failure = ran.stdout.is_empty()
            || status == 1
            || ["sh", "fish", "powershell"]
                .iter()
                .any(|shell| ran.stdout == failure_statement::of(shell, status).as_bytes());
        ensure(status == 0 || is_empty_or_failure, || format!("output despite the failure: {ran}"))?;
        let stderr = String::from_utf8_lossy(&ran.stderr);
        ensure(!secrets.iter().any(|secret| stderr.contains(secret)), || format!("a secret on stderr: {ran}"))
    };
    let valid = valid.map(|input| input.as_bytes().to_vec()).to_vec();
    Target { corpus: include_str!("corpus/argv.txt"), valid, dictionary: &DICTIONARY }.run(check);
}
